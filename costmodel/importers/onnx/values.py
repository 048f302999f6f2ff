"""What flows through an ONNX graph: tensors that depend on the input, and constants.

A constant is known by its extents, and by its values where there are few: shapes computed from
symbolic extents are constants too, with closed forms for values.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from costmodel.arith import Dim, Form, compare, prod
from costmodel.arith.form import depth
from costmodel.ops import Shape

MOST = 4_096  # elements of a constant whose values are followed
LARGEST = 2**128
MOST_TERMS, DEEPEST = 64, 48  # of a closed form
MOST_PRODUCTS = 20_000  # when the extents of a shape are multiplied


class Flow(NamedTuple):
    """A tensor that layers make: the name of its layer, the shape it has there and here.

    The two hold the same elements in the same order; a reshape is written only where a layer
    needs the one and has the other.
    """

    name: str
    real: Shape
    shape: Shape


class Const(NamedTuple):
    """A tensor that is the same for every input.

    ``values`` are its elements in order, None for one that is not known; None if none is.
    ``sources`` are the initializers it was made from, ``learned`` how many elements they hold.
    """

    shape: Shape | None
    values: tuple[Any, ...] | None = None
    sources: frozenset[str] = frozenset()
    learned: int = 0
    real: bool = False  # a float: its divisions leave fractions

    @property
    def scalar(self) -> Any:
        """The one element, if it is known."""
        return self.values[0] if self.values is not None and len(self.values) == 1 else None

    @property
    def is_single(self) -> bool:
        """Whether it has one element, known or not."""
        return self.shape is not None and prod(self.shape) == 1


Value: TypeAlias = "Flow | Const | None"


def known(shape: Shape, values: Any, *parents: Const) -> Const:
    """A constant of these *values* made from *parents*."""
    values = tuple([v if fits(v) else None for v in values])
    return unknown(shape, *parents)._replace(values=values if len(values) <= MOST else None)


def fits(value: Any) -> bool:
    """Whether *value* is of a size that shapes have; a hostile file squares it again and again."""
    if isinstance(value, int):
        return abs(value) < LARGEST
    if isinstance(value, Fraction):
        return abs(value.numerator) < LARGEST and value.denominator < LARGEST
    if isinstance(value, Form):
        return (
            len(value.terms) <= MOST_TERMS
            and depth(value) <= DEEPEST
            and all(map(fits, value.terms.values()))
            and all(sum(abs(p) for _, p in m) <= DEEPEST for m in value.terms)
        )
    return True


def is_manageable(shape: Shape) -> bool:
    """Whether the number of elements can be multiplied out."""
    count = 1
    for extent in shape:
        if type(extent) is not int:
            count *= _terms(extent)
        elif not -LARGEST < extent < LARGEST:
            return False
    return 0 < count <= MOST_PRODUCTS


@lru_cache(maxsize=4096)
def _terms(extent: Dim) -> int:
    """How many terms *extent* has; none if it is too large."""
    return (len(extent.terms) if isinstance(extent, Form) else 1) if fits(extent) else 0


def unknown(shape: Shape | None, *parents: Const) -> Const:
    """A constant whose values nobody needs."""
    sources = frozenset().union(*(p.sources for p in parents))
    learned = sum({p.sources: p.learned for p in parents}.values())
    return Const(shape, None, sources, learned, any(p.real for p in parents))


def same(a: Dim, b: Dim) -> bool:
    """Whether two extents are sure to be equal."""
    if a is b:
        return True
    if type(a) is int and type(b) is int:
        return a == b
    return compare(a, "==", b) is True


def same_shape(a: Shape, b: Shape) -> bool:
    """Whether two shapes are sure to be equal."""
    return a is b or (len(a) == len(b) and all(map(same, a, b)))


def is_one(extent: Dim) -> bool:
    """Whether *extent* is the number 1."""
    return type(extent) is int and extent == 1


def broadcast(*shapes: Shape) -> Shape:
    """The shape that element-wise operators make of *shapes*; of extents left open the first.

    >>> broadcast((4, 1, 5), (3, 1))
    (4, 3, 5)
    """
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    out = []
    for extents in zip(*padded, strict=True):
        wide = [extent for extent in extents if not is_one(extent)]
        symbolic = [extent for extent in wide if type(extent) is not int]
        out.append((symbolic or wide or [1])[0])
    return tuple(out)


def physical(shape: Shape) -> Shape:
    """*shape* with the two axes at least that layers have."""
    return (1,) * (2 - len(shape)) + tuple(shape) if len(shape) < 2 else tuple(shape)


def axis_in(axis: int, rank: int) -> int | None:
    """*axis* counted from the front, None if there is none of that number."""
    return axis % rank if -rank <= axis < rank else None
