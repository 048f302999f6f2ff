"""Transposed convolutions against loop nests; what they share with ``conv`` is in test_conv."""

import pytest

from costmodel.errors import ShapeError
from costmodel.ops.conv import ConvTranspose

from .oracle import run, starts, transposed_products


@pytest.fixture(
    params=[
        # kernel, stride, padding, output_padding, dilation, groups
        ((2, 2), (2, 2), (0, 0), (0, 0), (1, 1), 1),
        ((4, 3), (2, 3), (1, 0), (0, 2), (1, 1), 2),
        ((3, 5), (1, 2), (1, 2), (0, 1), (2, 1), 1),
        ((3, 1), (3, 1), (0, 0), (1, 0), (1, 3), 4),
    ],
    ids=str,
)
def transposed(request):
    kernel, stride, padding, extra, dilation, groups = request.param
    op = ConvTranspose(out=8, kernel=kernel, stride=stride, padding=padding,
                       output_padding=extra, dilation=dilation, groups=groups)  # fmt: skip
    x = (2, 4, 3, 5)
    return op, x, run(transposed_products(x, 8, kernel, stride, dilation, groups)), request.param


def test_transposed_conv_undoes_the_shape_of_the_conv(transposed):
    """The smallest extent that the convolution maps to the input's, plus output_padding."""
    op, x, _, (kernel, stride, padding, extra, dilation, _) = transposed
    expected = []
    for e, k, s, p, o, d in zip(x[2:], kernel, stride, padding, extra, dilation, strict=True):
        smallest = next(t for t in range(1, 99) if len(starts(t, k, s, p, p, d)) == e)
        expected.append(smallest + o)

    assert op.out_shape(x) == (2, 8, *expected)


def test_transposed_conv_multiplies_each_input_by_every_tap(transposed):
    op, x, (counts, weights, inputs, _), _ = transposed
    cost, outputs = op.cost(x), op.cost(x).writes

    assert (cost.mult_adds, cost.params) == (counts["forward"], weights)
    assert cost.reads == len(inputs) + weights
    assert cost.activations == outputs == cost.writes
    y = op.out_shape(x)
    assert outputs == y[0] * y[1] * y[2] * y[3]


def test_transposed_conv_gradients_are_its_products_twice(transposed):
    op, x, (counts, weights, inputs, _), _ = transposed
    y = op.out_shape(x)
    outputs = y[0] * y[1] * y[2] * y[3]
    both = op.backward((x,), y)
    first = op.backward((x,), y, input_grad=False)

    assert both.mult_adds == counts["dw"] + counts["dx"]
    assert (both.reads, both.writes) == (len(inputs) + 2 * outputs + weights, weights + len(inputs))
    assert (first.mult_adds, first.reads, first.writes) == (
        counts["dw"], len(inputs) + outputs, weights)  # fmt: skip


def test_transposed_conv_of_three_maps_two_by_two_takes_48_products_and_4_by_4_biases():
    """H5: 3 -> 1 channels, k 2, s 2, on 2x2: 48 on the input grid, 192 on the output grid."""
    cost = ConvTranspose(out=1, kernel=2, stride=2, bias=True).cost((1, 3, 2, 2))

    assert (cost.mult_adds, cost.scalar_ops) == (48, 16)


def test_transposed_same_padding_multiplies_extents_by_stride():
    op = ConvTranspose(out=1, kernel=4, stride=(2, 3), padding="same")

    assert op.out_shape((1, 1, 5, 7)) == (1, 1, 10, 21)


def test_transposed_padding_may_differ_before_and_after():
    """(5 - 1)·2 + 3 = 11 rows, less 1 and 2; (7 - 1)·2 + 3 = 15 columns, less 0 and 1."""
    op = ConvTranspose(out=1, kernel=3, stride=2, padding=[[1, 2], [0, 1]])

    assert op.out_shape((1, 1, 5, 7)) == (1, 1, 8, 14)


@pytest.mark.parametrize(("fields", "text"), [
    ({"output_padding": -1}, "output_padding=-1 is less than 0"),
    ({"output_padding": 2, "stride": 2}, "the larger of stride and dilation=2 is less than 3"),
    ({"output_padding": 1, "padding": "same"}, "output_padding=1 is not"),
    ({"output_padding": (0, 0, 0)}, "output_padding=.* has 3 entries for 2 spatial axes"),
    ({"padding": 6}, "output height=-1 is less than 1"),
])  # fmt: skip
def test_transposed_conv_refuses_what_leaves_no_proper_output(fields, text):
    with pytest.raises(ShapeError, match=text):
        ConvTranspose(out=2, kernel=3, **fields).check((1, 6, 9, 11))


def test_output_padding_up_to_dilation_is_accepted():
    op = ConvTranspose(out=2, kernel=3, stride=1, dilation=3, output_padding=2)

    assert op.check((1, 6, 9, 11)) == []
