"""What LeNet-5 has and later networks do not: partial connections, trained pooling, RBF units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from costmodel.arith import AtLeast, Condition, Dim, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Pair, Shape, op
from costmodel.ops.weighted import Weighted
from costmodel.ops.window import Axis, Padding, axes_of, need_rank, refuse_lists, show, spread
from costmodel.quantities import Cost


@op("sparse_conv")
class SparseConv(Weighted):
    """A convolution whose outputs each see only some of the input maps.

    ``connections`` has an entry for each output map: how many input maps it sees, or the list
    of their numbers, counted from 0.

    Shape   (n, c_in, h, w) -> (n, outputs, h', w') as ``conv``
    Cost    params = k·k·links, + outputs with bias; links = input maps seen by all outputs
            mult_adds = k·k·links · n·h'·w'
            scalar_ops = output elements with bias: one addition each, else 0
            reads = input + params,  writes = activations = output   [elements]
            backward: as ``conv``, the forward mult_adds for each of the two gradients
    Needs   1 to c_in different input maps for each output.
    Source  LeCun et al. 1998, table I: 6·3 + 9·4 + 6 = 60 links, 60·25 + 16 params.

    >>> table = [3] * 6 + [4] * 9 + [6]
    >>> SparseConv(connections=table, kernel=5).cost((1, 6, 14, 14)).params
    1516
    """

    family = "conv"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"padding": ("same",)}

    connections: Pair
    kernel: Pair
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1
    bias: bool = True

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        axes = self._axes(x)
        for axis in axes:
            yield from axis.needs()
        for output, seen in enumerate(self._entries()):
            numbers = seen if isinstance(seen, (list, tuple)) else ()
            refuse_lists(numbers, f"output {output} of sparse_conv")
            if len(set(numbers)) < len(numbers):
                raise ShapeError(f"output {output} of sparse_conv sees an input twice: {seen}")
            for number in numbers:
                yield AtLeast(number, 0, f"an input of output {output}")
                yield AtLeast(x[1] - 1, number, "last input map")
            count = _fan_in(seen)
            yield AtLeast(count, 1, f"inputs of output {output}")
            yield AtLeast(x[1], count, "c_in")
        for axis in axes:
            yield from axis.needs_to_fit()

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        extents = [axis.positions() for axis in self._axes(x)]
        return x[0], len(self._entries()), *extents

    def weights(self, x: Shape) -> Dim:
        taps = prod(spread(self.kernel, len(x) - 2, "kernel"))
        return taps * sum(_fan_in(seen) for seen in self._entries())

    def biases(self) -> Dim | None:
        return len(self._entries()) if self.bias else None

    def products(self, x: Shape, y: Shape) -> Dim:
        return self.weights(x) * y[0] * prod(y[2:])

    def _entries(self) -> tuple[Any, ...]:
        if not isinstance(self.connections, (list, tuple)) or not self.connections:
            raise ShapeError(
                f"sparse_conv needs connections, an entry for each output, not {self.connections!r}"
            )
        return tuple(self.connections)

    def _axes(self, x: Shape) -> list[Axis]:
        return axes_of(x, self.kind, self.kernel, self.stride, self.dilation, self.padding)


def _fan_in(seen: Any) -> Dim:
    return len(seen) if isinstance(seen, (list, tuple)) else seen


@op("subsample")
class Subsample(Op):
    """The sum of each window, times a learned coefficient, plus a learned bias.

    Shape   (n, c, h, w) -> (n, c, h', w'),  h' = (h + pads - k) // stride + 1
    Cost    params = 2c: one coefficient and one bias for each map   [elements]
            scalar_ops = k·k + 1 for each output element: k·k - 1 additions, multiply, add
            reads = input + params,  writes = output
            backward: the sum again k·k - 1, the coefficient's gradient sums dy·sum 2, the
            bias's sums dy 1, dy·coefficient 1 added to each dx of the window k·k:
            2·k·k + 3 for each output element, k·k + 2 without dx; reads x, dy and (for dx)
            the coefficients
    Needs   the padded input holds the window.
    Source  LeCun et al. 1998, section II.B, layer S2: 12 params, 5,880 connections.

    >>> Subsample(kernel=2).cost((1, 6, 28, 28)).scalar_ops
    5880
    """

    family = "pool"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"padding": ("same",)}

    kernel: Pair
    stride: Pair = None
    padding: Padding = 0

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        for axis in self._axes(xs[0]):
            yield from axis.needs()
            yield from axis.needs_to_fit()

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        return *x[:2], *[axis.positions() for axis in self._axes(x)]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        (x,) = xs
        params, made = 2 * x[1], prod(y)
        return Cost(
            params=params,
            scalar_ops=made * (self._taps(x) + 1),
            reads=prod(x) + params,
            writes=made,
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        (x,) = xs
        taps, made, moved = self._taps(x), prod(y), prod(x)
        if not input_grad:
            return Cost(scalar_ops=made * (taps + 2), reads=moved + made, writes=2 * x[1])
        return Cost(
            scalar_ops=made * (2 * taps + 3),
            reads=moved + made + x[1],
            writes=moved + 2 * x[1],
        )

    def _taps(self, x: Shape) -> Dim:
        return prod(spread(self.kernel, len(x) - 2, "kernel"))

    def _axes(self, x: Shape) -> list[Axis]:
        stride = self.kernel if self.stride is None else self.stride
        return axes_of(x, self.kind, self.kernel, stride, 1, self.padding)


@op("rbf")
class Rbf(Op):
    """Squared distances to ``out`` fixed centres.

    Shape   (n, d) -> (n, out)
    Cost    buffers = out·d: the centres are stored but not learned  [elements]
            scalar_ops = 3 for each pair of input and centre element: subtract, square, sum;
            they are no multiply-adds of a linear layer
            reads = input + buffers,  writes = output
            backward: dx = sum of 2·dy·(x - centre): 2·dy 1 for each output element, then
            subtract, multiply, sum 3 for each pair; reads x, dy and the centres, writes dx
    Needs   vectors.
    Source  LeCun et al. 1998, equation 7; its 840 connections are pairs.

    >>> Rbf(out=10).cost((1, 84)).buffers
    840
    """

    family = "linear"

    out: Dim

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        need_rank(x, 2, self.kind)
        if len(x) > 2:
            raise ShapeError(f"rbf needs vectors (n, d), its input is {show(x)}",
                             hint="put flatten before it")  # fmt: skip
        yield AtLeast(self.out, 1, "out")

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0][0], self.out

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        n, width = xs[0]
        centres = self.out * width
        return Cost(
            buffers=centres,
            scalar_ops=3 * n * centres,
            reads=n * width + centres,
            writes=prod(y),
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        n, width = xs[0]
        centres = self.out * width
        return Cost(
            scalar_ops=prod(y) + 3 * n * centres,
            reads=n * width + prod(y) + centres,
            writes=n * width,
        )
