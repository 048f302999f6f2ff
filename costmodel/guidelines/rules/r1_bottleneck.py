"""R1: representational bottlenecks."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.graph import Layer, Tensor
from costmodel.guidelines import Finding, Guideline, guideline
from costmodel.guidelines.seen import Seen, elements


@guideline("R1")
class Bottleneck(Guideline):
    """Let the representation shrink gently, above all near the input.

    Why     What does not fit through the narrowest tensor is lost: where everything flows
            through one map of e elements, no later map of more than e holds more information.
    Flags   layers in the first ``front`` of the depth that make the grid coarser, whose output
            everything flows through, and which hold ``ratio`` times fewer elements than a map
            before and a map after.
    Bad     max_pool 35×35×320 -> 17×17×320, then conv 17×17×640
    Good    a stride-2 convolution and a pool side by side, 320 channels each, concatenated
    Limits  Elements are no measure of information, only its ceiling.  A linear bottleneck
            between residual blocks narrows channels, not the grid, and is not looked at.
    Source  Szegedy et al. 2015, arXiv:1512.00567, section 2, principle 1, and section 5.
    """

    ratio: float = 2.0
    front: float = 0.5

    def check(self, seen: Seen) -> Iterator[Finding]:
        cuts = [t for t in seen.cuts if len(t.shape) == 4]
        before = 0
        for i, tensor in enumerate(cuts):
            layer, here = tensor.maker, elements(tensor)
            if layer is not None and _coarser(layer) and seen.is_early(layer, self.front):
                after = max((elements(t) for t in _until_coarser(cuts[i + 1 :])), default=0)
                excess = min(before, after) / here
                if excess >= self.ratio:
                    yield self.finding(
                        layer,
                        f"{here:,} elements between {before:,} before and {after:,} after",
                        excess,
                        "reduce the grid in two parallel branches, convolution and pool",
                    )
            before = max(before, here)


def _coarser(layer: Layer) -> bool:
    x, y = layer.xs[0], layer.y
    return len(x) == len(y) == 4 and y[2] < x[2] and y[2] > 1


def _until_coarser(tensors: list[Tensor]) -> Iterator[Tensor]:
    for tensor in tensors:
        if tensor.maker is not None and _coarser(tensor.maker):
            return
        yield tensor
