"""Normalisations against programs on numbers that count; the few statistics are constants.

Sums are programs too (they are most of the work); only what happens once per channel or per
normalised group (dividing a sum, a square root) is done on plain floats and not counted.
"""

import math

import pytest

from costmodel.errors import ShapeError
from costmodel.ops.norm import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm

from .oracle import Tally

ROW = [0.5, -1.25, 2.0, 3.5, -0.75]
WEIGHTS = [1.5, -0.5, 2.0, 0.25, 1.0]
DY = [1.0, -2.0, 0.5, 0.25, -1.5]


def plain_norm(xs, weights):
    mean = sum(xs) / len(xs)
    scale = 1 / math.sqrt(sum((x - mean) ** 2 for x in xs) / len(xs))
    return [(x - mean) * scale * w for x, w in zip(xs, weights, strict=True)]


def accumulate(terms):
    sum_ = 0.0
    for term in terms:
        sum_ = term + sum_
    return sum_


def norm(xs, weights, biases):
    mean = float(accumulate(xs)) / len(xs)
    centred = [x - mean for x in xs]
    scale = 1 / math.sqrt(float(accumulate([c * c for c in centred])) / len(xs))
    normal = [c * scale for c in centred]
    if weights is None:
        return normal
    return [x * w + b for x, w, b in zip(normal, weights, biases, strict=True)]


def norm_back(xs, weights, dys, mean, scale):
    """dx, d weight, d bias, the last two summed over rows (here: one row)."""
    normal = [(x - mean) * scale for x in xs]
    gs, dw, db = dys, None, None
    if weights is not None:
        db = [dy + 0.0 for dy in dys]
        dw = [dy * x + 0.0 for dy, x in zip(dys, normal, strict=True)]
        gs = [dy * w for dy, w in zip(dys, weights, strict=True)]
    a = float(accumulate(gs)) / len(xs)
    b = float(accumulate([g * x for g, x in zip(gs, normal, strict=True)])) / len(xs)
    return [(g - a - x * b) * scale for g, x in zip(gs, normal, strict=True)], dw, db


def statistics(xs):
    mean = sum(xs) / len(xs)
    return mean, 1 / math.sqrt(sum((x - mean) ** 2 for x in xs) / len(xs))


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_norm_programs_compute_the_norm_and_its_derivative(weights):
    unit = weights or [1.0] * 5
    row = norm(Tally().numbers(ROW), weights, [0.0] * 5)
    dx, _, _ = norm_back(Tally().numbers(ROW), weights, Tally().numbers(DY), *statistics(ROW))

    def loss(x2):
        made = plain_norm([*ROW[:2], x2, *ROW[3:]], unit)
        return sum(dy * y for dy, y in zip(DY, made, strict=True))

    assert [float(y) for y in row] == pytest.approx(plain_norm(ROW, unit))
    step = 1e-5
    assert float(dx[2]) == pytest.approx((loss(2 + step) - loss(2 - step)) / (2 * step), rel=1e-5)


def per_element(affine):
    tally = Tally()
    weights = WEIGHTS if affine else None
    norm(tally.numbers(ROW), weights, [0.0] * 5)
    back = Tally()
    norm_back(back.numbers(ROW), weights, back.numbers(DY), *statistics(ROW))
    assert tally.count % 5 == back.count % 5 == 0
    return tally.count // 5, back.count // 5


CASES = [
    # op, input, extent of the weights, normalised groups
    (LayerNorm, {}, (2, 5), 5, 2),
    (LayerNorm, {}, (2, 3, 5), 5, 6),
    (LayerNorm, {}, (2, 3, 5, 7), 3, 2 * 5 * 7),
    (LayerNorm, {"axis": "all"}, (2, 3, 5), 15, 2),
    (LayerNorm, {"axis": "all"}, (2, 3, 5, 7), 105, 2),
    (GroupNorm, {"groups": 3}, (2, 6, 5, 7), 6, 2 * 3),
    (GroupNorm, {"groups": 1}, (2, 6, 5), 6, 2),
]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("op", "fields", "x", "width", "groups"), CASES)
def test_norms_do_what_the_program_does(op, fields, x, width, groups, affine):
    elements, params = math.prod(x), 2 * width * affine
    forward, _ = per_element(affine)
    made = op(**fields, affine=affine)
    cost = made.cost(x)

    assert made.out_shape(x) == x
    assert (cost.params, cost.buffers, cost.mult_adds, cost.activations) == (params, 0, 0, 0)
    assert cost.scalar_ops == forward * elements
    assert (cost.reads, cost.writes) == (elements + params, elements)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("op", "fields", "x", "width", "groups"), CASES)
def test_norm_gradients_do_what_the_program_does(op, fields, x, width, groups, affine):
    elements = math.prod(x)
    _, backward = per_element(affine)
    cost = op(**fields, affine=affine).backward((x,), x)

    assert cost.scalar_ops == backward * elements
    assert cost.reads == 2 * elements + width * affine + 2 * groups  # x, dy, weight, statistics
    assert cost.writes == elements + 2 * width * affine


def weight_gradients(affine):
    """Of weight and bias alone: the normalised input again, and two sums."""
    tally = Tally()
    for x, dy in zip(tally.numbers(ROW), tally.numbers(DY), strict=True):
        if affine:
            (x - 0.5) * 2.0 * dy + 0.0
            dy + 0.0
    return tally.count // 5


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("op", "fields", "x", "width", "groups"),
                         [*CASES, (BatchNorm, {}, (2, 3, 5, 7), 3, 3)])  # fmt: skip
