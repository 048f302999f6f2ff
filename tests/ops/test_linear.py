"""Linear layers, matmul and attention against loops."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.errors import ShapeError
from costmodel.ops.linear import Attention, Linear, Matmul

from .oracle import Tally, exp, run


def linear_products(rows, c_in, out):
    for row, o, i in product(range(rows), range(out), range(c_in)):
        yield (o, i), (row, i), (row, o)


@pytest.mark.parametrize(
    ("x", "y", "rows"),
    [((2, 5), (2, 7), 2), ((2, 3, 5), (2, 3, 7), 6), ((2, 5, 1, 1), (2, 7), 2),
     ((2, 5, 1, 1, 1), (2, 7), 2)],
)  # fmt: skip
def test_linear_does_what_the_loop_executes(x, y, rows):
    counts, weights, inputs, outputs = run(linear_products(rows, 5, 7))
    op = Linear(out=7, bias=False)
    cost = op.cost(x)

    assert op.out_shape(x) == y
    assert (cost.mult_adds, cost.params, cost.scalar_ops) == (counts["forward"], weights, 0)
    assert (cost.reads, cost.writes) == (len(inputs) + weights, outputs)
    assert cost.activations == outputs


def test_linear_has_a_bias_unless_told_otherwise():
    cost = Linear(out=7).cost((2, 3, 5))

    assert (cost.params, cost.scalar_ops) == (5 * 7 + 7, 2 * 3 * 7)
    assert cost.reads == 2 * 3 * 5 + 5 * 7 + 7


@pytest.mark.parametrize("bias", [False, True])
def test_linear_gradients_do_what_the_loop_executes(bias):
    counts, weights, inputs, outputs = run(linear_products(6, 5, 7))
    op, x, y = Linear(out=7, bias=bias), (2, 3, 5), (2, 3, 7)
    both, first = op.backward((x,), y), op.backward((x,), y, input_grad=False)

    assert both.mult_adds == counts["dw"] + counts["dx"]
    assert both.reads == (len(inputs) + outputs) + (outputs + weights)
    assert both.writes == weights + 7 * bias + len(inputs)
    assert both.scalar_ops == first.scalar_ops == outputs * bias
    assert (first.mult_adds, first.reads) == (counts["dw"], len(inputs) + outputs)
    assert first.writes == weights + 7 * bias


@pytest.mark.parametrize("x", [(1, 5, 2, 1), (1, 5, 1, 2), (1, 5, 7, 7), (5,), (1, 5, 1, 1, 3)])
def test_linear_refuses_a_map_that_was_not_flattened(x):
    with pytest.raises(ShapeError, match=r"linear needs .* its input is") as caught:
        Linear(out=7).check(x)

    assert caught.value.hint == "put flatten or global_avg_pool before it"


def test_linear_refuses_a_map_whose_extent_may_be_more_than_one():
    with pytest.raises(ShapeError, match=r"a 1×1 map, its input is \(1, 5, h, 1\)"):
        Linear(out=7).out_shape((1, 5, symbol("h"), 1))


def test_linear_needs_an_output():
    with pytest.raises(ShapeError, match="out=0 is less than 1"):
        Linear(out=0).check((1, 5))


# -- matmul -------------------------------------------------------------------------------


def test_matmul_does_what_the_loop_executes():
    a, b = (2, 3, 4, 5), (2, 3, 5, 7)
    counted = sum(1 for _ in product(range(2), range(3), range(4), range(7), range(5)))
    cost = Matmul().cost(a, b)

    assert Matmul().out_shape(a, b) == (2, 3, 4, 7)
    assert cost.mult_adds == counted
    assert (cost.reads, cost.writes) == (2 * 3 * (4 * 5 + 5 * 7), 2 * 3 * 4 * 7)
    assert (cost.activations, cost.params, cost.scalar_ops) == (2 * 3 * 4 * 7, 0, 0)


def test_matmul_gradients_are_two_matmuls():
    """da = dy·b' and db = a'·dy, counted as matmuls of their own."""
    a, b, y = (2, 4, 5), (2, 5, 7), (2, 4, 7)
    da, db = Matmul().cost(y, (2, 7, 5)), Matmul().cost((2, 5, 4), y)
    cost = Matmul().backward((a, b), y)

    assert cost.mult_adds == da.mult_adds + db.mult_adds
    assert (cost.reads, cost.writes) == (da.reads + db.reads, da.writes + db.writes)
    assert cost.activations == 0


def test_matmul_of_network_inputs_has_no_gradient():
    cost = Matmul().backward(((2, 4, 5), (2, 5, 7)), (2, 4, 7), input_grad=False)

    assert (cost.mult_adds, cost.mem_access) == (0, 0)


@pytest.mark.parametrize(("a", "b", "text"), [
    ((2, 3, 4), (2, 5, 6), "columns of the first=4 is not rows of the second=5"),
    ((2, 3, 4), (3, 4, 6), "axis 0 of the first=2 is not axis 0 of the second=3"),
    ((2, 3, 4), (3, 4), r"matmul needs two inputs of one rank, not \(2, 3, 4\) and \(3, 4\)"),
    ((4,), (4,), "matmul needs two inputs of one rank"),
])  # fmt: skip
def test_matmul_refuses_shapes_that_do_not_match(a, b, text):
    with pytest.raises(ShapeError, match=text):
        Matmul().check(a, b)


def test_matmul_takes_two_inputs():
    with pytest.raises(ShapeError, match="matmul takes 2 inputs, 1 given"):
        Matmul().check((2, 3, 4))


# -- attention ----------------------------------------------------------------------------


def attend(n, heads, q_len, k_len, d, e, table=False):
    """Attention executed head by head: products, scalar operations, and scores."""
    tally = Tally()
    products = scores = 0
    for _, _, _ in product(range(n), range(heads), range(q_len)):
        row = []
        for _ in range(k_len):
            products += d // heads
            score = tally.number(0.5) * 0.125
            row.append(score + 0.25 if table else score)
            scores += 1
        top = -1e9
        for score in row:
            top = float(score) if score > top else top
        weights = [exp(score - top) for score in row]
        sum_ = 0.0
        for weight in weights:
            sum_ = weight + sum_
        weights = [weight / sum_ for weight in weights]
        products += k_len * (e // heads)
    return products, tally.count, scores


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("heads", [1, 2, 3])
def test_attention_does_what_the_loops_execute(heads, table):
    q, k, v = (2, 5, 6), (2, 7, 6), (2, 7, 12)
    products, scalars, scores = attend(2, heads, 5, 7, 6, 12, table)
    op = Attention(heads=heads, window=(4, 3) if table else None)
    cost = op.cost(q, k, v)
    learned = heads * 7 * 5 if table else 0  # offsets -3..3 and -2..2 for each head

    assert op.out_shape(q, k, v) == (2, 5, 12)
    assert (cost.mult_adds, cost.scalar_ops, cost.params) == (products, scalars, learned)
    assert cost.reads == 2 * (5 * 6 + 7 * 6 + 7 * 12) + learned
    assert (cost.writes, cost.activations) == (2 * 5 * 12, scores + 2 * 5 * 12)


def test_attention_takes_queries_keys_and_values_side_by_side():
    packed, parts = Attention(heads=2).cost((1, 3, 12)), Attention(heads=2).cost(*[(1, 3, 4)] * 3)

    assert packed == parts
    assert Attention().out_shape((1, 3, 12)) == (1, 3, 4)


def test_attention_is_quadratic_in_length_and_linear_in_width():
    """H13: 2·L²·D."""
    assert Attention(heads=3).cost((1, 10, 3 * 12)).mult_adds == 2 * 10**2 * 12


def test_a_square_window_may_be_written_as_a_number():
    assert Attention(heads=2, window=7).cost((1, 49, 24)).params == 13 * 13 * 2


def test_attention_gradients_are_four_products_of_the_forward_kind():
    """dV = S'dy and dS = dy V' have e terms a score, dQ = dS K and dK = dS'Q have d."""
    q, k, v, y = (2, 5, 6), (2, 7, 6), (2, 7, 12), (2, 5, 12)
    cost = Attention(heads=3).backward((q, k, v), y)
    pairs, scores = 2 * 5 * 7, 2 * 3 * 5 * 7

    assert cost.mult_adds == pairs * (12 + 12 + 6 + 6)
    assert cost.scalar_ops == scores * (4 + 1)  # softmax's gradient, the scale
    inputs = 2 * (5 * 6 + 7 * 6 + 7 * 12)
    assert (cost.reads, cost.writes) == (inputs + 2 * 5 * 12 + scores, inputs)


