"""Roots and quotients by sums, exactly."""

from fractions import Fraction

import numpy as np
import pytest

from costmodel.arith import evaluate, exact_div, sqrt, symbol
from costmodel.arith.roots import factors, power, whole_root

H, W, C = symbol("h"), symbol("w"), symbol("c")
HALF = Fraction(1, 2)


def test_roots_of_numbers_keep_what_is_irrational():
    assert sqrt(144) == 12
    assert type(sqrt(144)) is int
    assert sqrt(0) == 0
    assert sqrt(Fraction(9, 4)) == Fraction(3, 2)
    assert sqrt(12) == 2 * sqrt(3)
    assert sqrt(2) * sqrt(3) == sqrt(6)
    assert sqrt(2) * sqrt(2) == 2
    assert 1 / sqrt(2) == sqrt(2) / 2
    assert sqrt(HALF) == sqrt(2) / 2
    assert sqrt(2) ** 4 == 4
    assert sqrt(2) ** 3 == 2 * sqrt(2)
    assert power(8, Fraction(2, 3)) == 4
    assert power(8, Fraction(-1, 3)) == HALF
    assert power(2, -2) == Fraction(1, 4)
    assert float(sqrt(2) + Fraction(1, 4)) == pytest.approx(1.664213562)
    assert (sqrt(2) + 1) * (sqrt(2) - 1) == 1


def test_roots_of_large_numbers_are_found_whole():
    prime = 10_000_019
    assert sqrt(prime**2) == prime
    assert power(prime**3, Fraction(1, 3)) == prime
    assert sqrt(4 * prime) == 2 * sqrt(prime)
    assert list(factors(2 * 9_973**2 * prime)) == [(2, 1), (9_973, 2), (prime, 1)]
    assert list(factors(prime**2)) == [(prime, 2)]
    assert list(factors(1)) == []
    assert list(factors(7)) == [(7, 1)]
    assert list(factors(49)) == [(7, 2)]


def test_whole_roots_are_the_largest_below():
    for n in range(200):
        for degree in (2, 3, 5):
            root = whole_root(n, degree)
            assert root**degree <= n < (root + 1) ** degree


def test_roots_of_forms():
    assert sqrt(4 * H * H) == 2 * H
    assert sqrt(H) * sqrt(H) == H
    assert sqrt(H * W) == sqrt(H) * sqrt(W)
    assert sqrt(4 * H + 8) == 2 * sqrt(H + 2)
    assert sqrt(H * H + H) == sqrt(H) * sqrt(H + 1)
    assert sqrt(H + 1) ** 2 == H + 1
    assert sqrt(H + 1) * sqrt(H + 1) * W == H * W + W
    assert sqrt(H + 1) ** 3 == (H + 1) * sqrt(H + 1)
    assert (sqrt(H + 1) + W) ** 2 == H + 1 + 2 * W * sqrt(H + 1) + W**2
    assert sqrt(H + 1) != sqrt(H + 2)
    assert (1 / sqrt(H + 1)) ** 2 == 1 / (H + 1)
    assert sqrt(1 / (H + 1)) == 1 / sqrt(H + 1)


def test_a_floor_may_be_negative_so_its_square_has_no_simple_root():
    half = (H - 5) // 2

    assert sqrt(half**2) != half
    assert evaluate(sqrt(half**2), {"h": 1}) == 2
    assert sqrt(half) ** 2 == half


def test_roots_evaluate_exactly():
    assert evaluate(sqrt(H), {"h": 9}) == 3
    assert evaluate(sqrt(H), {"h": 2}) == sqrt(2)
    assert evaluate(sqrt(H), {"h": W**2}) == W
    assert evaluate(sqrt(H + W), {"h": 7, "w": 2}) == 3
    assert evaluate(H / sqrt(W), {"h": 3, "w": 4}) == Fraction(3, 2)
    assert evaluate(sqrt(H), {"h": np.array([4, 9])}).tolist() == [2, 3]
    assert evaluate(sqrt(H) * W, {"h": np.array([4, 2]), "w": 3}).tolist() == [6, 3 * sqrt(2)]


def test_roots_of_what_is_negative_are_refused():
    with pytest.raises(ArithmeticError, match="not a real number"):
        sqrt(-1)
    with pytest.raises(ArithmeticError, match="not a real number"):
        sqrt(-H)
    with pytest.raises(ZeroDivisionError):
        power(0, -HALF)
    with pytest.raises(TypeError, match="no value before its symbols have"):
        float(sqrt(2) * H)


def test_quotients_by_sums_are_exact_where_they_can_be():
    assert (C * H + C * W) / (H + W) == C
    assert (H**2 - W**2) / (H - W) == H + W
    assert (H**3 + 3 * H**2 + 3 * H + 1) / (H + 1) == (H + 1) ** 2
    assert Fraction(2, 3) == (2 * H + 2 * W) / (3 * H + 3 * W)
    assert exact_div(H * W + W, H + 1) == W
    assert (H**2 / 4 - W**2) / (H / 2 - W) == H / 2 + W


def test_quotients_by_sums_that_do_not_divide_have_one_shape():
    assert C / (2 * H + 2) == C / 2 / (H + 1)
    assert 1 / (W - H) == -1 / (H - W)
    assert 1 / (W - H) ** 2 == 1 / (H - W) ** 2
    assert 1 / (H * H + H) == 1 / H / (H + 1)
    assert 1 / (1 / H + 1 / H**2) == H**2 / (H + 1)
    assert (1 / (H + 1)) ** -1 == H + 1
    assert (1 / (H + 1)) * (1 / (H + 1)) == (H + 1) ** -2 == (1 / (H + 1)) ** 2
    assert (W + 1) / (H + 1) - W / (H + 1) == 1 / (H + 1)
    assert evaluate(C / (H + 1), {"c": 5, "h": 2}) == Fraction(5, 3)
    assert evaluate((H + 1) / (H + 2), {"h": 2}) == Fraction(3, 4)
