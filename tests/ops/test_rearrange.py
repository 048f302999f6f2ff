"""Moving elements about: where each one goes is worked out one by one."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.errors import ShapeError
from costmodel.ops.permute import (
    ChannelShuffle,
    DepthToSpace,
    Permute,
    Roll,
    SpaceToDepth,
    Transpose,
)
from costmodel.ops.rearrange import Concat, Flatten, Reshape, Slice

X = (2, 6, 8, 10)


def box(places):
    """The extents of the smallest box that holds these places, each of which is taken once."""
    places = list(places)
    assert len(set(places)) == len(places)
    return tuple(max(axis) + 1 for axis in zip(*places, strict=True))


def places(shape):
    return product(*map(range, shape))


def depth_to_space(at):
    """Each channel belongs to one of 2x2 pixels."""
    n, c, i, j = at
    return n, c // 4, 2 * i + c % 4 // 2, 2 * j + c % 2


def said(value):
    """The id of a parameter: its text, but for functions, whose text is another in each process."""
    return "" if callable(value) else repr(value)


COPIES = [
    (Permute(order=(0, 2, 3, 1)), (2, 5, 7, 9), lambda at: (at[0], at[2], at[3], at[1])),
    (Transpose(), (2, 5, 7), lambda at: (at[0], at[2], at[1])),
    (Transpose(axes=(1, 3)), (2, 5, 7, 9), lambda at: (at[0], at[3], at[2], at[1])),
    (Transpose(axes=(-1, 1)), (2, 5, 7, 9), lambda at: (at[0], at[3], at[2], at[1])),
    (Roll(shift=3), (2, 5, 7, 9), lambda at: (*at[:2], (at[2] + 3) % 7, (at[3] + 3) % 9)),
    (ChannelShuffle(groups=3), X, lambda at: (at[0], at[1] % 2 * 3 + at[1] // 2, *at[2:])),
    (DepthToSpace(factor=2), (2, 12, 5, 7), depth_to_space),
    (SpaceToDepth(factor=2), X, lambda at: (
        at[0], at[1] * 4 + at[2] % 2 * 2 + at[3] % 2, at[2] // 2, at[3] // 2)),
]  # fmt: skip


@pytest.mark.parametrize(("op", "x", "move"), COPIES, ids=said)
def test_a_copy_reads_and_writes_every_element_once(op, x, move):
    y = box(map(move, places(x)))
    cost = op.cost(x)

    assert op.out_shape(x) == y
    assert not op.is_view
    assert (cost.reads, cost.writes) == (math.prod(x), math.prod(y))
    assert (cost.scalar_ops, cost.mult_adds, cost.params, cost.activations) == (0, 0, 0, 0)


@pytest.mark.parametrize(("op", "x", "_move"), COPIES, ids=said)
def test_the_gradient_of_a_copy_is_the_copy_back(op, x, _move):
    y = op.out_shape(x)
    cost, none = op.backward((x,), y), op.backward((x,), y, input_grad=False)

    assert (cost.reads, cost.writes, cost.scalar_ops) == (math.prod(y), math.prod(x), 0)
    assert none.mem_access == 0


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_depth_to_space_undoes_space_to_depth_on_every_number_of_axes(axes):
    x = (2, 5, *(4, 6, 10)[:axes])
    y = SpaceToDepth(factor=2).out_shape(x)

    assert y == (2, 5 * 2**axes, *(2, 3, 5)[:axes])
    assert DepthToSpace(factor=2).out_shape(y) == x


@pytest.mark.parametrize(("op", "x", "text"), [
    (Permute(order=(0, 2, 1)), X, r"order=\[0, 2, 1\] does not name each axis of"),
    (Permute(order=(0, 1, 1, 2)), X, r"order=\[0, 1, 1, 2\] does not name each axis"),
    (Permute(order=(0, 1, 2, symbol("h"))), X, "does not name each axis"),
    (Permute(order=2), X, r"order=\[2\] does not name each axis"),
    (Transpose(axes=(1, 4)), X, "transpose: axis=4 is not an axis of"),
    (Transpose(axes=(-5, 1)), X, "transpose: axis=-5 is not an axis of"),
    (Transpose(axes=(1, 2, 3)), X, r"transpose exchanges two axes, not \(1, 2, 3\)"),
    (Transpose(axes=1), X, "transpose exchanges two axes, not 1"),
    (ChannelShuffle(groups=4), X, "groups=4 does not divide c_in=6"),
    (ChannelShuffle(groups=0), X, "groups=0 is less than 1"),
    (ChannelShuffle(groups=1), (2,), "channel_shuffle needs an input of 2 axes or more"),
    (DepthToSpace(factor=2), X, r"factor\^2=4 does not divide c_in=6"),
    (DepthToSpace(factor=0), X, "factor=0 is less than 1"),
    (DepthToSpace(factor=1), (2, 6), "depth_to_space needs .* with 1 to 3 spatial axes"),
    (SpaceToDepth(factor=4), X, "factor=4 does not divide width=10"),
    (SpaceToDepth(factor=5), X, "factor=5 does not divide height=8"),
    (SpaceToDepth(factor=0), X, "factor=0 is less than 1"),
    (SpaceToDepth(factor=3), (1, 6, 8), "factor=3 does not divide length=8"),
    (SpaceToDepth(factor=3), (1, 6, 8, 9, 9), "factor=3 does not divide depth=8"),
], ids=repr)  # fmt: skip
def test_a_copy_refuses_what_has_no_such_order(op, x, text):
    with pytest.raises(ShapeError, match=text):
        op.check(x)


# -- views --------------------------------------------------------------------------------

VIEWS = [
    (Flatten(), X, (2, 6 * 8 * 10)),
    (Flatten(start=2), X, (2, 6, 8 * 10)),
    (Flatten(start=-2), X, (2, 6, 8 * 10)),
    (Flatten(), (2, 6), (2, 6)),
    (Reshape(shape=(2, 48, 10)), X, (2, 48, 10)),
    (Reshape(shape=[2, -1, 5]), X, (2, 96, 5)),
    (Slice(start=2, stop=5), X, (2, 3, 8, 10)),
    (Slice(stop=4), X, (2, 4, 8, 10)),
    (Slice(start=4), X, (2, 2, 8, 10)),
    (Slice(start=1, step=2, axis=2), X, (2, 6, 4, 10)),
    (Slice(start=0, stop=7, step=3, axis=-1), X, (2, 6, 8, 3)),
    (Slice(stop=6), X, X),
]


@pytest.mark.parametrize(("op", "x", "y"), VIEWS, ids=repr)
def test_a_view_moves_nothing(op, x, y):
    cost = op.cost(x)

    assert op.is_view
    assert op.out_shape(x) == y
    assert (cost.scalar_ops, cost.mem_access, cost.params, cost.mult_adds) == (0, 0, 0, 0)


@pytest.mark.parametrize(("op", "x", "y"), VIEWS, ids=repr)
def test_the_gradient_of_a_view_moves_nothing_unless_it_leaves_elements_out(op, x, y):
    cost, none = op.backward((x,), y), op.backward((x,), y, input_grad=False)
    moved = math.prod(y) if isinstance(op, Slice) else 0

    assert (cost.reads, cost.writes, cost.scalar_ops) == (moved, moved, 0)
    assert none.mem_access == 0


@given(st.integers(1, 30), st.integers(0, 29), st.integers(1, 30), st.integers(1, 4))
def test_a_slice_has_as_many_extents_as_a_range(extent, start, length, step):
    start = min(start, extent - 1)
    stop = min(start + length, extent)

    made = Slice(start=start, stop=stop, step=step).out_shape((1, extent))

    assert made == (1, len(range(start, stop, step)))


@pytest.mark.parametrize(("op", "text"), [
    (Slice(start=-1, stop=2), "start=-1 is less than 0"),
    (Slice(start=2, stop=2), "stop=2 is less than 3"),
    (Slice(start=6), "stop=6 is less than 7"),
    (Slice(stop=7), "extent of axis 1=6 is less than 7"),
    (Slice(stop=2, step=0), "step=0 is less than 1"),
    (Slice(stop=2, axis=4), "slice: axis=4 is not an axis of"),
    (Slice(stop=2, axis=symbol("h")), "slice: axis=h is not an axis of"),
    (Flatten(start=4), "flatten: axis=4 is not an axis of"),
    (Reshape(shape=(2, 48, 11)), "elements=960 is not elements of shape=1056"),
    (Reshape(shape=(7, -1)), "product of the given extents=7 does not divide elements=960"),
    (Reshape(shape=(-1, 2, -1)), r"reshape can infer one extent, \(-1, 2, -1\) leaves out more"),
    (Reshape(shape=(0, -1)), "extent in shape=0 is less than 1"),
    (Reshape(shape=(2, (480,))), r"shape of reshape has a list, \[480\], where a number"),
    (Reshape(shape=960), "reshape needs a list of extents, not 960"),
], ids=repr)  # fmt: skip
def test_a_view_refuses_what_is_not_there(op, text):
    with pytest.raises(ShapeError, match=text):
        op.check(X)


# -- concat -------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "xs", "y"), [
    (1, [(2, 3, 5, 7), (2, 4, 5, 7)], (2, 7, 5, 7)),
    (2, [(2, 3, 5, 7), (2, 3, 1, 7), (2, 3, 4, 7)], (2, 3, 10, 7)),
    (-1, [(2, 3, 5), (2, 3, 9)], (2, 3, 14)),
    (1, [(2, 3)], (2, 3)),
])  # fmt: skip
def test_concat_copies_its_inputs_behind_each_other(axis, xs, y):
    op = Concat(axis=axis)
    cost, elements = op.cost(*xs), sum(map(math.prod, xs))

    assert op.out_shape(*xs) == y
    assert (cost.reads, cost.writes, math.prod(y)) == (elements, elements, elements)
    assert (cost.scalar_ops, cost.params, cost.activations) == (0, 0, 0)


def test_the_gradient_of_a_concat_is_a_view_of_its_parts():
    cost = Concat().backward(((2, 3, 5), (2, 4, 5)), (2, 7, 5))

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


@pytest.mark.parametrize(("axis", "xs", "text"), [
    (1, [(2, 3, 5, 7), (2, 4, 6, 7)], "height of input 1=5 is not height of input 2=6"),
    (1, [(2, 3, 5, 7), (2, 4, 5, 7), (2, 3, 5, 8)], "width of input 1=7 is not width of input 3=8"),
    (1, [(2, 3, 5, 7), (1, 4, 5, 7)], "batch of input 1=2 is not batch of input 2=1"),
    (2, [(2, 3, 5), (2, 4, 5)], "length of input 1=3 is not length of input 2=4"),
    (1, [(2, 3), (2, 3, 5, 7)], r"concat needs inputs of one rank, not \(2, 3\) and"),
    (4, [(2, 3, 5, 7)], "concat: axis=4 is not an axis of"),
])  # fmt: skip
def test_concat_refuses_other_extents_that_differ(axis, xs, text):
    with pytest.raises(ShapeError, match=text):
        Concat(axis=axis).check(*xs)
