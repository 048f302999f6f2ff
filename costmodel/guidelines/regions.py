"""Where a network forks and joins again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    above: dict[Tensor, Tensor | None] = {}  # the last tensor that every way to it passes
    level: dict[Tensor | None, int] = {None: 0}
    for layer in seen.layers:
        for tensor in layer.inputs:
            level.setdefault(tensor, 1)
        fork: Tensor | None = layer.inputs[0]
        for other in layer.inputs[1:]:
            fork = _meeting(fork, other, above, level)
        above[layer.output], level[layer.output] = fork, level[fork] + 1
        if len(set(layer.inputs)) > 1:
            yield _between(seen, layer, fork)


def _meeting(
    a: Tensor | None,
    b: Tensor | None,
    above: Mapping[Tensor, Tensor | None],
    level: Mapping[Tensor | None, int],
) -> Tensor | None:
    """The last tensor that every way to *a* and to *b* passes; None if there is none."""
    while a is not b:
        if level[a] < level[b]:
            a, b = b, a
        a = above.get(a) if a is not None else None
    return a


def _between(seen: Seen, join: Layer, fork: Tensor | None) -> Region:
    inside: set[Layer] = set()
    waiting = [tensor for tensor in join.inputs if tensor is not fork]
    while waiting:
        maker = waiting.pop().maker
        if maker is not None and maker not in inside:
            inside.add(maker)
            waiting += [tensor for tensor in maker.inputs if tensor is not fork]
    layers = tuple(sorted(inside, key=seen.order.__getitem__))
    longest: dict[Tensor, int] = {}
    for layer in layers:
        before = max(longest.get(tensor, 0) for tensor in layer.inputs)
        longest[layer.output] = before + (layer.op.family in WORK)
    work = sum(layer.op.family in WORK for layer in layers)
    path = max(longest.get(tensor, 0) for tensor in join.inputs)
    return Region(join, layers, work, path, len(join.inputs))
