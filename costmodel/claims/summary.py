"""The published figures of each network in one table: what README shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from costmodel.claims.record import Verdict
from costmodel.render import Column, Grid, Report, Text
from costmodel.render.numbers import count

COSTS = ("mult_adds", "flops", "reported")


def summary(verdicts: Sequence[Verdict]) -> Report:
    """Of each file the first published cost and the first published number of parameters."""
    rows = []
    values = [v for v in verdicts if v.kind == "value"]
    for _, group in groupby(values, key=lambda v: v.file):
        claims = list(group)
        for keys in (COSTS, ("params",)):
            found = [v for v in claims if v.quantity in keys]
            found.sort(key=lambda v: v.printed.isdigit())  # a paper's 146M before a tool's count
            rows += [_row(v) for v in found[:1]]
    columns = [
        Column("network", "network", "text", priority=100),
        Column("quantity", "quantity", "text", priority=90),
        Column("profile", "profile", "text", priority=60),
        Column("published", "published", "text", priority=95),
        Column("derived", "derived", "text", priority=95),
        Column("deviation", "off by %", "percent", priority=70),
        Column("verdict", "verdict", "text", priority=95),
    ]
    good = sum(v.good for v in verdicts)
    total = f"{len(verdicts)} claims in all, {good} of them hold or are recorded as wrong."
    return Report([Grid(columns, rows), Text(total)], rows)


def _row(v: Verdict) -> list[object]:
    network = f"{v.model}:{v.variant}" if v.variant else v.model
    off = None if v.deviation is None else 100 * v.deviation
    derived = count(v.derived) if isinstance(v.derived, int) else str(v.derived)
    return [network, v.quantity, v.profile, v.printed, derived, off, v.verdict]
