"""Joins and learned scales against loops over their elements."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.errors import ShapeError
from costmodel.ops.elementwise import Add, LayerScale, Mean, Multiply
from costmodel.ops.embed import Embed

from .oracle import Tally

MAP, VECTOR, PLANE = (2, 3, 5, 7), (2, 3, 1, 1), (2, 1, 5, 7)
INPUTS = [[MAP, MAP], [MAP, VECTOR], [VECTOR, MAP], [VECTOR, PLANE], [MAP, MAP, MAP],
          [MAP, PLANE, VECTOR]]  # fmt: skip


def joined(kind, xs):
    """Execute a join element by element: its operations, and the elements it touches."""
    tally = Tally()
    y = tuple(map(max, *xs))
    touched = [set() for _ in xs]
    for at in product(*map(range, y)):
        for x, seen in zip(xs, touched, strict=True):
            seen.add(tuple(i if e > 1 else 0 for i, e in zip(at, x, strict=True)))
        first, *rest = tally.numbers([1.0] * len(xs))
        for value in rest:
            first = first * value if kind == "multiply" else first + value
        if kind == "mean":
            first = first / len(xs)
    return y, tally.count, [len(seen) for seen in touched]


@pytest.mark.parametrize("xs", INPUTS, ids=str)
@pytest.mark.parametrize("op", [Add(), Multiply(), Mean()], ids=lambda op: op.kind)
def test_joins_do_what_the_loop_over_elements_does(op, xs):
    y, operations, touched = joined(op.kind, xs)
    cost = op.cost(*xs)

    assert op.out_shape(*xs) == y
    assert cost.scalar_ops == operations
    assert (cost.reads, cost.writes) == (sum(touched), math.prod(y))
    assert (cost.params, cost.mult_adds, cost.activations) == (0, 0, 0)


def sums(xs, y):
    """For each input that was repeated: dy read, summed into it, written."""
    repeated = [x for x in xs if x != y]
    tally = Tally()
    for _ in product(repeated, range(math.prod(y))):
        tally.number(0.0) + 1.0
    return tally.count, sum(math.prod(x) for x in repeated)


@pytest.mark.parametrize("xs", INPUTS, ids=str)
def test_the_gradient_of_a_sum_is_handed_on_or_summed_where_repeated(xs):
    y = tuple(map(max, *xs))
    operations, written = sums(xs, y)
    cost = Add().backward(tuple(xs), y)

    assert (cost.scalar_ops, cost.reads, cost.writes) == (operations, operations, written)


@pytest.mark.parametrize("xs", INPUTS, ids=str)
def test_the_gradient_of_a_mean_is_divided_once(xs):
    y = tuple(map(max, *xs))
    operations, written = sums(xs, y)
    cost = Mean().backward(tuple(xs), y)

    assert cost.scalar_ops == math.prod(y) + operations
    assert (cost.reads, cost.writes) == (math.prod(y) + operations, math.prod(y) + written)


@pytest.mark.parametrize("xs", INPUTS, ids=str)
def test_the_gradient_of_a_product_is_dy_times_the_others(xs):
    y, tally = tuple(map(max, *xs)), Tally()
    for _, i in product(range(math.prod(y)), range(len(xs))):
        gradient = tally.number(1.0)
        for j in range(len(xs)):
            if j != i:
                gradient = gradient * 2.0
    operations, _ = sums(xs, y)
    cost = Multiply().backward(tuple(xs), y)
    inputs = sum(map(math.prod, xs))

    assert cost.scalar_ops == tally.count + operations
    assert (cost.reads, cost.writes) == (math.prod(y) + inputs, inputs)


@pytest.mark.parametrize("op", [Add(), Multiply(), Mean()], ids=lambda op: op.kind)
def test_a_join_of_network_inputs_has_no_gradient(op):
    cost = op.backward((MAP, VECTOR), MAP, input_grad=False)

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


JOINS = pytest.mark.parametrize("op", [Add(), Multiply(), Mean()], ids=lambda op: op.kind)


@JOINS
@pytest.mark.parametrize(("xs", "text"), [
    ([(1, 3, 5, 7), (1, 4, 5, 7)], "channels of input 1=3 is not channels of input 2=4"),
    ([(1, 3, 5, 7), (1, 3, 6, 7)], "height of input 1=5 is not height of input 2=6"),
    ([(1, 3, 5, 7), (1, 3, 5, 8)], "width of input 1=7 is not width of input 2=8"),
    ([(2, 3), (3, 3)], "batch of input 1=2 is not batch of input 2=3"),
    ([(1, 3, 5), (1, 4, 5)], "length of input 1=3 is not length of input 2=4"),
    ([(1, 2, 3, 4, 5), (1, 2, 9, 4, 5)], "depth of input 1=3 is not depth of input 2=9"),
    ([(1, 2, 3, 4, 5, 6), (1, 2, 9, 4, 5, 6)], "axis 2 of input 1=3 is not axis 2 of input 2=9"),
    ([(1, 1, 5, 7), (1, 3, 5, 7), (1, 4, 5, 7)], "channels of input 2=3 is not .* input 3=4"),
    ([(1, 3), (1, 3, 5, 7)], r"needs inputs of one rank, not \(1, 3\) and \(1, 3, 5, 7\)"),
    ([(1, 3)], "takes 2 or more inputs, 1 given"),
])  # fmt: skip
def test_a_join_refuses_extents_that_differ(op, xs, text):
    with pytest.raises(ShapeError, match=text):
        op.check(*xs)


def test_a_join_of_symbols_assumes_they_are_equal():
    c, k = symbol("c"), symbol("k")

    (assumption,) = Add().check((1, c, 5, 5), (1, k, 5, 5))

    assert str(assumption) in {"c = k", "k = c"}


def test_a_symbol_is_not_repeated_though_it_might_be_one():
    c = symbol("c")

    assert Add().out_shape((1, 1, 5), (1, c, 5)) == (1, c, 5)
    assert Add().check((1, 1, 5), (1, c, 5)) == []


# -- layer scale, embed -------------------------------------------------------------------


@pytest.mark.parametrize(("x", "width"), [((2, 3), 3), ((2, 5, 3), 3), ((2, 3, 5, 7), 3)])
def test_layer_scale_multiplies_each_channel_by_its_number(x, width):
    tally, elements = Tally(), math.prod(x)
    for value in tally.numbers([1.0] * elements):
        value * 0.1
    cost = LayerScale().cost(x)

    assert LayerScale().out_shape(x) == x
    assert (cost.params, cost.scalar_ops) == (width, tally.count)
    assert (cost.reads, cost.writes, cost.mult_adds) == (elements + width, elements, 0)


def test_layer_scale_gradients_do_what_the_loop_does():
    x, both, first = (2, 5, 3), Tally(), Tally()
    for value, other in zip(both.numbers([1.0] * 30), first.numbers([1.0] * 30), strict=True):
        value * 0.1
        value * 2.0 + 0.0
        other * 2.0 + 0.0
    cost = LayerScale().backward((x,), x)
    scale_only = LayerScale().backward((x,), x, input_grad=False)

    assert (cost.scalar_ops, cost.reads, cost.writes) == (both.count, 60 + 3, 30 + 3)
    assert (scale_only.scalar_ops, scale_only.reads, scale_only.writes) == (first.count, 60, 3)


@pytest.mark.parametrize(("tokens", "positions", "params"), [
    (0, True, 5 * 3), (1, True, 3 + 6 * 3), (2, True, 6 + 7 * 3), (2, False, 6), (0, False, 0),
])  # fmt: skip
def test_embed_learns_tokens_and_positions(tokens, positions, params):
    op, x = Embed(tokens=tokens, positions=positions), (2, 5, 3)
    cost, elements = op.cost(x), 2 * (tokens + 5) * 3

    assert op.out_shape(x) == (2, tokens + 5, 3)
    assert cost.params == params
    assert cost.scalar_ops == elements * positions
    assert (cost.reads, cost.writes) == (30 + params, elements)
    assert (cost.mult_adds, cost.activations) == (0, 0)


@pytest.mark.parametrize("input_grad", [True, False])
@pytest.mark.parametrize(("tokens", "positions"), [(0, True), (2, True), (2, False), (0, False)])
def test_embed_gradients_are_sums_over_the_batch(tokens, positions, input_grad):
    tally, read, written = Tally(), set(), set()
    for image, place, feature in product(range(2), range(tokens + 5), range(3)):
        for learned, wanted in (("token", place < tokens), ("position", positions)):
            if wanted:
                tally.number(0.0) + 1.0
                read.add((image, place, feature))
                written.add((learned, place, feature))
    op = Embed(tokens=tokens, positions=positions)
    cost = op.backward(((2, 5, 3),), (2, tokens + 5, 3), input_grad=input_grad)

    assert (cost.scalar_ops, cost.reads, cost.writes) == (tally.count, len(read), len(written))


@pytest.mark.parametrize(("op", "x", "text"), [
    (LayerScale(), (3,), "layer_scale needs an input of 2 axes or more"),
    (Embed(tokens=-1), (1, 5, 3), "tokens=-1 is less than 0"),
    (Embed(), (1, 3, 5, 7), r"embed needs tokens \(n, length, width\), its input is \(1, 3, 5, 7"),
])  # fmt: skip
def test_learned_elements_refuse_what_has_no_place_for_them(op, x, text):
    with pytest.raises(ShapeError, match=text):
        op.check(x)


@given(st.integers(2, 6), st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_a_sum_of_many_is_sums_of_two(count, extents):
    x = tuple(extents)
    two, many = Add().cost(x, x), Add().cost(*[x] * count)

    assert many.scalar_ops == (count - 1) * two.scalar_ops
