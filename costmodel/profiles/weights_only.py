"""What the weights are multiplied with."""

from __future__ import annotations

from costmodel.arith import Dim
from costmodel.profiles import Profile, Seen, profile
from costmodel.profiles.rules import weights


@profile("weights-only")
class WeightsOnly(Profile):
    """Mult-adds by weights, and nothing but weights.

    Convolution and linear; no product of two activations, as attention has.  params are the
    elements of those weights: no bias, no batch norm, as the "parameters" of CSPNet's, FBNet's
    and ResNeXt's tables.
    Source  Cai et al. 2019, arXiv:1812.00332, and others who prune or quantise weights.

    3·3·4 weights at 8·8 positions, and no matrix product:

    >>> from costmodel.ops import OPS
    >>> WeightsOnly().alone(OPS["conv"](out=1, kernel=3, padding=1, bias=True), (1, 4, 8, 8))
    2304
    >>> WeightsOnly().alone(OPS["matmul"](), (1, 2, 3), (1, 3, 5))
    0
    """

    mult_adds = frozenset({"conv", "linear"})

    def params(self, seen: Seen) -> Dim:
        return weights(seen)
