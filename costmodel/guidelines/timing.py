"""A model of time: what a layer's counts would take on a device.

    time = launch + call · groups + FLOPs / rate + bytes / bandwidth

It is a model, not a measurement, and meant for ratios.  It assumes that layers run one after the
other, that a layer computes and moves data in turn (overlap would leave the larger of the two),
that each tensor moves once, from and to memory, and that all shapes reach the same rate.  A view
and a fused operator take no time.  A grouped convolution calls the library once for each group,
as frameworks of 2018 did; a depthwise one is a single call.

There is no cache in it.  To charge nothing for what fits one would make all rows of table 1 of
Ma et al. 2018 equally fast on the Snapdragon 810, whose 2 MB hold each of them; measured are 76.2
to 57.6 images a second, as the elements they move let expect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from costmodel.guidelines.devices import Device
from costmodel.guidelines.seen import flops_of, is_depthwise
from costmodel.render import Block, Column, Grid, Heading, Report, Text
from costmodel.table import Entry, Table

LABEL = (
    "a model, not a measurement: launches + FLOPs/rate + bytes/bandwidth, layer by layer, "
    "no overlap, each tensor moved once"
)
CALLS = ("conv", "linear", "matmul")


class Time(NamedTuple):
    """Seconds, by what they are spent on."""

    launch: float
    compute: float
    bandwidth: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.launch + self.compute + self.bandwidth

    @property
    def binds(self) -> str:
        """What most of them are spent on; nothing where there are none."""
        parts = self._asdict()
        return max(parts, key=parts.__getitem__) if self.total else ""


def time_of(entry: Entry, device: Device, fused: Iterable[str] = ()) -> Time:
    """What the model says of one layer."""
    layer, cost = entry.layer, entry.cost
    if layer.op.is_view or layer.op.kind in fused:
        return Time(0.0, 0.0, 0.0)
    called = layer.op.family in CALLS
    groups: Any = 1 if is_depthwise(layer) else getattr(layer.op, "groups", 1)
    return Time(
        device.launch + called * groups * device.call,
        flops_of(cost) / device.rate,
        cost.mem_access * entry.bytes_per_element / device.bandwidth,
    )


def times(table: Table, device: Device) -> list[Time]:
    """The time of each layer, in execution order."""
    fused = table.graph.spec.assume.fuse
    return [time_of(entry, device, fused) for entry in table.entries]


def network_time(table: Table, device: Device) -> float:
    """Seconds for the whole network."""
    return sum(time.total for time in times(table, device))


def saved_seconds(saves: Any, device: Device, bytes_per_element: int) -> float:
    """What the savings of a finding come to on a device."""
    return float(
        saves.get("launches", 0) * device.launch
        + saves.get("calls", 0) * device.call
        + saves.get("flops", 0) / device.rate
        + saves.get("mem_access", 0) * bytes_per_element / device.bandwidth
    )


def report(table: Table, device: Device, name: str) -> Report:
    """Each layer's time and what binds it."""
    found = times(table, device)
    whole = sum(time.total for time in found) or 1.0
    columns = [Column("path", "layer", "text", priority=100),
               Column("op", "op", "text", priority=60),
               Column("microseconds", "time µs", "ratio", priority=95),
               Column("share", "%", "percent", priority=90),
               Column("launch", "launch µs", "ratio", priority=50),
               Column("compute", "compute µs", "ratio", priority=50),
               Column("bandwidth", "memory µs", "ratio", priority=50),
               Column("binds", "binds", "text", priority=92)]  # fmt: skip
    rows: list[list[Any]] = [
        [layer.path, layer.op.kind, *_figures(time, whole), time.binds]
        for (layer, *_), time in zip(table.entries, found, strict=True)
        if time.total
    ]
    parts = [sum(part) for part in zip(*found, strict=True)]
    together = Time(*parts)
    total = ["total", "", *_figures(together, whole), together.binds]
    blocks: list[Block] = [Heading(f"{name} on {device.name}"),
                           Grid(columns, [*rows, total], footer_rows=1),
                           Text(f"{LABEL}; {device.about}", kind="note")]  # fmt: skip
    keys = [column.key for column in columns]
    data = {"model": name, "device": device.name, "assumptions": LABEL,
            "seconds": together.total, "binds": together.binds,
            "layers": [dict(zip(keys, row, strict=True)) for row in rows]}  # fmt: skip
    return Report(blocks, data)


def _figures(time: Time, whole: float) -> list[float]:
    """Microseconds, percent of the *whole*, and the microseconds of each part."""
    return [1e6 * time.total, 100 * time.total / whole, *(1e6 * part for part in time)]
