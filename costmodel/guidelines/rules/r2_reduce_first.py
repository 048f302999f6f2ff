"""R2: reduce before aggregating."""

from __future__ import annotations

from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Instead, Replaceable, guideline, in_series
from costmodel.guidelines.seen import Seen, is_dense, pair


@guideline("R2")
class ReduceFirst(Replaceable):
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

    def instead(self, layer: Layer, seen: Seen) -> Instead | None:
        op: Any = layer.op
        x, spatial = layer.xs[0], max(pair(op.kernel)) > 1
        if not is_dense(layer) or not spatial or x[1] < self.width:
            return None
        source = next(seen.sources(layer))
        if source is not None and source.op.kind == "conv" and _narrows(source):
            return None
        narrow = int(x[1] // self.reduction)
        reduce = op._replace(out=narrow, kernel=1, stride=1, padding=0, dilation=1, bias=False)
        return Instead(
            f"a {'×'.join(map(str, pair(op.kernel)))} convolution reads {x[1]} channels",
            f"a 1×1 convolution to {narrow} channels, then the same",
            in_series(x, reduce, op),
        )


def _narrows(layer: Any) -> bool:
    return bool(max(pair(layer.op.kernel)) == 1 and layer.op.out < layer.xs[0][1])
