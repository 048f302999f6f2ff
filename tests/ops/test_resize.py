"""Larger maps against loops over their elements."""

import math
from itertools import product

import pytest

from costmodel.errors import ShapeError
from costmodel.ops.resize import PadChannels, Upsample, ZeroPad

from .oracle import Tally


@pytest.mark.parametrize("x", [(2, 3, 5), (2, 3, 5, 7), (2, 3, 2, 5, 7)])
def test_nearest_neighbours_are_only_copied(x):
    op = Upsample(scale=2)
    y = (2, 3, *(2 * e for e in x[2:]))
    cost, back = op.cost(x), op.backward((x,), y)

    assert op.out_shape(x) == y
    assert (cost.scalar_ops, cost.reads, cost.writes) == (0, math.prod(x), math.prod(y))
    assert (back.scalar_ops, back.reads, back.writes) == (math.prod(y), math.prod(y), math.prod(x))


@pytest.mark.parametrize("x", [(2, 3, 5), (2, 3, 5, 7), (2, 3, 2, 5, 7)])
def test_linear_interpolation_weighs_two_neighbours_along_each_axis(x):
    op, forward, back = Upsample(scale=3, mode="bilinear"), Tally(), Tally()
    y = op.out_shape(x)
    neighbours = list(product((0, 1), repeat=len(x) - 2))
    for _ in range(math.prod(y)):
        first, *rest = [value * 0.25 for value in forward.numbers([1.0] * len(neighbours))]
        for value in rest:
            first = first + value
        dy = back.number(1.0)
        for _ in neighbours:
            dy * 0.25 + 0.0
    cost, gradient = op.cost(x), op.backward((x,), y)

    assert (cost.scalar_ops, cost.reads, cost.writes) == (
        forward.count, math.prod(x), math.prod(y))  # fmt: skip
    assert (gradient.scalar_ops, gradient.reads, gradient.writes) == (
        back.count, math.prod(y), math.prod(x))  # fmt: skip


def test_upsample_takes_one_scale_for_each_axis_or_the_extents():
    assert Upsample(scale=(2, 3)).out_shape((2, 3, 5, 7)) == (2, 3, 10, 21)
    assert Upsample(out=(7, 9)).out_shape((2, 3, 5, 7)) == (2, 3, 7, 9)
    assert Upsample(out=8).out_shape((2, 3, 5, 7)) == (2, 3, 8, 8)


@pytest.mark.parametrize("padding", [1, (2, 1), [[0, 1], [3, 0]]])
def test_zero_pad_surrounds_the_map(padding):
    expected = {int: (7, 9), tuple: (9, 9), list: (6, 10)}[type(padding)]
    op, x = ZeroPad(padding=padding), (2, 3, 5, 7)
    cost = op.cost(x)

    assert op.out_shape(x) == (2, 3, *expected)
    assert (cost.reads, cost.writes) == (2 * 3 * 5 * 7, 2 * 3 * math.prod(expected))
    assert op.backward((x,), op.out_shape(x)).mem_access == 0


@pytest.mark.parametrize("stride", [1, 2, (2, 3)])
def test_pad_channels_keeps_every_strideth_pixel_and_adds_zero_channels(stride):
    rows, columns = stride if isinstance(stride, tuple) else (stride, stride)
    kept = [(i, j) for i in range(0, 5, rows) for j in range(0, 7, columns)]
    op, x = PadChannels(out=8, stride=stride), (2, 3, 5, 7)
    y = op.out_shape(x)
    cost, back = op.cost(x), op.backward((x,), y)

    assert y == (2, 8, len({i for i, _ in kept}), len({j for _, j in kept}))
    assert (cost.reads, cost.writes) == (2 * 3 * len(kept), 2 * 8 * len(kept))
    assert (back.reads, back.writes) == (2 * 3 * len(kept), 2 * 3 * len(kept))
    assert (cost.params, cost.scalar_ops, back.scalar_ops) == (0, 0, 0)


@pytest.mark.parametrize("op", [Upsample(scale=2), ZeroPad(padding=1), PadChannels(out=8)],
                         ids=repr)  # fmt: skip
def test_a_larger_network_input_has_no_gradient(op):
    x = (2, 3, 5, 7)
    cost = op.backward((x,), op.out_shape(x), input_grad=False)

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


@pytest.mark.parametrize(("op", "text"), [
    (Upsample(), "upsample needs either scale or out"),
    (Upsample(scale=2, out=8), "upsample needs either scale or out"),
    (Upsample(scale=0), "scale=0 is less than 1"),
    (Upsample(out=(8, 0)), "out=0 is less than 1"),
    (Upsample(scale=(2, 2, 2)), "scale=.* has 3 entries for 2 spatial axes"),
    (Upsample(scale=2, mode="cubic"), "mode='cubic' of upsample is neither"),
    (ZeroPad(padding=-1), "padding=-1 is less than 0"),
    (ZeroPad(padding=[[0, -2], [0, 0]]), "padding=-2 is less than 0"),
    (ZeroPad(padding="same"), "zero_pad needs padding as numbers, not 'same'"),
    (PadChannels(out=2), "out=2 is less than 3"),
    (PadChannels(out=8, stride=0), "stride=0 is less than 1"),
], ids=repr)  # fmt: skip
def test_a_larger_map_needs_sensible_extents(op, text):
    with pytest.raises(ShapeError, match=text):
        op.check((2, 3, 5, 7))


@pytest.mark.parametrize("op", [Upsample(scale=2), ZeroPad(padding=1), PadChannels(out=8)],
                         ids=repr)  # fmt: skip
def test_a_larger_map_needs_spatial_axes(op):
    with pytest.raises(ShapeError, match=rf"{op.kind} needs \(n, c, \*spatial\)"):
        op.check((2, 3))