def test_the_gradient_of_a_table_is_one_addition_per_score():
    q, y = (2, 4, 18), (2, 4, 6)
    bare = Attention(heads=3).backward((q,), y)
    with_table = Attention(heads=3, window=2).backward((q,), y)

    assert with_table.scalar_ops - bare.scalar_ops == 2 * 3 * 4 * 4
    assert with_table.writes - bare.writes == 3 * 3 * 3


def test_a_first_attention_needs_the_gradient_of_its_table_only():
    """dS = dy V' (4·4·6 products an image), softmax 4 and the table 1 for each score."""
    q, y = (2, 4, 18), (2, 4, 6)
    bare = Attention(heads=3).backward((q,), y, input_grad=False)
    cost = Attention(heads=3, window=2).backward((q,), y, input_grad=False)

    assert (bare.mult_adds, bare.scalar_ops, bare.mem_access) == (0, 0, 0)
    assert (cost.mult_adds, cost.scalar_ops) == (2 * 4 * 4 * 6, 2 * 3 * 4 * 4 * 5)
    assert (cost.reads, cost.writes) == (2 * (2 * 4 * 6) + 2 * 3 * 4 * 4, 3 * 3 * 3)


@pytest.mark.parametrize(
    ("fields", "xs", "text"),
    [
        ({"heads": 0}, [(1, 3, 12)], "heads=0 is less than 1"),
        ({"heads": 3}, [(1, 3, 12)], "heads=3 does not divide width of q=4"),
        ({}, [(1, 3, 13)], r"parts \(q, k and v\)=3 does not divide width=13"),
        ({"heads": 4}, [(1, 3, 4), (1, 3, 4), (1, 3, 6)], "heads=4 does not divide width of v=6"),
        ({}, [(1, 3, 4), (1, 3, 5), (1, 3, 4)], "width of q=4 is not width of k=5"),
        ({}, [(1, 3, 4), (1, 5, 4), (1, 3, 4)], "length of k=5 is not length of v=3"),
        ({}, [(2, 3, 4), (1, 3, 4), (1, 3, 4)], "batch of q=2 is not batch of k=1"),
        ({}, [(1, 3, 4), (1, 3, 4), (2, 3, 4)], "batch of k=1 is not batch of v=2"),
        ({}, [(1, 3, 4), (1, 3, 4)], "attention needs tokens"),
        ({}, [(1, 12, 3, 3)], "attention needs tokens"),
        ({}, [(1, 3, 4)] * 4, "attention takes .* inputs, 4 given"),
        ({"window": 0}, [(1, 3, 12)], "window=0 is less than 1"),
        ({"window": (1, 2, 3)}, [(1, 3, 12)], "window=.* has 3 entries for 2 spatial axes"),
    ],
)
def test_attention_refuses_shapes_that_do_not_match(fields, xs, text):
    with pytest.raises(ShapeError, match=text):
        Attention(**fields).check(*xs)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_linear_on_one_token_is_linear_on_a_vector(n, c_in, out, bias):
    op = Linear(out=out, bias=bias)

    assert op.cost((n, 1, c_in)) == op.cost((n, c_in)) == op.cost((n, c_in, 1, 1))
