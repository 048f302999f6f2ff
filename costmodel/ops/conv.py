"""Convolution and its transpose: dense, grouped, depthwise; in one, two or three dimensions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from costmodel.arith import AtLeast, Condition, Dim, Divides, Equal, exact_div, maximum, prod
from costmodel.ops import Pair, Shape, op
from costmodel.ops.weighted import Weighted
from costmodel.ops.window import Axis, Padding, axes_of, spread


@op("conv")
class Conv(Weighted):
    """A convolution; ``groups = c_in`` makes it depthwise.

    Shape   (n, c_in, h, w) -> (n, out, h', w'),  h' = (h + pads - d·(k-1) - 1) // stride + 1;
            padding ``same``: h' = ceil(h / stride), the odd pad at the end
    Cost    params = k·k·(c_in/groups)·out, + out with bias          [elements]
            mult_adds = k·k·(c_in/groups)·out · n·h'·w'; a tap on padding counts
            scalar_ops = output elements with bias: one addition each, else 0
            reads = input + params,  writes = activations = output   [elements]
            backward: the gradients of x and of W each take the forward mult_adds, that of b
            one addition for each output
    Needs   groups divides c_in and out; the padded input holds the dilated kernel.
    Source  Dumoulin & Visin 2016, arXiv:1603.07285, relationship 14 (shape);
            Ma et al. 2018, arXiv:1807.11164, G1 (k = 1) and G2 (groups > 1);
            their "FLOPs" are our mult_adds, their "MAC" is our mem_access.

    27 multiply-adds for each of 6·4·4 outputs:

    >>> Conv(out=6, kernel=3, stride=2, padding=1).cost((1, 3, 8, 8)).mult_adds
    2592
    """

    family = "conv"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"padding": ("same",)}

    out: Dim
    kernel: Pair
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1
    groups: Dim = 1
    bias: bool = False

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        axes = self._axes(x)
        yield AtLeast(self.out, 1, "out")
        yield AtLeast(self.groups, 1, "groups")
        for axis in axes:
            yield from axis.needs()
        yield Divides(self.groups, x[1], names=("groups", "c_in"))
        yield Divides(self.groups, self.out, names=("groups", "out"))
        for axis in axes:
            yield from axis.needs_to_fit()

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        return x[0], self.out, *[axis.positions() for axis in self._axes(x)]

    def weights(self, x: Shape) -> Dim:
        taps = prod(spread(self.kernel, len(x) - 2, "kernel"))
        return taps * exact_div(x[1], self.groups) * self.out

    def biases(self) -> Dim | None:
        return self.out if self.bias else None

    def products(self, x: Shape, y: Shape) -> Dim:
        return self.weights(x) * y[0] * prod(y[2:])

    def _axes(self, x: Shape) -> list[Axis]:
        return axes_of(x, self.kind, self.kernel, self.stride, self.dilation, self.padding)


@op("conv_transpose")
class ConvTranspose(Weighted):
    """A transposed convolution: every input element is multiplied by every kernel tap.

    Shape   (n, c_in, h, w) -> (n, out, h', w'),
            h' = (h-1)·stride - pads + d·(k-1) + output_padding + 1;  ``same``: h' = h·stride
    Cost    params = k·k·c_in·(out/groups), + out with bias          [elements]
            mult_adds = k·k·c_in·(out/groups) · n·h·w, on the *input* grid; a product that
            falls on the cropped border counts, as a tap on padding does in ``conv``
            scalar_ops = output elements with bias: one addition each, else 0
            reads = input + params,  writes = activations = output   [elements]
            backward: as ``conv``, the forward mult_adds for each of the two gradients
    Needs   groups divides c_in and out; output_padding below stride or dilation, and 0 with
            ``same``; h' >= 1.
    Source  Dumoulin & Visin 2016, arXiv:1603.07285, section 4; the shape is that of PyTorch's
            ConvTranspose2d, for ``same`` TensorFlow's.

    3 -> 1 channels, 2×2 kernel: 2·2·1 products for each of 3·2·2 inputs:

    >>> ConvTranspose(out=1, kernel=2, stride=2, bias=True).cost((1, 3, 2, 2)).mult_adds
    48
    """

    family = "conv"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"padding": ("same",)}

    out: Dim
    kernel: Pair
    stride: Pair = 1
    padding: Padding = 0
    output_padding: Pair = 0
    dilation: Pair = 1
    groups: Dim = 1
    bias: bool = False

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        yield AtLeast(self.out, 1, "out")
        yield AtLeast(self.groups, 1, "groups")
        for axis, extra in self._axes(x):
            yield from axis.needs()
            yield AtLeast(extra, 0, "output_padding")
            if axis.pads is None:
                yield Equal(extra, 0, names=("output_padding", "that of padding 'same'"))
            else:
                step = maximum(axis.stride, axis.dilation)
                yield AtLeast(step, extra + 1, "the larger of stride and dilation")
        yield Divides(self.groups, x[1], names=("groups", "c_in"))
        yield Divides(self.groups, self.out, names=("groups", "out"))
        for (axis, _), extent in zip(self._axes(x), self.out_shape(x)[2:], strict=True):
            yield AtLeast(extent, 1, f"output {axis.name}")

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        extents = []
        for axis, extra in self._axes(x):
            if axis.pads is None:
                extents.append(axis.extent * axis.stride)
            else:
                crop = axis.pads[0] + axis.pads[1]
                extents.append((axis.extent - 1) * axis.stride + axis.reach + extra - crop)
        return x[0], self.out, *extents

    def weights(self, x: Shape) -> Dim:
        taps = prod(spread(self.kernel, len(x) - 2, "kernel"))
        return taps * x[1] * exact_div(self.out, self.groups)

    def biases(self) -> Dim | None:
        return self.out if self.bias else None

    def products(self, x: Shape, y: Shape) -> Dim:
        return self.weights(x) * x[0] * prod(x[2:])

    def _axes(self, x: Shape) -> list[tuple[Axis, Dim]]:
        axes = axes_of(x, self.kind, self.kernel, self.stride, self.dilation, self.padding)
        extras = spread(self.output_padding, len(axes), "output_padding")
        return list(zip(axes, extras, strict=True))
