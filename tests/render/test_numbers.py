"""Expected figures follow from the rule: four significant digits, half up, one prefix."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.render.numbers import aligned, portions, raw_text, spell, spell_column

H = symbol("h")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1"),
        (999, "999"),
        (1000, "1.000 k"),
        (9408, "9.408 k"),
        (12345, "12.35 k"),  # half goes up
        (99994, "99.99 k"),
        (99995, "100.0 k"),
        (999949, "999.9 k"),
        (999950, "1.000 M"),  # 999.95 k would round to 1000.0 k
        (4089184256, "4.089 G"),
        (10**15, "1.000 P"),
        (10**18, "1.000 E"),
        (999_949 * 10**15, "999.9 E"),
        (10**21, "1.000e21"),
        (10**30, "1.000e30"),
        (99996 * 10**26, "1.000e31"),
        (-1500, "-1.500 k"),
        (-999950, "-1.000 M"),
        (Fraction(25, 2), "12.50"),
        (Fraction(999_970, 1000), "1.000 k"),
        (0.5, "0.500"),
    ],
)
def test_counts_take_powers_of_a_thousand(value, text):
    assert spell("count", value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.000 KiB"),
        (1536, "1.500 KiB"),
        (1023 * 1024, "1023.0 KiB"),
        (1024**2 - 1, "1.000 MiB"),
        (102_228_128, "97.49 MiB"),  # 102228128 / 1048576 = 97.4923...
        (1024**3, "1.000 GiB"),
        (1024**7, "1.181e21 B"),  # 2^70 = 1180591620717411303424
    ],
)
def test_bytes_take_powers_of_1024(value, text):
    assert spell("bytes", value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0.0"), (16.33, "16.3"), (Fraction(1, 8), "0.1"), (99.95, "100.0"), (-7.06, "-7.1"),
     (-0.01, "0.0"), (100, "100.0")],
)  # fmt: skip
def test_percentages_have_one_decimal(value, text):
    assert spell("percent", value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(2, "2"), (Fraction(7, 4), "1.750"), (75.3, "75.30"), (0.0123456, "0.01235"),
     (Fraction(10**7, 3), "3.333 M"), (float("inf"), "inf"), (float("nan"), "nan")],
)  # fmt: skip
def test_ratios_have_four_digits(value, text):
    assert spell("ratio", value) == text


def test_cells_of_one_prefix_share_the_decimals_of_the_longest():
    counts = [9408, 213000, 25557032, 4089184256, 640, None]

    assert spell_column("count", counts) == [
        "9.4 k", "213.0 k", "25.56 M", "4.089 G", "640", "",
    ]  # fmt: skip


def test_units_stand_under_one_another():
    assert aligned("count", ["9.4 k", "640", ""]) == ["9.4 k", "640  ", ""]
    assert aligned("bytes", ["512 B", "1.500 KiB"]) == ["512 B  ", "1.500 KiB"]
    assert aligned("count", ["640", "7"]) == ["640", "7"]
    assert aligned("text", ["9 k", "x"]) == ["9 k", "x"]


@pytest.mark.parametrize("kind", ["count", "bytes", "ratio"])
def test_raw_prints_every_digit(kind):
    assert spell(kind, 4089184256, raw=True) == "4089184256"
    assert spell(kind, Fraction(3, 2), raw=True) == "3/2"


def test_shapes_are_joined_with_crosses_and_sums_in_them_are_bracketed():
    assert spell("shape", (64, 56, 55)) == "64×56×55"
    assert spell("shape", (64, H, H + 1)) == "64×h×(h + 1)"
    assert spell("shape", ((H + 1) // 2, 3 * H)) == "floor((h + 1)/2)×(3*h)"
    assert spell("shape", (1000,)) == "1000"
    assert spell("shape", ()) == ""


def test_text_in_a_column_of_numbers_stays_text():
    assert spell_column("count", ["shared", 1000, True]) == ["shared", "1.000 k", "True"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (10**30, "1" + "0" * 30), (Fraction(6, 3), "2"), (Fraction(1, 4), "0.25"),
     ((64, 56, 55), "64x56x55"), ((3, H + 1), "3x(h + 1)"), (H * 2 + 1, "2*h + 1"),
     (True, "true"), ("a", "a")],
)  # fmt: skip
def test_programs_get_exact_values(value, text):
    assert raw_text(value) == text


def test_the_largest_value_fills_the_room():
    assert portions([10**40, 5 * 10**39, 0, None, -(10**40)], 30) == [30, 15, 0, 0, 30]
    assert portions([], 30) == []
    assert portions([0, 0], 30) == [0, 0]
    assert portions([Fraction(1, 2), 1, float("nan")], 8) == [4, 8, 0]


UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18}


@given(st.integers(min_value=-(10**21) + 10**17, max_value=10**21 - 10**17))
def test_a_printed_count_is_within_half_a_unit_of_its_last_digit(value):
    number, _, unit = spell("count", value).partition(" ")
    decimals = len(number.partition(".")[2])
    error = abs(Fraction(number) * UNITS[unit] - value)

    assert error * 2 <= Fraction(UNITS[unit], 10**decimals)
    assert abs(value) < 1000 or len(number.lstrip("-")) == 5


@given(st.lists(st.integers(min_value=0, max_value=10**25), min_size=1))
def test_a_larger_count_never_prints_as_a_smaller_one(values):
    values.sort()
    exact = []
    for text in spell_column("count", values):
        number, _, unit = text.partition(" ")
        exact.append(Fraction(number) * UNITS[unit])

    assert exact == sorted(exact)
