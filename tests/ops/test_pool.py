"""Pooling against windows and cells that are really visited."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.errors import ShapeError
from costmodel.ops.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool,
    common_divisor,
)

from .oracle import Tally, at_least, cells, starts, starts_rounded_up

X = (2, 3, 7, 10)


def largest(values):
    first, *rest = values
    for value in rest:
        first = first if first > value else value
    return first


def mean(values):
    first, *rest = values
    for value in rest:
        first = first + value
    return first / len(values)


def visited(window_sizes, function):
    """Apply *function* to a window of each of these sizes; operations and results."""
    tally = Tally()
    results = sum(1 for size in window_sizes if function(tally.numbers([1.0] * size)))
    return tally.count, results


@pytest.fixture(params=[
    # kernel, stride, padding, dilation
    ((2, 2), (2, 2), (0, 0), (1, 1)),
    ((3, 3), (2, 2), (1, 1), (1, 1)),
    ((3, 2), (1, 3), (0, 1), (1, 1)),
    ((2, 3), (3, 2), (1, 2), (2, 2)),
], ids=str)  # fmt: skip
def window(request):
    return request.param


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("op", "function"), [(MaxPool, largest), (AvgPool, mean)])
def test_pooling_does_what_visiting_its_windows_does(op, function, ceil_mode, window):
    kernel, stride, padding, dilation = window
    slide = starts_rounded_up if ceil_mode else starts
    rows, columns = (
        slide(e, k, s, p, p, d)
        for e, k, s, p, d in zip(X[2:], kernel, stride, padding, dilation, strict=True)
    )
    sizes = [math.prod(kernel) for _ in product(range(2), range(3), rows, columns)]
    operations, results = visited(sizes, function)
    pool = op(kernel=kernel, stride=stride, padding=padding, dilation=dilation,
              ceil_mode=ceil_mode)  # fmt: skip
    cost = pool.cost(X)

    assert pool.out_shape(X) == (2, 3, len(rows), len(columns))
    assert (cost.scalar_ops, cost.writes) == (operations, results)
    assert (cost.reads, cost.mult_adds, cost.params, cost.activations) == (2 * 3 * 7 * 10, 0, 0, 0)


def test_the_gradient_of_a_maximum_is_added_at_its_place(window):
    kernel, stride, padding, dilation = window
    pool = MaxPool(kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    y = pool.out_shape(X)
    tally = Tally()
    for _ in range(math.prod(y)):
        tally.number(0.0) + 1.0
    cost = pool.backward((X,), y)

    assert cost.scalar_ops == tally.count
    assert (cost.reads, cost.writes) == (2 * math.prod(y), math.prod(X))  # dy and the places


def test_the_gradient_of_a_mean_is_divided_once_and_added_to_each_of_the_window(window):
    kernel, stride, padding, dilation = window
    pool = AvgPool(kernel=kernel, stride=stride, padding=padding, dilation=dilation)
    y = pool.out_shape(X)
    tally = Tally()
    for _ in range(math.prod(y)):
        share = tally.number(1.0) / math.prod(kernel)
        for _ in range(math.prod(kernel)):
            share + 0.0
    cost = pool.backward((X,), y)

    assert cost.scalar_ops == tally.count
    assert (cost.reads, cost.writes) == (math.prod(y), math.prod(X))


@given(
    st.integers(1, 30), st.integers(1, 6), st.integers(1, 7), st.integers(0, 5), st.integers(0, 5),
    st.integers(1, 3),
)  # fmt: skip
def test_ceil_mode_follows_pytorchs_rule_of_the_last_window(
    extent, kernel, stride, before, after, dilation
):
    reach = dilation * (kernel - 1) + 1
    before, after = min(before, reach - 1), min(after, reach - 1)
    pool = MaxPool(kernel=kernel, stride=stride, padding=[[before, after]], dilation=dilation,
                   ceil_mode=True)  # fmt: skip
    expected = starts_rounded_up(extent, kernel, stride, before, after, dilation)

    assert max(0, pool.out_shape((1, 1, extent))[2]) == len(expected)


@pytest.mark.parametrize(("extent", "kernel", "stride", "padding", "expected"), [
    (112, 3, 2, 0, 56),  # googlenet's first pool
    (56, 3, 2, 0, 28),
    (54, 3, 2, 0, 27),  # squeezenet 1.0
    (3, 1, 2, 0, 2), (4, 1, 3, 0, 2), (5, 1, 3, 0, 2),  # PyTorch drops a window from past the end
    (2, 3, 2, 0, 1),  # smaller than the kernel: one window hangs over
    (5, 2, 2, 1, 3),  # starts -1, 1, 3; one at 5 would lie in the padding
])  # fmt: skip
def test_ceil_mode_examples(extent, kernel, stride, padding, expected):
    pool = MaxPool(kernel=kernel, stride=stride, padding=padding, ceil_mode=True)

    assert pool.out_shape((1, 1, extent, extent)) == (1, 1, expected, expected)
    assert pool.check((1, 1, extent, extent)) == []


def test_ceil_mode_leaves_no_minimum_where_the_window_is_no_smaller_than_the_stride():
    h = symbol("h", multiple_of=4)

    assert MaxPool(kernel=3, stride=2, ceil_mode=True).out_shape((1, 1, h)) == (1, 1, h // 2)


@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("op", [MaxPool, AvgPool])
def test_same_padding_gives_every_strideth_element_a_window(op, ceil_mode):
    pool = op(kernel=3, stride=(2, 3), padding="same", ceil_mode=ceil_mode)

    assert pool.out_shape((1, 1, 7, 10)) == (1, 1, len(range(0, 7, 2)), len(range(0, 10, 3)))


@pytest.mark.parametrize("op", [MaxPool, AvgPool])
def test_the_stride_is_the_kernel_unless_given(op):
    assert op(kernel=(2, 5)).out_shape((1, 1, 9, 11)) == (1, 1, 4, 2)


@pytest.mark.parametrize("extents", [(9,), (9, 11), (9, 11, 13)])
@pytest.mark.parametrize("op", [MaxPool, AvgPool])
def test_pooling_works_on_every_number_of_axes(op, extents):
    expected = {9: 4, 11: 5, 13: 6}  # kernel 2, stride 2

    assert op(kernel=2).out_shape((1, 4, *extents)) == (1, 4, *(expected[e] for e in extents))
    outputs = 4 * math.prod(expected[e] for e in extents)
    least = 2 ** len(extents) - (op is MaxPool)
    assert op(kernel=2).cost((1, 4, *extents)).scalar_ops == outputs * least


# -- whole maps and cells -----------------------------------------------------------------


@pytest.mark.parametrize(("op", "function"), [(GlobalMaxPool, largest), (GlobalAvgPool, mean)])
@pytest.mark.parametrize("x", [(2, 3, 7), X, (2, 3, 2, 5, 7)])
def test_global_pooling_visits_the_whole_map(op, function, x):
    operations, results = visited([math.prod(x[2:])] * 6, function)
    cost = op().cost(x)

    assert op().out_shape(x) == (2, 3, *[1] * len(x[2:]))
    assert (cost.scalar_ops, cost.writes, cost.reads) == (operations, results, math.prod(x))


@pytest.mark.parametrize(("op", "function"), [(AdaptiveMaxPool, largest), (AdaptiveAvgPool, mean)])
@pytest.mark.parametrize("out", [(1, 1), (2, 3), (7, 5), (4, 6), (9, 12)])
def test_adaptive_pooling_does_what_visiting_its_cells_does(op, function, out):
    rows, columns = (cells(e, o) for e, o in zip(X[2:], out, strict=True))
    sizes = [(b - a) * (d - c) for _ in range(6) for (a, b), (c, d) in product(rows, columns)]
    operations, results = visited(sizes, function)
    pool = op(out=out)
    cost = pool.cost(X)

    assert pool.out_shape(X) == (2, 3, *out)
    assert (cost.scalar_ops, cost.writes, cost.reads) == (operations, results, math.prod(X))


@pytest.mark.parametrize("out", [(1, 1), (2, 3), (7, 5), (4, 6)])
def test_the_gradient_of_cells_is_divided_once_and_added_to_each_element(out):
    rows, columns = (cells(e, o) for e, o in zip(X[2:], out, strict=True))
    tally = Tally()
    for _, (a, b), (c, d) in product(range(6), rows, columns):
        share = tally.number(1.0) / ((b - a) * (d - c))
        for _ in range((b - a) * (d - c)):
            share + 0.0
    cost = AdaptiveAvgPool(out=out).backward((X,), (2, 3, *out))

    assert cost.scalar_ops == tally.count
    assert (cost.reads, cost.writes) == (6 * math.prod(out), math.prod(X))


def test_global_gradients_are_those_of_a_single_cell():
    y = (2, 3, 1, 1)

    assert GlobalAvgPool().backward((X,), y) == AdaptiveAvgPool(out=1).backward((X,), y)
    assert GlobalMaxPool().backward((X,), y) == AdaptiveMaxPool(out=1).backward((X,), y)


def test_the_gradient_of_a_cells_maximum_is_added_at_its_place():
    tally = Tally()
    for _ in range(6 * 2 * 3):
        at_least(tally.number(0.0), -1.0)
    cost = AdaptiveMaxPool(out=(2, 3)).backward((X,), (2, 3, 2, 3))

    assert cost.scalar_ops == tally.count
    assert (cost.reads, cost.writes) == (2 * 36, math.prod(X))


@pytest.mark.parametrize("pool", [
    MaxPool(kernel=2), AvgPool(kernel=2), GlobalAvgPool(), GlobalMaxPool(), AdaptiveAvgPool(out=2),
    AdaptiveMaxPool(out=2),
], ids=lambda pool: pool.kind)  # fmt: skip
def test_a_pool_of_the_network_input_has_no_gradient(pool):
    cost = pool.backward((X,), pool.out_shape(X), input_grad=False)

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


@given(st.integers(1, 300), st.integers(1, 60))
def test_common_divisor_is_the_greatest(x, o):
    assert common_divisor(x, o) == math.gcd(x, o)


@given(st.integers(1, 60), st.integers(1, 20))
def test_cells_cover_extent_plus_count_less_their_divisor(extent, count):
    covered = sum(end - start for start, end in cells(extent, count))

    assert AdaptiveAvgPool(out=count).cost((1, 1, extent)).scalar_ops == covered


# -- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize("op", [MaxPool, AvgPool])
@pytest.mark.parametrize(("fields", "text"), [
    ({"kernel": 0}, "kernel=0 is less than 1"),
    ({"kernel": 2, "stride": 0}, "stride=0 is less than 1"),
    ({"kernel": 2, "dilation": 0}, "dilation=0 is less than 1"),
    ({"kernel": 2, "padding": -1}, "padding=-1 is less than 0"),
    ({"kernel": 2, "padding": 2}, r"must exceed the padding\)=2 is less than 3"),
    ({"kernel": 2, "padding": [[0, 0], [0, 2]]}, r"must exceed the padding\)=2 is less than 3"),
    ({"kernel": 8}, "height=7 is less than 8"),
    ({"kernel": (2, 11)}, "width=10 is less than 11"),
    ({"kernel": (2, 2, 2)}, "kernel=.* has 3 entries for 2 spatial axes"),
])  # fmt: skip
def test_a_pool_refuses_windows_that_do_not_fit(op, fields, text):
    with pytest.raises(ShapeError, match=text):
        op(**fields).check(X)


def test_ceil_mode_needs_a_window_too():
    """ceil((3 - 9) / 1) + 1 windows."""
    with pytest.raises(ShapeError, match="output height=-5 is less than 1"):
        MaxPool(kernel=9, stride=1, ceil_mode=True).check((1, 1, 3, 20))


@pytest.mark.parametrize("pool", [MaxPool(kernel=2), GlobalAvgPool(), GlobalMaxPool(),
                                  AdaptiveAvgPool(out=1), AdaptiveMaxPool(out=1)],
                         ids=lambda pool: pool.kind)  # fmt: skip
def test_a_pool_needs_spatial_axes(pool):
    with pytest.raises(ShapeError, match=rf"{pool.kind} needs \(n, c, \*spatial\)"):
        pool.check((1, 5))


@pytest.mark.parametrize("op", [AdaptiveAvgPool, AdaptiveMaxPool])
@pytest.mark.parametrize(("out", "text"), [
    (0, "out=0 is less than 1"), ((2, 0), "out=0 is less than 1"),
    (symbol("o"), "needs out as a number, not o"), (True, "needs out as a number, not True"),
    ((1, 2, 3), "out=.* has 3 entries for 2 spatial axes"),
])  # fmt: skip
def test_adaptive_pooling_needs_a_number_of_cells(op, out, text):
    with pytest.raises(ShapeError, match=text):
        op(out=out).check(X)
