"""Products of matrices: linear layers, matmul and attention."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.arith import AtLeast, Condition, Dim, Divides, Equal, exact_div, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Pair, Shape, elements, op
from costmodel.ops.weighted import Weighted
from costmodel.ops.window import is_one, show, spread
from costmodel.quantities import Cost

SOFTMAX = 5  # maximum, subtract, exponential, sum, divide: per score
SOFTMAX_BACK = 4  # s·(ds - sum(s·ds)): multiply, sum, subtract, multiply


@op("linear")
class Linear(Weighted):
    """A fully connected layer, on vectors or on each token.

    Shape   (n, c_in) -> (n, out);  tokens (n, l, c_in) -> (n, l, out);
            (n, c_in, 1, 1) -> (n, out)
    Cost    params = c_in·out, + out with bias                       [elements]
            mult_adds = c_in · output elements
            scalar_ops = output elements with bias: one addition each, else 0
            reads = input + params,  writes = activations = output   [elements]
            backward: dx = W'·dy and dW = dy·x' take the forward mult_adds each, db one
            addition for each output
    Needs   a map larger than 1×1 must be flattened or pooled first; a symbol is not 1.
    Source  the definition y = W·x + b.

    >>> Linear(out=10).cost((1, 84)).params
    850
    """

    family = "linear"

    out: Dim
    bias: bool = True

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        self._width(x)
        yield AtLeast(self.out, 1, "out")

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        self._width(x)
        return (*x[:-1], self.out) if len(x) <= 3 else (x[0], self.out)

    def weights(self, x: Shape) -> Dim:
        return self._width(x) * self.out

    def biases(self) -> Dim | None:
        return self.out if self.bias else None

    def products(self, x: Shape, y: Shape) -> Dim:
        return self._width(x) * prod(y)

    def _width(self, x: Shape) -> Dim:
        if len(x) in (2, 3):
            return x[-1]
        if len(x) > 3 and all(is_one(extent) for extent in x[2:]):
            return x[1]
        raise ShapeError(
            f"linear needs (n, c), tokens (n, length, c) or a 1×1 map, its input is {show(x)}",
            hint="put flatten or global_avg_pool before it",
        )


@op("matmul")
class Matmul(Op):
    """The product of two tensors' last two axes; nothing is learned.

    Shape   (..., l, d), (..., d, m) -> (..., l, m), leading extents of 1 repeated
    Cost    mult_adds = d · output elements
            reads = both inputs,  writes = activations = output      [elements]
            backward: da = dy·b' and db = a'·dy take the forward mult_adds each, the sums over
            repetitions among them; both read dy
    Needs   the inner extents equal, and the leading ones, except those that are 1.
    Source  the definition of the matrix product.

    >>> Matmul().cost((1, 2, 3), (1, 3, 5)).mult_adds
    30
    """

    family = "matmul"
    arity = (2, 2)

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        a, b = xs
        if len(a) != len(b) or len(a) < 2:
            raise ShapeError(f"matmul needs two inputs of one rank, not {show(a)} and {show(b)}")
        yield Equal(a[-1], b[-2], names=("columns of the first", "rows of the second"))
        for i, (p, q) in enumerate(zip(a[:-2], b[:-2], strict=True)):
            if not (is_one(p) or is_one(q)):
                yield Equal(p, q, names=(f"axis {i} of the first", f"axis {i} of the second"))

    def out_shape(self, *xs: Shape) -> Shape:
        a, b = xs
        lead = [q if is_one(p) else p for p, q in zip(a[:-2], b[:-2], strict=True)]
        return *lead, a[-2], b[-1]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(mult_adds=xs[0][-1] * made, reads=elements(xs), writes=made, activations=made)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        made = prod(y)
        return Cost(
            mult_adds=2 * xs[0][-1] * made, reads=elements(xs) + 2 * made, writes=elements(xs)
        )


@op("attention")
class Attention(Op):
    """Scaled dot-product attention: softmax(Q·K' / sqrt(d))·V for each head, nothing projected.

    Shape   q (n, l, d), k (n, m, d), v (n, m, e) -> (n, l, e);
            one input holds q, k and v side by side: (n, l, 3d) -> (n, l, d)
    Cost    mult_adds = n·l·m·(d + e): Q·K' and S·V; heads cancel
            scalar_ops = 6 for each of n·heads·l·m scores: scale, then softmax 5;
            one more addition each with a relative-position table
            params = heads·(2a-1)·(2b-1) with ``window: [a, b]``, else 0  [elements]
            reads = inputs + params, writes = output: scores are never moved
            activations = scores + output, the results of the two products
            backward: dV = S'·dy and dS = dy·V' take n·l·m·e each, dQ and dK n·l·m·d each;
            5 scalar_ops for each score: s·(ds - sum(s·ds)) 4, scale 1 (and 1 to sum the
            table's gradient); reads inputs, dy and the scores kept from the forward pass
    Needs   heads divides d and e; 3 divides the width of a single input; equal batch,
            lengths of k and v, widths of q and k.
    Source  Vaswani et al. 2017, arXiv:1706.03762, equation 1; the table: Liu et al. 2021,
            arXiv:2103.14030, equation 4.

    2·3²·4 multiply-adds for three tokens of width 4:

    >>> Attention(heads=2).cost((1, 3, 12)).mult_adds
    72
    """

    family = "matmul"
    arity = (1, 3)

    heads: Dim = 1
    window: Pair = None

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        if len(xs) == 2 or any(len(x) != 3 for x in xs):
            raise ShapeError(
                "attention needs tokens (n, length, width), either q, k and v or one input with "
                f"all three side by side; given {' and '.join(map(show, xs))}"
            )
        yield AtLeast(self.heads, 1, "heads")
        if len(xs) == 1:
            yield Divides(3, xs[0][2], names=("parts (q, k and v)", "width"))
        q, k, v = _parts(xs)
        yield Divides(self.heads, q[2], names=("heads", "width of q"))
        yield Divides(self.heads, v[2], names=("heads", "width of v"))
        yield Equal(q[2], k[2], names=("width of q", "width of k"))
        yield Equal(k[1], v[1], names=("length of k", "length of v"))
        yield Equal(q[0], k[0], names=("batch of q", "batch of k"))
        yield Equal(k[0], v[0], names=("batch of k", "batch of v"))
        for side in self._sides():
            yield AtLeast(side, 1, "window")

    def out_shape(self, *xs: Shape) -> Shape:
        q, _, v = _parts(xs)
        return q[0], q[1], v[2]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        scores, products = self._scores(xs), self._products(xs)
        table, made = self._table(), prod(y)
        return Cost(
            params=table,
            mult_adds=products,
            scalar_ops=scores * (1 + SOFTMAX + self._added()),
            reads=elements(xs) + table,
            writes=made,
            activations=scores + made,
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        scores, moved = self._scores(xs), elements(xs)
        if not input_grad:
            return self._table_gradient(xs, y)
        return Cost(
            mult_adds=2 * self._products(xs),
            scalar_ops=scores * (SOFTMAX_BACK + 1 + self._added()),
            reads=moved + prod(y) + scores,
            writes=moved + self._table(),
        )

    def _scores(self, xs: tuple[Shape, ...]) -> Dim:
        q, k, _ = _parts(xs)
        return q[0] * self.heads * q[1] * k[1]

    def _products(self, xs: tuple[Shape, ...]) -> Dim:
        q, k, v = _parts(xs)
        return q[0] * q[1] * k[1] * (q[2] + v[2])

    def _table_gradient(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        """Of the table alone: dS = dy·V', the softmax's gradient, one addition each."""
        if self.window is None:
            return Cost()
        scores, v = self._scores(xs), _parts(xs)[2]
        return Cost(
            mult_adds=y[0] * y[1] * v[1] * v[2],
            scalar_ops=scores * (SOFTMAX_BACK + 1),
            reads=prod(v) + prod(y) + scores,
            writes=self._table(),
        )

    def _sides(self) -> tuple[Dim, ...]:
        return () if self.window is None else spread(self.window, 2, "window")

    def _table(self) -> Dim:
        return self.heads * prod(2 * side - 1 for side in self._sides()) if self._added() else 0

    def _added(self) -> int:
        return 0 if self.window is None else 1


def _parts(xs: tuple[Shape, ...]) -> tuple[Shape, Shape, Shape]:
    if len(xs) == 3:
        return xs
    n, length, width = xs[0]
    part = (n, length, exact_div(width, 3))
    return part, part, part
