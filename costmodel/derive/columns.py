"""Columns that cost tables may show beyond what is counted: what the derivations know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costmodel.arith import Dim, total
from costmodel.derive.gap import Gap, floor_of, together
from costmodel.derive.padding import exact_mult_adds
from costmodel.render import Column


def _gap(group: Any) -> float | None:
    """How much the row's convolution and linear layers move above their floors."""
    floors = [(entry.mem_access, floor_of(entry)) for entry in group.entries]
    known = [Gap("", moved, floor) for moved, floor in floors if floor is not None]
    return round(100 * together("", known).excess, 2) if known else None


def _exact(group: Any) -> Dim:
    """The counted multiply-adds without those on padding."""
    counted = (e.layer for e in group.entries if e.mult_adds != 0)
    return total(exact_mult_adds(layer) * layer.runs for layer in counted)


FURTHER: Mapping[str, tuple[Column, Callable[[Any], Any]]] = {
    "gap": (Column("gap", "above floor %", "percent", priority=75), _gap),
    "exact_mult_adds": (
        Column("exact_mult_adds", "off padding", "count", priority=76), _exact,
    ),
}  # fmt: skip
