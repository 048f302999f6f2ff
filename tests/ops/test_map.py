"""Functions of elements: executed forward and back with numbers that count what is done to them."""

import math
from itertools import product

import pytest

from costmodel.arith import symbol
from costmodel.errors import ShapeError
from costmodel.ops.map import FUNCTIONS, Map

from .oracle import Tally, at_least, at_most, call, erf, exp, log, slope

MAP, VECTOR, PLANE = (2, 3, 5, 7), (2, 3, 1, 1), (2, 1, 5, 7)
SELU, SCALE = 1.67, 1.05


def sqrt(x):
    return call(math.sqrt, x)


def of(name):
    return lambda x: call(getattr(math, name), x)


def elu(x):
    return x if x > 0.0 else (exp(x) - 1.0) * SELU


def hyperbolic(x, sign):
    e = exp(x)
    rest = 1.0 / e
    return (e - rest if sign < 0 else e + rest) / 2.0


# name -> (function, derivative times dy), where y is what the function made
UNARY = {
    "neg": (lambda x: -x, lambda x, y, dy: -dy),
    "abs": (lambda x: call(abs, x), lambda x, y, dy: dy if x > 0.0 else -dy),
    "exp": (exp, lambda x, y, dy: dy * y),
    "log": (log, lambda x, y, dy: dy / x),
    "sqrt": (sqrt, lambda x, y, dy: dy / (y * 2.0)),
    "reciprocal": (lambda x: 1.0 / x, lambda x, y, dy: -(dy * y * y)),
    "erf": (erf, lambda x, y, dy: exp(-(x * x)) * (2 / math.sqrt(math.pi)) * dy),
    "sin": (of("sin"), lambda x, y, dy: of("cos")(x) * dy),
    "cos": (of("cos"), lambda x, y, dy: -(of("sin")(x) * dy)),
    "tan": (of("tan"), lambda x, y, dy: (y * y + 1.0) * dy),
    "asin": (of("asin"), lambda x, y, dy: dy / sqrt(1.0 - x * x)),
    "acos": (of("acos"), lambda x, y, dy: -(dy / sqrt(1.0 - x * x))),
    "atan": (of("atan"), lambda x, y, dy: dy / (x * x + 1.0)),
    "sinh": (lambda x: hyperbolic(x, -1), lambda x, y, dy: hyperbolic(x, 1) * dy),
    "cosh": (lambda x: hyperbolic(x, 1), lambda x, y, dy: hyperbolic(x, -1) * dy),
    "asinh": (of("asinh"), lambda x, y, dy: dy / sqrt(x * x + 1.0)),
    "acosh": (of("acosh"), lambda x, y, dy: dy / sqrt(x * x - 1.0)),
    "atanh": (of("atanh"), lambda x, y, dy: dy / (1.0 - x * x)),
    "softplus": (lambda x: log(exp(x) + 1.0), lambda x, y, dy: 1.0 / (exp(-x) + 1.0) * dy),
    "softsign": (lambda x: x / (call(abs, x) + 1.0), lambda x, y, dy: dy / squared_plus(x)),
    "celu": (elu, lambda x, y, dy: dy if x > 0.0 else (y + SELU) * dy),
    "clip": (lambda x: at_most(at_least(x, -1.0), 9.0),
             lambda x, y, dy: (dy if x < 9.0 else 0.0) if x > -1.0 else 0.0),
    "threshold": (lambda x: at_least(x, 0.0), lambda x, y, dy: dy if x > 0.0 else 0.0),
}  # fmt: skip


def squared_plus(x):
    one = call(abs, x) + 1.0
    return one * one


def counted(function, *values):
    tally = Tally()
    made = function(*tally.numbers(values))
    return float(made), tally.count


def worst(function, points):
    """The most operations at any of *points*: both sides of a comparison are there."""
    return max(counted(function, *point)[1] for point in points)


@pytest.mark.parametrize("name", sorted(UNARY.keys() - {"celu", "clip", "abs"}))
def test_a_function_takes_as_many_steps_as_its_definition(name):
    forward, back = UNARY[name]
    x, dy = (1.3 if name == "acosh" else 0.4), 0.7
    y, steps = counted(forward, x)
    dx, steps_back = counted(back, x, y, dy)

    assert (FUNCTIONS[name].forward, FUNCTIONS[name].back) == (steps, (steps_back,))
    assert dx == pytest.approx(dy * slope(lambda v: counted(forward, v)[0], x), rel=1e-6)


@pytest.mark.parametrize("name", ["celu", "clip", "abs"])
def test_a_function_of_two_sides_takes_what_the_longer_takes(name):
    forward, back = UNARY[name]
    ys = [(x, counted(forward, x)[0], 0.7) for x in (-0.4, 0.4)]

    assert FUNCTIONS[name].forward == worst(forward, [(-0.4,), (0.4,)])
    assert FUNCTIONS[name].back == (worst(back, ys),)


