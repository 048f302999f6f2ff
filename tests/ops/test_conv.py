"""Convolutions against loop nests that execute every product."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import ShapeError
from costmodel.ops.conv import Conv, ConvTranspose

from .oracle import conv_products, run, starts

CASES = [  # kernel, stride, padding, dilation, groups
    ((1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((3, 3), (2, 2), (1, 1), (1, 1), 2),
    ((5, 5), (2, 2), (2, 2), (1, 1), 1),
    ((3, 2), (2, 3), (1, 0), (1, 1), 2),
    ((1, 3), (1, 2), (0, 2), (2, 2), 4),
    ((2, 3), (3, 1), (0, 1), (3, 2), 1),
]


@pytest.fixture(params=CASES, ids=str)
def case(request):
    """A convolution 4 -> 8 on two images of 7 by 9, and its products by loop nest."""
    kernel, stride, padding, dilation, groups = request.param
    conv = Conv(out=8, kernel=kernel, stride=stride, padding=padding, dilation=dilation,
                groups=groups)  # fmt: skip
    x = (2, 4, 7, 9)
    axes = [
        starts(e, k, s, p, p, d)
        for e, k, s, p, d in zip(x[2:], kernel, stride, padding, dilation, strict=True)
    ]
    return conv, x, run(conv_products(x, 8, kernel, axes, dilation, groups)), axes


def test_conv_shape_is_how_often_the_window_fits(case):
    conv, x, _, axes = case

    assert conv.out_shape(x) == (2, 8, *map(len, axes))


def test_conv_does_what_the_loop_nest_executes(case):
    conv, x, (counts, weights, _, outputs), _ = case
    cost = conv.cost(x)

    assert cost.mult_adds == counts["forward"]
    assert (cost.params, cost.buffers, cost.scalar_ops) == (weights, 0, 0)
    assert (cost.reads, cost.writes) == (2 * 4 * 7 * 9 + weights, outputs)
    assert cost.activations == outputs


def test_conv_gradients_do_what_the_loop_nest_executes(case):
    conv, x, (counts, weights, _, outputs), _ = case
    inputs = 2 * 4 * 7 * 9
    cost = conv.backward((x,), conv.out_shape(x))

    assert cost.mult_adds == counts["dw"] + counts["dx"]
    assert cost.reads == (inputs + outputs) + (outputs + weights)
    assert cost.writes == weights + inputs
    assert (cost.params, cost.buffers, cost.activations, cost.scalar_ops) == (0, 0, 0, 0)


def test_a_first_layer_needs_only_the_gradient_of_its_weights(case):
    conv, x, (counts, weights, _, outputs), _ = case
    cost = conv.backward((x,), conv.out_shape(x), input_grad=False)

    assert cost.mult_adds == counts["dw"]
    assert (cost.reads, cost.writes) == (2 * 4 * 7 * 9 + outputs, weights)


def test_a_dense_unit_stride_conv_touches_every_input():
    x, axes = (1, 3, 5, 7), [starts(5, 3, 1), starts(7, 2, 1)]
    _, _, inputs, _ = run(conv_products(x, 2, (3, 2), axes, (1, 1), 1))

    assert Conv(out=2, kernel=(3, 2)).cost(x).reads == len(inputs) + 2 * 3 * 6


@pytest.mark.parametrize("op", [Conv, ConvTranspose])
def test_a_bias_is_one_param_per_channel_and_one_addition_per_output(op):
    bare = op(out=6, kernel=3, groups=3)
    biased = op(out=6, kernel=3, groups=3, bias=True)
    x = (2, 9, 5, 7)
    without, with_bias = bare.cost(x), biased.cost(x)

    assert with_bias.params == without.params + 6
    assert with_bias.reads == without.reads + 6
    assert with_bias.mult_adds == without.mult_adds
    assert with_bias.scalar_ops == with_bias.writes == without.writes


@pytest.mark.parametrize("op", [Conv, ConvTranspose])
def test_the_gradient_of_a_bias_is_one_addition_per_output(op):
    bare, biased = op(out=6, kernel=3), op(out=6, kernel=3, bias=True)
    x = (2, 9, 5, 7)
    y = biased.out_shape(x)
    without, with_bias = bare.backward((x,), y), biased.backward((x,), y)

    assert with_bias.scalar_ops == biased.cost(x).writes
    assert with_bias.writes == without.writes + 6
    assert (with_bias.reads, with_bias.mult_adds) == (without.reads, without.mult_adds)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("op", [Conv, ConvTranspose])
def test_one_rule_serves_every_number_of_axes(op, axes):
    """Kernel 3, stride 2, no padding on extents 5, 7, 9: 2, 3, 4 positions, or 11, 15, 19."""
    x = (1, 2, *(5, 7, 9)[:axes])
    extents = {Conv: (2, 3, 4), ConvTranspose: (11, 15, 19)}[op]

    made = op(out=3, kernel=3, stride=2)

    assert made.out_shape(x) == (1, 3, *extents[:axes])
    assert made.cost(x).params == 3**axes * 2 * 3


def test_a_number_is_the_same_as_one_for_each_axis():
    x = (1, 2, 11, 13)

    assert Conv(out=3, kernel=3, stride=2, padding=1, dilation=2).cost(x) == Conv(
        out=3, kernel=[3, 3], stride=[2, 2], padding=[1, 1], dilation=[2, 2]
    ).cost(x)


def test_padding_may_differ_before_and_after():
    """Rows: -1 .. 7 hold starts -1, 1, 3, 5; columns: 0 .. 10 hold 0, 2, 4, 6, 8."""
    conv = Conv(out=1, kernel=3, stride=2, padding=[[1, 1], [0, 2]])

    assert conv.out_shape((1, 1, 7, 9)) == (1, 1, 4, 5)


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 5), st.integers(1, 3))
def test_same_padding_gives_every_strideth_element_an_output(extent, kernel, stride, dilation):
    conv = Conv(out=1, kernel=kernel, stride=stride, padding="same", dilation=dilation)

    assert conv.out_shape((1, 1, extent))[2] == len(range(0, extent, stride))


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 5), st.integers(1, 3))
def test_same_padding_is_tensorflows_padding_written_out(extent, kernel, stride, dilation):
    count = len(range(0, extent, stride))
    total = max((count - 1) * stride + dilation * (kernel - 1) + 1 - extent, 0)
    explicit = [[total // 2, total - total // 2]]
    x = (1, 1, extent)

    same, written_out = (
        Conv(out=1, kernel=kernel, stride=stride, padding=p, dilation=dilation)
        for p in ("same", explicit)
    )

    assert same.cost(x) == written_out.cost(x)


def test_depthwise_has_one_kernel_per_channel():
    """H7: k²·c, not k²·c²."""
    assert Conv(out=32, kernel=3, padding=1, groups=32).cost((1, 32, 7, 9)).params == 9 * 32


def test_dilation_changes_only_the_output_grid():
    """H8: on equal output grids the same products happen."""
    plain = Conv(out=5, kernel=3, padding=1).cost((1, 4, 7, 9))
    dilated = Conv(out=5, kernel=3, padding=2, dilation=2).cost((1, 4, 7, 9))

    assert dilated == plain


def test_mult_adds_are_weights_times_output_positions():
    """H9, with groups: 3·2·(4/2)·6 weights at 4·8 positions."""
    cost = Conv(out=6, kernel=(3, 2), groups=2, padding=(0, 0), stride=(1, 1)).cost((1, 4, 6, 9))

    assert cost.mult_adds == (3 * 2 * 2 * 6) * (4 * 8)


def test_twice_the_batch_is_twice_the_products_and_the_same_weights():
    conv = Conv(out=6, kernel=3)
    one, two = conv.cost((1, 4, 7, 9)), conv.cost((2, 4, 7, 9))

    assert (two.mult_adds, two.params) == (2 * one.mult_adds, one.params)


# -- what is refused ----------------------------------------------------------------------

BOTH = pytest.mark.parametrize("op", [Conv, ConvTranspose])


@BOTH
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"out": 0}, "out=0 is less than 1"),
        ({"groups": 0}, "groups=0 is less than 1"),
        ({"kernel": 0}, "kernel=0 is less than 1"),
        ({"kernel": (3, 0)}, "kernel=0 is less than 1"),
        ({"stride": 0}, "stride=0 is less than 1"),
        ({"stride": (1, -1)}, "stride=-1 is less than 1"),
        ({"dilation": 0}, "dilation=0 is less than 1"),
        ({"padding": -1}, "padding=-1 is less than 0"),
        ({"padding": [[0, 0], [0, -2]]}, "padding=-2 is less than 0"),
        ({"groups": 4}, "groups=4 does not divide c_in=6"),
        ({"groups": 3, "out": 8}, "groups=3 does not divide out=8"),
        ({"kernel": (3, 3, 3)}, r"kernel=\[3, 3, 3\] has 3 entries for 2 spatial axes"),
        ({"kernel": ((3, 3), 3)}, r"kernel has a list, \[3, 3\], where a number belongs"),
        ({"padding": [[[1], 1], 1]}, r"padding has a list, \[1\], where a number belongs"),
        ({"stride": (1,)}, r"stride=\[1\] has 1 entries for 2 spatial axes"),
        ({"padding": "valid"}, "padding='valid' is neither a number nor 'same'"),
        ({"padding": [[1, 1], [1, 1, 1]]}, r"padding=\[1, 1, 1\] of one axis must be"),
    ],
)
def test_a_bad_field_is_refused_with_its_value(op, fields, text):
    with pytest.raises(ShapeError, match=text):
        op(**{"out": 12, "kernel": 3, **fields}).check((1, 6, 9, 11))


@BOTH
@pytest.mark.parametrize("shape", [(1, 6), (1, 6, 2, 2, 2, 2)])
def test_an_input_without_spatial_axes_is_refused(op, shape):
    with pytest.raises(ShapeError, match=r"needs \(n, c, \*spatial\) with 1 to 3 spatial axes"):
        op(out=12, kernel=3).check(shape)


@pytest.mark.parametrize(("shape", "text"), [
    ((1, 6, 4, 9), "height=4 is less than 5"), ((1, 6, 9, 4), "width=4 is less than 5"),
])  # fmt: skip
def test_a_kernel_must_fit_into_the_padded_input(shape, text):
    with pytest.raises(ShapeError, match=text):
        Conv(out=2, kernel=7, padding=1).check(shape)


def test_a_kernel_that_just_fits_is_accepted():
    assert Conv(out=2, kernel=7, padding=1).check((1, 6, 5, 5)) == []


@pytest.mark.parametrize("padding", [[[2, 0]], [[0, 2]]])
def test_padding_on_either_side_lets_a_kernel_fit(padding):
    conv = Conv(out=2, kernel=5, padding=padding)

    assert conv.check((1, 6, 3)) == []
    with pytest.raises(ShapeError, match="length=2 is less than 3"):
        conv.check((1, 6, 2))


def test_same_padding_fits_any_input():
    assert Conv(out=2, kernel=7, padding="same").check((1, 6, 1, 1)) == []


@given(
    st.tuples(*[st.integers(1, 4)] * 2), st.tuples(*[st.integers(1, 3)] * 2),
    st.tuples(*[st.integers(0, 2)] * 2), st.tuples(*[st.integers(4, 9)] * 2),
)  # fmt: skip
def test_conv_agrees_with_the_loop_nest_at_random_sizes(kernel, stride, padding, extents):
    x = (1, 2, *extents)
    axes = [
        starts(e, k, s, p, p) for e, k, s, p in zip(extents, kernel, stride, padding, strict=True)
    ]
    counted = sum(1 for _ in product(range(3), range(2), *axes, *map(range, kernel)))

    assert Conv(out=3, kernel=kernel, stride=stride, padding=padding).cost(x).mult_adds == counted
