"""The convention of the papers: the default."""

from __future__ import annotations

from costmodel.profiles import Profile, profile


@profile("paper")
class Paper(Profile):
    """Multiply-adds of convolution, linear and matmul; no bias, norm, activation or pooling.

    The "FLOPs" of the ShuffleNet, MobileNet and EfficientNet papers.
    Source  Ma et al. 2018, arXiv:1807.11164, section 1: FLOPs = number of multiply-adds.
    """
