"""What is known about the order of forms, and what is not."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from costmodel.arith import ascii, ceil, compare, divides, maximum, minimum, symbol

H, W, C = symbol("h"), symbol("w"), symbol("c")
M = symbol("m", multiple_of=32)
K = symbol("k", minimum=3)
X = symbol("x", integer=False)
HALF = Fraction(1, 2)
Y = symbol("y", integer=False, minimum=Fraction(1, 4))


@pytest.mark.parametrize(
    ("a", "relation", "b", "expected"),
    [
        (H, ">=", 1, True),
        (H, ">", 0, True),
        (H, ">", 1, None),
        (H, "<", 1, False),
        (H, "<=", 0, False),
        (H, "<=", 1, None),
        (1, "<=", H, True),
        (0, "<", H, True),
        (2, "<=", H, None),
        (1, ">", H, False),
        (H + 1, ">", H, True),
        (H, "<", H, False),
        (H, ">=", H, True),
        (M, ">=", 32, True),
        (M, ">", 31, True),
        (M, ">", 32, None),
        (K, ">=", 3, True),
        (K, ">=", 4, None),
        (symbol("k", minimum=33, multiple_of=32), ">=", 64, True),
        (symbol("k", minimum=Fraction(5, 2)), ">=", 3, True),
        (symbol("k", minimum=-7), ">=", 1, True),
        (X, ">", 0, True),
        (X, ">=", 1, None),
        (X * H - H * X + X, ">", 0, True),
        (Y, ">=", Fraction(1, 4), True),
        (Y, ">", Fraction(1, 4), None),
        (X + Y, ">", Fraction(1, 4), True),
        (X * (Y - Fraction(1, 4)), ">", 0, None),
        (X * (Y - Fraction(1, 4)), ">=", 0, True),
        (H * W, ">=", H, True),
        (H * W, ">=", H + W - 1, True),  # (h - 1)*(w - 1) >= 0
        (H * W, ">=", H + W, None),
        (K * K, ">=", 3 * K, True),
        (K**2, ">", 8, True),
        (1 / H, "<=", 1, True),
        (W / H, ">", 0, True),
        (-1 / H, "<", 0, True),
        (1 / K + 1 / H, "<=", Fraction(4, 3), True),
        (H // 2, ">=", 0, True),
        (H // 2, ">=", 1, None),
        (K // 2, ">=", 1, True),
        (H // 2, "<=", H, True),
        (H // 2 * 2, "<=", H, True),
        (H // 2 * 2, ">=", H - 1, True),
        ((H + 1) // 2 * 2, ">=", H, True),
        ((H + 1) // 2 * W, ">=", W * (H // 2), True),
        ((H + 1) // 2 * W, ">=", W, True),  # (h + 1)/2 is at least 1
        ((H + 1) // 2 * W, ">=", 2 * W, None),
        (2 * ceil(3 * X), ">=", 2, True),  # 3*x is positive
        (2 * ceil(3 * X), ">=", 3, None),
        (2 * (X // 1), ">=", 0, True),
        (X // 1, ">=", 1, None),
        (4 * ceil(X) - 3, ">=", ceil(X), True),
        ((H + 1) // 2 * (W // 2), ">=", 0, True),
        ((H // 2 - 1) * (W // 2), ">=", 0, None),
        (-((H + 1) // 2 * (W // 2)), "<=", 0, True),
        ((K // 2) * (K // 3), ">", 0, True),  # (k - 1)/2 and (k - 2)/3 are positive
        ((K // 2) * (H // 3), ">", 0, None),
        ((K // 2) ** 2, "<=", K**2, True),
        ((K // 3) * (H // 2), "<=", K * H, True),
        (symbol("k", minimum=12) // 2 * (symbol("k", minimum=12) // 3), ">=", 17, True),
        (X // 1, ">", X - 2, True),
        (X // 1, ">", X - 1, None),
        (X // 1, "<=", X, True),
        (X // 1, ">=", 0, True),  # above -1, and an integer
        (maximum(H, W), ">=", H, True),
        (maximum(H, W), ">=", 1, True),
        (maximum(H, W), "<=", H + W, True),
        (maximum(H, W), "<=", H, None),
        (minimum(H, W), "<=", H, True),
        (minimum(H, W), ">=", 1, True),
        (minimum(H, W), ">=", 2, None),
        (-maximum(H, W), "<=", -H, True),
        (minimum(H, W) + maximum(H, W), ">=", 2, True),
        (maximum(H, W) * C, ">=", 0, True),
        (minimum(H - 2, W) * C, ">=", 0, None),
        (H, "==", H, True),
        (H, "==", H + 1, False),
        (H, "==", W, None),
        (H, "!=", H, False),
        (H, "!=", H + 1, True),
        (H, "!=", W, None),
        (2 * H * W, "==", 2 * C + Fraction(1, 2), False),
        (M / 8, "==", Fraction(1, 2), False),
        (H, "==", -W, False),
        (H / 2, "==", 3, None),
        (3, "<", 4, True),
        (3, ">=", 4, False),
        (Fraction(1, 2), "==", Fraction(1, 2), True),
    ],
)
def test_an_order_is_proved_refuted_or_open(a, relation, b, expected):
    assert compare(a, relation, b) is expected


def test_a_bound_of_one_symbol_needs_no_other():
    assert compare((C + 5) * (C + 5) * (H + W) ** 2, ">=", 4 * 36) is True
    assert compare((C + 5) ** 2, ">", 36) is None


def test_huge_questions_are_left_open_not_worked_on():
    assert compare(H**40, ">=", H**39) is None
    assert compare(H**24, ">=", H) is True
    assert compare(H**40 + W**HALF, ">", 0) is True  # a sum of what is positive
    x = sum(maximum(symbol(f"a{i}"), symbol(f"b{i}")) for i in range(40))
    assert compare(x, ">=", 10) is None
    deep = H
    for _ in range(60):
        deep = (2 * deep) // 3 + 1
    assert compare(deep, ">=", 0) is None


def test_arrays_and_sympy_are_compared_in_their_way():
    c = sympy.Symbol("c", integer=True, positive=True)

    assert compare(np.array([1, 2]), "<=", 2) is True
    assert compare(np.array([1, 2]), "<", 2) is False
    assert compare(c, ">", 0) is True
    assert compare(c + 1, "<=", c) is False
    assert compare(c, ">", sympy.Symbol("d")) is None
    assert compare(c, "==", c) is True
    assert compare(c, "!=", c) is False
    assert compare(c, "==", c + 1) is False
    assert compare(c, "==", sympy.Symbol("d")) is None
    assert compare(C, ">=", c) is True
    assert compare(c + 1, ">", C) is True


@pytest.mark.parametrize(
    ("divisor", "value", "expected"),
    [
        (4, 12, True),
        (4, 6, False),
        (0, 4, False),
        (0, 0, True),
        (Fraction(1, 2), 3, True),
        (2, Fraction(1, 2), False),
        (C, 0, True),
        (C, C * H, True),
        (2 * C, C, False),
        (C, H, None),
        (C, 4, None),
        (2, 2 * H, True),
        (2, 2 * H + 1, False),
        (2, H, None),
        (2, H * W, None),
        (32, M, True),
        (64, M, None),
        (64, 2 * M, True),
        (16, M + 8, False),
        (2, X, None),
        (2, 2 * X, None),
        (2, 2 * (H // 2), True),
        (4, maximum(4 * H, 8 * W), True),
        (8, maximum(4 * H, 8 * W), None),
        (1, maximum(H, X), None),
    ],
)
def test_divisibility_is_proved_refuted_or_open(divisor, value, expected):
    assert divides(divisor, value) is expected


def test_divisibility_of_arrays_means_all():
    assert divides(2, np.array([2, 4])) is True
    assert divides(2, np.array([2, 5])) is False
    assert divides(np.array([1, 3]), 6) is True


def test_divisibility_of_sympy_expressions_is_three_valued():
    c = sympy.Symbol("c", integer=True, positive=True)

    assert divides(2, 2 * c) is True
    assert divides(2, c) is None
    assert divides(2, 2 * c + 1) is False


def test_extrema_drop_what_cannot_win():
    assert maximum(H, H // 2, 1) == H
    assert maximum(1, H) == H
    assert minimum(1, H) == 1
    assert minimum(H, H + 1) == H
    assert maximum(H, H) == H
    assert maximum(H, W) == maximum(W, H)
    assert maximum(H, 3, 5, W) == maximum(5, H, W)
    assert minimum(H, 3, 5) == minimum(3, H)
    assert maximum(H + 1, W, H) == maximum(W, H + 1)


def test_extrema_of_extrema_are_flat():
    assert ascii(maximum(H, maximum(W, C), 2)) == "Max(c, h, w, 2)"
    assert ascii(minimum(maximum(H, W), C)) == "Min(Max(h, w), c)"
    assert ascii(maximum(H, 2 * maximum(W, C))) == "Max(2*Max(c, w), h)"
    assert ascii(maximum(H, maximum(W, C) ** 2)) == "Max(Max(c, w)**2, h)"
    assert ascii(maximum(H, maximum(W, C) + 3)) == "Max(Max(c, w) + 3, h)"


def test_more_extrema_than_are_compared_still_have_one_shape():
    xs = [symbol(f"a{i}") for i in range(14)]

    assert maximum(*xs, 2) == maximum(2, *reversed(xs))
