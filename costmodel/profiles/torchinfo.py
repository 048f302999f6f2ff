"""torchinfo's summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim
from costmodel.profiles import MODULES, Profile, Rule, Seen, profile
from costmodel.profiles.rules import bias, is_linear, products_on_output_grid


def _params(seen: Seen) -> Dim:
    """Every weight and bias, once for each example."""
    return seen.y[0] * seen.cost.params


def _bias(seen: Seen) -> Dim:
    return seen.y[0] * seen.op.out if getattr(seen.op, "bias", False) else 0


@profile("torchinfo")
class Torchinfo(Profile):
    """torchinfo 1.8.0: its "total mult-adds".

    ``summary(model)``: params times output positions for a convolution (the bias too); for every
    other layer with a ``weight`` or ``bias`` params times batch: batch norm adds 2c, not 2c·h·w.
    Bugs    A linear layer on tokens counts one of them (TylerYep/torchinfo#77, ViT: #226); a
            transposed convolution is counted on the grid of its output.  Attention and matmul
            count nothing.  A module that holds modules is no layer (timm's BatchNormAct2d).
            "Conv" in the class's name makes a convolution.
    Limits  Params of modules that never run are in its sum if they are in the model.

    3·5 + 5 params, whatever the 7 tokens:

    >>> from costmodel.ops import OPS
    >>> Torchinfo().alone(OPS["linear"](out=5), (1, 7, 3))
    20
    """

    mult_adds = frozenset({"conv", "linear"})
    extras: ClassVar[Mapping[str, Rule]] = {
        "conv": lambda seen: _bias(seen) if is_linear(seen) else bias(seen),
        "linear": _bias,
        "batch_norm": _params,
        "layer_norm": _params,
        "group_norm": _params,
        "prelu": _params,
    }
    ways = MODULES | {"subclass"}

    def counted(self, seen: Seen) -> Dim:
        if seen.written not in self.ways:
            return 0
        if seen.op.kind == "conv_transpose":
            return products_on_output_grid(seen)
        if is_linear(seen):
            return seen.y[0] * seen.op.weights(seen.xs[0])
        return super().counted(seen)
