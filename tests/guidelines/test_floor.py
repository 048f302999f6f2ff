"""The floor of memory access that G1 measures against."""

from fractions import Fraction

import pytest
import sympy

from costmodel.derive.library import named
from costmodel.graph import build
from costmodel.guidelines.floor import square_root, traffic, traffic_floor
from costmodel.guidelines.rules.g1_equal_width import balanced
from costmodel.spec.document import parse_spec


def conv(text, c_in, h=28, w=36):
    spec = f"model: t\ninput: [1, {c_in}, {h}, {w}]\nlayers: [{{conv: {text}}}]"
    return build(parse_spec(spec)).layers[0]


def test_unequal_widths_move_more_than_the_floor():
    """24 -> 240 at 28·36: 1008·264 + 5760 against 2·1008·sqrt(5760) + 5760, sqrt = 75.89466."""
    layer = conv("{out: 240, kernel: 1}", 24)

    assert traffic(layer) == 1008 * 264 + 5760
    assert float(traffic_floor(layer)) == pytest.approx(2016 * 75.894663844 + 5760)


def test_equal_widths_are_at_the_floor():
    layer = conv("{out: 48, kernel: 3, padding: 1}", 48)

    assert traffic_floor(layer) == traffic(layer)


@pytest.mark.parametrize(("c_in", "c_out", "moved"),
                         [(128, 128, 518144), (64, 256, 417792), (32, 512, 518144)])  # fmt: skip
def test_with_stride_2_four_times_the_channels_are_best(c_in, c_out, moved):
    """56 -> 28, c_in·c_out = 16384: 56²·c_in + 28²·c_out + 16384."""
    layer = conv(f"{{out: {c_out}, kernel: 1, stride: 2}}", c_in, 56, 56)

    assert traffic(layer) == moved
    assert traffic_floor(layer) == 417792


def test_the_balanced_widths_of_a_stride_2_layer_are_1_to_4():
    """128·128 = 64·256, and 64·56² = 256·28²."""
    assert balanced(conv("{out: 128, kernel: 1, stride: 2}", 128, 56, 56)) == (64, 256)


def test_balanced_widths_are_multiples_of_the_groups():
    """sqrt(24·240) = 75.9: nine groups of 8 are 72, and 24·240 / 72 = 80."""
    assert balanced(conv("{out: 240, kernel: 1, groups: 8}", 24)) == (72, 80)


@pytest.mark.parametrize(
    ("bound", "text", "symbols"),
    [
        ("G1", "{out: 240, kernel: 1}", {}),
        ("G1-kernel", "{out: 240, kernel: 5, padding: 2}", {"k": 5}),
        ("G1-grouped", "{out: 240, kernel: 1, groups: 8}", {"g": 8}),
        ("G1-grouped-kernel", "{out: 240, kernel: 3, padding: 1, groups: 8}", {"k": 3, "g": 8}),
        ("G1-strided", "{out: 240, kernel: 1, stride: 2}", {"s": 2}),
    ],
)
def test_the_floor_is_the_derived_bound(bound, text, symbols):
    layer = conv(text, 24)
    proved = named(bound)
    h, w = layer.y[2:]
    work = layer.op.cost(layer.xs[0]).mult_adds
    values = {"h": h, "w": w, "B": work, **symbols}
    formula = sympy.parse_expr(proved.as_json()["bound"])

    assert proved.status == "proved"
    number = formula.subs({s: values[s.name] for s in formula.free_symbols})
    assert float(traffic_floor(layer)) == pytest.approx(float(number), rel=1e-12)


def test_a_bias_does_not_count():
    with_bias, without = (
        conv("{out: 48, kernel: 1, bias: true}", 48),
        conv("{out: 48, kernel: 1}", 48),
    )

    assert traffic(with_bias) == traffic(without) == traffic_floor(with_bias)


def test_a_root_is_never_above_the_number():
    for value in (2, 3, Fraction(7, 3), 10**30 + 1):
        assert 0 <= value - square_root(value) ** 2 < Fraction(value, 10**9)
