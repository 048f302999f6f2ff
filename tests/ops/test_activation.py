"""Activations against programs that compute them on numbers which count each operation.

Every program is checked twice: its value against the definition, its gradient against a
difference quotient.  So the counts are those of arithmetic that really does the job.
"""

import math

import pytest

from costmodel.errors import ShapeError
from costmodel.ops import OPS
from costmodel.ops.activation import Pointwise, Prelu, Relu, Softmax
from costmodel.ops.passing import Dropout, DropPath, Identity

from .oracle import Tally, at_least, at_most, erf, exp, log, slope


def sigmoid(x):
    return 1.0 / (1.0 + exp(-x))


def tanh(x):
    e = exp(2.0 * x)
    return (e - 1.0) / (e + 1.0)


def h_sigmoid(x):
    return at_most(at_least(x + 3.0, 0.0), 6.0) / 6.0


def elu(x):
    return x if x > 0.0 else 0.7 * (exp(x) - 1.0)


def mish_tanh(x):
    return tanh(log(1.0 + exp(x)))


def inside(x, low, high):
    above, below = x > low, x < high
    return float(bool(above) and bool(below))


def swish_back(x, y, dy):
    s = sigmoid(x)
    return dy * s * (1.0 + x * (1.0 - s))


def h_swish_back(x, y, dy):
    above, below = x > -3.0, x < 3.0
    middle = dy * ((2.0 * x + 3.0) / 6.0)
    return middle if above and below else dy if above else 0.0


def gelu_back(x, y, dy):
    below = (erf(x / math.sqrt(2)) + 1.0) / 2.0
    density = exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))
    return dy * (below + x * density)


def mish_back(x, y, dy):
    t, s = mish_tanh(x), sigmoid(x)
    return dy * (t + x * s * (1.0 - t * t))


def logistic(x):
    return 1 / (1 + math.exp(-x))


PROGRAMS = {  # kind: (definition, forward, backward)
    "relu": (lambda x: max(x, 0), lambda x: at_least(x, 0.0),
             lambda x, y, dy: dy if y > 0.0 else 0.0),
    "relu6": (lambda x: min(max(x, 0), 6), lambda x: at_most(at_least(x, 0.0), 6.0),
              lambda x, y, dy: dy if inside(x, 0.0, 6.0) else 0.0),
    "leaky_relu": (lambda x: x if x > 0 else x / 4, lambda x: x if x > 0.0 else x * 0.25,
                   lambda x, y, dy: dy if x > 0.0 else dy * 0.25),
    "elu": (lambda x: x if x > 0 else 0.7 * math.expm1(x), elu,
            lambda x, y, dy: dy if x > 0.0 else dy * (y + 0.7)),
    "sigmoid": (logistic, sigmoid, lambda x, y, dy: dy * y * (1.0 - y)),
    "h_sigmoid": (lambda x: min(max(x + 3, 0), 6) / 6, h_sigmoid,
                  lambda x, y, dy: dy / 6.0 if inside(x, -3.0, 3.0) else 0.0),
    "swish": (lambda x: x * logistic(x), lambda x: x * sigmoid(x), swish_back),
    "h_swish": (lambda x: x * min(max(x + 3, 0), 6) / 6, lambda x: x * h_sigmoid(x), h_swish_back),
    "gelu": (lambda x: x / 2 * (1 + math.erf(x / math.sqrt(2))),
             lambda x: x * 0.5 * (erf(x / math.sqrt(2)) + 1.0), gelu_back),
    "tanh": (math.tanh, tanh, lambda x, y, dy: dy * (1.0 - y * y)),
    "mish": (lambda x: x * math.tanh(math.log1p(math.exp(x))), lambda x: x * mish_tanh(x),
             mish_back),
}  # fmt: skip
NEGATIVE, MIDDLE, POSITIVE, LARGE = -0.75, 1.25, 2.5, 7.0
POINTS = (NEGATIVE, MIDDLE, POSITIVE, LARGE)


# the longest path through a program is what a layer of any values must be able to do
def longest(run):
    counts = []
    for point in POINTS:
        tally = Tally()
        run(tally, point)
        counts.append(tally.count)
    return max(counts)


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("point", POINTS)
def test_the_forward_program_computes_the_function(kind, point):
    definition, forward, _ = PROGRAMS[kind]

    assert float(forward(Tally().number(point))) == pytest.approx(definition(point))


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("point", POINTS)
def test_the_backward_program_computes_the_derivative(kind, point):
    definition, _, backward = PROGRAMS[kind]
    x, y, dy = Tally().numbers([point, definition(point), 3.0])

    assert float(backward(x, y, dy)) == pytest.approx(3.0 * slope(definition, point), rel=1e-6)


@pytest.mark.parametrize("kind", PROGRAMS)
def test_forward_counts_are_those_of_the_program(kind):
    _, forward, _ = PROGRAMS[kind]
    steps = longest(lambda tally, point: forward(tally.number(point)))

    assert OPS[kind]().cost((2, 3, 5, 7)).scalar_ops == steps * 2 * 3 * 5 * 7


@pytest.mark.parametrize("kind", PROGRAMS)
def test_backward_counts_are_those_of_the_program(kind):
    definition, _, backward = PROGRAMS[kind]
    steps = longest(lambda tally, point: backward(*tally.numbers([point, definition(point), 3.0])))
    x = (2, 3, 5, 7)
    cost = OPS[kind]().backward((x,), x)

    assert cost.scalar_ops == steps * 2 * 3 * 5 * 7
    assert (cost.reads, cost.writes) == (2 * 210, 210)


