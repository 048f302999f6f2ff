"""Maps made larger: by interpolation, by zeros around them, by zero channels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from costmodel.arith import AtLeast, Condition, Dim, ceil_div, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Pair, Shape, op
from costmodel.ops.window import Padding, pads, spatial, spread
from costmodel.quantities import Cost


@op("upsample")
class Upsample(Op):
    """A map resized by repetition or by interpolation.

    Shape   (n, c, h, w) -> (n, c, scale·h, scale·w), or the extents given as ``out``
    Cost    nearest: no arithmetic;  bilinear: scalar_ops = 2·2^axes - 1 for each output
            element, on maps 7: four neighbours weighted, 4 products and 3 additions
            reads = input,  writes = output                          [elements]
            backward: nearest adds dy to one dx, 1 for each output element; bilinear adds
            weight·dy to 2^axes of them, 2·2^axes; reads dy, writes dx
    Needs   one of scale and out.
    Source  PyTorch's Upsample; the weights, shared by all channels, are not counted.

    >>> Upsample(scale=2, mode="bilinear").cost((1, 2, 3, 3)).scalar_ops
    504
    """

    family = "rearrange"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"mode": ("nearest", "bilinear")}

    scale: Pair = None
    out: Pair = None
    mode: str = "nearest"

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        count = len(spatial(x, self.kind))
        if (self.scale is None) == (self.out is None):
            raise ShapeError("upsample needs either scale or out")
        if self.mode not in ("nearest", "bilinear"):
            raise ShapeError(f"mode={self.mode!r} of upsample is neither 'nearest' nor 'bilinear'")
        name, given = ("out", self.out) if self.scale is None else ("scale", self.scale)
        for value in spread(given, count, name):
            yield AtLeast(value, 1, name)

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        extents = spatial(x, self.kind)
        if self.scale is None:
            return *x[:2], *spread(self.out, len(extents), "out")
        scales = spread(self.scale, len(extents), "scale")
        return *x[:2], *[e * scale for e, scale in zip(extents, scales, strict=True)]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        steps = 0 if self.mode == "nearest" else 2 * self._neighbours(y) - 1
        return Cost(scalar_ops=steps * prod(y), reads=prod(xs[0]), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        steps = 1 if self.mode == "nearest" else 2 * self._neighbours(y)
        return Cost(scalar_ops=steps * prod(y), reads=prod(y), writes=prod(xs[0]))

    def _neighbours(self, y: Shape) -> int:
        return int(2 ** (len(y) - 2))


@op("zero_pad")
class ZeroPad(Op):
    """Zeros around a map.

    Shape   (n, c, h, w) -> (n, c, h + pads, w + pads)
    Cost    reads = input,  writes = output                          [elements]
            backward: dx is the middle of dy, a view: nothing
    Needs   padding >= 0.
    Source  the definition.

    >>> ZeroPad(padding=((0, 1), (0, 1))).out_shape((1, 3, 8, 9))
    (1, 3, 9, 10)
    """

    family = "rearrange"

    padding: Padding

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        for before, after in self._pads(xs[0]):
            yield AtLeast(before, 0, "padding")
            yield AtLeast(after, 0, "padding")

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        grown = [e + b + a for e, (b, a) in zip(x[2:], self._pads(x), strict=True)]
        return *x[:2], *grown

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost(reads=prod(xs[0]), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        return Cost()

    def _pads(self, x: Shape) -> list[tuple[Dim, Dim]]:
        if isinstance(self.padding, str):
            raise ShapeError(f"zero_pad needs padding as numbers, not {self.padding!r}")
        return [pair for pair in pads(self.padding, len(spatial(x, self.kind))) if pair]


@op("pad_channels")
class PadChannels(Op):
    """The shortcut without weights: every ``stride``-th pixel, then zero channels up to ``out``.

    Shape   (n, c, h, w) -> (n, out, ceil(h / stride), ceil(w / stride))
    Cost    reads = the pixels that are kept,  writes = output       [elements]
            backward: dy's first channels go back to the pixels that were kept: reads and
            writes as many
    Needs   out >= c.
    Source  He et al. 2016, arXiv:1512.03385, section 3.3, option A.

    >>> PadChannels(out=128, stride=2).out_shape((1, 64, 56, 56))
    (1, 128, 28, 28)
    """

    family = "rearrange"

    out: Dim
    stride: Pair = 1

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        for stride in spread(self.stride, len(spatial(x, self.kind)), "stride"):
            yield AtLeast(stride, 1, "stride")
        yield AtLeast(self.out, x[1], "out")

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        extents = spatial(x, self.kind)
        strides = spread(self.stride, len(extents), "stride")
        kept = [ceil_div(e, stride) for e, stride in zip(extents, strides, strict=True)]
        return x[0], self.out, *kept

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost(reads=self._kept(xs[0], y), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        kept = self._kept(xs[0], y)
        return Cost(reads=kept, writes=kept)

    def _kept(self, x: Shape, y: Shape) -> Dim:
        return x[0] * x[1] * prod(y[2:])
