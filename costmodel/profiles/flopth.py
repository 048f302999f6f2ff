"""flopth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim, prod
from costmodel.profiles import MODULES, Profile, Rule, Seen, profile
from costmodel.profiles.rules import (
    bias,
    is_linear,
    per_element,
    per_input,
    per_output,
    products_on_output_grid,
)


def _pool(seen: Seen) -> Dim:
    """Every element that is read, on maps."""
    return prod(seen.xs[0]) if len(seen.xs[0]) == 4 else 0


@profile("flopth")
class Flopth(Profile):
    """flopth 0.1.6: mult-adds, norms, ReLU, pools.

    ``flopth(model, in_size)``; what it calls "FLOPs" are multiply-adds.  Adds the bias of
    convolutions (not of linear layers), 2 for each element of a batch or group norm (1 without
    weights), 1 of a layer norm, of ReLU, ReLU6, PReLU, ELU, LeakyReLU, GELU, tanh, the hard
    sigmoid and swish, and of each pool's input.  Sigmoid, SiLU, softmax are nothing.
    Bugs    Of a module that is called twice only the last call counts (the one nn.ReLU of a
            ResNet block).  A linear layer on tokens is batch · tokens · its output's second axis.
            A transposed convolution is counted on the grid of its output; upsampling counts h·w
            without channels.  Functions and attention are nothing: it wraps modules.
    Limits  Which modules are called again, and what is a function, is in a spec only as ``assume:
            written``.

    >>> from costmodel.ops import OPS
    >>> Flopth().alone(OPS["h_swish"](), (1, 4, 9, 7))
    252
    """

    mult_adds = frozenset({"conv", "linear"})
    extras: ClassVar[Mapping[str, Rule]] = {
        "conv": lambda seen: 0 if is_linear(seen) else bias(seen),
        "conv_transpose": bias,
        "batch_norm": per_element(2, 1),
        "group_norm": per_element(2, 1),
        "layer_norm": per_input(1),
        "relu": per_input(1),
        "relu6": per_input(1),
        "prelu": per_input(1),
        "elu": per_input(1),
        "leaky_relu": per_input(1),
        "gelu": per_input(1),
        "tanh": per_input(1),
        "h_sigmoid": per_output(1),
        "h_swish": per_output(1),
        "pool": _pool,
        "upsample": lambda seen: seen.y[0] * prod(seen.y[2:]),
    }
    ways = MODULES - {"again"} | {"subclass"}

    def counted(self, seen: Seen) -> Dim:
        if seen.written not in self.ways:
            return 0
        if seen.op.kind == "conv_transpose":
            return products_on_output_grid(seen)
        if is_linear(seen):
            x, y = seen.xs[0], seen.y
            axis = 1 if seen.op.kind == "linear" else 2  # second of (n, c), of (n, h, w, c)
            return x[0] * x[axis] * y[axis]
        return super().counted(seen)