def test_every_pointwise_activation_has_a_program():
    kinds = {kind for kind in OPS if issubclass(OPS[kind], Pointwise)}

    assert kinds == {*PROGRAMS, "softmax"}


@pytest.mark.parametrize("kind", [*PROGRAMS, "softmax"])
def test_an_activation_reads_and_writes_each_element_once(kind):
    cost = OPS[kind]().cost((2, 3, 5, 7))

    assert (cost.reads, cost.writes) == (210, 210)
    assert (cost.params, cost.buffers, cost.mult_adds, cost.activations) == (0, 0, 0, 0)


@pytest.mark.parametrize("kind", [*PROGRAMS, "softmax"])
def test_an_activation_of_the_network_input_has_no_gradient(kind):
    x = (2, 3)
    cost = OPS[kind]().backward((x,), x, input_grad=False)

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


def test_an_activation_keeps_the_shape():
    assert Relu().out_shape((2, 3, 5, 7)) == (2, 3, 5, 7)


def softmax(xs):
    top = -1e9
    for x in xs:
        top = x if x > top else top
    weights = [exp(x - top) for x in xs]
    sum_ = 0.0
    for weight in weights:
        sum_ = weight + sum_
    return [weight / sum_ for weight in weights]


def softmax_back(ys, dys):
    sum_ = 0.0
    for y, dy in zip(ys, dys, strict=True):
        sum_ = y * dy + sum_
    return [y * (dy - sum_) for y, dy in zip(ys, dys, strict=True)]


def test_softmax_counts_are_those_of_the_program():
    tally = Tally()
    ys = softmax(tally.numbers([0.5, -1.0, 2.0]))
    forward, back = tally.count, Tally()
    softmax_back(back.numbers(map(float, ys)), back.numbers([1.0, 2.0, -1.0]))

    assert sum(map(float, ys)) == pytest.approx(1)
    assert Softmax().cost((1, 3)).scalar_ops == forward
    assert Softmax().backward(((1, 3),), (1, 3)).scalar_ops == back.count


def test_the_softmax_program_computes_the_derivative():
    def first(x):
        exps = [math.exp(v) for v in (x, -1.0, 2.0)]
        return exps[0] / sum(exps)

    ys = softmax(Tally().numbers([0.5, -1.0, 2.0]))
    dx = softmax_back(ys, Tally().numbers([1.0, 0.0, 0.0]))

    assert float(dx[0]) == pytest.approx(slope(first, 0.5), rel=1e-6)


# -- prelu --------------------------------------------------------------------------------


def prelu_back(x, slope_, dy, dslope, input_grad):
    negative = x < 0.0
    gradient = dslope + dy * x if negative else dslope
    if not input_grad:
        return None, gradient
    return (dy * slope_ if negative else dy), gradient


@pytest.mark.parametrize("per_channel", [True, False])
def test_prelu_learns_a_slope_per_channel_or_one(per_channel):
    slopes = 3 if per_channel else 1
    cost = Prelu(per_channel=per_channel).cost((2, 3, 5, 7))

    assert (cost.params, cost.scalar_ops) == (slopes, 2 * 210)
    assert (cost.reads, cost.writes) == (210 + slopes, 210)


@pytest.mark.parametrize("input_grad", [True, False])
@pytest.mark.parametrize("per_channel", [True, False])
def test_prelu_gradient_counts_are_those_of_the_program(per_channel, input_grad):
    tally, slopes, x = Tally(), 3 if per_channel else 1, (2, 3, 5, 7)
    prelu_back(*tally.numbers([-2.0, 0.25, 1.0, 0.0]), input_grad)
    cost = Prelu(per_channel=per_channel).backward((x,), x, input_grad=input_grad)

    assert cost.scalar_ops == tally.count * 210
    assert cost.reads == 2 * 210 + slopes * input_grad
    assert cost.writes == 210 * input_grad + slopes


def test_prelu_needs_channels():
    with pytest.raises(ShapeError, match="prelu needs an input of 2 axes or more"):
        Prelu().check((3,))


# -- what inference skips -----------------------------------------------------------------


@pytest.mark.parametrize("op", [Identity(), Dropout(rate=0.5), DropPath(rate=0.1)])
def test_what_inference_skips_is_a_view_and_costs_nothing(op):
    cost = op.cost((2, 3, 5, 7))

    assert op.is_view
    assert op.out_shape((2, 3, 5, 7)) == (2, 3, 5, 7)
    assert (cost.scalar_ops, cost.mem_access, cost.params, cost.mult_adds) == (0, 0, 0, 0)


@pytest.mark.parametrize(("op", "mask"), [(Dropout(), 210), (DropPath(), 2)])
def test_a_mask_multiplies_each_gradient_once(op, mask):
    x = (2, 3, 5, 7)
    cost = op.backward((x,), x)

    assert (cost.scalar_ops, cost.reads, cost.writes) == (210, 210 + mask, 210)


@pytest.mark.parametrize("op", [Identity(), Dropout(), DropPath()])
def test_a_first_mask_has_no_gradient(op):
    cost = op.backward(((2, 3),), (2, 3), input_grad=False)

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


def test_the_gradient_of_the_identity_is_the_gradient():
    cost = Identity().backward(((2, 3),), (2, 3))

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)
