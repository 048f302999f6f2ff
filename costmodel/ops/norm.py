"""Normalisation: by batch, layer, group of channels, or neighbouring channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from costmodel.arith import AtLeast, Condition, Dim, Divides, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Shape, op
from costmodel.ops.window import need_rank, spatial
from costmodel.quantities import Cost

FORWARD = 5  # mean 1; centre, square, sum 3; scale 1: per element
AFFINE = 2  # multiply by the weight, add the bias
X_HAT = 2  # (x - mean)·s again
SUMS = 3  # sum of g; multiply and sum of g·x^
INPUT_GRAD = 4  # dx = s·(g - a - x^·b): multiply, subtract, subtract, multiply


class Normalisation(Op):
    """A layer that computes mean and variance of its input and keeps its shape.

    With g = dy·weight and x^ the normalised input, dx = s·(g - mean g - x^·mean(g·x^)).
    Statistics, of which there are few, are moved (mean and scale, both saved) but the
    arithmetic on them is not counted.
    """

    family = "norm"

    affine: bool = True

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def width(self, x: Shape) -> Dim:
        """How many weights, and as many biases, an affine layer has."""
        raise NotImplementedError

    def groups_of(self, x: Shape) -> Dim:
        """How many means, and as many variances, there are."""
        raise NotImplementedError

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        (x,) = xs
        params = 2 * self.width(x) if self.affine else 0
        return Cost(
            params=params,
            scalar_ops=prod(x) * (FORWARD + (AFFINE if self.affine else 0)),
            reads=prod(x) + params,
            writes=prod(y),
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        (x,) = xs
        moved, statistics = prod(x), 2 * self.groups_of(x)
        width = self.width(x) if self.affine else 0
        gradients = 1 + SUMS if self.affine else 0  # g = dy·weight; d bias, d weight
        if input_grad:
            return Cost(
                scalar_ops=moved * (X_HAT + SUMS + INPUT_GRAD + gradients),
                reads=2 * moved + width + statistics,
                writes=moved + 2 * width,
            )
        if not self.affine:
            return Cost()
        return Cost(
            scalar_ops=moved * (X_HAT + SUMS), reads=2 * moved + statistics, writes=2 * width
        )


@op("batch_norm")
class BatchNorm(Op):
    """Batch normalisation, at inference: one scale and one shift for each channel.

    Shape   (n, c, ...) -> the same
    Cost    params = 2c if affine, else 0;  buffers = 2c, the running mean and variance
            scalar_ops = 2 for each element: multiply by w/sqrt(var + eps), add the rest
            reads = input + params + buffers,  writes = output       [elements]
            backward (batch statistics): x^ 2, sums of dy and dy·x^ 3, which are also the
            gradients of bias and weight, dx = s·(dy - a - x^·b) 4: 9 for each element;
            reads x, dy, the weight and 2c statistics
    Source  Ioffe & Szegedy 2015, arXiv:1502.03167, algorithms 1 and 2; the backward is the
            chain rule of their section 3, collected.  ``num_batches_tracked`` is not counted.

    >>> BatchNorm().cost((1, 64, 56, 56)).params
    128
    """

    family = "norm"

    affine: bool = True

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        need_rank(xs[0], 2, self.kind)
        yield from ()

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        (x,) = xs
        params = 2 * x[1] if self.affine else 0
        return Cost(
            params=params,
            buffers=2 * x[1],
            scalar_ops=2 * prod(x),
            reads=prod(x) + params + 2 * x[1],
            writes=prod(y),
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        (x,) = xs
        moved, width = prod(x), x[1] if self.affine else 0
        if input_grad:
            return Cost(
                scalar_ops=moved * (X_HAT + SUMS + INPUT_GRAD),
                reads=2 * moved + width + 2 * x[1],
                writes=moved + 2 * width,
            )
        if not self.affine:
            return Cost()
        return Cost(scalar_ops=moved * (X_HAT + SUMS), reads=2 * moved + 2 * x[1], writes=2 * width)


@op("layer_norm")
class LayerNorm(Normalisation):
    """Layer normalisation over the channels, or over all of an example.

    Shape   unchanged; ``axis: channels`` is the last axis of vectors and tokens and axis 1 of
            maps (ConvNeXt), ``axis: all`` is every axis but the first
    Cost    params = 2·(extent normalised over) if affine, else 0    [elements]
            scalar_ops = 7 for each element: mean 1, centre, square and sum 3, scale 1,
            weight and bias 2 (5 in all if not affine)
            reads = input + params,  writes = output
            backward: x^ 2, g = dy·weight 1, gradients of bias and weight 3, sums of g and
            g·x^ 3, dx 4: 13 for each element (9 if not affine); reads x, dy, the weight,
            and mean and scale of each normalised group
    Source  Ba et al. 2016, arXiv:1607.06450, equation 3; Liu et al. 2022, arXiv:2201.03545
            (over the channels of a map).

    >>> LayerNorm().cost((1, 197, 768)).params
    1536
    """

    choices: ClassVar[dict[str, tuple[str, ...]]] = {"axis": ("channels", "all")}

    axis: str = "channels"

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        need_rank(xs[0], 2, self.kind)
        if self.axis not in ("channels", "all"):
            raise ShapeError(f"axis={self.axis!r} of layer_norm is neither 'channels' nor 'all'")
        yield from ()

    def width(self, x: Shape) -> Dim:
        if self.axis == "all":
            return prod(x[1:])
        return x[-1] if len(x) <= 3 else x[1]

    def groups_of(self, x: Shape) -> Dim:
        if self.axis == "all":
            return x[0]
        return prod(x[:-1]) if len(x) <= 3 else x[0] * prod(x[2:])


@op("rms_norm")
class RmsNorm(LayerNorm):
    """Division by the root of the mean square, over the channels; no mean is taken off.

    Shape   unchanged; axes as ``layer_norm``
    Cost    params = channels if affine, else 0                      [elements]
            scalar_ops = 4 for each element: square, sum, scale, weight (3 if not affine)
            reads = input + params,  writes = output
            backward: x^ 1, g = dy·weight 1, the weight's gradient 2, sum of g·x^ 2,
            dx = s·(g - x^·b) 3: 9 for each element (6 if not affine); reads x, dy, the weight
            and the scale of each normalised group
    Source  Zhang & Sennrich 2019, arXiv:1910.07467, equation 4.

    >>> RmsNorm().cost((1, 197, 768)).params
    768
    """

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        (x,) = xs
        params = self.width(x) if self.affine else 0
        steps = 4 if self.affine else 3
        return Cost(
            params=params, scalar_ops=steps * prod(x), reads=prod(x) + params, writes=prod(y)
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        (x,) = xs
        moved, scales = prod(x), self.groups_of(x)
        width = self.width(x) if self.affine else 0
        if input_grad:
            steps = 9 if self.affine else 6
            return Cost(
                scalar_ops=steps * moved, reads=2 * moved + width + scales, writes=moved + width
            )
        if not self.affine:
            return Cost()
        return Cost(scalar_ops=3 * moved, reads=2 * moved + scales, writes=width)


@op("group_norm")
class GroupNorm(Normalisation):
    """Group normalisation: each example's channels in ``groups`` groups.

    Shape   (n, c, ...) -> the same
    Cost    params = 2c if affine, else 0                            [elements]
            scalar_ops = 7 for each element, 5 if not affine, as ``layer_norm``
            reads = input + params,  writes = output
            backward: 13 for each element (9 if not affine), as ``layer_norm``
    Needs   groups divides c.
    Source  Wu & He 2018, arXiv:1803.08494, section 3.

    >>> GroupNorm(groups=32).cost((1, 64, 56, 56)).params
    128
    """

    groups: Dim

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        need_rank(x, 2, self.kind)
        yield AtLeast(self.groups, 1, "groups")
        yield Divides(self.groups, x[1], names=("groups", "c_in"))

    def width(self, x: Shape) -> Dim:
        return x[1]

    def groups_of(self, x: Shape) -> Dim:
        return x[0] * self.groups


@op("local_response_norm")
class LocalResponseNorm(Op):
    """Each element divided by a power of the energy of ``size`` neighbouring channels.

    Shape   (n, c, ...) -> the same
    Cost    scalar_ops = size + 4 for each element: square 1, sum size - 1, multiply by alpha,
            add k, power, divide; channels beyond the ends count as zeros that are added
            reads = input,  writes = output                          [elements]
            backward: dx = dy·d^-b - (2ab/size)·x·(sum over neighbours of dy·y/d), where
            d = (k + alpha·sum x²) is worked out again (size + 2), its power 1, dy·d^-b 1,
            dy·y/d 2, their sum size - 1, x·constant·sum 2, subtract 1: 2·size + 8;
            reads x, y and dy
    Needs   size >= 1.
    Source  Krizhevsky et al. 2012, section 3.3.

    >>> LocalResponseNorm(size=5).cost((1, 96, 2, 2)).scalar_ops
    3456
    """

    family = "norm"

    size: Dim = 5

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        spatial(x, self.kind)
        yield AtLeast(self.size, 1, "size")

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        count = prod(y)
        return Cost(scalar_ops=count * (self.size + 4), reads=count, writes=count)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        count = prod(y)
        return Cost(scalar_ops=count * (2 * self.size + 8), reads=3 * count, writes=count)
