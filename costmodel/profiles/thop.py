"""thop, the pytorch-OpCounter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim, prod
from costmodel.profiles import MODULES, Profile, Rule, Seen, profile
from costmodel.profiles.rules import (
    per_element,
    per_input,
    per_output,
    products_on_output_grid,
    rows,
    upsampled,
)

KNOWN = {"conv", "conv_transpose", "linear", "batch_norm", "layer_norm", "prelu"}


@profile("thop")
class Thop(Profile):
    """thop 0.1.1: its "macs", and its params.

    ``profile(model, inputs)``.  Adds 4 for each element of a batch or layer norm (2 without
    weights), 1 for each output element of an average pool and each input and output element of an
    adaptive or global one, 1 for each element of PReLU, 3c - 1 for each softmax over c.  No bias
    (Lyken17/pytorch-OpCounter#136, #231), no ReLU, no max pool.
    Bugs    The norms' 2 is doubled for weights (#124; #220 says why 1 would do).  A transposed
            convolution is counted on the grid of its output.  Rules are looked up by exact class:
            functions, other people's layers and derived classes count nothing, **nor do their
            params** (timm's BatchNormAct2d, Conv2dSame, Linear); group norm has no rule at all.
            Matmul and attention count nothing (#213).
    Limits  Which class a layer is, a spec says only as ``assume: written``; the standard one is
            taken for granted where torch.nn has one that fits.  Where the cells of an adaptive
            pool do not divide the map, it rounds a float down and may be 1 off.

    252 for the additions, 4 for the divisions:

    >>> from costmodel.ops import OPS
    >>> Thop().alone(OPS["global_avg_pool"](), (1, 4, 9, 7))
    256
    """

    mult_adds = frozenset({"conv", "linear"})
    extras: ClassVar[Mapping[str, Rule]] = {
        "batch_norm": per_element(4, 2),
        "layer_norm": per_element(4, 2),
        "avg_pool": per_output(1),
        "adaptive_avg_pool": lambda seen: prod(seen.xs[0]) + prod(seen.y),
        "global_avg_pool": lambda seen: prod(seen.xs[0]) + prod(seen.y),
        "prelu": per_input(1),
        "softmax": lambda seen: 3 * prod(seen.y) - rows(seen.y),
        "upsample": upsampled(1, 11),
    }
    ways = MODULES

    def counted(self, seen: Seen) -> Dim:
        if seen.op.kind == "conv_transpose" and seen.written in self.ways:
            return products_on_output_grid(seen)
        return super().counted(seen)

    def params(self, seen: Seen) -> Dim:
        return seen.cost.params if seen.op.kind in KNOWN and seen.written in self.ways else 0
