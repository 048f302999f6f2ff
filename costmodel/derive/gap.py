"""How far a network's layers stand above their floors: the G1 bound, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

from costmodel.arith import is_symbolic
from costmodel.arith.roots import whole_root
from costmodel.graph import Graph
from costmodel.ops.window import is_one
from costmodel.render import Block, Chart, Column, Grid, Heading, Report, Text
from costmodel.table import Entry, Table

SCALE = 10**6  # square roots are rounded down to a millionth of an element


class Gap(NamedTuple):
    """Memory access and its floor; ``excess`` is their ratio less one."""

    name: str
    mem_access: int
    floor: Fraction

    @property
    def excess(self) -> float:
        """How much more than the floor moves, as a share of the floor."""
        return float(self.mem_access / self.floor - 1) if self.floor else 0.0


def floor_of(entry: Entry) -> Fraction | None:
    """The least memory access of a layer of the same mult-adds and parameters.

    Input and output elements a*c1 + b*c2 with c1*c2 fixed are at least 2*sqrt(a*c1*b*c2),
    by AM-GM; the weights stay as they are.  Depthwise layers have no choice of channels.
    None of layers that are no convolution or linear layer, or not all numbers.
    """
    layer, op = entry.layer, entry.layer.op
    moved = entry.mem_access
    if not op.weighted or is_symbolic(moved):
        return None
    read, made = int(prod(layer.xs[0])), int(prod(layer.y))
    kept = moved - read - made
    groups = getattr(op, "groups", 1)
    if groups > 1 and groups == layer.xs[0][1]:
        return Fraction(moved)
    root = whole_root(4 * read * made * SCALE**2, 2)
    lowest = Fraction(kept) + Fraction(root, SCALE)
    return min(Fraction(moved), lowest)


def pointwise(entry: Entry) -> bool:
    """Whether it is a dense 1x1 convolution, the case of the guideline."""
    op: Any = entry.layer.op
    if op.kind != "conv" or not is_one(op.groups):
        return False
    sides = op.kernel if isinstance(op.kernel, tuple | list) else (op.kernel,)
    return all(map(is_one, sides))


def gaps(graph: Any, *, only_pointwise: bool = False) -> list[Gap]:
    """One entry for each convolution and linear layer of a Graph or Network."""
    table = Table(getattr(graph, "graph", graph))
    found = []
    for entry in table.entries:
        floor = floor_of(entry)
        if floor is not None and (not only_pointwise or pointwise(entry)):
            found.append(Gap(entry.layer.path, entry.mem_access, floor))
    return found


def together(name: str, parts: Iterable[Gap]) -> Gap:
    """The sum of *parts*."""
    parts = list(parts)
    return Gap(name, sum(p.mem_access for p in parts), sum((p.floor for p in parts), Fraction(0)))


def atlas(graphs: Iterable[tuple[str, Graph]]) -> Report:
    """How far above its floors each network stands, as a table and a picture."""
    rows, labels, values = [], [], []
    for name, graph in graphs:
        every = together(name, gaps(graph))
        narrow = together(name, gaps(graph, only_pointwise=True))
        rows.append([name, every.mem_access, round(100 * every.excess, 2),
                     round(100 * narrow.excess, 2) if narrow.mem_access else None])  # fmt: skip
        labels.append(name)
        values.append(round(100 * every.excess, 2))
    columns = [
        Column("model", "model", priority=9),
        Column("mem_access", "mem access of conv+fc", "count", priority=7),
        Column("excess", "above its floor", "percent", priority=8),
        Column("pointwise", "1x1 convolutions", "percent", priority=6),
    ]
    blocks: list[Block] = [
        Heading("distance to the G1 floor"),
        Grid(columns, rows, caption="at the same mult-adds, layer by layer"),
        Text("the floor keeps each layer's mult-adds and weights and balances input and output "
             "elements; depthwise layers are their own floor", kind="note"),
    ]  # fmt: skip
    if labels:
        blocks.append(Chart(labels, values, "memory access above the floor", kind="percent"))
    keys = ("model", "mem_access", "excess_percent", "pointwise_excess_percent")
    return Report(blocks, [dict(zip(keys, row, strict=True)) for row in rows])
