"""What the rules look at: a bound network, its costs, and who reads what."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from costmodel.arith import is_symbolic, prod
from costmodel.errors import BindingError
from costmodel.graph import Graph, Layer, Tensor
from costmodel.quantities import Cost
from costmodel.table import Entry, Table

QUIET = ("norm", "activation")  # families that change neither shape nor place


class Seen:
    """An analysed network.

    Raises  BindingError where a symbol is free: a rule measures, and a symbol has no measure.
    """

    def __init__(self, graph: Graph) -> None:
        free = sorted(name for name in graph.binding if is_symbolic(graph.binding[name]))
        if free or any(is_symbolic(d) for layer in graph.layers for d in layer.y):
            name = free[0] if free else "h"
            raise BindingError(
                f"a guideline needs numbers, and {name} is free", hint=f"--at {name}=224"
            )
        self.graph = graph
        self.table = Table(graph)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every layer, in execution order."""
        return self.graph.layers

    @cached_property
    def entries(self) -> list[Entry]:
        """Every layer with its cost."""
        return self.table.entries

    @cached_property
    def costs(self) -> dict[Layer, Cost]:
        """The cost of each layer, every operation counted."""
        return {entry.layer: entry.cost for entry in self.entries}

    @cached_property
    def mult_adds(self) -> Any:
        """All multiply-adds."""
        return max(1, sum(cost.mult_adds for cost in self.costs.values()))

    @cached_property
    def params(self) -> Any:
        """All parameters."""
        return max(1, sum(entry.params for entry in self.entries))

    @cached_property
    def mem_access(self) -> Any:
        """All elements moved."""
        return max(1, sum(cost.mem_access for cost in self.costs.values()))

    @cached_property
    def flops(self) -> Any:
        """All scalar operations."""
        return max(1, sum(flops_of(cost) for cost in self.costs.values()))

    @cached_property
    def readers(self) -> dict[Tensor, list[Layer]]:
        """Which layers read each tensor."""
        found: dict[Tensor, list[Layer]] = {}
        for layer in self.layers:
            for tensor in layer.inputs:
                found.setdefault(tensor, []).append(layer)
        return found

    @cached_property
    def weighted(self) -> list[Layer]:
        """The convolutions and linear layers, in order."""
        return [layer for layer in self.layers if layer.op.weighted]

    @cached_property
    def convs(self) -> list[Layer]:
        """The convolutions over two axes, in order."""
        return [x for x in self.layers if x.op.kind == "conv" and len(x.xs[0]) == 4]

    @cached_property
    def order(self) -> dict[Layer, int]:
        """The place of each layer in the execution order."""
        return {layer: i for i, layer in enumerate(self.layers)}

    def is_early(self, layer: Layer, front: float) -> bool:
        """Whether *layer* runs within the first *front* of the convolutions and linear layers."""
        done = bisect_right(self._weighted_at, self.order[layer])
        return done <= front * len(self.weighted)

    @cached_property
    def _weighted_at(self) -> list[int]:
        return [self.order[layer] for layer in self.weighted]

    def from_input(self, layer: Layer) -> bool:
        """Whether *layer* reads the network's own input, whose width nobody may choose."""
        return any(source is None for source in self.sources(layer))

    def sources(self, layer: Layer) -> Iterator[Layer | None]:
        """What feeds *layer*, past normalisation and activation; None is the network's input."""
        for tensor in layer.inputs:
            maker = tensor.maker
            while maker is not None and maker.op.family in QUIET:
                maker = maker.inputs[0].maker
            yield maker

    def quiet_after(self, layer: Layer) -> list[Layer]:
        """The normalisations and activations that alone read *layer*, one after the other."""
        found: list[Layer] = []
        while len(following := self.readers.get(layer.output, [])) == 1:
            layer = following[0]
            if layer.op.family not in QUIET:
                break
            found.append(layer)
        return found

    def next_of(self, layer: Layer) -> Layer | None:
        """The one layer that *layer* feeds, past normalisation and activation."""
        while len(following := self.readers.get(layer.output, [])) == 1:
            layer = following[0]
            if layer.op.family not in QUIET:
                return layer
        return None

    @cached_property
    def cuts(self) -> list[Tensor]:
        """The tensors that everything flows through: alone alive after their layer."""
        last = {tensor: self.order[readers[-1]] for tensor, readers in self.readers.items()}
        last[self.graph.output] = len(self.layers)
        reach = max(last.get(tensor, 0) for tensor in self.graph.inputs)
        found = []
        for step, layer in enumerate(self.layers):
            if reach <= step and layer.output in last:
                found.append(layer.output)
            reach = max(reach, last.get(layer.output, 0))
        return found


def flops_of(cost: Cost) -> Any:
    """Every scalar operation of a cost."""
    return 2 * cost.mult_adds + cost.scalar_ops


def elements(tensor: Tensor) -> Any:
    """How many elements a tensor has."""
    return prod(tensor.shape)


def coarser(layer: Layer) -> bool:
    """Whether a layer makes the grid coarser, but not a single position."""
    x, y = layer.xs[0], layer.y
    return bool(len(x) == len(y) == 4 and y[2] < x[2] and y[2] > 1)


def pair(value: Any) -> tuple[Any, Any]:
    """A kernel or a stride for height and width."""
    return (value[0], value[1]) if isinstance(value, (tuple, list)) else (value, value)


def is_depthwise(layer: Layer) -> bool:
    """Whether each channel is convolved alone."""
    return bool(layer.op.kind == "conv" and getattr(layer.op, "groups", 1) == layer.xs[0][1] > 1)


def is_dense(layer: Layer) -> bool:
    """Whether every output channel sees every input channel."""
    return layer.op.kind == "conv" and getattr(layer.op, "groups", 1) == 1
