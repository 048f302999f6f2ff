"""calflops, whose rules are those of DeepSpeed's profiler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim, exact_div, prod
from costmodel.profiles import WAYS, Profile, Rule, Seen, profile
from costmodel.profiles.fvcore import is_fused_attention
from costmodel.profiles.rules import (
    bias,
    each,
    is_linear,
    per_element,
    per_input,
    reach_and_pads,
    response_norm,
)


def _upsample(seen: Seen) -> Dim:
    """F.interpolate: an output size without its channels; by a factor, the input's elements."""
    return prod(seen.xs[0]) if seen.op.out is None else prod(seen.y[2:])


def _transposed_bias(seen: Seen) -> Dim:
    """Output positions worked out as a convolution's, channels of one group."""
    if not seen.op.bias:
        return 0
    axes = reach_and_pads(seen)
    strides = each(seen.op.stride, len(axes))
    grid = [
        (extent + padding - reach) // stride + 1
        for extent, (reach, padding), stride in zip(seen.xs[0][2:], axes, strides, strict=True)
    ]
    return exact_div(seen.op.out, seen.op.groups) * seen.y[0] * prod(grid)


@profile("calflops")
class Calflops(Profile):
    """calflops 0.3.2: the multiply-adds it prints.

    What ``calculate_flops(model, ...)`` calls "MACs" is ``reported``; its "FLOPs" are ``flops``
    of the table, 2·mult-adds + what follows.  It adds the bias of convolutions, 2 for each
    element of a batch norm (1 without weights), 5 of a layer or group norm (4), 1 for each
    element of ReLU, LeakyReLU, PReLU, ELU, GELU, SiLU, softmax, and 1 for each element a pool
    reads; no bias of linear layers.
    Bugs    nn.ReLU6 is nothing (it calls F.hardtanh), F.relu6 is counted.  Upsampling to a size
            counts h·w without channels, by a factor the input.  A transposed convolution is
            divided by its groups twice: 0 if depthwise (deepspeedai/DeepSpeed#8323, which shares
            the code), and its bias is counted on the wrong grid.  Fused attention, ``@`` and
            einsum have no MACs (MrYxJ/calculate-flops.pytorch#48).
    Limits  It patches torch.nn.functional, so classes do not matter; whether code calls x.mean()
            instead of a pool is in a spec only as ``assume: written``.

    3·3·4 weights at 8·8 positions; the bias is in the FLOPs:

    >>> from costmodel.ops import OPS
    >>> Calflops().alone(OPS["conv"](out=1, kernel=3, padding=1, bias=True), (1, 4, 8, 8))
    2304
    """

    extras: ClassVar[Mapping[str, Rule]] = {
        "conv": lambda seen: 0 if is_linear(seen) else bias(seen),
        "conv_transpose": _transposed_bias,
        "batch_norm": per_element(2, 1),
        "layer_norm": per_element(5, 4),
        "group_norm": per_element(5, 4),
        "local_response_norm": response_norm,
        "relu": per_input(1),
        "relu6": lambda seen: prod(seen.xs[0]) if seen.written == "function" else 0,
        "leaky_relu": per_input(1),
        "prelu": per_input(1),
        "elu": per_input(1),
        "gelu": per_input(1),
        "swish": per_input(1),
        "softmax": per_input(1),
        "pool": per_input(1),
        "upsample": _upsample,
    }
    ways = frozenset(WAYS) - {"mean"}

    def counted(self, seen: Seen) -> Dim:
        if seen.op.kind == "conv_transpose":
            n, c, *extents = seen.xs[0]
            taps = prod(each(seen.op.kernel, len(extents)))
            twice = seen.op.out // seen.op.groups // seen.op.groups
            return taps * c * twice * n * prod(extents)
        return 0 if is_fused_attention(seen) else super().counted(seen)

    def reported(self, mult_adds: Dim, extra: Dim) -> Dim:
        return mult_adds