BINARY = {  # function and its derivatives times dy
    # the second goes on from the first, dy/b
    "div": (lambda a, b: a / b, [lambda a, b, y, dy: dy / b,
                                 lambda a, b, y, dy: -(y * (dy.value / b.value))]),
    "pow": (lambda a, b: a**b, [lambda a, b, y, dy: dy * b * y / a,
                                lambda a, b, y, dy: dy * y * log(a)]),
    "multiply": (lambda a, b: a * b, [lambda a, b, y, dy: dy * b, lambda a, b, y, dy: dy * a]),
    "sub": (lambda a, b: a - b, [lambda a, b, y, dy: dy, lambda a, b, y, dy: -dy]),
    "add": (lambda a, b: a + b, [lambda a, b, y, dy: dy, lambda a, b, y, dy: dy]),
}  # fmt: skip


def back_steps(name, operands):
    known = FUNCTIONS[name].back
    return [known[min(i, len(known) - 1)] for i in range(operands)]


@pytest.mark.parametrize("name", sorted(BINARY))
def test_a_function_of_two_takes_as_many_steps_as_its_definition(name):
    forward, backs = BINARY[name]
    a, b, dy = 1.7, 0.6, 0.9
    y, steps = counted(forward, a, b)
    moved = [lambda v: counted(forward, v, b)[0], lambda v: counted(forward, a, v)[0]]
    found = [counted(back, a, b, y, dy) for back in backs]

    assert FUNCTIONS[name].forward == steps
    taken = [0 if FUNCTIONS[name].back[0] == 0 and i == 0 else n for i, (_, n) in enumerate(found)]
    assert back_steps(name, 2) == taken
    for (gradient, _), at, value in zip(found, moved, (a, b), strict=True):
        assert gradient == pytest.approx(dy * slope(at, value), rel=1e-6)


@pytest.mark.parametrize("xs", [[MAP, MAP], [MAP, VECTOR], [VECTOR, PLANE]], ids=str)
@pytest.mark.parametrize("name", ["sub", "div", "pow", "max"])
def test_a_map_is_counted_element_by_element(name, xs):
    y = tuple(map(max, *xs))
    operations = sum(1 for _ in product(*map(range, y)))
    cost = Map(function=name).cost(*xs)

    assert Map(function=name).out_shape(*xs) == y
    assert cost.scalar_ops == operations
    assert (cost.reads, cost.writes) == (sum(map(math.prod, xs)), math.prod(y))


@pytest.mark.parametrize("xs", [[MAP, MAP], [MAP, VECTOR], [VECTOR, PLANE]], ids=str)
def test_the_gradients_of_a_quotient_are_divided_and_summed_where_repeated(xs):
    y = tuple(map(max, *xs))
    steps = sums = 0
    for _ in product(*map(range, y)):
        steps += 1 + 2  # dy/b; -dy·y/b
        sums += sum(x != y for x in xs)
    cost = Map(function="div").backward(tuple(xs), y)
    inputs, repeated = sum(map(math.prod, xs)), [math.prod(x) for x in xs if x != y]

    assert cost.scalar_ops == steps + sums
    assert cost.reads == math.prod(y) + inputs + sums
    assert cost.writes == inputs + sum(repeated)


def test_the_gradient_of_a_difference_is_handed_on_and_negated():
    cost = Map(function="sub").backward((MAP, MAP), MAP)

    assert (cost.scalar_ops, cost.reads, cost.writes) == (210, 210, 210)


def test_a_stored_operand_is_learned_read_and_given_a_gradient():
    op = Map(function="multiply", learned=3)
    forward, back = op.cost(MAP), op.backward((MAP,), MAP)
    alone = op.backward((MAP,), MAP, input_grad=False)

    assert (forward.params, forward.scalar_ops, forward.reads) == (3, 210, 213)
    # dw sums dy·x: 2 for each of 210; dx = dy·w: 1
    assert (alone.scalar_ops, alone.reads, alone.writes) == (420, 420, 3)
    assert (back.scalar_ops - 420, back.writes - 3) == (210, 210)
    assert back.reads - 420 == 210 + 210 + 3


@pytest.mark.parametrize("name", ["compare", "logic", "round", "quantize"])
def test_what_jumps_has_no_gradient(name):
    cost = Map(function=name).backward((MAP,), MAP)

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


def test_a_maximum_of_three_takes_two_comparisons():
    assert Map(function="max").cost(MAP, MAP, MAP).scalar_ops == 2 * 210


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="channels of input 1=3 is not channels of input 2=4"):
        Map(function="sub").check((1, 3, 5, 7), (1, 4, 5, 7))
    with pytest.raises(ShapeError, match="learned"):
        Map(function="sub", learned=-1).check((1, 3))


def test_a_symbol_of_learned_elements_is_a_stored_operand():
    k = symbol("k")

    assert Map(function="add", learned=k).cost((1, 4)).params == k
