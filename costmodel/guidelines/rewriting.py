"""Edits of a spec that are applied, analysed again, and offered only if they help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.errors import CostModelError
from costmodel.graph import Graph, Layer, build
from costmodel.guidelines import Finding
from costmodel.guidelines.linting import checked
from costmodel.guidelines.outcome import Outcome
from costmodel.guidelines.seen import Seen
from costmodel.guidelines.written import Written, document
from costmodel.records import Record
from costmodel.spec.document import parse_spec
from costmodel.table import Table, Totals

MOST_FIXES = 50
TOTALS = ("params", "mult_adds", "flops", "mem_access", "activations", "peak_memory", "depth")


class Rewrite(Record):
    """Entries of a spec and what shall stand in their place."""

    what: str
    edits: tuple[tuple[Written, tuple[str, ...]], ...]
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
    before: Totals
    after: Totals

    @property
    def changes(self) -> dict[str, int]:
        """Quantity -> after minus before, of two independent analyses."""
        return {q: getattr(self.after, q) - getattr(self.before, q) for q in TOTALS}


def offers(outcome: Outcome, most: int = MOST_FIXES) -> list[Offer]:
    """The rewrites the rules propose that help, one a place, in the order of the findings."""
    seen = outcome.seen
    rules = {rule.code: rule for rule in outcome.rules}
    made: list[Offer] = []
    for group in outcome.places:
        if len(made) == most:
            break
        for rewrite in rules[group[0].code].rewrites(group[0], seen):
            offer = tried(seen.graph, group[0], rewrite)
            if offer is not None:
                made.append(offer)
                break
    return made


def fixed(outcome: Outcome) -> tuple[Outcome, list[Offer], str]:
    """Offers taken one after the other, until none is left: the end, the offers, the spec.

    Each is measured against the network that the ones before it left.
    """
    taken: list[Offer] = []
    text = "\n".join(document(outcome.seen.graph.spec.root.mark.source))
    while len(taken) < MOST_FIXES and (made := offers(outcome, most=1)):
        taken += made
        graph, text = outcome.seen.graph, made[0].text
        new = build(parse_spec(text, graph.spec.path), dict(graph.binding), graph.variant)
        outcome = checked(Seen(new), list(outcome.rules), outcome.name)
    return outcome, taken, text


def tried(graph: Graph, finding: Finding, rewrite: Rewrite) -> Offer | None:
    """The rewrite applied and measured; None if it breaks a shape or does not help."""
    path = graph.spec.path
    if finding.mark.source.path != path:
        return None  # the entry stands in an included file
    lines = document(finding.mark.source)
    text = "\n".join(edited(lines, rewrite))
    try:
        new = build(parse_spec(text, path), dict(graph.binding), graph.variant)
    except CostModelError:
        return None
    if outside(graph, rewrite, new=False) != outside(new, rewrite, new=True):
        return None
    before, after = Table(graph).totals, Table(new).totals
    changed = {q: getattr(after, q) - getattr(before, q) for q in TOTALS}
    if any(changed[q] >= 0 for q in rewrite.lowers) or any(changed[q] > 0 for q in rewrite.keeps):
        return None
    return Offer(finding.code, finding.path, finding.mark.line, rewrite.what, text, before, after)


def edited(lines: Sequence[str], rewrite: Rewrite) -> list[str]:
    """The document with every edit made, the last first so that line numbers hold."""
    result = list(lines)
    for written, items in sorted(rewrite.edits, key=lambda edit: -edit[0].first):
        result = written.replaced(result, items)
    return result


def outside(graph: Graph, rewrite: Rewrite, *, new: bool) -> list[Any]:
    """What a rewrite must leave as it is: the layers of all other lines, with their shapes.

    The layers between the first edit and the end of the block may change with it.
    """
    first = min(written.first for written, _ in rewrite.edits)
    last = max(rewrite.until, *(written.last for written, _ in rewrite.edits))
    if new:
        last += sum(len(items) - (w.last - w.first + 1) for w, items in rewrite.edits)
    kept = [layer for layer in graph.layers if not first <= layer.mark.line <= last]
    return [*map(_seen_from_outside, kept), graph.output.shape]


def _seen_from_outside(layer: Layer) -> Any:
    return layer.op, layer.xs, layer.y
