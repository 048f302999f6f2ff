"""The flops_m and params_m of FBNet's model zoo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim
from costmodel.profiles import Profile, Rule, Seen, profile
from costmodel.profiles.rules import per_input, weights


@profile("fbnet-zoo")
class FBNetZoo(Profile):
    """FBNet zoo's flops_m: mult-adds and global pools.

    Multiply-adds, and one operation for each element that an average pool over a map reads.
    Adaptive and global average pools count, those of squeeze-and-excitation too; pools with a
    window do not.  The zoo's classifiers are 1×1 convolutions on the pooled map, which specs may
    write as a linear layer: linear counts.  "params_m" are weights only: no bias, no batch norm.
    Source  facebookresearch/mobile-vision, mobile_cv/model_zoo (flops_m, params_m).

    >>> from costmodel.ops import OPS
    >>> FBNetZoo().alone(OPS["global_avg_pool"](), (1, 3, 4, 5))
    60
    """

    mult_adds = frozenset({"conv", "linear"})
    extras: ClassVar[Mapping[str, Rule]] = {
        "global_avg_pool": per_input(1),
        "adaptive_avg_pool": per_input(1),
    }

    def params(self, seen: Seen) -> Dim:
        return weights(seen)
