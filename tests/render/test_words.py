import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.render.words import TERMS, cells, shorten, visible, wrap

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("conv1", 5), ("64×56", 5), ("畳み込み", 8), ("ｈ", 2), ("e\u0301", 1), ("🚀", 2),
     (FAMILY, 6)],
)  # fmt: skip
def test_wide_characters_fill_two_cells_and_accents_none(text, width):
    assert cells(text) == width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("conv_1", "conv_1"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("left\u202eright", "left\\u202eright"),
        ("soft\u00adhyphen", "soft\\xadhyphen"),
        ("line\u2028end", "line\\u2028end"),
        ("\ud800", "\\ud800"),
        ("\0", "\\x00"),
        (FAMILY, FAMILY),
        ("畳み込み", "畳み込み"),
    ],
)
def test_characters_that_would_move_the_cursor_are_spelled_out(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("layer1", 6, "layer1"),
        ("layer1/0/conv1", 9, "laye…onv1"),
        ("layer1/0/conv1", 8, "laye…nv1"),
        ("layer1", 1, "…"),
        ("layer1", 0, ""),
        ("畳み込み", 6, "畳…み"),
        ("abcde\u0301f", 4, "ab…f"),
    ],
)
def test_long_names_lose_their_middle(text, width, short):
    assert shorten(text, width) == short


def test_an_accent_is_not_left_without_its_letter():
    assert shorten("abcdefe\u0301", 3) == "a…e\u0301"
    assert shorten("abcdef畳\u0301", 3) == "a…"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one two", ["one two"]),
        ("counts use powers of ten", ["counts use", "  powers of", "  ten"]),
        ("  indented words here", ["  indented", "  words here"]),
        ("incomprehensible long", ["incomprehe", "  nsible", "  long"]),
        ("a  b", ["a  b"]),
        (" " * 30 + "x", ["x"]),
        ("ends here     ", ["ends here"]),
    ],
)
def test_lines_break_at_spaces_and_hang(text, lines):
    assert wrap(text, 12) == lines


def test_a_long_term_breaks_before_a_factor_and_not_inside_a_power():
    assert wrap("x = 576*c1**2*c2*height", 14, "    ", TERMS) == [
        "x = 576*c1**2",
        "    *c2*height",
    ]


def test_formulas_break_between_terms():
    text = "params = 576*c1*c2 + 9*c1**2 - floor((h - 1)/2)"

    assert wrap(text, 20, "    ", TERMS) == [
        "params = 576*c1*c2",
        "    + 9*c1**2",
        "    - floor((h",
        "    - 1)/2)",
    ]


@given(st.text(), st.integers(min_value=12, max_value=60))
def test_no_wrapped_line_is_too_wide_and_no_word_is_lost(text, width):
    shown = visible(text)
    lines = wrap(shown, width)

    assert all(cells(line) <= width for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", shown)


@given(st.text(alphabet="abc12+-*/() ,", max_size=300), st.integers(min_value=12, max_value=60))
def test_no_term_of_a_formula_is_lost(text, width):
    lines = wrap(text, width, "    ", TERMS)

    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(), st.integers(min_value=0, max_value=40))
def test_a_shortened_name_fits(text, width):
    assert cells(shorten(visible(text), width)) <= width


def test_a_long_word_takes_linear_time():
    assert len(wrap("x" * 400_000, 42)) == 10_000
