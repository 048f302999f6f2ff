"""LeNet-5's own layers against loops, and its published counts."""

from itertools import product

import pytest

from costmodel.errors import ShapeError
from costmodel.ops.conv import Conv
from costmodel.ops.lenet import Rbf, SparseConv, Subsample
from costmodel.ops.linear import Linear

from .oracle import Tally, run, starts

TABLE = [[0, 1], [1, 2, 3], [0], [0, 1, 2, 3], [3, 1]]
X = (2, 4, 6, 9)


def sparse_products(axes):
    for image, (o, seen) in product(range(2), enumerate(TABLE)):
        for where in product(*map(enumerate, axes)):
            for c, i, j in product(seen, range(3), range(2)):
                (row, top), (column, left) = where
                yield (o, c, i, j), (image, c, top + i, left + j), (image, o, row, column)


@pytest.mark.parametrize("connections", [TABLE, [len(seen) for seen in TABLE]], ids=str)
def test_sparse_conv_does_what_the_loop_over_its_table_executes(connections):
    axes = [starts(6, 3, 2), starts(9, 2, 1)]
    counts, weights, _, outputs = run(sparse_products(axes))
    op = SparseConv(connections=connections, kernel=(3, 2), stride=(2, 1))
    cost, y = op.cost(X), op.out_shape(X)

    assert y == (2, 5, *map(len, axes))
    assert cost.mult_adds == counts["forward"]
    assert (cost.params, cost.scalar_ops) == (weights + 5, outputs)
    assert (cost.reads, cost.writes) == (2 * 4 * 6 * 9 + weights + 5, outputs)
    back = op.backward((X,), y)
    assert back.mult_adds == counts["dw"] + counts["dx"]
    assert back.writes == weights + 5 + 2 * 4 * 6 * 9
    assert op.weighted


def test_sparse_conv_may_go_without_bias():
    cost = SparseConv(connections=TABLE, kernel=1, bias=False).cost(X)

    assert (cost.params, cost.scalar_ops) == (2 + 3 + 1 + 4 + 2, 0)


def test_a_full_table_is_a_convolution():
    full = SparseConv(connections=[4] * 5, kernel=(3, 2), padding=1, dilation=2, bias=True)

    assert full.cost(X) == Conv(out=5, kernel=(3, 2), padding=1, dilation=2, bias=True).cost(X)


@pytest.mark.parametrize(("fields", "text"), [
    ({"connections": [5]}, "c_in=4 is less than 5"),
    ({"connections": [0]}, "inputs of output 0=0 is less than 1"),
    ({"connections": [2, []]}, "inputs of output 1=0 is less than 1"),
    ({"connections": [[0, 4]]}, "last input map=3 is less than 4"),
    ({"connections": [[-1]]}, "an input of output 0=-1 is less than 0"),
    ({"connections": [[1, 2, 1]]}, r"output 0 of sparse_conv sees an input twice: \[1, 2, 1\]"),
    ({"connections": [[0, [1]]]}, r"output 0 of sparse_conv has a list, \[1\], where"),
    ({"connections": []}, r"needs connections, an entry for each output, not \[\]"),
    ({"connections": 3}, "needs connections, an entry for each output, not 3"),
    ({"kernel": 0}, "kernel=0 is less than 1"),
    ({"stride": 0}, "stride=0 is less than 1"),
    ({"kernel": 7}, "height=6 is less than 7"),
])  # fmt: skip
def test_sparse_conv_refuses_links_to_what_is_not_there(fields, text):
    with pytest.raises(ShapeError, match=text):
        SparseConv(**{"connections": [2], "kernel": 3, **fields}).check(X)


def test_subsample_does_what_the_program_does():
    rows, columns = starts(6, 2, 2), starts(9, 3, 3)
    tally = Tally()
    for _ in product(range(2), range(4), rows, columns):
        first, *rest = tally.numbers([1.0] * 6)
        for value in rest:
            first = first + value
        first * 0.5 + 0.1
    op = Subsample(kernel=(2, 3))
    cost, elements = op.cost(X), 2 * 4 * 6 * 9

    assert op.out_shape(X) == (2, 4, len(rows), len(columns))
    assert (cost.params, cost.scalar_ops, cost.mult_adds) == (8, tally.count, 0)
    assert (cost.reads, cost.writes) == (elements + 8, 2 * 4 * len(rows) * len(columns))


