"""What does something in training only: in inference the input passes through."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.arith import AtLeast, Condition, Dim, prod
from costmodel.ops import Op, Shape, op
from costmodel.quantities import Cost


@op("identity")
class Identity(Op):
    """The input itself.

    Shape   unchanged
    Cost    none, forward or backward: the output is the input
    Source  the definition.

    >>> Identity().cost((1, 2, 3, 3)).mem_access
    0
    """

    family = "rearrange"
    is_view = True

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost()

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        return Cost()


@op("dropout")
class Dropout(Identity):
    """Elements zeroed at random in training; the input itself in inference.

    Shape   unchanged
    Cost    none forward (inference)
            backward (training): dx = dy·mask, 1 for each element, reads dy and the mask of
            as many elements; the mask holds 0 or 1/(1 - rate)
    Source  Srivastava et al. 2014; scaled in training as every framework does.

    >>> Dropout().cost((1, 4096)).mem_access
    0
    """

    family = "activation"

    rate: float = 0.0

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        count = prod(y)
        return Cost(scalar_ops=count, reads=2 * count, writes=count)


@op("drop_path")
class DropPath(Identity):
    """A residual branch dropped at random for each example; itself in inference.

    Shape   unchanged
    Cost    none forward (inference)
            backward (training): dx = dy·mask, 1 for each element, reads dy and one mask
            value for each example
    Source  Huang et al. 2016, arXiv:1603.09382, section 3.

    >>> DropPath().cost((1, 2, 3, 3)).mem_access
    0
    """

    family = "activation"

    rate: float = 0.0

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        count = prod(y)
        return Cost(scalar_ops=count, reads=count + y[0], writes=count)


@op("constants")
class Constants(Identity):
    """The input itself, beside ``count`` stored numbers and ``learned`` ones that no layer holds.

    Shape   unchanged
    Cost    buffers = count,  params = learned                       [elements]
            reads = buffers + params;  the input does not move
            backward: none
    Needs   count >= 0, learned >= 0.
    Source  exporters write shapes, axes and limits as tensors of the model.

    >>> Constants(count=3).cost((1, 2, 3, 3)).buffers
    3
    """

    count: Dim
    learned: Dim = 0

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        yield AtLeast(self.count, 0, "count")
        yield AtLeast(self.learned, 0, "learned")

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost(buffers=self.count, params=self.learned, reads=self.count + self.learned)
