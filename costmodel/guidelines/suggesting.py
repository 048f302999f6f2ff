"""Findings together with the rewrites that would help, as one report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.guidelines.devices import Device
from costmodel.guidelines.outcome import Outcome
from costmodel.guidelines.rewriting import TOTALS, Offer, Shop
from costmodel.guidelines.telling import many, sentence, shown
from costmodel.quantities import QUANTITIES
from costmodel.render import Block, Column, Grid, Heading, Text
from costmodel.render.findings import Findings


def with_offers(outcome: Outcome, made: Sequence[Offer], left: Outcome | None = None) -> Findings:
    """The report of *outcome*, then each offer with the network before and after.

    Where the offers were taken, *left* is the outcome then.
    """
    report, shop = outcome.report(), Shop(outcome)
    file = shown(outcome.seen.graph.spec.root.mark)
    verb = "suggested" if left is None else "applied"
    blocks: list[Block] = [*report.blocks, Heading(f"rewrites {verb}", level=2)]
    for offer in made:
        uses = f" ({many(offer.uses, 'layer')} of this line)" if offer.uses > 1 else ""
        blocks.append(Text(f"{file}:{offer.line}: {offer.code} {offer.path}{uses}: {offer.what}"))
        blocks.append(_grid(offer, shop.devices))
    if not made:
        spec = outcome.seen.graph.spec.root.mark.source.text
        why = "no rewrite helps" if spec else "rewrites are of specs: `costmodel import` makes one"
        blocks.append(Text(why, kind="note"))
    elif shop.devices:
        blocks.append(Text("times are modelled: `costmodel analyze --device`", kind="note"))
    if shop.elsewhere:
        blocks.append(Text(f"{many(shop.elsewhere, 'place')} in included files, which are not "
                           "rewritten from here: lint the file itself", kind="note"))  # fmt: skip
    data: Any = {**report.data, "rewrites": [_data(x, shop.devices) for x in made]}  # type: ignore[dict-item]
    if left is not None:
        blocks.append(Text(f"after that: {sentence(left)}", kind="note"))
        data["left"] = left.counts()
    return Findings(blocks, data, report.findings, report.by)


def _grid(offer: Offer, devices: Sequence[Device]) -> Grid:
    columns = [Column("quantity", "whole network", "text", priority=100),
               Column("before", "before", "count", priority=90),
               Column("after", "after", "count", priority=90),
               Column("change", "change %", "percent", priority=80)]  # fmt: skip
    pairs = [
        (QUANTITIES[q].heading, getattr(offer.before, q), getattr(offer.after, q)) for q in TOTALS
    ]
    for device in devices:
        old, new = offer.seconds(device)
        pairs.append((f"µs on {device.name}", round(1e6 * old), round(1e6 * new)))
    return Grid(columns, [[name, old, new, 100 * (new - old) / old if old else None]
                          for name, old, new in pairs])  # fmt: skip


def _data(offer: Offer, devices: Sequence[Device]) -> dict[str, Any]:
    data = {"code": offer.code, "path": offer.path, "line": offer.line, "what": offer.what,
            "before": {q: getattr(offer.before, q) for q in TOTALS},
            "after": {q: getattr(offer.after, q) for q in TOTALS}}  # fmt: skip
    seconds = {device.name: offer.seconds(device) for device in devices}
    return {**data, "seconds": {name: {"before": old, "after": new}
                                for name, (old, new) in seconds.items()}}  # fmt: skip
