"""Edits of a spec that are applied, analysed again, and offered only if they help.

A rewrite helps if it lowers the quantities that its rule is about and raises none it must keep;
where a device is named, the modelled time on it must fall too.  It may cost in other quantities:
the table before and after says so.  An edit inside a block is an edit of every use of the block,
so what is measured is the whole network.  Layers that an included file holds are not rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from costmodel.errors import CostModelError, SpecError
from costmodel.graph import Graph, Layer, build
from costmodel.guidelines import Finding
from costmodel.guidelines.devices import Device, shipped
from costmodel.guidelines.linting import checked
from costmodel.guidelines.outcome import Outcome
from costmodel.guidelines.seen import Seen
from costmodel.guidelines.timing import network_time
from costmodel.guidelines.written import Edit, document
from costmodel.records import Record
from costmodel.spec.document import parse_spec
from costmodel.table import Table, Totals

MOST_FIXES = 50
TOTALS = ("params", "mult_adds", "flops", "mem_access", "activations", "peak_memory", "depth")


class Rewrite(Record):
    """Edits of a spec, and what they are made for."""

    what: str
    edits: tuple[Edit, ...]
    lowers: tuple[str, ...]  # the quantities it is made to lower
    keeps: tuple[str, ...] = ()  # the quantities it must not raise
    until: int = 0  # the last line of the block it is about, if behind the edits


class Offer(Record):
    """A rewrite that helps: the new spec, and the whole network before and after."""

    code: str
    path: str
    line: int
    what: str
    text: str
    uses: int  # layers that the rule finds at the line
    old: Table
    new: Table

    @property
    def before(self) -> Totals:
        """Every quantity of the network as it is."""
        return self.old.totals

    @property
    def after(self) -> Totals:
        """Every quantity of the network with the rewrite."""
        return self.new.totals

    @property
    def changes(self) -> dict[str, int]:
        """Quantity -> after minus before, of two independent analyses."""
        return {q: getattr(self.after, q) - getattr(self.before, q) for q in TOTALS}

    def seconds(self, device: Device) -> tuple[float, float]:
        """The modelled time on *device*, before and after."""
        return network_time(self.old, device), network_time(self.new, device)


class Shop:
    """The place where rewrites of one network are tried."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome, self.seen = outcome, outcome.seen
        self.graph: Graph = outcome.seen.graph

    @cached_property
    def devices(self) -> list[Device]:
        """The device that was named, else every one there is."""
        return [self.outcome.device] if self.outcome.device else shipped()

    def offers(self, most: int = MOST_FIXES) -> list[Offer]:
        """The rewrites the rules propose that help, one a place, in the order of the findings."""
        rules = {rule.code: rule for rule in self.outcome.rules}
        made: list[Offer] = []
        for place in self.outcome.places:
            if len(made) == most:
                break
            for rewrite in rules[place.code].rewrites(place.worst, self.seen):
                offer = self.tried(place.worst, rewrite, len(place.findings))
                if offer is not None:
                    made.append(offer)
                    break
        return made

    def tried(self, finding: Finding, rewrite: Rewrite, uses: int = 1) -> Offer | None:
        """The rewrite applied and measured; None if it breaks a shape or does not help."""
        path = self.graph.spec.path
        if finding.mark.source.path != path:
            return None
        text = "\n".join(edited(document(finding.mark.source), rewrite.edits))
        try:
            new = build(parse_spec(text, path), dict(self.graph.binding), self.graph.variant)
        except CostModelError:
            return None
        if outside(self.graph, rewrite, new=False) != outside(new, rewrite, new=True):
            return None
        offer = Offer(finding.code, finding.path, finding.mark.line, rewrite.what, text, uses,
                      self.seen.table, Table(new))  # fmt: skip
        return offer if self.helps(offer, rewrite) else None

    def helps(self, offer: Offer, rewrite: Rewrite) -> bool:
        """Whether the offer does what the rewrite is made for, and does not take more time."""
        changes = offer.changes
        if any(changes[q] >= 0 for q in rewrite.lowers) or any(
            changes[q] > 0 for q in rewrite.keeps
        ):
            return False
        before, after = offer.seconds(self.outcome.device) if self.outcome.device else (1.0, 0.0)
        return after < before

    @property
    def elsewhere(self) -> int:
        """Places of findings that lie in included files."""
        path = self.graph.spec.path
        return sum(place.mark.source.path != path for place in self.outcome.places)


def offers(outcome: Outcome, most: int = MOST_FIXES) -> list[Offer]:
    """The rewrites of *outcome*'s network that help."""
    return Shop(outcome).offers(most)


def fixed(outcome: Outcome) -> tuple[Outcome, list[Offer], str]:
    """Offers taken one after the other, until none is left: the end, the offers, the spec.

    Each is measured against the network that the ones before it left.

    Raises  SpecError where the network was not read from a spec.
    """
    taken: list[Offer] = []
    if not outcome.seen.graph.spec.root.mark.source.text:
        path = outcome.seen.graph.spec.path
        raise SpecError(f"rewrites are of specs, and {path} is none",
                        hint=f"costmodel import {path} -o spec.yaml, then lint that")  # fmt: skip
    text = "\n".join(document(outcome.seen.graph.spec.root.mark.source))
    while len(taken) < MOST_FIXES and (made := offers(outcome, most=1)):
        taken += made
        text = made[0].text
        again = checked(Seen(made[0].new.graph), list(outcome.rules), outcome.name)
        outcome = again._replace(device=outcome.device)
    return outcome, taken, text


def edited(lines: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    """The document with every edit made, the last first so that line numbers hold."""
    result = list(lines)
    for edit in sorted(edits, key=lambda edit: -edit.first):
        result[edit.first - 1 : edit.last] = edit.lines
    return result


def outside(graph: Graph, rewrite: Rewrite, *, new: bool) -> list[Any]:
    """What a rewrite must leave as it is: the layers of all other lines, with their shapes.

    The layers between the first edit and the end of the block may change with it.
    """
    first = min(edit.first for edit in rewrite.edits)
    last = max(rewrite.until, *(edit.last for edit in rewrite.edits))
    if new:
        last += sum(len(edit.lines) - (edit.last - edit.first + 1) for edit in rewrite.edits)
    path = graph.spec.path

    def inside(layer: Layer) -> bool:
        return any(first <= m.line <= last for m in layer.marks if m.source.path == path)

    kept = [layer for layer in graph.layers if not inside(layer)]
    return [*((x.op, x.xs, x.y) for x in kept), graph.output.shape]
