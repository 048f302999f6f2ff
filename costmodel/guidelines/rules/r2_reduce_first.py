"""R2: reduce before aggregating."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.seen import Seen, is_dense, pair


@guideline("R2")
class ReduceFirst(Guideline):
    """Narrow a wide map with a 1×1 convolution before a spatial convolution reads it.

    Why     c·r + k²·r·f against k²·c·f mult_adds a position: reducing c channels to r pays where
            r < k²·c·f / (c + k²·f) (`costmodel bound inception-reduction`); neighbouring
            positions are so alike that little is lost.
    Flags   dense k×k convolutions, k > 1, on at least ``width`` channels that no narrowing 1×1
            convolution precedes, where reducing to 1/``reduction`` of them saves ``tolerance``
            times the mult_adds.
    Bad     conv: {out: 256, kernel: 3}                            after 512 channels
    Good    conv: {out: 128, kernel: 1}, conv: {out: 256, kernel: 3}
    Limits  How far to reduce is a matter of accuracy, which nothing here measures.
    Source  Szegedy et al. 2015, arXiv:1512.00567, section 2, principle 3.
    """

    width: int = 256
    reduction: int = 4
    tolerance: float = 2.0

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            op: Any = layer.op
            x = layer.xs[0]
            spatial = max(pair(op.kernel)) > 1
            if not is_dense(layer) or not spatial or x[1] < self.width:
                continue
            source = next(seen.sources(layer))
            if source is not None and source.op.kind == "conv" and _narrows(source):
                continue
            narrow = int(x[1] // self.reduction)
            reduce = op._replace(out=narrow, kernel=1, stride=1, padding=0, dilation=1, bias=False)
            after = [reduce.cost(x), op.cost(reduce.out_shape(x))]
            excess = seen.costs[layer].mult_adds / sum(cost.mult_adds for cost in after)
            if excess >= self.tolerance:
                yield self.finding(
                    layer,
                    f"a {pair(op.kernel)[0]}×{pair(op.kernel)[1]} convolution reads {x[1]} "
                    f"channels; reduced to {narrow} it costs {excess:.2f}× less",
                    excess,
                    f"a 1×1 convolution to {narrow} channels before it",
                    saving([seen.costs[layer]], after),
                )


def _narrows(layer: Any) -> bool:
    return bool(max(pair(layer.op.kernel)) == 1 and layer.op.out < layer.xs[0][1])
