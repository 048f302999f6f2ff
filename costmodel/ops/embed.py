"""Learned elements that are joined to tokens."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.arith import AtLeast, Condition, Dim, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Shape, op
from costmodel.ops.window import show
from costmodel.quantities import Cost


@op("embed")
class Embed(Op):
    """Learned tokens put in front, and a learned vector added at every position.

    Shape   (n, l, d) -> (n, tokens + l, d)
    Cost    params = tokens·d, + (tokens + l)·d with ``positions``   [elements]
            scalar_ops = output elements with ``positions``: one addition each, else 0
            reads = input + params,  writes = output
            backward: the gradients of tokens and positions are sums of dy over the batch, one
            addition for each element that each takes from dy; dx is a part of dy; reads dy,
            writes the gradients
    Needs   tokens >= 0.
    Source  Dosovitskiy et al. 2021, arXiv:2010.11929, equation 1.

    >>> Embed(tokens=1).cost((1, 196, 768)).params
    152064
    """

    family = "embed"

    tokens: Dim = 0
    positions: bool = True

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        if len(x) != 3:
            raise ShapeError(f"embed needs tokens (n, length, width), its input is {show(x)}")
        yield AtLeast(self.tokens, 0, "tokens")

    def out_shape(self, *xs: Shape) -> Shape:
        n, length, width = xs[0]
        return n, self.tokens + length, width

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        params = self._learned(y)
        return Cost(
            params=params,
            scalar_ops=prod(y) if self.positions else 0,
            reads=prod(xs[0]) + params,
            writes=prod(y),
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        taken = y[0] * self._learned(y)
        return Cost(
            scalar_ops=taken,
            reads=prod(y) if self.positions else taken,
            writes=self._learned(y),
        )

    def _learned(self, y: Shape) -> Dim:
        front = self.tokens * y[2]
        return front + y[1] * y[2] if self.positions else front


@op("embedding")
class Embedding(Op):
    """A row of a learned table for each index.

    Shape   (n, l) -> (n, l, width)
    Cost    params = rows·width                                      [elements]
            reads = input + params,  writes = output: the table is counted whole
            backward: each dy is added to its row's gradient: 1 for each output element; reads
            dy and the indices, writes the table's gradient; indices have none
    Needs   rows >= 1, width >= 1.
    Source  Bengio et al. 2003, section 2 (the matrix C).

    >>> Embedding(rows=1000, width=8).cost((1, 16)).params
    8000
    """

    family = "embed"

    rows: Dim
    width: Dim

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        yield AtLeast(self.rows, 1, "rows")
        yield AtLeast(self.width, 1, "width")

    def out_shape(self, *xs: Shape) -> Shape:
        return *xs[0], self.width

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        table = self.rows * self.width
        return Cost(params=table, reads=prod(xs[0]) + table, writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        return Cost(scalar_ops=prod(y), reads=prod(y) + prod(xs[0]), writes=self.rows * self.width)
