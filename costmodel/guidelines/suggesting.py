"""Findings together with the rewrites that would help, as one report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.guidelines.outcome import Outcome, shown
from costmodel.guidelines.rewriting import TOTALS, Offer
from costmodel.quantities import QUANTITIES
from costmodel.render import Block, Column, Grid, Heading, Text
from costmodel.render.findings import Findings


def with_offers(outcome: Outcome, made: Sequence[Offer], verb: str = "suggested") -> Findings:
    """The report of *outcome*, then each offer with the network before and after."""
    report = outcome.report()
    file = shown(outcome.seen.graph.spec.root.mark)
    blocks: list[Block] = [*report.blocks, Heading(f"rewrites {verb}", level=2)]
    for offer in made:
        blocks.append(Text(f"{file}:{offer.line}: {offer.code} {offer.path}: {offer.what}"))
        blocks.append(_grid(offer))
    if not made:
        blocks.append(Text("no rewrite helps", kind="note"))
    data: Any = report.data
    return Findings(blocks, {**data, "rewrites": [_data(offer) for offer in made]},
                    report.findings, report.by)  # fmt: skip


def _grid(offer: Offer) -> Grid:
    columns = [Column("quantity", "whole network", "text", priority=100),
               Column("before", "before", "count", priority=90),
               Column("after", "after", "count", priority=90),
               Column("change", "change %", "percent", priority=80)]  # fmt: skip
    rows = []
    for q in TOTALS:
        old, new = getattr(offer.before, q), getattr(offer.after, q)
        rows.append([QUANTITIES[q].heading, old, new, 100 * (new - old) / old if old else None])
    return Grid(columns, rows)


def _data(offer: Offer) -> dict[str, Any]:
    return {"code": offer.code, "path": offer.path, "line": offer.line, "what": offer.what,
            "before": {q: getattr(offer.before, q) for q in TOTALS},
            "after": {q: getattr(offer.after, q) for q in TOTALS}}  # fmt: skip
