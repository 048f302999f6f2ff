"""What holds for every registered operator: one formula for all numbers, and a docstring.

An operator added without an example here fails the first test.
"""

import inspect

import numpy as np
import pytest

from costmodel.arith import ascii, evaluate, symbol, to_sympy
from costmodel.errors import ShapeError
from costmodel.ops import OPS, REQUIRED, Op
from costmodel.quantities import Cost

from .examples import EXAMPLES, VALUES

CASES = [(kind, i) for kind, examples in EXAMPLES.items() for i in range(len(examples))]


def results(example, values):
    """Everything an operator says about one example: its shape and all of its costs."""
    op, xs = example(**values)
    xs = tuple(xs)
    y = op.out_shape(*xs)
    costs = [
        op.forward(xs, y), op.backward(xs, y), op.backward(xs, y, input_grad=False)
    ]  # fmt: skip
    return [*y, *(getattr(cost, name) for cost in costs for name in Cost.__slots__)]


def arguments(example):
    return list(inspect.signature(example).parameters)


def by_ints(example):
    names = arguments(example)
    return [results(example, {name: VALUES[name][i] for name in names}) for i in range(3)]


def forms(example):
    return results(example, {name: symbol(name) for name in arguments(example)})


def test_every_operator_has_an_example():
    assert sorted(EXAMPLES) == sorted(OPS)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_an_example_exercises_its_operator_and_is_accepted(kind, i):
    example = EXAMPLES[kind][i]
    for triple in range(3):
        op, xs = example(**{name: VALUES[name][triple] for name in arguments(example)})

        assert type(op) is OPS[kind]
        assert op.check(*xs) == []


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_ints_stay_ints(kind, i):
    for row in by_ints(EXAMPLES[kind][i]):
        assert {type(value) for value in row} == {int}


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_nothing_is_negative(kind, i):
    for row in by_ints(EXAMPLES[kind][i]):
        assert min(row) >= 0


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_arrays_give_what_ints_give(kind, i):
    example = EXAMPLES[kind][i]
    arrays = {name: np.array(VALUES[name]) for name in arguments(example)}
    columns = [np.broadcast_to(value, 3).tolist() for value in results(example, arrays)]

    assert [list(row) for row in zip(*columns, strict=True)] == by_ints(example)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_closed_forms_evaluate_to_what_ints_give(kind, i):
    example = EXAMPLES[kind][i]
    made = forms(example)
    rows = [
        [evaluate(form, {name: VALUES[name][j] for name in arguments(example)}) for form in made]
        for j in range(3)
    ]

    assert rows == by_ints(example)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_sympy_expressions_substitute_to_what_ints_give(kind, i):
    example = EXAMPLES[kind][i]
    expressions = [to_sympy(form) for form in forms(example)]
    for j, row in enumerate(by_ints(example)):
        values = {to_sympy(symbol(name)): VALUES[name][j] for name in arguments(example)}

        assert [expression.subs(values) for expression in expressions] == row


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_the_plain_text_of_a_closed_form_is_read_back_as_the_same(kind, i):
    import sympy

    example = EXAMPLES[kind][i]
    names = {name: to_sympy(symbol(name)) for name in arguments(example)}
    values = {names[name]: VALUES[name][0] for name in names}
    texts = [sympy.sympify(ascii(form), locals=names) for form in forms(example)]

    assert [text.subs(values) for text in texts] == by_ints(example)[0]


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_symbols_leave_conditions_open_but_break_none(kind, i):
    example = EXAMPLES[kind][i]
    op, xs = example(**{name: symbol(name) for name in arguments(example)})

    assert all(condition.holds() is None for condition in op.check(*xs))


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_gradients_hold_no_weights_and_make_no_activations(kind, i):
    example = EXAMPLES[kind][i]
    op, xs = example(**{name: VALUES[name][1] for name in arguments(example)})
    for input_grad in (True, False):
        cost = op.backward(tuple(xs), op.out_shape(*xs), input_grad=input_grad)

        assert (cost.params, cost.buffers, cost.activations) == (0, 0, 0)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_leaving_out_the_input_gradient_never_costs_more(kind, i):
    example = EXAMPLES[kind][i]
    op, xs = example(**{name: VALUES[name][1] for name in arguments(example)})
    y = op.out_shape(*xs)
    both, first = (op.backward(tuple(xs), y, input_grad=needed) for needed in (True, False))

    assert op.backward(tuple(xs), y) == both
    assert first.mult_adds <= both.mult_adds
    assert first.scalar_ops <= both.scalar_ops
    assert first.mem_access <= both.mem_access


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_only_products_count_as_mult_adds_and_activations(kind, i):
    example = EXAMPLES[kind][i]
    op, xs = example(**{name: VALUES[name][1] for name in arguments(example)})
    cost = op.cost(*xs)
    products = op.weighted or op.family == "matmul"

    assert (cost.mult_adds > 0) == (cost.activations > 0) == products
    assert not op.weighted or op.family in {"conv", "linear"}


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_every_operator_counts_each_image_alike(kind, i):
    """Everything but what is stored is proportional to the batch, which leads every shape."""
    example = EXAMPLES[kind][i]
    values = {name: VALUES[name][1] for name in arguments(example)}
    (op, xs), (more, many) = example(**values), example(**{**values, "n": 5 * values["n"]})
    one, five = op.cost(*xs), more.cost(*many)

    assert (five.params, five.buffers) == (one.params, one.buffers)
    assert five.mult_adds == 5 * one.mult_adds
    assert five.scalar_ops == 5 * one.scalar_ops
    assert five.writes == 5 * one.writes
    weights = one.params + one.buffers
    assert five.reads - weights == 5 * (one.reads - weights)


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_operator_is_documented_with_its_costs_and_a_number(kind):
    text = inspect.getdoc(OPS[kind])

    first, *_ = text.splitlines()
    assert first.endswith((".", ";")) or first[-1].isalnum()
    for heading in ("Cost ", "Source ", ">>> "):
        assert heading in text
    order = [text.index(h) for h in ("Shape ", "Cost ", "Needs ", "Source ", ">>> ") if h in text]
    assert order == sorted(order)


