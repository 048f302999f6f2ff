"""The elements of the input in another order: each a copy, and so is its gradient."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.arith import AtLeast, Condition, Dim, Divides, exact_div
from costmodel.errors import ShapeError
from costmodel.ops import Pair, Shape, op
from costmodel.ops.rearrange import Copy
from costmodel.ops.window import AXES, axis_of, need_rank, show, spatial


@op("permute")
class Permute(Copy):
    """Its axes in another order: ``order[i]`` is the input's axis that becomes axis i.

    Shape   (n, c, h, w) -> (n, h, w, c) for order [0, 2, 3, 1]
    Cost    reads = input,  writes = output                          [elements]
            backward: the same copy the other way
    Needs   order names each axis once.
    Source  the definition.

    >>> Permute(order=(0, 2, 3, 1)).out_shape((1, 96, 7, 5))
    (1, 7, 5, 96)
    """

    order: Pair

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        order = self.order if isinstance(self.order, (list, tuple)) else (self.order,)
        if not all(isinstance(i, int) for i in order) or sorted(order) != list(range(len(x))):
            raise ShapeError(f"order={list(order)} does not name each axis of {show(x)} once")
        yield from ()

    def out_shape(self, *xs: Shape) -> Shape:
        return tuple([xs[0][i] for i in self.order])


@op("transpose")
class Transpose(Copy):
    """Two of its axes exchanged.

    Shape   (n, a, b) -> (n, b, a) for axes [1, 2]
    Cost    reads = input,  writes = output                          [elements]
            backward: the same copy the other way
    Needs   axes names two axes.
    Source  the definition.

    >>> Transpose().out_shape((1, 96, 49))
    (1, 49, 96)
    """

    axes: Pair = (1, 2)

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        self._exchanged(xs[0])
        yield from ()

    def out_shape(self, *xs: Shape) -> Shape:
        (x,) = xs
        a, b = self._exchanged(x)
        extents = list(x)
        extents[a], extents[b] = extents[b], extents[a]
        return tuple(extents)

    def _exchanged(self, x: Shape) -> tuple[int, int]:
        if not isinstance(self.axes, (list, tuple)) or len(self.axes) != 2:
            raise ShapeError(f"transpose exchanges two axes, not {self.axes}")
        return axis_of(self.axes[0], x, self.kind), axis_of(self.axes[1], x, self.kind)


@op("roll")
class Roll(Copy):
    """Every element moved around along the spatial axes or the tokens: a cyclic shift.

    Shape   unchanged
    Cost    reads = input,  writes = output                          [elements]
            backward: the same copy the other way
    Source  Liu et al. 2021, arXiv:2103.14030, section 3.2.

    >>> Roll(shift=3).cost((1, 2, 7, 7)).mem_access
    196
    """

    shift: Pair = 1

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]


@op("channel_shuffle")
class ChannelShuffle(Copy):
    """Channels dealt out: (groups, c/groups) read column by column.

    Shape   (n, c, ...) -> the same
    Cost    reads = input,  writes = output                          [elements]
            backward: the same copy the other way
    Needs   groups divides c.
    Source  Zhang et al. 2018, arXiv:1707.01083, section 3.1.

    >>> ChannelShuffle(groups=2).cost((1, 4, 3, 3)).mem_access
    72
    """

    groups: Dim

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        need_rank(x, 2, self.kind)
        yield AtLeast(self.groups, 1, "groups")
        yield Divides(self.groups, x[1], names=("groups", "c_in"))

    def out_shape(self, *xs: Shape) -> Shape:
        return xs[0]


@op("depth_to_space")
class DepthToSpace(Copy):
    """Channels laid out as ``factor`` by ``factor`` pixels.

    Shape   (n, c, h, w) -> (n, c / factor², h·factor, w·factor)
    Cost    reads = input,  writes = output                          [elements]
            backward: the same copy the other way
    Needs   factor² divides c.
    Source  Shi et al. 2016, arXiv:1609.05158, equation 4.

    >>> DepthToSpace(factor=2).out_shape((1, 12, 3, 5))
    (1, 3, 6, 10)
    """

    factor: Dim

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        (x,) = xs
        axes = len(spatial(x, self.kind))
        yield AtLeast(self.factor, 1, "factor")
        yield Divides(self.factor**axes, x[1], names=(f"factor^{axes}", "c_in"))

    def out_shape(self, *xs: Shape) -> Shape:
        n, c, *extents = xs[0]
        channels = exact_div(c, self.factor ** len(extents))
        return n, channels, *[extent * self.factor for extent in extents]


@op("space_to_depth")
class SpaceToDepth(Copy):
    """``factor`` by ``factor`` pixels stacked as channels.

    Shape   (n, c, h, w) -> (n, c·factor², h / factor, w / factor)
    Cost    reads = input,  writes = output                          [elements]
            backward: the same copy the other way
    Needs   factor divides h and w.
    Source  the inverse of ``depth_to_space``; patch merging of Liu et al. 2021,
            arXiv:2103.14030, section 3.1.

    >>> SpaceToDepth(factor=2).out_shape((1, 3, 6, 10))
    (1, 12, 3, 5)
    """

    factor: Dim

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        extents = spatial(xs[0], self.kind)
        yield AtLeast(self.factor, 1, "factor")
        for name, extent in zip(AXES[len(extents)], extents, strict=True):
            yield Divides(self.factor, extent, names=("factor", name))

    def out_shape(self, *xs: Shape) -> Shape:
        n, c, *extents = xs[0]
        shrunk = [exact_div(extent, self.factor) for extent in extents]
        return n, c * self.factor ** len(extents), *shrunk
