"""Reductions along axes against loops that reduce."""

import math
from itertools import product

import pytest

from costmodel.errors import ShapeError
from costmodel.ops.pool import GlobalAvgPool, GlobalMaxPool
from costmodel.ops.reduce import FUNCTIONS, Reduce

from .oracle import Tally, call, exp, log

X = (2, 3, 4, 5)
CASES = [(1,), (2, 3), (-1,), (0, 1, 2, 3), (0, 2)]


def kept(x, axes):
    gone = {axis % len(x) for axis in axes}
    return tuple(1 if i in gone else e for i, e in enumerate(x))


def groups(x, axes):
    """The elements that become one, for each output element."""
    found = {}
    gone = {axis % len(x) for axis in axes}
    for at in product(*map(range, x)):
        found.setdefault(tuple(0 if i in gone else v for i, v in enumerate(at)), []).append(at)
    return list(found.values())


def summed(xs):
    first, *rest = xs
    for x in rest:
        first = first + x
    return first


def largest(xs):
    first, *rest = xs
    for x in rest:
        first = x if x > first.value else first
    return first


def multiplied(xs):
    first, *rest = xs
    for x in rest:
        first = first * x
    return first


def absolute(x):
    return call(abs, x)


FORWARD = {
    "sum": summed,
    "mean": lambda xs: summed(xs) / len(xs),
    "max": largest,
    "min": largest,
    "arg": largest,
    "prod": multiplied,
    "l1": lambda xs: summed([absolute(x) for x in xs]),
    "l2": lambda xs: call(math.sqrt, summed([x * x for x in xs])),
    "square": lambda xs: summed([x * x for x in xs]),
    "log_sum": lambda xs: log(summed(xs)),
    "log_sum_exp": lambda xs: log(summed([exp(x) for x in xs])),
}
# what is done once for an output element, and then for each element it was made from
BACK = {
    "sum": (lambda y, dy: dy, lambda x, y, d: d + 0.0),
    "mean": (lambda y, dy: dy / 4.0, lambda x, y, d: d + 0.0),
    "prod": (lambda y, dy: dy * y, lambda x, y, d: d / x),
    "l2": (lambda y, dy: dy / y, lambda x, y, d: d * x),
    "square": (lambda y, dy: dy * 2.0, lambda x, y, d: d * x),
    "l1": (lambda y, dy: dy, lambda x, y, d: d if x > 9.0 else -d),
    "log_sum": (lambda y, dy: dy / exp(y), lambda x, y, d: d + 0.0),
    "log_sum_exp": (lambda y, dy: dy, lambda x, y, d: exp(x - y.value) * d),
}


@pytest.mark.parametrize("axes", CASES, ids=str)
@pytest.mark.parametrize("name", sorted(FORWARD))
def test_a_reduction_does_what_the_loop_over_its_groups_does(name, axes):
    tally = Tally()
    for group in groups(X, axes):
        FORWARD[name](tally.numbers([1.5] * len(group)))
    op = Reduce(axes=axes, function=name)
    cost = op.cost(X)

    assert op.out_shape(X) == kept(X, axes)
    assert cost.scalar_ops == tally.count
    assert (cost.reads, cost.writes) == (math.prod(X), len(groups(X, axes)))


@pytest.mark.parametrize("axes", CASES, ids=str)
@pytest.mark.parametrize("name", sorted(BACK))
def test_a_gradient_is_worked_out_once_for_a_group_and_spread(name, axes):
    tally = Tally()
    once, each = BACK[name]
    for group in groups(X, axes):
        y, dy = tally.numbers([1.5, 0.5])
        spread = once(y, dy)
        for _ in group:
            each(tally.number(1.5), y, spread)
    y = kept(X, axes)
    cost = Reduce(axes=axes, function=name).backward((X,), y)

    assert cost.scalar_ops == tally.count
    values = 0 if name in ("sum", "mean", "log_sum") else math.prod(X) + math.prod(y)
    if name == "log_sum":
        values = math.prod(y)
    assert (cost.reads, cost.writes) == (math.prod(y) + values, math.prod(X))


def test_every_function_is_tested():
    assert set(FORWARD) == set(FUNCTIONS)
    assert set(BACK) | {"max", "min", "arg"} == set(FUNCTIONS)


@pytest.mark.parametrize(("name", "pool"), [("mean", GlobalAvgPool()), ("max", GlobalMaxPool())])
def test_over_the_whole_map_it_is_global_pooling(name, pool):
    op, y = Reduce(axes=(2, 3), function=name), (2, 3, 1, 1)

    assert op.cost(X) == pool.cost(X)
    assert op.backward((X,), y) == pool.backward((X,), y)


def test_where_the_largest_stands_has_no_gradient():
    cost = Reduce(axes=1, function="arg").backward((X,), (2, 1, 4, 5))

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


@pytest.mark.parametrize("axes", [(4,), (1, 1), (1, -3)])
def test_axes_that_are_none_or_named_twice_are_refused(axes):
    with pytest.raises(ShapeError, match="ax"):
        Reduce(axes=axes).check(X)
