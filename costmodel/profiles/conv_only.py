"""The convention of the tables that leave out the classifier."""

from __future__ import annotations

from costmodel.arith import Dim, Equal
from costmodel.profiles import Profile, Seen, profile


@profile("conv-only")
class ConvOnly(Profile):
    """Mult-adds of convolution alone, no classifier.

    No linear layer is counted. A classifier that is a 1×1 convolution on the pooled 1×1 map
    (FBNet's heads) is a linear layer in other words and left out too; one that is applied to the
    whole map and pooled after it (SqueezeNet's conv10) is a convolution and counts.  Convolutions
    on 1×1 maps elsewhere (squeeze-and-excitation) count.  params are all of them: such tables
    print those.
    Source  Zhang et al. 2018, arXiv:1707.01083, table 1; ESPNetv2's and GhostNet 1.3x's figures;
            the 15.3 of VGG-16 in He et al. 2016, arXiv:1512.03385, table 6.

    >>> from costmodel.ops import OPS
    >>> ConvOnly().alone(OPS["linear"](out=10), (1, 84))
    0
    >>> ConvOnly().alone(OPS["conv"](out=10, kernel=1), (1, 84, 1, 1), last=True)
    0
    >>> ConvOnly().alone(OPS["conv"](out=10, kernel=1), (1, 84, 1, 1))
    840
    """

    mult_adds = frozenset({"conv"})

    def counted(self, seen: Seen) -> Dim:
        return 0 if seen.last and _is_one_by_one(seen) else super().counted(seen)


def _is_one_by_one(seen: Seen) -> bool:
    """Whether every extent is the number 1; a symbol that may be 1 is not."""
    return all(Equal(e, 1, names=("", "")).holds() is True for e in seen.xs[0][2:])
