"""Floors: their one shape, rule by rule.  Expected texts are worked out by hand."""

from fractions import Fraction

import pytest

from costmodel.arith import ascii, ceil, ceil_div, evaluate, floor, symbol

H, W, G, K = symbol("h"), symbol("w"), symbol("g"), symbol("k")
M = symbol("m", multiple_of=32)
X = symbol("x", integer=False)


def halved(x):
    """The extent after a 3x3 convolution of stride 2 and padding 1."""
    return (x + 2 - 3) // 2 + 1


def test_three_strided_convolutions_leave_one_floor():
    # ceil(h/2) three times is ceil(h/8) = floor((h + 7)/8)
    assert ascii(halved(halved(halved(H)))) == "floor((h + 7)/8)"


def test_a_multiple_of_32_is_halved_five_times_without_a_floor():
    x = M
    for _ in range(5):
        x = halved(x)

    assert x == M / 32
    assert ascii(halved(halved(M))) == "m/4"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (H // 1, "h"),
        ((8 * H + 3) // 4, "2*h"),  # 3/4 is lost
        ((8 * H + 9) // 4, "2*h + 2"),
        ((H + 9) // 4, "floor((h + 1)/4) + 2"),
        ((H - 1) // 2, "floor((h + 1)/2) - 1"),
        ((4 * H + 3) // 8, "floor(h/2)"),  # (4h + 3)/8 lies in [h/2, h/2 + 1/2)
        ((4 * H + 4) // 8, "floor((h + 1)/2)"),
        ((6 * H + 9 * W + 5) // 12, "floor((2*h + 3*w + 1)/4)"),
        ((4 * H + W) // 4, "h + floor(w/4)"),
        ((H * W) // 2, "floor(h*w/2)"),
        (-H // 2, "-floor((h + 1)/2)"),
        ((2 - H) // 3, "-floor(h/3)"),  # (2 - h)/3 rounded down is -ceil((h - 2)/3)
        ((W - H) // 2, "-floor((h - w + 1)/2)"),
        (-(-H // 3), "floor((h + 2)/3)"),
        (M // 64, "floor(m/64)"),
        ((M + 40) // 64, "floor((m + 32)/64)"),  # m/32 + 1 + 8/32, over 2
        (3 * M // 48, "m/16"),
        (H // G, "floor(h/g)"),
        (G * H // G, "h"),
        ((G * H + 1) // G, "h + floor(1/g)"),
        (7 // H, "floor(7/h)"),
        (H // Fraction(2, 3), "floor(3*h/2)"),
        (H // (2 * G), "floor(h/(2*g))"),
        ((G * W + G) // (W + 1), "g"),
        (H // (W + 1), "floor(h/(w + 1))"),
    ],
)
def test_a_floor_has_its_shape(form, text):
    assert ascii(form) == text


def test_nested_floors_merge():
    assert (H // 3 + 5) // 4 == (H + 15) // 12
    assert (H // 3 * 1 - 2) // 2 == (H - 6) // 6
    assert ((H + 1) // 2 + W) // 3 == (H + 1 + 2 * W) // 6
    assert -(-(H // 2) // 2) == (H + 2) // 4  # ceil(floor(h/2)/2)
    assert floor((X + 1) / 2) == (X // 1 + 1) // 2


def test_floors_that_do_not_nest_stay():
    assert ascii((2 * (H // 3)) // 3) == "floor(2*floor(h/3)/3)"
    assert ascii((H // 2 + W // 2) // 2) == "floor((floor(h/2) + floor(w/2))/2)"
    assert ascii((H // 2 * W) // 3) == "floor(w*floor(h/2)/3)"
    assert ascii((H // 2) ** 2 // 3) == "floor(floor(h/2)**2/3)"
    # A rational beside a floor may carry: 1/2 + 1/2.
    assert evaluate(floor((H // 2 + X) / 2), {"h": 3, "x": Fraction(3, 2)}) == 1


def test_ceilings_are_floors():
    assert ceil_div(H, 2) == (H + 1) // 2
    assert ceil(H / 4) == (H + 3) // 4
    assert ceil_div(7, 2) == 4
    assert ceil_div(-7, 2) == -3


def test_rational_symbols_are_not_split():
    assert ascii(floor(32 * X + Fraction(1, 2))) == "floor((64*x + 1)/2)"
    assert ascii(floor(32 * X + Fraction(5, 2))) == "floor((64*x + 1)/2) + 2"
    assert ascii(floor(X + H)) == "h + floor(x)"
    assert ascii(floor(X / 2 + H / 2)) == "floor((h + x)/2)"
    assert ascii(ceil(X)) == "ceiling(x)"
    assert ascii(-3 * ceil(X / 3)) == "-3*ceiling(x/3)"
    assert floor(X) != X


def test_remainders_are_what_floors_leave():
    assert H % 2 == H - 2 * (H // 2)
    assert (4 * H + 7) % 4 == 3
    assert M % 32 == 0
    assert 7 % H == 7 - H * (7 // H)
    assert evaluate(7 % H, {"h": 4}) == 3
    assert evaluate(H % G, {"h": 11, "g": 4}) == 3


def test_numbers_are_rounded_too():
    assert floor(Fraction(-7, 2)) == -4
    assert ceil(Fraction(-7, 2)) == -3
    assert type(floor(Fraction(7, 2))) is int


def test_many_floors_nest_without_recursion():
    """1500 layers that upsample and shrink leave floors that cannot merge."""
    x, value = H, 1000
    for _ in range(1500):
        x, value = (2 * x) // 3 + 1, (2 * value) // 3 + 1

    assert evaluate(x, {"h": 1000}) == value
    assert ascii(x).count("floor") == 1500
