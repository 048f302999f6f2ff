"""R10: the memory peak at the front."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Guideline, guideline
from costmodel.guidelines.seen import Seen, coarser, pair
from costmodel.guidelines.trial import Change, half_as_wide, in_place, what_if
from costmodel.ops import Op


@guideline("R10")
class MemoryFront(Guideline):
    """Spread peak memory: the first layers should not need far more than all others.

    Why     A device must hold the largest input and output that are alive together; where that
            is in the first layers, the rest of the network never uses the memory it forced.
    Flags   the layer, within the first ``front`` of the depth, whose inputs and output hold
            ``ratio`` times what any layer behind the front needs.
    Bad     conv: {out: 64, kernel: 3} on 3×224×224
    Good    a stride-2 stem; computing the front in patches
    Limits  Counts a layer's own inputs and output, not tensors kept for later.  The saving is that
            of the next stride taken by this layer, or where that does not fit of half its width;
            either costs accuracy, and patches cost mult_adds at their overlaps instead.
    Source  Lin et al. 2021, arXiv:2110.15352 (MCUNetV2), section 3.
    """

    ratio: float = 2.0
    front: float = 0.25

    def check(self, seen: Seen) -> Iterator[Finding]:
        needs = {layer: sum(map(prod, (*layer.xs, layer.y))) for layer in seen.weighted}
        early = [layer for layer in needs if seen.is_early(layer, self.front)]
        rest = max((need for layer, need in needs.items() if layer not in early), default=0)
        if not early or not rest:
            return
        worst = max(early, key=needs.__getitem__)
        if needs[worst] >= self.ratio * rest:
            yield self.finding(
                worst,
                f"holds {needs[worst]:,} elements; no layer behind the front needs more than "
                f"{rest:,}",
                needs[worst] / rest,
                *cure(worst, seen),
            )


def cure(worst: Layer, seen: Seen) -> tuple[str, dict[str, int]]:
    """What would lower the peak, and what the whole network saves by it."""
    grid = max(worst.xs[0], worst.y, key=prod)[2:]
    first = next(x for x in (*seen.convs, worst) if x.y[2:] == grid or x is worst)
    later = next((x for x in seen.layers[seen.order[first] + 1 :] if coarser(x)), None)
    if later is not None and first.op.family == "conv" and "kernel" in later.op.fields:
        stays: Change = in_place(later.op._replace(stride=1)) if later.op.weighted else in_place()
        changes = {first: in_place(strided(first, later)), later: stays}
        if (saved := what_if(seen, changes, whole=True)) is not None:
            return f"the stride of {later.path} in {first.path}, or patch by patch", saved
    what, saves = half_as_wide(seen, worst)
    return f"{what}, or patch by patch", saves


def strided(first: Layer, later: Layer) -> Op:
    """The convolution *first* with the stride of *later* on top of its own."""
    op: Any = first.op
    window: Any = later.op
    op_stride, more = pair(op.stride), pair(window.stride or window.kernel)
    return first.op._replace(stride=(op_stride[0] * more[0], op_stride[1] * more[1]))
