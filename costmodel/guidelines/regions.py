"""Where a network forks and joins again."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.graph import Layer, Tensor
from costmodel.guidelines.seen import Seen
from costmodel.records import Record

WORK = ("conv", "linear", "matmul", "pool")  # what the paper calls a fragmented operator


class Region(Record):
    """What lies between a fork and the layer that joins its branches."""

    join: Layer
    layers: tuple[Layer, ...]
    fragments: int  # convolutions, products and pools in it
    path: int  # the most of them on one way through it
    branches: int  # inputs of the join

    @property
    def excess(self) -> float:
        """Work in the region against work on its longest path."""
        return self.fragments / max(1, self.path)


def regions(seen: Seen) -> Iterator[Region]:
    """Each join of several tensors with what lies between it and the last common tensor."""
    above: dict[Tensor, frozenset[Tensor]] = {}
    for layer in seen.layers:
        common = None
        for tensor in layer.inputs:
            mine = above.get(tensor, frozenset()) | {tensor}
            common = mine if common is None else common & mine
        above[layer.output] = common or frozenset()
        if len(set(layer.inputs)) > 1:
            yield _between(seen, layer, above[layer.output])


def _between(seen: Seen, join: Layer, common: frozenset[Tensor]) -> Region:
    inside: set[Layer] = set()
    waiting = [tensor for tensor in join.inputs if tensor not in common]
    while waiting:
        maker = waiting.pop().maker
        if maker is not None and maker not in inside:
            inside.add(maker)
            waiting += [tensor for tensor in maker.inputs if tensor not in common]
    layers = tuple(sorted(inside, key=seen.order.__getitem__))
    longest: dict[Tensor, int] = {}
    for layer in layers:
        before = max(longest.get(tensor, 0) for tensor in layer.inputs)
        longest[layer.output] = before + (layer.op.family in WORK)
    work = sum(layer.op.family in WORK for layer in layers)
    path = max(longest.get(tensor, 0) for tensor in join.inputs)
    return Region(join, layers, work, path, len(join.inputs))
