"""Conditions: decided, denied, printed."""

from fractions import Fraction

import numpy as np
import pytest

from costmodel.arith import AtLeast, Condition, Divides, Equal, maximum, minimum, symbol

H, W, C, G = symbol("h"), symbol("w"), symbol("c"), symbol("g")
M = symbol("m", multiple_of=32)
X = symbol("x", integer=False)


def test_divides_is_decided_where_it_can_be():
    assert Divides(4, 8, ("groups", "c_in")).holds() is True
    assert Divides(4, 6, ("groups", "c_in")).holds() is False
    assert Divides(G, C, ("groups", "c_in")).holds() is None
    assert Divides(np.array([1, 2]), 6, ("groups", "c_in")).holds() is True


def test_divides_reads_as_a_sentence():
    assert str(Divides(G, C, ("groups", "c_in"))) == "g divides c"
    assert Divides(G, 6, ("groups", "c_in")).denial() == "groups=g does not divide c_in=6"


def test_equal_is_decided_where_it_can_be():
    assert Equal(H, H, ("a", "b")).holds() is True
    assert Equal(H, H + 1, ("a", "b")).holds() is False
    assert Equal(H, W, ("a", "b")).holds() is None
    assert str(Equal(H // 2, W, ("a", "b"))) == "floor(h/2) = w"
    assert Equal(3, 4, ("a", "b")).denial() == "a=3 is not b=4"


@pytest.mark.parametrize(
    ("value", "least", "text", "bound"),
    [
        ((H - 5) // 8 + 1, 1, "h >= 5", ("h", 5)),
        ((H - 5) // 8 + 1, 2, "h >= 13", ("h", 13)),
        (H - 30, 1, "h >= 31", ("h", 31)),
        (2 * H, 7, "h >= 4", ("h", 4)),
        (3 * ((H - 5) // 8) + 1, 4, "h >= 13", ("h", 13)),
        (3 * ((H - 5) // 8) + 1, 3, "h >= 13", ("h", 13)),
        (2 * ((2 * (H // 3)) // 3), 2, "h >= 6", ("h", 6)),  # 2*floor(h/3) >= 3, floor(h/3) >= 2
        (M, 33, "m >= 64", ("m", 64)),
        (M // 64, 1, "m >= 64", ("m", 64)),
        (M // 64, 2, "m >= 128", ("m", 128)),
        (X / 3, Fraction(1, 2), "x >= 3/2", ("x", Fraction(3, 2))),
        ((2 * X) // 1, 3, "x >= 3/2", ("x", Fraction(3, 2))),
        (H + H // 2, 8, "h >= 6", ("h", 6)),  # 6 + 3 = 9, 5 + 2 = 7
        (H * (H // 2), 8, "h >= 4", ("h", 4)),  # 4*2 = 8, 3*1 = 3
        (minimum((H + 3) // 2, H // 2 + 1), 5, "h >= 8", ("h", 8)),
        (maximum(H, 3) * H, 9, "h >= 3", ("h", 3)),
        (M**2, 1025, "m >= 64", ("m", 64)),
        (H + H**2, 1, "h >= 1", ("h", 1)),
        (symbol("k", minimum=5) ** 2, 1, "k >= 5", ("k", 5)),
        (H, W, "h >= w", None),
        (H * W, 4, "h*w >= 4", None),
        (-H, -4, "-h >= -4", None),
        (4 - H // 2, 1, "-floor(h/2) + 4 >= 1", None),
        (H - H // 2, 3, "h - floor(h/2) >= 3", None),
        (H + W - W * 2, 3, "h - w >= 3", None),
        (5 - 4 / H, 3, "5 - 4/h >= 3", None),
        (minimum(H, 4) + H**0, 9, "Min(h, 4) + 1 >= 9", None),
        (X**2, 4, "x**2 >= 4", None),
        (minimum(H - 5, 3), 1, "h >= 6", ("h", 6)),
        (minimum(H - 5, 3) * H, -4, None, None),  # -4, -6, -6, -4: falls, then grows
        ((H // 2 - 1) * (H // 3 - 1), 4, None, None),
    ],
)
def test_a_least_value_is_said_of_the_symbol_where_possible(value, least, text, bound):
    condition = AtLeast(value, least, "height")

    assert condition.simple_bound() == bound
    assert text is None or str(condition) == text


def test_at_least_of_numbers_has_no_symbol_to_bound():
    assert AtLeast(3, 4, "height").simple_bound() is None
    assert AtLeast(H - H, 4, "height").simple_bound() is None
    assert AtLeast(H, H - 1, "height").simple_bound() is None
    assert str(AtLeast(3, 4, "height")) == "3 >= 4"
    assert AtLeast(3, 4, "height").denial() == "height=3 is less than 4"


def test_at_least_holds_if_the_domain_implies_it():
    assert AtLeast(5, 5, "height").holds() is True
    assert AtLeast(4, 5, "height").holds() is False
    assert AtLeast((H - 5) // 8 + 1, 1, "height").holds() is None
    assert AtLeast((symbol("h", minimum=5) - 5) // 8 + 1, 1, "height").holds() is True
    assert AtLeast((symbol("h", minimum=4) - 5) // 8 + 1, 1, "height").holds() is None
    assert AtLeast(M // 32, 1, "height").holds() is True
    assert AtLeast(H + H // 2, 1, "height").holds() is True
    assert AtLeast(C * H, 1, "height").holds() is True
    assert AtLeast(H - H * W, 1, "height").holds() is False
    assert AtLeast(np.array([1, 2]), 1, "height").holds() is True
    assert AtLeast(np.array([1, 2]), 2, "height").holds() is False


def test_conditions_that_say_the_same_are_equal():
    assert AtLeast(H - 5, 1, "height") == AtLeast(2 * H, 12, "width")
    assert AtLeast(H - 5, 1, "height") != AtLeast(H - 5, 2, "height")
    assert len({Divides(G, C, ("a", "b")), Divides(G, C, ("c", "d"))}) == 1
    assert Equal(H, 3, ("a", "b")) != "h = 3"
    assert repr(Divides(G, C, ("a", "b"))) == "<Divides: g divides c>"
    assert issubclass(Divides, Condition)
