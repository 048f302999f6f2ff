"""R10: the memory peak at the front."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from costmodel.guidelines import Finding, Guideline, guideline
from costmodel.guidelines.seen import Seen


@guideline("R10")
class MemoryFront(Guideline):
    """Spread peak memory: the first layers should not need far more than all others.

    Why     A device must hold the largest input and output that are alive together; where that
            is in the first layers, the rest of the network never uses the memory it forced.
    Flags   the layer, within the first ``front`` of the depth, whose inputs and output hold
            ``ratio`` times what any layer behind the front needs.
    Bad     conv: {out: 64, kernel: 3} on 3×224×224
    Good    a stride-2 stem; computing the front in patches
    Limits  Counts a layer's own inputs and output, not tensors kept for later.
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
                "an earlier stride, or patch by patch",
            )
