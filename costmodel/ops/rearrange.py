"""Joining, cutting and reshaping: nothing is computed, elements are moved or only renamed.

A view moves nothing.  A copy reads its input and writes its output, and so does its gradient.
"""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.arith import (
    AtLeast,
    Condition,
    Dim,
    Divides,
    Equal,
    ceil_div,
    exact_div,
    prod,
    total,
)
from costmodel.errors import ShapeError
from costmodel.ops import Op, Pair, Shape, elements, op
from costmodel.ops.elementwise import names_of
from costmodel.ops.window import axis_of, refuse_lists, show
from costmodel.quantities import Cost


class View(Op):
    """The input's elements under another shape; its gradient likewise."""

    family = "rearrange"
    is_view = True

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost()

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        return Cost()


class Copy(Op):
    """The input's elements in another order; its gradient puts them back."""

    family = "rearrange"

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        return Cost(reads=elements(xs), writes=prod(y))

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        return Cost(reads=prod(y), writes=elements(xs))


@op("concat")
class Concat(Copy):
    """Its inputs one after the other along an axis.

    Shape   (n, c1, h, w), (n, c2, h, w) -> (n, c1 + c2, h, w) for axis 1
    Cost    reads = inputs,  writes = output                         [elements]
            backward: each gradient is a part of dy, a view: nothing
    Needs   equal extents along the other axes.
    Source  Huang et al. 2017, arXiv:1608.06993, equation 2.

    >>> Concat().cost((1, 2, 3, 3), (1, 4, 3, 3)).mem_access
    108
    """

    arity = (1, None)

    axis: int = 1

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        if len({len(x) for x in xs}) > 1:
            shapes = " and ".join(map(show, xs))
            raise ShapeError(f"concat needs inputs of one rank, not {shapes}")
        joined = axis_of(self.axis, xs[0], self.kind)
        for axis, name in enumerate(names_of(len(xs[0]))):
            if axis != joined:
                for i, x in enumerate(xs[1:], 2):
                    names = (f"{name} of input 1", f"{name} of input {i}")
                    yield Equal(xs[0][axis], x[axis], names=names)

    def out_shape(self, *xs: Shape) -> Shape:
        axis = axis_of(self.axis, xs[0], self.kind)
        return *xs[0][:axis], total(x[axis] for x in xs), *xs[0][axis + 1 :]

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        return Cost()


@op("slice")
class Slice(View):
    """Some of the extents of one axis: from ``start`` up to, not including, ``stop``.

    Shape   (n, c, h, w) -> (n, ceil((stop - start) / step), h, w) for axis 1
    Cost    none: a view
            backward: dy is placed in its part of dx: reads dy, writes as much; the parts of a
            split together write dx once                             [elements]
    Needs   0 <= start < stop <= extent.
    Source  the definition.

    >>> Slice(start=2, stop=7).out_shape((1, 10, 3, 3))
    (1, 5, 3, 3)
    """

    start: Dim = 0
    stop: Dim = None
    axis: int = 1
    step: Dim = 1

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        extent = x[axis_of(self.axis, x, self.kind)]
        stop = extent if self.stop is None else self.stop
        yield AtLeast(self.step, 1, "step")
        yield AtLeast(self.start, 0, "start")
        yield AtLeast(stop, self.start + 1, "stop")
        yield AtLeast(extent, stop, f"extent of axis {self.axis}")

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        axis = axis_of(self.axis, x, self.kind)
        stop = x[axis] if self.stop is None else self.stop
        return *x[:axis], ceil_div(stop - self.start, self.step), *x[axis + 1 :]

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        return Cost(reads=prod(y), writes=prod(y)) if input_grad else Cost()


@op("flatten")
class Flatten(View):
    """The axes from ``start`` on as one.

    Shape   (n, c, h, w) -> (n, c·h·w);  start 2: (n, c, h·w)
    Cost    none, forward or backward: a view
    Source  the definition.

    >>> Flatten().out_shape((1, 512, 7, 7))
    (1, 25088)
    """

    start: int = 1

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        axis_of(self.start, xs[0], self.kind)
        yield from ()

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        start = axis_of(self.start, x, self.kind)
        return *x[:start], prod(x[start:])


@op("reshape")
class Reshape(View):
    """The same elements, in the same order, under the given shape; one extent may be -1.

    Shape   any -> ``shape``; -1 becomes what is left of the elements
    Cost    none, forward or backward: a view
    Needs   as many elements as before.
    Source  the definition.

    >>> Reshape(shape=(1, 7, 7, -1)).out_shape((1, 49, 96))
    (1, 7, 7, 96)
    """

    shape: Pair

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        known, inferred = self._known()
        for extent in known:
            yield AtLeast(extent, 1, "extent in shape")
        if inferred:
            names = ("product of the given extents", "elements")
            yield Divides(prod(known), prod(x), names=names)
        else:
            yield Equal(prod(x), prod(known), names=("elements", "elements of shape"))

    def out_shape(self, *xs: Shape) -> Shape:
        known, inferred = self._known()
        left = exact_div(prod(xs[0]), prod(known)) if inferred else None
        return tuple([left if _is_left(extent) else extent for extent in self.shape])

    def _known(self) -> tuple[list[Dim], bool]:
        if not isinstance(self.shape, (list, tuple)):
            raise ShapeError(f"reshape needs a list of extents, not {self.shape}")
        refuse_lists(self.shape, "shape of reshape")
        known = [extent for extent in self.shape if not _is_left(extent)]
        if len(self.shape) - len(known) > 1:
            raise ShapeError(
                f"reshape can infer one extent, {show(tuple(self.shape))} leaves out more"
            )
        return known, len(known) < len(self.shape)


def _is_left(extent: Dim) -> bool:
    return isinstance(extent, int) and extent == -1
