"""Graph -> Table: what each layer costs under a profile, and what all cost together."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any, NamedTuple

from costmodel.arith import Dim, is_symbolic, prod, total
from costmodel.errors import CostModelError, UnknownNameError
from costmodel.graph import Graph, Layer
from costmodel.profiles import PROFILES, Profile, Seen, way_of
from costmodel.quantities import Cost
from costmodel.records import Record
from costmodel.spec.assume import DTYPES
from costmodel.table.liveness import depth, peak_memory

MODES = ("inference", "train")


class Entry(NamedTuple):
    """One layer with its cost and what the profile counts of it."""

    layer: Layer
    cost: Cost
    params: Dim  # 0 where an earlier layer holds the weights
    buffers: Dim
    mult_adds: Dim
    extra: Dim  # further scalar operations that the profile counts
    bytes_per_element: int

    @property
    def flops(self) -> Dim:
        return 2 * self.mult_adds + self.extra

    @property
    def mem_access(self) -> Dim:
        return self.cost.mem_access

    @property
    def mem_bytes(self) -> Dim:
        return self.cost.mem_access * self.bytes_per_element

    @property
    def activations(self) -> Dim:
        return self.cost.activations


class Totals(Record):
    """A network's quantities; `reported` is what the profile's namesake would print."""

    params: Dim
    buffers: Dim
    mult_adds: Dim
    flops: Dim
    mem_access: Dim
    mem_bytes: Dim
    activations: Dim
    peak_memory: Dim
    depth: Dim
    reported: Dim

    @property
    def intensity(self) -> Any:
        """FLOPs per byte moved; None where nothing moves."""
        if is_symbolic(self.mem_bytes):
            return None
        return self.flops / self.mem_bytes if self.mem_bytes else None


class Table:
    """The costs of *graph* under the profile called *profile*.

    ``mode="train"`` counts the backward pass too: the gradient of every weight and of every
    activation but the network's input.
    """

    def __init__(self, graph: Graph, profile: str = "paper", mode: str = "inference") -> None:
        if mode not in MODES:
            raise UnknownNameError("mode", mode, MODES)
        self.graph, self.mode = graph, mode
        self.profile: Profile = PROFILES[profile]()
        self._costs: dict[tuple[int, bool], Cost] = {}

    def under(self, profile: str) -> Table:
        """The same network under another profile; what its layers cost is not worked out again."""
        other = Table(self.graph, profile, self.mode)
        other._costs = self._costs
        return other

    @cached_property
    def entries(self) -> list[Entry]:
        """One entry a layer, in execution order."""
        classifier = next((x for x in reversed(self.graph.layers) if x.op.weighted), None)
        self._uses = Counter(tensor for layer in self.graph.layers for tensor in layer.inputs)
        return [self._entry(layer, layer is classifier) for layer in self.graph.layers]

    def _entry(self, layer: Layer, last: bool) -> Entry:
        cost = self._cost(layer)
        if self.mode == "train":
            cost = cost + self._merging(layer)
        sources = tuple([x.maker.op if x.maker is not None else None for x in layer.inputs])
        written, variant = self.graph.spec.assume.written, self.graph.variant
        way = way_of(written, layer.op.kind, layer.path, variant) if written else "module"
        seen = Seen(layer.op, layer.xs, layer.y, cost, layer.path, last, sources, way)
        runs = layer.runs
        return Entry(
            layer,
            cost * runs if is_symbolic(runs) else cost,
            0 if layer.shared else self.profile.params(seen) * runs,
            0 if layer.shared else cost.buffers * runs,
            self.profile.counted(seen) * runs,
            self.profile.extra(seen) * runs,
            DTYPES[self.graph.spec.assume.dtype],
        )

    def _merging(self, layer: Layer) -> Cost:
        """Adding up the gradients that each further use of the output sends back."""
        more = self._uses[layer.output] - 1
        added = max(more, 0) * prod(layer.y)
        return Cost(scalar_ops=added, reads=2 * added, writes=added)

    def _cost(self, layer: Layer) -> Cost:
        first = all(tensor.maker is None for tensor in layer.inputs)
        key = (id(layer.op), first)
        if key not in self._costs:
            cost = layer.op.forward(layer.xs, layer.y)
            if layer.op.kind in self.graph.spec.assume.fuse:
                cost.reads, cost.writes = cost.params + cost.buffers, 0
            if self.mode == "train":
                cost = cost + self._backward(layer, not first)
            self._costs[key] = cost
        return self._costs[key]

    def _backward(self, layer: Layer, input_grad: bool) -> Cost:
        try:
            return layer.op.backward(layer.xs, layer.y, input_grad=input_grad)
        except CostModelError as error:
            raise error.at(layer.mark) from None

    @cached_property
    def totals(self) -> Totals:
        """The network as a whole."""
        entries = self.entries
        counted = total(e.mult_adds for e in entries)
        extra = total(e.extra for e in entries)
        moved = total(e.mem_access for e in entries)
        return Totals(
            params=total(e.params for e in entries),
            buffers=total(e.buffers for e in entries),
            mult_adds=counted,
            flops=2 * counted + extra,
            mem_access=moved,
            mem_bytes=moved * DTYPES[self.graph.spec.assume.dtype],
            activations=total(e.activations for e in entries),
            peak_memory=peak_memory(self.graph),
            depth=depth(self.graph),
            reported=self.profile.reported(counted, extra),
        )

    def excluded(self) -> dict[str, Dim]:
        """Scalar operations, by kind of op, that the profile leaves out."""
        left: dict[str, list[Dim]] = {}
        for entry in self.entries:
            counts = left.setdefault(entry.layer.op.kind, [])
            if entry.extra == 0:
                counts.append(entry.cost.scalar_ops)
            if entry.mult_adds == 0:
                counts.append(entry.cost.mult_adds)
        sums = {kind: total(counts) for kind, counts in left.items()}
        return {kind: count for kind, count in sums.items() if count != 0}
