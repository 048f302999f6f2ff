"""fvcore's FlopCountAnalysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim, prod
from costmodel.profiles import WAYS, Profile, Rule, Seen, profile
from costmodel.profiles.rules import per_element, upsampled


def _pool(seen: Seen) -> Dim:
    """aten::adaptive_avg_pool2d is counted, its one- and three-dimensional kin are not."""
    return prod(seen.xs[0]) if len(seen.xs[0]) == 4 else 0


@profile("fvcore")
class Fvcore(Profile):
    """fvcore 0.1.5: mult-adds, norms, global pools.

    ``FlopCountAnalysis(model, x).total()``; what it calls "flops" are multiply-adds.  Adds 2 for
    each element of a batch norm (1 without weights), 5 of a layer or group norm (4), 1 for each
    input element of an adaptive or global average pool on maps, 1 for each output element of a
    nearest and 4 of a bilinear upsampling.  No bias, activation, window pool or addition; a mean
    of the tensor's own is no pool.
    Bugs    The name: facebookresearch/fvcore#69.  Fused attention is dropped
            (scaled_dot_product_attention has no rule); attention with a window's table (Swin) is
            spelled out in matmuls and counts.
    Limits  It traces what runs, so classes do not matter; einsum is read off a text of four
            digits there and counted exactly here.

    2 for each of 4·9·7 elements:

    >>> from costmodel.ops import OPS
    >>> Fvcore().alone(OPS["batch_norm"](), (1, 4, 9, 7))
    504
    """

    extras: ClassVar[Mapping[str, Rule]] = {
        "batch_norm": per_element(2, 1),
        "layer_norm": per_element(5, 4),
        "group_norm": per_element(5, 4),
        "global_avg_pool": _pool,
        "adaptive_avg_pool": _pool,
        "upsample": upsampled(1, 4),
    }
    ways = frozenset(WAYS) - {"mean"}

    def counted(self, seen: Seen) -> Dim:
        return 0 if is_fused_attention(seen) else super().counted(seen)


def is_fused_attention(seen: Seen) -> bool:
    """Attention that PyTorch runs as one operator: without a table of relative positions."""
    return seen.op.kind == "attention" and seen.op.window is None
