"""Elements picked, repeated or computed one by one: what indexing and sampling cost."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.arith import AtLeast, Condition, Dim, Divides, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Pair, Shape, elements, op
from costmodel.ops.elementwise import names_of
from costmodel.ops.window import axis_of, is_one, refuse_lists, show
from costmodel.quantities import Cost


@op("take")
class Take(Op):
    """``count`` extents picked along an axis, by fixed places or by those of a second input.

    Shape   (n, c, h, w) -> (n, count, h, w) for axis 1
    Cost    reads = output, and the places if they are an input;  writes = output  [elements]
            backward: each dy is added to the dx it came from: 1 for each output element; reads
            dy (and the places), writes dx
    Needs   count >= 1.
    Source  the definition of indexing; NumPy's ``take``.

    >>> Take(count=5, axis=2).cost((1, 2, 3, 3)).mem_access
    60
    """

    family = "rearrange"
    arity = (1, 2)

    count: Dim
    axis: int = 1

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        axis_of(self.axis, xs[0], self.kind)
        yield AtLeast(self.count, 1, "count")

    def out_shape(self, *xs: Shape) -> Shape:
        (x, *_), axis = xs, axis_of(self.axis, xs[0], self.kind)
        return *x[:axis], self.count, *x[axis + 1 :]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost(reads=prod(y) + elements(xs[1:]), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        return Cost(
            scalar_ops=prod(y), reads=prod(y) + elements(xs[1:]), writes=prod(xs[0])
        )  # fmt: skip


@op("expand")
class Expand(Op):
    """The input repeated along its axes until it has the given shape.

    Shape   (n, c, 1, 1) -> (n, c, h, w) for shape [n, c, h, w]
    Cost    reads = input,  writes = output                          [elements]
            backward: the sum over the repetitions: 1 for each output element; reads dy,
            writes dx
    Needs   as many axes as before; each old extent divides the new one.
    Source  the definition; NumPy's ``broadcast_to`` and ``tile``, written out.

    >>> Expand(shape=(1, 2, 3, 3)).cost((1, 2, 1, 1)).mem_access
    20
    """

    family = "rearrange"

    shape: Pair

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        if not isinstance(self.shape, (list, tuple)) or len(self.shape) != len(x):
            raise ShapeError(f"expand of {show(x)} needs a list of as many extents")
        refuse_lists(self.shape, "shape of expand")
        for name, old, new in zip(names_of(len(x)), x, self.shape, strict=True):
            yield AtLeast(new, 1, f"{name} in shape")
            if not is_one(old):
                yield Divides(old, new, names=(f"{name} of the input", f"{name} in shape"))

    def out_shape(self, *xs: Shape) -> Shape:
        return tuple(self.shape)

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost(reads=elements(xs), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        return Cost(scalar_ops=prod(y), reads=prod(y), writes=elements(xs))


class Shaped(Op):
    """What makes a tensor of a shape that is written down, of any inputs and of stored elements."""

    arity = (1, None)

    shape: Pair
    learned: Dim = 0

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        if not isinstance(self.shape, (list, tuple)) or len(self.shape) < 2:
            raise ShapeError(f"{self.kind} needs a list of two extents or more for its shape")
        refuse_lists(self.shape, f"shape of {self.kind}")
        for extent in self.shape:
            yield AtLeast(extent, 1, "extent in shape")
        yield AtLeast(self.learned, 0, "learned")

    def out_shape(self, *xs: Shape) -> Shape:
        return tuple(self.shape)

    @property
    def stores(self) -> bool:
        """Whether one of its operands is stored."""
        return not (isinstance(self.learned, int) and self.learned == 0)


@op("compute")
class Compute(Shaped):
    """A tensor of a given shape, by ``steps`` operations for each element: sampled, scattered.

    Shape   any -> ``shape``
    Cost    params = ``learned``, elements that it takes beside its inputs  [elements]
            scalar_ops = steps for each output element
            reads = inputs + params,  writes = output
            backward: taken to be as many steps for each output element, and 1 to add the result
            where the element came from; reads dy, inputs and params, writes their gradients
    Needs   steps >= 0, learned >= 0.
    Source  stands for operators without a formula of their own; how much of the inputs is
            really read may depend on data.

    >>> Compute(shape=(1, 2, 3, 3), steps=7).cost((1, 2, 5, 5)).scalar_ops
    126
    """

    family = "rearrange"

    steps: Dim = 0

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        yield from super().requires(*xs)
        yield AtLeast(self.steps, 0, "steps")

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(
            params=self.learned,
            scalar_ops=self.steps * made,
            reads=elements(xs) + self.learned,
            writes=made,
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not (input_grad or self.stores):
            return Cost()
        moved = elements(xs) + self.learned
        return Cost(
            scalar_ops=(self.steps + 1) * prod(y),
            reads=prod(y) + moved,
            writes=moved if input_grad else self.learned,
        )


@op("contract")
class Contract(Shaped):
    """Sums of products of two tensors' elements: einsum, a product with leading axes of its own.

    One tensor may be stored.  ``inner`` is how many products each output element sums up.

    Shape   any -> ``shape``
    Cost    params = ``learned``, the stored tensor's                [elements]
            mult_adds = inner · output elements
            reads = inputs + params,  writes = activations = output  [elements]
            backward: each output element gives each of its ``inner`` pairs one multiply-add for
            each factor: mult_adds = inner · output elements for each of the two; each reads dy
            and the other factor, and writes a gradient
    Needs   inner >= 1; two inputs, or one and learned > 0.
    Source  the definition of a contraction; NumPy's ``einsum``.

    >>> Contract(shape=(1, 4, 5), inner=3).cost((1, 4, 3), (1, 3, 5)).mult_adds
    60
    """

    family = "matmul"

    inner: Dim

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        yield from super().requires(*xs)
        yield AtLeast(self.inner, 1, "inner")

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(
            params=self.learned,
            mult_adds=self.inner * made,
            reads=elements(xs) + self.learned,
            writes=made,
            activations=made,
        )

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        made, products = prod(y), self.inner * prod(y)
        cost = Cost()
        if self.stores:
            cost = Cost(mult_adds=products, reads=made + elements(xs), writes=self.learned)
        if not input_grad:
            return cost
        others = self.learned if self.stores else elements(xs)
        return cost + Cost(
            mult_adds=len(xs) * products, reads=len(xs) * made + others, writes=elements(xs)
        )
