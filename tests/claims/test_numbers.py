"""Printed numbers: every spelling, the worth of the last digit, and what agrees with it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.claims.numbers import Tolerance, agrees, came_about, printed, tolerance


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("146M", 146_000_000, 1_000_000),
        ("4.1G", 4_100_000_000, 100_000_000),
        ("4.1 GFLOPs", 4_100_000_000, 100_000_000),
        ("13.07 BFLOPs", 13_070_000_000, 10_000_000),
        ("25,557,032", 25_557_032, 1),
        ("25557032", 25_557_032, 1),
        ("22.7 %", Fraction(227, 1000), Fraction(1, 1000)),
        ("81%", Fraction(81, 100), Fraction(1, 100)),
        ("1.5 billion", 1_500_000_000, 100_000_000),
        ("60 million", 60_000_000, 1_000_000),
        ("3.8e9", 3_800_000_000, 100_000_000),
        ("3.8 x 10^9", 3_800_000_000, 100_000_000),
        ("~70k", 70_000, 1_000),
        ("2.4x", Fraction(12, 5), Fraction(1, 10)),
        ("12.25Mi", 12.25 * 2**20, Fraction(2**20, 100)),
        ("0.0159", Fraction(159, 10_000), Fraction(1, 10_000)),
        ("-1.2 %", Fraction(-12, 1000), Fraction(1, 1000)),
        ("10^21", 10**21, 10**21),
    ],
)
def test_a_printed_number_is_worth_what_it_says(text, value, unit):
    number = printed(text)

    assert (number.value, number.unit) == (value, unit)


@pytest.mark.parametrize(
    "text", ["27*C**2", "C", "M", "", "1/3", "4.1.2G", "1e999999", "5 apples", "9" * 200]
)
def test_what_is_no_number_is_left_to_expressions(text):
    assert printed(text) is None


def test_a_prefix_of_1024_is_said_once():
    assert printed("112K", 1024).value == 114_688  # GoogLeNet's table 1: 112 * 1024


@pytest.mark.parametrize(
    ("text", "derived", "way"),
    [
        ("1.8G", 1_814_073_344, "rounded"),
        ("3.8G", 3_857_973_248, "truncated"),  # ResNet-50 of the paper
        ("41M", 40_476_448, "raised"),  # ShuffleNet V2 0.5x
        ("156", 156, "exact"),
        ("3.8G", 4_089_184_256, ""),
        ("5.62", Fraction(9, 1) / Fraction(16, 10), "truncated"),  # 5.625: a tie goes up
        ("5.63", Fraction(9, 1) / Fraction(16, 10), "rounded"),
    ],
)
def test_rounding_truncation_and_ceiling_are_told_apart(text, derived, way):
    assert came_about(printed(text), derived) == way


def test_a_power_of_ten_is_right_to_its_first_digit():
    power = printed("10^21")

    assert agrees(power, Tolerance(), 9**22)  # 9.85e20 is 1e21 to one digit
    assert not agrees(power, Tolerance(), 9 * 10**20)
    assert not agrees(power, Tolerance(), 16 * 10**20)


@pytest.mark.parametrize(
    ("text", "within", "least", "most"),
    [
        ("200", "0", 200, 200),
        ("200", "1%", 198, 202),
        ("200", "3", 197, 203),
        ("2.0k", "last digit", 1901, 2099),
        ("2.0k", "rounded", 1950, 2049),
        ("2.0k", "truncated", 2000, 2099),
        ("2.0k", "raised", 1901, 2000),
        ("650,000", "2 digits", 640_001, 659_999),
    ],
)
def test_a_tolerance_has_these_ends(text, within, least, most):
    number, rule = printed(text), tolerance(within)

    assert agrees(number, rule, least)
    assert agrees(number, rule, most)
    assert not agrees(number, rule, least - 1)
    assert not agrees(number, rule, most + 1)


@pytest.mark.parametrize("text", ["about", "-1%", "10^3", "last", "0 digits", ""])
def test_other_words_are_no_tolerance(text):
    assert tolerance(text) is None


@given(st.integers(1, 10**12), st.integers(0, 6))
def test_each_number_has_one_rounded_spelling(value, places):
    unit = 10**places
    spellings = [str(unit * k) for k in range(max(0, value // unit - 2), value // unit + 4)]
    rounded = [
        text
        for text in spellings
        if agrees(printed(text)._replace(unit=unit), Tolerance("rounded"), value)
    ]

    assert rounded == [str((value + unit // 2) // unit * unit)] or (unit == 1 and rounded)
