"""R1: representational bottlenecks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.graph import Layer, Tensor
from costmodel.guidelines import Finding, Guideline, guideline, in_series, saving
from costmodel.guidelines.seen import Seen, coarser, elements, pair
from costmodel.guidelines.trial import Change, Trial, what_if
from costmodel.ops import OPS, Op


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
            between residual blocks narrows channels, not the grid, and is not looked at.  The
            cure costs: what is told is a branch more beside the layer, with all that reads both,
            or the branch alone where what follows is tied to its width.
    Source  Szegedy et al. 2015, arXiv:1512.00567, section 2, principle 1, and section 5.
    """

    ratio: float = 2.0
    front: float = 0.5

    def check(self, seen: Seen) -> Iterator[Finding]:
        cuts = [t for t in seen.cuts if len(t.shape) == 4]
        before = 0
        for i, tensor in enumerate(cuts):
            layer, here = tensor.maker, elements(tensor)
            if layer is not None and coarser(layer) and seen.is_early(layer, self.front):
                after = max((elements(t) for t in _until_coarser(cuts[i + 1 :])), default=0)
                excess = min(before, after) / here
                if excess >= self.ratio:
                    yield self.finding(
                        layer,
                        f"{here:,} elements between {before:,} before and {after:,} after",
                        excess,
                        *cure(layer, seen),
                    )
            before = max(before, here)


def _until_coarser(tensors: list[Tensor]) -> Iterator[Tensor]:
    for tensor in tensors:
        if tensor.maker is not None and coarser(tensor.maker):
            return
        yield tensor


def cure(layer: Layer, seen: Seen) -> tuple[str, dict[str, int]]:
    """A second branch beside *layer*, and what the whole network saves by it: it costs."""
    other = beside(layer)
    name = "strided convolution" if other.weighted else "pool"
    what = f"a {name} beside it, {layer.y[1] + other.out_shape(*layer.xs)[1]} channels in all"
    saved = what_if(seen, {layer: widened(layer.op, other)}, whole=True)
    if saved is None:
        return f"{what}; the branch alone", saving([], in_series(layer.xs[0], other))
    return what, saved


def beside(layer: Layer) -> Op:
    """A pool of the same stride for a convolution, a 3×3 convolution for anything else."""
    op: Any = layer.op
    stride = tuple(-(-a // b) for a, b in zip(layer.xs[0][2:], layer.y[2:], strict=True))
    if layer.op.weighted and "kernel" in op.fields:
        kernel = tuple(max(k, s) for k, s in zip(pair(op.kernel), stride, strict=True))
        padding = tuple((k - 1) // 2 for k in kernel)
        return OPS["max_pool"](kernel=kernel, stride=stride, padding=padding)
    return OPS["conv"](out=layer.y[1], kernel=3, stride=stride, padding=1)


def widened(first: Op, second: Op) -> Change:
    """Two operators on the same input, their outputs concatenated."""

    def change(trial: Trial, inputs: tuple[Tensor, ...]) -> Tensor:
        ends = (trial.apply(first, *inputs), trial.apply(second, *inputs))
        return trial.apply(OPS["concat"](), *ends)

    return change
