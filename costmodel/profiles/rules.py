"""What conventions add for a layer: the counts that several of them share."""

from __future__ import annotations

from typing import Any

from costmodel.arith import Dim, exact_div, prod
from costmodel.profiles import Rule, Seen, Shape


def per_input(times: int) -> Rule:
    """*times* operations for each element of the (first) input.

    >>> from costmodel.ops import OPS
    >>> from costmodel.quantities import Cost
    >>> per_input(2)(Seen(OPS["relu"](), ((1, 3, 4, 5),), (1, 3, 4, 5), Cost()))
    120
    """
    return lambda seen: times * prod(seen.xs[0])


def per_output(times: int) -> Rule:
    """*times* operations for each element of the output."""
    return lambda seen: times * prod(seen.y)


def per_element(affine: int, plain: int) -> Rule:
    """A normalisation: so many operations for each element with, and without weights."""
    return lambda seen: (affine if seen.op.affine else plain) * prod(seen.xs[0])


def bias(seen: Seen) -> Dim:
    """One operation for each output element if the layer has a bias."""
    return prod(seen.y) if getattr(seen.op, "bias", False) else 0


def is_linear(seen: Seen) -> bool:
    """Whether the layer is an nn.Linear: it may stand for a 1×1 convolution."""
    op = seen.op
    return op.kind == "linear" or (op.kind == "conv" and seen.written == "channels_last")


def upsampled(nearest: int, bilinear: int) -> Rule:
    """Operations for each output element, by the kind of interpolation."""
    return lambda seen: (nearest if seen.op.mode == "nearest" else bilinear) * prod(seen.y)


def response_norm(seen: Seen) -> Dim:
    """F.local_response_norm as the tools that patch functions see it.

    It squares, pools the squares over the channels, of which there are then size - 1 more,
    multiplies by alpha and adds k: three passes over x and one over the padded squares.
    """
    n, c, *extents = seen.xs[0]
    return 3 * prod(seen.xs[0]) + n * (c + seen.op.size - 1) * prod(extents)


def weights(seen: Seen) -> Dim:
    """Elements of the weight of a convolution or linear layer; no bias, nothing of others."""
    if seen.op.family not in ("conv", "linear"):
        return 0
    count = getattr(seen.op, "weights", None)
    return seen.cost.params if count is None else count(seen.xs[0])


def channels(x: Shape) -> Dim:
    """The extent of the channel axis: the last of vectors and tokens, the second of maps."""
    return x[-1] if len(x) <= 3 else x[1]


def rows(x: Shape) -> Dim:
    """How many vectors of channels *x* holds."""
    return exact_div(prod(x), channels(x))


def products_on_output_grid(seen: Seen) -> Dim:
    """What a transposed convolution would cost if each output element took every weight."""
    return seen.op.weights(seen.xs[0]) * seen.y[0] * prod(seen.y[2:])


def each(value: Any, axes: int) -> tuple[Any, ...]:
    """A field that is one number for all spatial axes, or one for each, as one for each.

    >>> each(3, 2), each((3, 5), 2)
    ((3, 3), (3, 5))
    """
    return tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes


def reach_and_pads(seen: Seen) -> list[tuple[Dim, Dim]]:
    """How far the kernel reaches and how much is padded in all, along each spatial axis."""
    axes = len(seen.xs[0]) - 2
    kernels, dilations = each(seen.op.kernel, axes), each(seen.op.dilation, axes)
    reaches = [d * (k - 1) + 1 for k, d in zip(kernels, dilations, strict=True)]
    if seen.op.padding == "same":
        return [(reach, reach - 1) for reach in reaches]
    pads = [sum(each(pad, 2)) for pad in each(seen.op.padding, axes)]
    return list(zip(reaches, pads, strict=True))
