"""Pooling: the largest or the mean of a window, of a map, or of a grid of cells.

Comparisons and additions are ``scalar_ops``; nothing is learned and no multiply-adds happen.
A window that reaches into the padding counts in full, as it does in a convolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from costmodel.arith import AtLeast, Condition, Dim, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Pair, Shape, op
from costmodel.ops.window import Axis, Padding, axes_of, spatial, spread
from costmodel.quantities import Cost


class WindowPool(Op):
    """One result for each position of a sliding window; ``stride`` is ``kernel`` if not given."""

    family = "pool"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"padding": ("same",)}

    kernel: Pair
    stride: Pair = None
    padding: Padding = 0
    dilation: Pair = 1
    ceil_mode: bool = False

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        for axis in self.axes(x):
            yield from axis.needs()
            for pad in axis.pads or ():
                yield AtLeast(axis.reach, pad + 1, "kernel extent (it must exceed the padding)")
            if self.ceil_mode:
                yield AtLeast(axis.positions_rounded_up(), 1, f"output {axis.name}")
            else:
                yield from axis.needs_to_fit()

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        if self.ceil_mode:
            return *x[:2], *[axis.positions_rounded_up() for axis in self.axes(x)]
        return *x[:2], *[axis.positions() for axis in self.axes(x)]

    def axes(self, x: Shape) -> list[Axis]:
        """The window on each spatial axis."""
        stride = self.kernel if self.stride is None else self.stride
        return axes_of(x, self.kind, self.kernel, stride, self.dilation, self.padding)

    def taps(self, x: Shape) -> Dim:
        """Elements of one window."""
        return prod(spread(self.kernel, len(x) - 2, "kernel"))


@op("max_pool")
class MaxPool(WindowPool):
    """The largest element of each window.

    Shape   (n, c, h, w) -> (n, c, h', w'),  h' = (h + pads - d·(k-1) - 1) // stride + 1;
            ``ceil_mode`` rounds up, as long as the last window starts before the padding
            after; padding ``same``: h' = ceil(h / stride)
    Cost    scalar_ops = k·k - 1 comparisons for each output element
            reads = input,  writes = output                          [elements]
            backward: dy is added to dx at the kept place of the maximum: 1 for each output
            element; reads dy and as many places, writes dx
    Needs   the padded input holds the window; padding smaller than the window.
    Source  PyTorch's ``pooling_output_shape`` (the rule of the last window).

    >>> MaxPool(kernel=3, stride=2, ceil_mode=True).out_shape((1, 96, 110, 110))
    (1, 96, 55, 55)
    >>> MaxPool(kernel=2).cost((1, 3, 4, 4)).scalar_ops
    36
    """

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(scalar_ops=made * (self.taps(xs[0]) - 1), reads=prod(xs[0]), writes=made)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        made = prod(y)
        return Cost(scalar_ops=made, reads=2 * made, writes=prod(xs[0]))


@op("avg_pool")
class AvgPool(WindowPool):
    """The mean of each window.

    Shape   as ``max_pool``
    Cost    scalar_ops = k·k for each output element: k·k - 1 additions, 1 division
            reads = input,  writes = output                          [elements]
            backward: dy/k² is added to each dx of the window: k·k + 1 for each output element;
            reads dy, writes dx
    Needs   the padded input holds the window; padding smaller than the window.
    Source  PyTorch's AvgPool2d; whether padding counts in the divisor changes no count.

    >>> AvgPool(kernel=2).cost((1, 3, 4, 4)).scalar_ops
    48
    """

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(scalar_ops=made * self.taps(xs[0]), reads=prod(xs[0]), writes=made)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        made = prod(y)
        return Cost(scalar_ops=made * (self.taps(xs[0]) + 1), reads=made, writes=prod(xs[0]))


class GridPool(Op):
    """One result for each cell of a grid laid over the map."""

    family = "pool"

    def cells(self, x: Shape) -> tuple[Dim, ...]:
        """Cells along each spatial axis."""
        raise NotImplementedError

    def covered(self, x: Shape) -> Dim:
        """Elements in all cells of one map; where cells overlap, as often as they do."""
        raise NotImplementedError

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        return *x[:2], *self.cells(x)


class MeanOfCells(GridPool):
    """Means: for each cell one addition fewer than elements, and one division."""

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        (x,) = xs
        return Cost(scalar_ops=x[0] * x[1] * self.covered(x), reads=prod(x), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        (x,) = xs
        if not input_grad:
            return Cost()
        spread_back = x[0] * x[1] * self.covered(x)
        return Cost(scalar_ops=prod(y) + spread_back, reads=prod(y), writes=prod(x))


class MaxOfCells(GridPool):
    """Maxima: for each cell one comparison fewer than elements."""

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        (x,) = xs
        seen = x[0] * x[1] * self.covered(x)
        return Cost(scalar_ops=seen - prod(y), reads=prod(x), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        made = prod(y)
        return Cost(scalar_ops=made, reads=2 * made, writes=prod(xs[0]))


class WholeMap(GridPool):
    """A single cell that holds the whole map."""

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        spatial(xs[0], self.kind)
        yield from ()

    def cells(self, x: Shape) -> tuple[Dim, ...]:
        return (1,) * len(x[2:])

    def covered(self, x: Shape) -> Dim:
        return prod(x[2:])


class FixedGrid(GridPool):
    """``out`` cells along each axis: cell i of o covers floor(i·h/o) up to ceil((i+1)·h/o)."""

    out: Pair

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        for cells in self.cells(xs[0]):
            if isinstance(cells, bool) or not isinstance(cells, int):
                raise ShapeError(f"{self.kind} needs out as a number, not {cells}")
            yield AtLeast(cells, 1, "out")

    def cells(self, x: Shape) -> tuple[Dim, ...]:
        return spread(self.out, len(spatial(x, self.kind)), "out")

    def covered(self, x: Shape) -> Dim:
        return prod(
            extent + cells - common_divisor(extent, cells)
            for extent, cells in zip(x[2:], self.cells(x), strict=True)
        )


def common_divisor(x: Dim, o: int) -> Dim:
    """gcd(x, o) of any kind of number x: the sum of phi(d) over the divisors d of o that divide x.

    ``x//d - (x-1)//d`` is 1 where d divides x and 0 elsewhere; for d = 1 it is 1 (Gauss).
    The cells of an adaptive pool then cover x + o - gcd(x, o) elements along an axis: their ends
    minus their starts are a sum of ceilings minus a sum of floors, o - gcd(x, o) of which differ.

    >>> [common_divisor(x, 6) for x in range(1, 7)]
    [1, 2, 3, 2, 1, 6]
    """
    from math import gcd

    common: Dim = 1
    for d in range(2, o + 1):
        if o % d == 0:
            phi = sum(1 for i in range(d) if gcd(i, d) == 1)
            common = common + phi * (x // d - (x - 1) // d)
    return common


@op("global_avg_pool")
class GlobalAvgPool(WholeMap, MeanOfCells):
    """The mean of each map.

    Shape   (n, c, h, w) -> (n, c, 1, 1)
    Cost    scalar_ops = input elements: h·w - 1 additions, 1 division for each map
            reads = input,  writes = output                          [elements]
            backward: one division for each map, its result added to each dx: input + output
            elements; reads dy, writes dx
    Source  Lin et al. 2014, arXiv:1312.4400, section 3.2.

    >>> GlobalAvgPool().cost((1, 3, 4, 5)).scalar_ops
    60
    """


@op("global_max_pool")
class GlobalMaxPool(WholeMap, MaxOfCells):
    """The largest element of each map.

    Shape   (n, c, h, w) -> (n, c, 1, 1)
    Cost    scalar_ops = h·w - 1 comparisons for each map
            reads = input,  writes = output                          [elements]
            backward: as ``max_pool``, 1 for each output element
    Source  the definition.

    >>> GlobalMaxPool().cost((1, 3, 4, 5)).scalar_ops
    57
    """


@op("adaptive_avg_pool")
class AdaptiveAvgPool(FixedGrid, MeanOfCells):
    """The means of ``out`` by ``out`` cells, which overlap unless they divide the map.

    Shape   (n, c, h, w) -> (n, c, out, out)
    Cost    scalar_ops = n·c·H·W with H = h + out - gcd(h, out) the rows that all cells cover:
            for each cell one addition fewer than elements, and a division
            reads = input,  writes = output                          [elements]
            backward: one division for each cell, its result added to each dx in it
    Needs   ``out`` a number.
    Source  PyTorch's AdaptiveAvgPool2d (where cells start and end).

    Rows 0-2 and 2-4 of five: six in all, three by three elements to a cell.

    >>> AdaptiveAvgPool(out=2).cost((1, 1, 5, 5)).scalar_ops
    36
    """


@op("adaptive_max_pool")
class AdaptiveMaxPool(FixedGrid, MaxOfCells):
    """The largest elements of ``out`` by ``out`` cells.

    Shape   (n, c, h, w) -> (n, c, out, out)
    Cost    scalar_ops = one comparison fewer than elements for each cell; the cells are those
            of ``adaptive_avg_pool``
            reads = input,  writes = output                          [elements]
            backward: as ``max_pool``, 1 for each output element
    Needs   ``out`` a number.
    Source  PyTorch's AdaptiveMaxPool2d.

    >>> AdaptiveMaxPool(out=2).cost((1, 1, 5, 5)).scalar_ops
    32
    """
