"""Functions of single elements that have no layer of their own: exp, sub, max, clip and so on.

What each costs is a row of a table: its operations for an output element forward, those of the
gradient with respect to each operand, and whether the gradients need the operands' values.  A
gradient of no operations is dy itself, handed on without a copy; None: there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from costmodel.arith import AtLeast, Condition, Dim, prod
from costmodel.ops import Shape, elements, op
from costmodel.ops.elementwise import Join, summed
from costmodel.quantities import Cost
from costmodel.records import Record


class Steps(Record):
    """Operations for each element: forward, and back to each operand (the last one's repeat)."""

    forward: int
    back: tuple[int, ...] | None
    takes_values: bool = True


FUNCTIONS = {
    # of two operands or more; a number that is a constant of the model needs no operand
    "add": Steps(1, (0,), takes_values=False),
    "sub": Steps(1, (0, 1), takes_values=False),  # the second's is -dy
    "multiply": Steps(1, (1,)),
    "div": Steps(1, (1, 2)),  # dy/b; -dy·y/b as dy/b·y, negated
    "pow": Steps(1, (3, 3)),  # dy·b·y/a; dy·y·log a
    "mod": Steps(1, (0, 3)),  # dy; -dy·floor(a/b)
    "max": Steps(1, (1,)),  # dy where it was chosen
    "min": Steps(1, (1,)),
    "compare": Steps(1, None),
    "logic": Steps(1, None),
    "select": Steps(1, (0, 1, 1)),  # by a condition, which has no gradient
    "prelu": Steps(2, (2, 2)),  # compare, multiply
    # of one
    "neg": Steps(1, (1,), takes_values=False),
    "abs": Steps(1, (2,)),  # compare, negate
    "round": Steps(1, None),
    "exp": Steps(1, (1,)),
    "log": Steps(1, (1,)),
    "sqrt": Steps(1, (2,)),  # dy/(2·y)
    "reciprocal": Steps(1, (3,)),  # -dy·y·y
    "erf": Steps(1, (5,)),  # dy·c·exp(-x·x)
    "sin": Steps(1, (2,)),
    "cos": Steps(1, (3,)),  # -dy·sin x
    "tan": Steps(1, (3,)),  # dy·(1 + y·y)
    "asin": Steps(1, (4,)),  # dy/sqrt(1 - x·x)
    "acos": Steps(1, (5,)),  # the same, negated
    "atan": Steps(1, (3,)),  # dy/(1 + x·x)
    "sinh": Steps(4, (5,)),  # exponential, reciprocal, subtract, halve; dy·cosh x
    "cosh": Steps(4, (5,)),
    "asinh": Steps(1, (4,)),
    "acosh": Steps(1, (4,)),
    "atanh": Steps(1, (3,)),
    "softplus": Steps(3, (5,)),  # exponential, add, logarithm; dy·sigmoid x
    "softsign": Steps(3, (4,)),  # x/(1 + |x|): absolute, add, divide; dy/(1 + |x|)²
    "selu": Steps(4, (3,)),  # as elu
    "celu": Steps(4, (3,)),
    "clip": Steps(2, (2,)),
    "shrink": Steps(2, (2,)),
    "threshold": Steps(1, (1,)),
    "cumsum": Steps(1, (1,), takes_values=False),
    "cumprod": Steps(1, (3,)),
    "rotate": Steps(3, (3,)),  # rotary positions: two products and a sum
    "quantize": Steps(3, None),
    "dequantize": Steps(2, (1,), takes_values=False),
    "other": Steps(1, (1,)),  # a function that nobody knows: one operation each way
}


@op("map")
class Map(Join):
    """A function of each element, or of elements of several inputs that stand in one place.

    Shape   the inputs', extents of 1 repeated
    Cost    params = ``learned``: elements of a last operand that is stored  [elements]
            scalar_ops = those of ``function`` for each output element, times operands - 1 of
            max, min, add and multiply
            reads = inputs + params,  writes = output
            backward: those of the gradient with respect to each operand, from the table of
            this module; 1 more for each output element to sum that of a repeated or a stored
            operand; reads dy and, unless the function is linear, the operands; writes their
            gradients
    Needs   equal extents, except those that are 1; learned >= 0.
    Source  the definitions; an exponential, root, sine or division is one operation.

    >>> Map(function="softplus").cost((1, 2, 3, 3)).scalar_ops
    54
    """

    arity = (1, None)
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"function": tuple(FUNCTIONS)}

    function: str
    learned: Dim = 0

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        yield AtLeast(self.learned, 0, "learned")
        yield from super().requires(*xs)

    @property
    def _stored(self) -> int:
        return 0 if isinstance(self.learned, int) and self.learned == 0 else 1

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made, chained = prod(y), self.function in ("max", "min", "add", "multiply")
        times = max(1, len(xs) + self._stored - 1) if chained else 1
        return Cost(
            params=self.learned,
            scalar_ops=FUNCTIONS[self.function].forward * times * made,
            reads=elements(xs) + self.learned,
            writes=made,
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        steps = FUNCTIONS[self.function]
        if steps.back is None or not (input_grad or self._stored):
            return Cost()
        made, last = prod(y), len(steps.back) - 1
        each = [steps.back[min(i, last)] for i in range(len(xs) + self._stored)]
        own = each.pop() + 1 if self._stored else 0  # of the stored operand, and its sum
        cost = Cost(
            scalar_ops=own * made,
            reads=made + elements(xs) * steps.takes_values if self._stored else 0,
            writes=self.learned,
        )
        if not input_grad:
            return cost
        worked = [x for x, count in zip(xs, each, strict=True) if count]
        values = (elements(xs) + self.learned) * steps.takes_values
        inputs = Cost(
            scalar_ops=sum(each) * made,
            reads=made + values if worked else 0,
            writes=elements(worked),
        )
        return cost + inputs + summed(self.repeated(xs, y), y)
