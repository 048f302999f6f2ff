"""Element by element: sums, products and means of several inputs, and learned scales.

Inputs have one rank; an extent that is exactly 1 is repeated to that of the others, which is
how squeeze-and-excitation multiplies a map by one number for each channel.
"""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.arith import Condition, Dim, Equal, prod
from costmodel.errors import ShapeError
from costmodel.ops import Op, Shape, elements, op
from costmodel.ops.window import is_one, need_rank, show
from costmodel.quantities import Cost

AXIS_NAMES = {
    2: ("batch", "width"),
    3: ("batch", "length", "width"),
    4: ("batch", "channels", "height", "width"),
    5: ("batch", "channels", "depth", "height", "width"),
}


def names_of(rank: int) -> tuple[str, ...]:
    """What errors call the axes of an input of *rank* axes."""
    return AXIS_NAMES.get(rank, tuple(f"axis {i}" for i in range(rank)))


class Join(Op):
    """Several inputs of one shape, up to repetition, to one output."""

    family = "elementwise"
    arity = (2, None)

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        if len({len(x) for x in xs}) > 1:
            shapes = " and ".join(map(show, xs))
            raise ShapeError(f"{self.kind} needs inputs of one rank, not {shapes}")
        for name, extents in zip(names_of(len(xs[0])), zip(*xs, strict=True), strict=True):
            wide = [(i, extent) for i, extent in enumerate(extents, 1) if not is_one(extent)]
            for i, extent in wide[1:]:
                first, reference = wide[0]
                names = (f"{name} of input {first}", f"{name} of input {i}")
                yield Equal(reference, extent, names=names)

    def out_shape(self, *xs: Shape) -> Shape:
        return tuple([
            next((extent for extent in extents if not is_one(extent)), 1)
            for extents in zip(*xs, strict=True)
        ])  # fmt: skip

    def repeated(self, xs: tuple[Shape, ...], y: Shape) -> list[Shape]:
        """The inputs that are repeated along some axis: their gradients are sums."""
        return [x for x in xs if any(is_one(a) and not is_one(b)
                                     for a, b in zip(x, y, strict=True))]  # fmt: skip


@op("add")
class Add(Join):
    """The sum of its inputs.

    Shape   the inputs', extents of 1 repeated
    Cost    scalar_ops = (inputs - 1) · output elements
            reads = inputs,  writes = output                         [elements]
            backward: dy is the gradient of each input, no copy; for a repeated input it is
            summed: 1 for each output element, reads dy, writes dx
    Needs   equal extents, except those that are 1.
    Source  He et al. 2016, arXiv:1512.03385, equation 1.

    >>> Add().cost((1, 4, 3, 3), (1, 4, 3, 3)).mem_access
    108
    """

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(scalar_ops=(len(xs) - 1) * made, reads=elements(xs), writes=made)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        return summed(self.repeated(xs, y), y)


@op("multiply")
class Multiply(Join):
    """The product of its inputs, element by element.

    Shape   the inputs', extents of 1 repeated
    Cost    scalar_ops = (inputs - 1) · output elements
            reads = inputs,  writes = output                         [elements]
            backward: each input's gradient is dy times all others, m - 1 products for each
            output element, m(m - 1) in all; 1 more to sum that of a repeated input; reads dy
            and the inputs, writes their gradients
    Needs   equal extents, except those that are 1.
    Source  Hu et al. 2018, arXiv:1709.01507, equation 4 (a map times one number per channel).

    >>> Multiply().cost((1, 4, 3, 3), (1, 4, 1, 1)).mem_access
    76
    """

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(scalar_ops=(len(xs) - 1) * made, reads=elements(xs), writes=made)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        made, m = prod(y), len(xs)
        return Cost(
            scalar_ops=made * (m * (m - 1) + len(self.repeated(xs, y))),
            reads=made + elements(xs),
            writes=elements(xs),
        )


@op("mean")
class Mean(Join):
    """The mean of its inputs, element by element.

    Shape   the inputs', extents of 1 repeated
    Cost    scalar_ops = inputs · output elements: additions and one division
            reads = inputs,  writes = output                         [elements]
            backward: dy/m once, the gradient of each input: 1 for each output element, reads
            dy, writes as much; a repeated input's is summed as in ``add``
    Needs   equal extents, except those that are 1.
    Source  Larsson et al. 2017, arXiv:1605.07648, section 2 (the join of columns).

    >>> Mean().cost((1, 4, 3, 3), (1, 4, 3, 3)).scalar_ops
    72
    """

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        made = prod(y)
        return Cost(scalar_ops=len(xs) * made, reads=elements(xs), writes=made)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        if not input_grad:
            return Cost()
        made = prod(y)
        return Cost(scalar_ops=made, reads=made, writes=made) + summed(self.repeated(xs, y), y)


def summed(repeated: list[Shape], y: Shape) -> Cost:
    """Each of the inputs that were repeated to *y* gets the sum over its repetitions."""
    count = len(repeated) * prod(y)
    return Cost(scalar_ops=count, reads=count, writes=elements(repeated))


@op("layer_scale")
class LayerScale(Op):
    """Each channel times its own learned number.

    Shape   unchanged; channels are axis 1 of maps, the last axis of vectors and tokens
    Cost    params = channels                                        [elements]
            scalar_ops = 1 for each element
            reads = input + params,  writes = output
            backward: dx = dy·scale 1, the scale's gradient sums dy·x 2: 3 for each element;
            reads x, dy and the scale, writes both gradients
    Source  Touvron et al. 2021, arXiv:2103.17239, equation 4.

    >>> LayerScale().cost((1, 96, 2, 2)).params
    96
    """

    family = "elementwise"

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        need_rank(xs[0], 2, self.kind)
        yield from ()

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        width, count = self._width(y), prod(y)
        return Cost(params=width, scalar_ops=count, reads=count + width, writes=count)

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        width, count = self._width(y), prod(y)
        if not input_grad:
            return Cost(scalar_ops=2 * count, reads=2 * count, writes=width)
        return Cost(scalar_ops=3 * count, reads=2 * count + width, writes=count + width)

    def _width(self, x: Shape) -> Dim:
        return x[-1] if len(x) <= 3 else x[1]
