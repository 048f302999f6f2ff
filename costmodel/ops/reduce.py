"""Sums, means, extrema and norms along given axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from costmodel.arith import Condition, Dim, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Pair, Shape, op
from costmodel.ops.window import axis_of
from costmodel.quantities import Cost
from costmodel.records import Record


class Steps(Record):
    """Operations for each input element and for each output element, forward and back."""

    of_input: int
    of_output: int
    back_to_input: int
    back_of_output: int
    takes_values: bool = False


# Combining k elements takes k - 1 operations: hence -1 for each output element.
FUNCTIONS = {
    "sum": Steps(1, -1, 1, 0),
    "mean": Steps(1, 0, 1, 1),  # and one division; dy/k, added to each dx
    "max": Steps(1, -1, 0, 1),
    "min": Steps(1, -1, 0, 1),
    "prod": Steps(1, -1, 1, 1, True),  # dy·y once, divided by each x
    "l1": Steps(2, -1, 2, 0, True),  # absolute; compare, negate
    "l2": Steps(2, 0, 1, 1, True),  # square, sum, root; dy/y once, times each x
    "square": Steps(2, -1, 1, 1, True),  # 2·dy once, times each x
    "log_sum": Steps(1, 0, 1, 2),  # dy/exp y
    "log_sum_exp": Steps(2, 0, 3, 0, True),  # dy·exp(x - y)
    "arg": Steps(1, -1, 0, 0),  # where the largest stands: no gradient
}


@op("reduce")
class Reduce(Op):
    """The sum, mean, largest element or norm of all elements along ``axes``, which become 1.

    Shape   (n, c, h, w) -> (n, 1, h, w) for axes [1]
    Cost    scalar_ops = with e input and y output elements: mean, log_sum e; sum, max, min,
            prod, arg e - y; l1, square 2e - y; l2, log_sum_exp 2e
            reads = input,  writes = output                          [elements]
            backward: sum e, mean e + y as ``global_avg_pool``; max, min y; prod, l2, square
            e + y; l1 2e; log_sum e + 2y; log_sum_exp 3e; arg none; reads dy, for max and min
            where they stood, for log_sum y, for prod, l1, l2, square and log_sum_exp x and y;
            writes dx
    Needs   axes of the input.
    Source  the definitions.

    >>> Reduce(axes=(2, 3), function="sum").cost((1, 2, 3, 3)).scalar_ops
    16
    """

    family = "pool"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"function": tuple(FUNCTIONS)}

    axes: Pair
    function: str = "mean"

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        self._axes(xs[0])
        yield from ()

    def out_shape(self, *xs: Shape) -> Shape:
        gone = self._axes(xs[0])
        return tuple([1 if axis in gone else extent for axis, extent in enumerate(xs[0])])

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        steps, count, made = FUNCTIONS[self.function], prod(xs[0]), prod(y)
        operations: Dim = steps.of_input * count + steps.of_output * made
        return Cost(scalar_ops=operations, reads=count, writes=made)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        steps, count, made = FUNCTIONS[self.function], prod(xs[0]), prod(y)
        if not input_grad or self.function == "arg":
            return Cost()
        kept = made if self.function in ("max", "min", "log_sum") else 0
        return Cost(
            scalar_ops=steps.back_to_input * count + steps.back_of_output * made,
            reads=made + kept + (count + made) * steps.takes_values,
            writes=count,
        )

    def _axes(self, x: Shape) -> set[int]:
        axes = self.axes if isinstance(self.axes, (list, tuple)) else (self.axes,)
        found = {axis_of(axis, x, self.kind) for axis in axes}
        if len(found) < len(axes):
            raise ShapeError(f"axes={list(axes)} of reduce name an axis twice")
        return found
