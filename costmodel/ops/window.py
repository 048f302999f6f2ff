"""Sliding windows, axes and shape texts: what convolution, pooling and padding share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from costmodel.arith import AtLeast, Condition, Dim, Equal, ceil_div, minimum
from costmodel.arith import ascii as plain
from costmodel.errors import ShapeError
from costmodel.ops import Pair, Shape

Padding = Any  # a Dim, one Dim or one [before, after] for each spatial axis, or "same"

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def show(shape: Shape) -> str:
    """A shape as errors print it.

    >>> show((1, 64, 56, 56))
    '(1, 64, 56, 56)'
    """
    return f"({', '.join(map(plain, shape))})"


def is_one(dim: Dim) -> bool:
    """Whether *dim* is the number 1, not merely a symbol that may be."""
    return Equal(dim, 1, names=("", "")).holds() is True


def spatial(x: Shape, kind: str) -> Shape:
    """The spatial extents of *x*; ShapeError unless there are one to three."""
    if not 3 <= len(x) <= 5:
        raise ShapeError(
            f"{kind} needs (n, c, *spatial) with 1 to 3 spatial axes, its input is {show(x)}"
        )
    return x[2:]


def need_rank(x: Shape, least: int, kind: str) -> None:
    """ShapeError unless *x* has *least* axes or more."""
    if len(x) < least:
        raise ShapeError(f"{kind} needs an input of {least} axes or more, its input is {show(x)}")


def axis_of(axis: int, x: Shape, kind: str) -> int:
    """*axis* counted from the front; ShapeError if *x* has none of that number."""
    if not isinstance(axis, int) or not -len(x) <= axis < len(x):
        raise ShapeError(f"{kind}: axis={axis} is not an axis of {show(x)}")
    return axis % len(x)


def refuse_lists(values: Iterable[Any], name: str) -> None:
    """ShapeError if one of *values* is itself a list."""
    for value in values:
        if isinstance(value, (list, tuple)):
            raise ShapeError(f"{name} has a list, {list(value)}, where a number belongs")


def spread(value: Pair, axes: int, name: str) -> tuple[Any, ...]:
    """One number for each of *axes* spatial axes; ShapeError if a list has another length."""
    values = _one_each(value, axes, name)
    refuse_lists(values, name)
    return values


def _one_each(value: Pair, axes: int, name: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        return (value,) * axes
    if len(value) != axes:
        shown = "[" + ", ".join(str(part) for part in value) + "]"
        raise ShapeError(
            f"{name}={shown} has {len(value)} entries for {axes} spatial axes",
            hint="write one number for all axes, or a list with one for each",
        )
    return tuple(value)


def pads(padding: Padding, axes: int) -> tuple[tuple[Dim, Dim] | None, ...]:
    """(before, after) for each spatial axis; None where it is chosen to be ``same``."""
    if isinstance(padding, str):
        if padding != "same":
            raise ShapeError(f"padding={padding!r} is neither a number nor 'same'")
        return (None,) * axes
    return tuple(_both_ends(entry) for entry in _one_each(padding, axes, "padding"))


def _both_ends(entry: Pair) -> tuple[Dim, Dim]:
    if not isinstance(entry, (list, tuple)):
        return entry, entry
    if len(entry) != 2:
        raise ShapeError(f"padding={list(entry)} of one axis must be [before, after]")
    refuse_lists(entry, "padding")
    return entry[0], entry[1]


class Axis(NamedTuple):
    """A window sliding along one spatial axis; ``pads`` is None for padding ``same``."""

    name: str
    extent: Dim
    kernel: Dim
    stride: Dim
    dilation: Dim
    pads: tuple[Dim, Dim] | None

    @property
    def reach(self) -> Dim:
        """How far apart the first and last tap are, both included.

        >>> Axis("width", 9, kernel=3, stride=1, dilation=2, pads=(0, 0)).reach
        5
        """
        return self.dilation * (self.kernel - 1) + 1

    def positions(self) -> Dim:
        """Where the window fits; ``same`` pads so that every stride-th element gets one.

        >>> Axis("width", 9, kernel=3, stride=2, dilation=1, pads=(0, 0)).positions()
        4
        """
        if self.pads is None:
            return ceil_div(self.extent, self.stride)
        before, after = self.pads
        return (self.extent + before + after - self.reach) // self.stride + 1

    def positions_rounded_up(self) -> Dim:
        """The same where a last window may hang over the end, if it starts before the end.

        PyTorch: ceil((extent + before + after - reach) / stride) + 1, less one if that window
        would start in the padding after, i.e. at most ceil((extent + before) / stride) windows.
        Rounding up is monotone, so the lesser of the two is one ceil of the lesser argument.

        >>> Axis("width", 6, kernel=3, stride=2, dilation=1, pads=(0, 0)).positions_rounded_up()
        3
        """
        if self.pads is None:
            return ceil_div(self.extent, self.stride)
        before, after = self.pads
        overhang = minimum(after + self.stride - self.reach, 0)
        return ceil_div(self.extent + before + overhang, self.stride)

    def needs(self) -> Iterator[Condition]:
        """Positive kernel, stride and dilation; padding not below zero."""
        yield AtLeast(self.kernel, 1, "kernel")
        yield AtLeast(self.stride, 1, "stride")
        yield AtLeast(self.dilation, 1, "dilation")
        for pad in self.pads or ():
            yield AtLeast(pad, 0, "padding")

    def needs_to_fit(self) -> Iterator[Condition]:
        """The padded axis holds the window once."""
        if self.pads is not None:
            yield AtLeast(self.extent, self.reach - self.pads[0] - self.pads[1], self.name)


def axes_of(
    x: Shape, kind: str, kernel: Pair, stride: Pair, dilation: Pair, padding: Padding
) -> list[Axis]:
    """The window of an op on each spatial axis of *x*."""
    extents = spatial(x, kind)
    count = len(extents)
    return [
        Axis(*entry)
        for entry in zip(
            AXES[count],
            extents,
            spread(kernel, count, "kernel"),
            spread(stride, count, "stride"),
            spread(dilation, count, "dilation"),
            pads(padding, count),
            strict=True,
        )
    ]