DEFAULTS = {
    "attention": {"heads": 1, "window": None},
    "avg_pool": {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False},
    "batch_norm": {"affine": True},
    "compute": {"steps": 0, "learned": 0},
    "concat": {"axis": 1},
    "constants": {"learned": 0},
    "contract": {"learned": 0},
    "conv": {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": False},
    "conv_transpose": {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1,
                       "bias": False},
    "drop_path": {"rate": 0},
    "dropout": {"rate": 0},
    "embed": {"tokens": 0, "positions": True},
    "flatten": {"start": 1},
    "group_norm": {"affine": True},
    "layer_norm": {"affine": True, "axis": "channels"},
    "linear": {"bias": True},
    "local_response_norm": {"size": 5},
    "map": {"learned": 0},
    "max_pool": {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False},
    "pad_channels": {"stride": 1},
    "prelu": {"per_channel": True},
    "reduce": {"function": "mean"},
    "rms_norm": {"affine": True, "axis": "channels"},
    "roll": {"shift": 1},
    "slice": {"start": 0, "stop": None, "axis": 1, "step": 1},
    "sparse_conv": {"stride": 1, "padding": 0, "dilation": 1, "bias": True},
    "subsample": {"stride": None, "padding": 0},
    "take": {"axis": 1},
    "transpose": {"axes": (1, 2)},
    "upsample": {"scale": None, "out": None, "mode": "nearest"},
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_what_a_spec_may_leave_out_has_this_value(kind):
    optional = {name: value for name, value in OPS[kind].fields.items() if value is not REQUIRED}

    assert optional == DEFAULTS.get(kind, {})


FAMILIES = {"conv", "linear", "matmul", "norm", "activation", "pool", "elementwise", "rearrange",
            "embed"}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_operator_belongs_to_a_family_and_knows_its_words(kind):
    op = OPS[kind]

    assert op.kind == kind
    assert op.family in FAMILIES
    assert set(op.choices) <= set(op.fields)
    reserved = {"name", "from", "repeat", "first", "when", "share"}  # keys of every layer
    assert not reserved & set(op.fields)


@pytest.mark.parametrize(("kind", "i"), CASES)
def test_equal_operators_are_equal_and_frozen(kind, i):
    example = EXAMPLES[kind][i]
    values = {name: VALUES[name][0] for name in arguments(example)}
    (op, _), (again, _) = example(**values), example(**values)

    assert op == again
    assert isinstance(op, Op)
    with pytest.raises(AttributeError, match="is frozen"):
        op.kind = "another"


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_operator_refuses_more_inputs_than_it_takes(kind):
    op, xs = EXAMPLES[kind][0](**{name: VALUES[name][0] for name in arguments(EXAMPLES[kind][0])})
    _, most = op.arity
    if most is not None:
        with pytest.raises(ShapeError, match=rf"{kind} takes .* inputs, {most + 1} given"):
            op.check(*[xs[0]] * (most + 1))


@pytest.mark.parametrize("padding", ["same", 1, [[0, 1]]])
def test_a_symbolic_extent_gives_the_same_grid_as_its_number(padding):
    conv = OPS["conv"](out=2, kernel=3, stride=2, padding=padding)
    h = symbol("h")
    grid = conv.out_shape((1, 3, h))[2]

    for extent in range(3, 20):
        assert evaluate(grid, {"h": extent}) == conv.out_shape((1, 3, extent))[2]
