"""Darknet's BFLOPs."""

from __future__ import annotations

from costmodel.arith import Dim
from costmodel.profiles import Profile, Seen, profile
from costmodel.profiles.rules import weights


@profile("darknet")
class Darknet(Profile):
    """Darknet's BFLOPs: twice the mult-adds.

    Two for each multiply-add of a convolution, nothing else: Darknet prints
    2·k·k·(c/groups)·out·h'·w' / 10^9 for each convolutional layer.  The classifiers of its .cfg
    files are 1×1 convolutions behind the pooling, which specs write as a linear layer: linear
    counts.  params are weights only, as CSPNet's README prints them.
    Source  AlexeyAB/darknet, convolutional_layer.c (bflops);
            WongKinYiu/CrossStagePartialNetworks.

    >>> from costmodel.ops import OPS
    >>> Darknet().alone(OPS["conv"](out=6, kernel=3, stride=2, padding=1), (1, 3, 8, 8))
    5184
    """

    mult_adds = frozenset({"conv", "linear"})
    weight = 2

    def params(self, seen: Seen) -> Dim:
        return weights(seen)