def test_a_first_norm_needs_only_the_gradients_of_its_weights(op, fields, x, width, groups, affine):
    elements = math.prod(x)
    cost = op(**fields, affine=affine).backward((x,), x, input_grad=False)

    assert cost.scalar_ops == weight_gradients(affine) * elements
    assert cost.reads == (2 * elements + 2 * groups) * affine
    assert cost.writes == 2 * width * affine


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("x", [(2, 3, 5, 7), (2, 3, 5), (2, 3)])
def test_batch_norm_is_one_scale_and_one_shift_at_inference(x, affine):
    """H11: 2c learned, 2c stored; two operations for each element."""
    tally, elements = Tally(), math.prod(x)
    for value in tally.numbers([0.5] * elements):
        value * 2.0 + 1.0
    op = BatchNorm(affine=affine)
    cost = op.cost(x)

    assert op.out_shape(x) == x
    assert (cost.params, cost.buffers) == (2 * 3 * affine, 2 * 3)
    assert (cost.scalar_ops, cost.mult_adds, cost.activations) == (tally.count, 0, 0)
    assert (cost.reads, cost.writes) == (elements + 6 * affine + 6, elements)


@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_sums_serve_its_weights_too(affine):
    """dx without weights on each element is the unaffine program; its sums are d bias, d weight."""
    _, backward = per_element(affine=False)
    x = (2, 3, 5, 7)
    cost = BatchNorm(affine=affine).backward((x,), x)

    assert cost.scalar_ops == backward * 210
    assert (cost.reads, cost.writes) == (420 + 3 * affine + 6, 210 + 6 * affine)


# -- local response -----------------------------------------------------------------------

SIZE, ALPHA, BETA, K = 3, 0.4, 0.75, 2.0


def window(values, i):
    padded = [0.0, *values, 0.0]
    return padded[i : i + SIZE]


def response_base(xs, i):
    first, *rest = [x * x if float(x) else x for x in window(xs, i)]
    for square in rest:
        first = first + square
    return first * (ALPHA / SIZE) + K


def response_norm(xs):
    return [x / response_base(xs, i) ** BETA for i, x in enumerate(xs)]


def test_local_response_norm_does_what_the_program_does():
    """In the middle channel of three every neighbour is inside; squares are made once each."""
    tally = Tally()
    xs = tally.numbers([0.5, -1.25, 2.0])
    squares = [x * x for x in xs]
    own = tally.count // 3
    before = tally.count
    d = (squares[0] + squares[1] + squares[2]) * (ALPHA / SIZE) + K
    xs[1] / d**BETA
    steps = own + tally.count - before

    assert LocalResponseNorm(size=SIZE).cost((2, 3, 5, 7)).scalar_ops == steps * 210


def test_local_response_norm_gradient_does_what_the_program_does():
    tally = Tally()
    xs, dys = tally.numbers([0.5, -1.25, 2.0]), tally.numbers([1.0, -2.0, 0.5])
    ys = [float(y) for y in response_norm([Tally().number(float(x)) for x in xs])]
    squares = [x * x for x in xs]
    own = tally.count // 3
    ds = [float(response_base([Tally().number(float(x)) for x in xs], i)) for i in range(3)]
    before = tally.count
    d = (squares[0] + squares[1] + squares[2]) * (ALPHA / SIZE) + K
    share = dys[1] * ys[1] / d
    own += tally.count - before
    others = [Tally().number(float(dys[i]) * ys[i] / ds[i]) for i in (0, 2)]
    before = tally.count
    gathered = share + others[0] + others[1]
    dx = dys[1] * d ** (-BETA) - xs[1] * (2 * ALPHA * BETA / SIZE) * gathered
    steps = own + tally.count - before

    def loss(x1):
        made = response_norm(Tally().numbers([0.5, x1, 2.0]))
        return sum(float(dy) * float(y) for dy, y in zip(dys, made, strict=True))

    step, x = 1e-5, (2, 3, 5, 7)
    assert float(dx) == pytest.approx((loss(-1.25 + step) - loss(-1.25 - step)) / (2 * step))
    cost = LocalResponseNorm(size=SIZE).backward((x,), x)
    assert cost.scalar_ops == steps * 210
    assert (cost.reads, cost.writes) == (3 * 210, 210)


def test_local_response_norm_has_no_weights():
    op, x = LocalResponseNorm(), (2, 3, 5, 7)
    cost = op.cost(x)

    assert op.size == 5
    assert op.out_shape(x) == x
    assert (cost.params, cost.buffers, cost.reads, cost.writes) == (0, 0, 210, 210)


def test_local_response_norm_of_the_network_input_has_no_gradient():
    cost = LocalResponseNorm().backward(((2, 3, 5),), (2, 3, 5), input_grad=False)

    assert (cost.scalar_ops, cost.mem_access) == (0, 0)


@pytest.mark.parametrize(
    ("op", "x", "text"),
    [
        (GroupNorm(groups=4), (2, 6, 5), "groups=4 does not divide c_in=6"),
        (GroupNorm(groups=0), (2, 6, 5), "groups=0 is less than 1"),
        (GroupNorm(groups=1), (2,), "group_norm needs an input of 2 axes or more"),
        (BatchNorm(), (2,), r"batch_norm needs an input of 2 axes or more, its input is \(2\)"),
        (LayerNorm(), (2,), "layer_norm needs an input of 2 axes or more"),
        (LayerNorm(axis="rows"), (2, 6), "axis='rows' of layer_norm is neither 'channels' nor"),
        (LocalResponseNorm(size=0), (2, 6, 5), "size=0 is less than 1"),
        (LocalResponseNorm(), (2, 6), "local_response_norm needs .* with 1 to 3 spatial axes"),
    ],
)
def test_a_norm_refuses_what_it_cannot_normalise(op, x, text):
    with pytest.raises(ShapeError, match=text):
        op.check(x)
