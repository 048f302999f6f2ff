"""Picking, repeating, contracting and the like against loops over the elements they touch."""

import math
from itertools import product

import pytest

from costmodel.errors import ShapeError
from costmodel.ops.embed import Embedding
from costmodel.ops.linear import Linear, Matmul
from costmodel.ops.norm import RmsNorm
from costmodel.ops.passing import Constants
from costmodel.ops.pick import Compute, Contract, Expand, Take

from .oracle import Tally, call

X = (2, 3, 4, 5)


def test_taking_reads_what_it_writes():
    places = [0, 3, 3, 1, 2, 0]
    read = [(n, c, h, w) for n, c, w in product(range(2), range(3), range(5)) for h in places]
    op = Take(count=len(places), axis=2)
    cost, back = op.cost(X), op.backward((X,), (2, 3, 6, 5))

    assert op.out_shape(X) == (2, 3, 6, 5)
    assert (cost.reads, cost.writes, cost.scalar_ops) == (len(read), len(read), 0)
    # each dy read and added where it came from
    assert (back.scalar_ops, back.reads, back.writes) == (len(read), len(read), math.prod(X))


def test_places_that_are_an_input_are_read_too():
    op = Take(count=6)

    assert op.cost(X, (2, 6)).reads == 2 * 6 * 4 * 5 + 12
    assert op.backward((X, (2, 6)), (2, 6, 4, 5)).reads == 2 * 6 * 4 * 5 + 12


@pytest.mark.parametrize(("x", "y"), [((2, 3, 1, 1), X), ((2, 1, 4, 5), X), ((1, 1, 2, 5), X)])
def test_expanding_sums_each_repetition_back(x, y):
    source = [tuple(i % e for i, e in zip(at, x, strict=True)) for at in product(*map(range, y))]
    op = Expand(shape=y)
    cost, back = op.cost(x), op.backward((x,), y)

    assert (cost.reads, cost.writes) == (len(set(source)), len(source))
    assert (back.scalar_ops, back.reads, back.writes) == (len(source), len(source), math.prod(x))


@pytest.mark.parametrize(("shape", "text"), [
    ((2, 3, 4), "as many extents"), ((2, 4, 4, 5), "divide"), (7, "as many extents"),
])  # fmt: skip
def test_an_expansion_that_does_not_fit_is_refused(shape, text):
    with pytest.raises(ShapeError, match=text):
        Expand(shape=shape).check(X)


def test_a_contraction_is_the_product_it_stands_for():
    """bhld,bhmd->bhlm is a product of matrices: the same costs, forward and back."""
    a, b, y = (2, 3, 4, 5), (2, 3, 5, 7), (2, 3, 4, 7)
    products = sum(1 for _ in product(*map(range, (2, 3, 4, 7, 5))))
    op = Contract(shape=y, inner=5)

    assert op.cost(a, b).mult_adds == products
    assert op.cost(a, b) == Matmul().cost(a, b)
    assert op.backward((a, b), y) == Matmul().backward((a, b), y)


def test_a_contraction_with_a_stored_tensor_is_a_linear_layer():
    x, y = (2, 4, 5), (2, 4, 7)
    op, linear = Contract(shape=y, inner=5, learned=35), Linear(out=7, bias=False)

    assert op.cost(x) == linear.cost(x)
    for needed in (True, False):
        mine = op.backward((x,), y, input_grad=needed)
        assert mine == linear.backward((x,), y, input_grad=needed)


@pytest.mark.parametrize(("a", "b"), [
    ((2, 3, 4, 5), (2, 1, 5, 7)), ((1, 3, 4, 5), (2, 3, 5, 7)), ((1, 1, 4, 5), (2, 3, 5, 7)),
])  # fmt: skip
def test_leading_ones_of_a_product_are_repeated(a, b):
    y = (2, 3, 4, 7)
    products = list(product(*map(range, (*y, 5))))
    cost, back = Matmul().cost(a, b), Matmul().backward((a, b), y)

    assert Matmul().out_shape(a, b) == y
    assert cost.mult_adds == len(products)
    assert cost.reads == math.prod(a) + math.prod(b)
    # da[.., l, d] += dy·b and db[.., d, m] += a·dy for every product
    assert back.mult_adds == 2 * len(products)


def test_leading_extents_that_differ_are_refused():
    with pytest.raises(ShapeError, match="axis 1 of the first"):
        Matmul().check((2, 3, 4, 5), (2, 4, 5, 7))


def test_a_computed_tensor_takes_its_steps_for_each_element():
    y = (2, 3, 6, 6)
    steps = sum(7 for _ in product(*map(range, y)))
    op = Compute(shape=y, steps=7, learned=11)
    cost, back = op.cost(X), op.backward((X,), y)

    assert (cost.scalar_ops, cost.params) == (steps, 11)
    assert (cost.reads, cost.writes) == (math.prod(X) + 11, math.prod(y))
    assert back.scalar_ops == steps + math.prod(y)
    assert back.writes == math.prod(X) + 11


def test_an_embedding_holds_a_row_for_each_word():
    op, y = Embedding(rows=11, width=4), (2, 5, 4)
    table = {(row, i) for row in range(11) for i in range(4)}
    cost, back = op.cost((2, 5)), op.backward(((2, 5),), y)

    assert op.out_shape((2, 5)) == y
    assert (cost.params, cost.reads, cost.writes) == (len(table), 10 + len(table), 40)
    assert (back.scalar_ops, back.reads, back.writes) == (40, 50, len(table))


def test_constants_are_held_beside_the_input():
    cost = Constants(count=9, learned=4).cost(X)

    assert (cost.buffers, cost.params, cost.scalar_ops, cost.writes) == (9, 4, 0, 0)
    assert Constants(count=9).out_shape(X) == X


@pytest.mark.parametrize("affine", [True, False])
def test_a_root_mean_square_norm_does_what_its_definition_does(affine):
    """y = x·s·w with s = 1/sqrt(mean x²); the arithmetic on the one s is not counted."""
    width, tally = 6, Tally()
    xs, w, dy = ([0.5 + i for i in range(width)] for _ in range(3))
    square = tally.number(0.0)
    for x in tally.numbers(xs):
        square = x * x + square.value
    s = 1 / math.sqrt(square.value / width)
    for x, weight in zip(tally.numbers(xs), w, strict=True):
        x * s * weight if affine else x * s
    forward = tally.count

    tally = Tally()
    mean = tally.number(0.0)
    for x, weight, d in zip(tally.numbers(xs), w, dy, strict=True):
        normed = x * s
        g = call(lambda v, k=weight: v * k, tally.number(d)) if affine else tally.number(d)
        if affine:
            tally.number(0.0) + (normed * d).value  # the weight's gradient
        mean = g * normed.value + mean.value
    for x, d in zip(xs, dy, strict=True):
        (tally.number(d) - (tally.number(x) * mean.value).value) * s
    op = RmsNorm(affine=affine)

    assert op.cost((1, width)).scalar_ops == forward
    assert op.backward(((1, width),), (1, width)).scalar_ops == tally.count
    assert op.cost((1, width)).params == (width if affine else 0)
