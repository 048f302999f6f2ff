"""One network's numbers under every profile; what each layer costs is worked out once."""

from __future__ import annotations

from typing import Any

from costmodel.arith import is_symbolic, total
from costmodel.errors import BindingError
from costmodel.graph import Graph
from costmodel.table import Entry, Table
from costmodel.table.liveness import depth, peak_memory


class Counts:
    """The numbers of *graph*, which must be bound."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._tables: dict[str, Table] = {}

    def table(self, profile: str) -> Table:
        """The costs under *profile*."""
        if profile not in self._tables:
            known = next(iter(self._tables.values()), None)
            self._tables[profile] = known.under(profile) if known else Table(self.graph, profile)
        return self._tables[profile]

    def of(self, profile: str, quantity: str, classifier: bool) -> Any:
        """A total; None if it has no classifier to leave out."""
        table = self.table(profile)
        entries = table.entries
        if not classifier:
            last = classifier_of(entries)
            if last is None:
                return None
            entries = [entry for entry in entries if entry is not last]
        if quantity == "depth":
            return depth(self.graph)
        value = self._sum(table, entries, quantity)
        if is_symbolic(value):
            raise BindingError(f"{self.graph.spec.model} has free symbols",
                               hint="bind them with --at NAME=VALUE")  # fmt: skip
        return value

    def _sum(self, table: Table, entries: list[Entry], quantity: str) -> Any:
        if quantity == "peak_memory":
            return peak_memory(self.graph)
        if quantity == "reported":
            counted = total(entry.mult_adds for entry in entries)
            return table.profile.reported(counted, total(entry.extra for entry in entries))
        if quantity == "intensity":
            flops, moved = (self._sum(table, entries, key) for key in ("flops", "mem_bytes"))
            return flops / moved
        return total(getattr(entry, quantity) for entry in entries)


def classifier_of(entries: list[Entry]) -> Entry | None:
    """The last weighted layer, if it is linear or a 1×1 convolution of one position."""
    last = next((entry for entry in reversed(entries) if entry.layer.op.weighted), None)
    if last is None or len(entries) == 1:
        return None
    pooled = all(extent == 1 for extent in last.layer.xs[0][2:])
    return last if last.layer.op.family == "linear" or pooled else None
