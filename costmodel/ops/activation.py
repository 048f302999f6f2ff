"""Functions of single elements, and softmax: what each costs is a table of small counts.

An exponential, logarithm, power, erf, division or comparison counts as one operation, like an
addition.  ``steps`` is the count for each element forward, ``steps_back`` that of ``dx``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from costmodel.arith import Condition, prod
from costmodel.ops import Op, Shape, op
from costmodel.ops.window import need_rank
from costmodel.quantities import Cost


class Pointwise(Op):
    """A function of each element: reads it, writes the result; backward reads x and dy."""

    family = "activation"
    steps: ClassVar[int] = 0
    steps_back: ClassVar[int] = 0

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        count = prod(y)
        return Cost(scalar_ops=self.steps * count, reads=count, writes=count)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        count = prod(y)
        return Cost(scalar_ops=self.steps_back * count, reads=2 * count, writes=count)


@op("relu")
class Relu(Pointwise):
    """max(x, 0).

    Cost    scalar_ops = 1 for each element: compare
            backward 1: dx = dy where y > 0
    Source  Nair & Hinton 2010.

    >>> Relu().cost((1, 2, 3, 3)).scalar_ops
    18
    """

    steps, steps_back = 1, 1


@op("relu6")
class Relu6(Pointwise):
    """min(max(x, 0), 6).

    Cost    scalar_ops = 2 for each element: compare, compare
            backward 2: dx = dy where 0 < x and x < 6
    Source  Howard et al. 2017, arXiv:1704.04861 (released code).

    >>> Relu6().cost((1, 2, 3, 3)).scalar_ops
    36
    """

    steps, steps_back = 2, 2


@op("leaky_relu")
class LeakyRelu(Pointwise):
    """x where positive, else a fixed slope times x.

    Cost    scalar_ops = 2 for each element: compare, multiply
            backward 2: compare, multiply dy
    Source  Maas et al. 2013.

    >>> LeakyRelu().cost((1, 2, 3, 3)).scalar_ops
    36
    """

    steps, steps_back = 2, 2


@op("elu")
class Elu(Pointwise):
    """x where positive, else a·(exp(x) - 1).

    Cost    scalar_ops = 4 for each element: compare, exponential, subtract, multiply
            backward 3: compare, dx = dy·(y + a)
    Source  Clevert et al. 2016, arXiv:1511.07289, equations 15 and 16.

    >>> Elu().cost((1, 2, 3, 3)).scalar_ops
    72
    """

    steps, steps_back = 4, 3


@op("sigmoid")
class Sigmoid(Pointwise):
    """1 / (1 + exp(-x)).

    Cost    scalar_ops = 4 for each element: negate, exponential, add, divide
            backward 3: dx = dy·y·(1 - y), from y
    Source  the definition.

    >>> Sigmoid().cost((1, 2, 3, 3)).scalar_ops
    72
    """

    steps, steps_back = 4, 3


@op("h_sigmoid")
class HSigmoid(Pointwise):
    """relu6(x + 3) / 6.

    Cost    scalar_ops = 4 for each element: add, compare, compare, divide
            backward 3: dx = dy/6 where -3 < x and x < 3
    Source  Howard et al. 2019, arXiv:1905.02244, section 5.2.

    >>> HSigmoid().cost((1, 2, 3, 3)).scalar_ops
    72
    """

    steps, steps_back = 4, 3


@op("swish")
class Swish(Pointwise):
    """x · sigmoid(x), also called SiLU.

    Cost    scalar_ops = 5 for each element: sigmoid 4, multiply
            backward 9: s = sigmoid(x) 4 again, dx = dy·s·(1 + x·(1 - s)) 5
    Source  Ramachandran et al. 2017, arXiv:1710.05941.

    >>> Swish().cost((1, 2, 3, 3)).scalar_ops
    90
    """

    steps, steps_back = 5, 9


@op("h_swish")
class HSwish(Pointwise):
    """x · relu6(x + 3) / 6.

    Cost    scalar_ops = 5 for each element: h_sigmoid 4, multiply
            backward 6: compare with -3 and 3, dx = dy·((2·x + 3) / 6) 4
    Source  Howard et al. 2019, arXiv:1905.02244, section 5.2.

    >>> HSwish().cost((1, 2, 3, 3)).scalar_ops
    90
    """

    steps, steps_back = 5, 6


@op("gelu")
class Gelu(Pointwise):
    """x/2 · (1 + erf(x / sqrt 2)).

    Cost    scalar_ops = 5 for each element: divide, erf, add, halve x, multiply
            backward 11: P = (1 + erf(x / sqrt 2)) / 2 again 4, density c·exp(-x·x/2) 4
            (square, times -1/2, exponential, times c), dx = dy·(P + x·density) 3
    Source  Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2 (the exact form).

    >>> Gelu().cost((1, 2, 3, 3)).scalar_ops
    90
    """

    steps, steps_back = 5, 11


@op("tanh")
class Tanh(Pointwise):
    """(e - 1) / (e + 1) with e = exp(2x).

    Cost    scalar_ops = 5 for each element: double, exponential, subtract, add, divide
            backward 3: dx = dy·(1 - y·y), from y
    Source  the definition.

    >>> Tanh().cost((1, 2, 3, 3)).scalar_ops
    90
    """

    steps, steps_back = 5, 3


@op("mish")
class Mish(Pointwise):
    """x · tanh(log(1 + exp(x))).

    Cost    scalar_ops = 9 for each element: exponential, add, logarithm, tanh 5, multiply
            backward 18: t = tanh(log(1 + exp(x))) 8 and sigmoid(x) 4 again,
            dx = dy·(t + x·sigmoid·(1 - t·t)) 6
    Source  Misra 2019, arXiv:1908.08681, equation 1.

    >>> Mish().cost((1, 2, 3, 3)).scalar_ops
    162
    """

    steps, steps_back = 9, 18


@op("softmax")
class Softmax(Pointwise):
    """Exponentials divided by their sum, along any one axis.

    Cost    scalar_ops = 5 for each element: maximum, subtract it, exponential, sum, divide;
            maximum and sum start from nothing, so each element takes part once
            backward 4: dx = y·(dy - sum(y·dy)): multiply, sum, subtract, multiply, from y
    Source  the definition, with the usual shift by the maximum.

    >>> Softmax().cost((1, 10)).scalar_ops
    50
    """

    steps, steps_back = 5, 4


@op("prelu")
class Prelu(Op):
    """x where positive, else a learned slope times x.

    Shape   unchanged; one slope for each channel (axis 1), or one in all
    Cost    params = c, or 1 if not ``per_channel``                  [elements]
            scalar_ops = 2 for each element: compare, multiply
            reads = input + params,  writes = output
            backward: dx 2 (compare, multiply); the slope's gradient, summed from dy·x, 2:
            4 for each element, 3 without dx; reads x, dy and the slopes
    Source  He et al. 2015, arXiv:1502.01852, equations 1 and 8 to 10.

    >>> Prelu().cost((1, 2, 3, 3)).scalar_ops
    36
    """

    family = "activation"

    per_channel: bool = True

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        need_rank(xs[0], 2, self.kind)
        yield from ()

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        slopes, count = xs[0][1] if self.per_channel else 1, prod(y)
        return Cost(params=slopes, scalar_ops=2 * count, reads=count + slopes, writes=count)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        slopes, count = xs[0][1] if self.per_channel else 1, prod(y)
        if not input_grad:
            return Cost(scalar_ops=3 * count, reads=2 * count, writes=slopes)
        return Cost(scalar_ops=4 * count, reads=2 * count + slopes, writes=count + slopes)