@pytest.mark.parametrize("input_grad", [True, False])
def test_subsample_gradients_do_what_the_program_does(input_grad):
    op, tally = Subsample(kernel=(2, 3)), Tally()
    y = op.out_shape(X)
    outputs = y[0] * y[1] * y[2] * y[3]
    for _ in range(outputs):
        first, *rest = tally.numbers([1.0] * 6)
        for value in rest:
            first = first + value
        first * 2.0 + 0.0  # into the coefficient's gradient
        tally.number(2.0) + 0.0  # into the bias's
        if input_grad:
            share = tally.number(2.0) * 0.5
            for _ in range(6):
                share + 0.0
    cost, elements = op.backward((X,), y, input_grad=input_grad), 2 * 4 * 6 * 9

    assert cost.scalar_ops == tally.count
    assert cost.reads == elements + outputs + 4 * input_grad
    assert cost.writes == elements * input_grad + 8


def test_subsample_windows_may_overlap_and_be_padded():
    op = Subsample(kernel=3, stride=2, padding=1)
    expected = [len(starts(extent, 3, 2, 1, 1)) for extent in (7, 9)]

    assert op.out_shape((1, 1, 7, 9)) == (1, 1, *expected)


def test_rbf_does_what_the_program_does():
    tally = Tally()
    for _ in range(2 * 7):
        distance = 0.0
        for x in tally.numbers([1.0] * 5):
            difference = x - 0.5
            distance = difference * difference + distance
    cost = Rbf(out=7).cost((2, 5))

    assert Rbf(out=7).out_shape((2, 5)) == (2, 7)
    assert (cost.params, cost.buffers, cost.mult_adds) == (0, 35, 0)
    assert (cost.scalar_ops, cost.activations) == (tally.count, 0)
    assert (cost.reads, cost.writes) == (10 + 35, 14)


def test_rbf_gradient_does_what_the_program_does():
    tally = Tally()
    for _ in range(2 * 7):
        twice = tally.number(1.0) * 2.0
        for x in tally.numbers([1.0] * 5):
            (x - 0.5) * float(twice) + 0.0
    cost = Rbf(out=7).backward(((2, 5),), (2, 7))
    none = Rbf(out=7).backward(((2, 5),), (2, 7), input_grad=False)

    assert (cost.scalar_ops, cost.reads, cost.writes) == (tally.count, 10 + 14 + 35, 10)
    assert (none.scalar_ops, none.mem_access) == (0, 0)


@pytest.mark.parametrize(("op", "x", "text"), [
    (Subsample(kernel=0), X, "kernel=0 is less than 1"),
    (Subsample(kernel=2, stride=0), X, "stride=0 is less than 1"),
    (Subsample(kernel=7), X, "height=6 is less than 7"),
    (Rbf(out=0), (1, 5), "out=0 is less than 1"),
    (Rbf(out=3), (1, 5, 1, 1), r"rbf needs vectors \(n, d\), its input is \(1, 5, 1, 1\)"),
    (Rbf(out=3), (1, 5, 1), r"rbf needs vectors \(n, d\), its input is \(1, 5, 1\)"),
    (Rbf(out=3), (5,), "rbf needs an input of 2 axes or more"),
], ids=repr)  # fmt: skip
def test_lenets_layers_refuse_what_does_not_fit(op, x, text):
    with pytest.raises(ShapeError, match=text):
        op.check(x)


def test_lenet_5_has_its_published_trainable_parameters_and_connections():
    """LeCun et al. 1998: 60,000 parameters, 340,908 connections (biases and RBF links too)."""
    layers = [
        (Conv(out=6, kernel=5, bias=True), 156, 122_304),
        (Subsample(kernel=2), 12, 5_880),
        (SparseConv(connections=[3] * 6 + [4] * 9 + [6], kernel=5), 1_516, 151_600),
        (Subsample(kernel=2), 32, 2_000),
        (Conv(out=120, kernel=5, bias=True), 48_120, 48_120),
        (Linear(out=84), 10_164, 10_164),
        (Rbf(out=10), 0, 840),
    ]
    x, params, connections = (1, 1, 32, 32), [], []
    for op, _, _ in layers:
        cost = op.cost(x)
        params.append(cost.params)
        links = cost.buffers or cost.mult_adds + cost.scalar_ops
        connections.append(links)
        x = op.out_shape(x)

    assert params == [layer[1] for layer in layers]
    assert connections == [layer[2] for layer in layers]
    assert (sum(params), sum(connections)) == (60_000, 340_908)
