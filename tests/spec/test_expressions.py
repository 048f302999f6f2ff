"""Expressions: what they mean, what they refuse and where, and what they may cost."""

import timeit
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.errors import CostModelError, LimitError, Mark, Source, SpecError, UnknownNameError
from costmodel.spec.expressions import parse, parse_value
from costmodel.spec.reader import read_text


def value(text, **names):
    return parse(text, Mark(Source("net.yaml", text), 1, 1)).evaluate(names)


def error(text, **names):
    with pytest.raises(CostModelError) as caught:
        value(text, **names)
    return caught.value


def placed(text, **names):
    """The error as ``COLUMN: problem``, and its hint."""
    caught = error(text, **names)
    return f"{caught.mark.column}: {caught.problem}", caught.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("64", 64),
        ("c", 10),
        ("  c + 1 ", 11),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("100 // 7 // 2", 7),
        ("-7 // 2", -4),
        ("-7 % 4", 1),
        ("7 - -c", 17),
        ("+c", 10),
        ("-2 ** 2", -4),
        ("2 ** 3 ** 2", 512),
        ("2 * 3 ** 2", 18),
        ("0", 0),
        ("ceil_div(10, 4)", 3),
        ("ceil_div(-10, 4)", -2),
        ("floor(7 * 0.5)", 3),
        ("ceil(7 * 0.5)", 4),
        ("ceil(c)", 10),
        ("min(3, c, 5)", 3),
        ("max(3, c, 5)", 10),
        ("max(c)", 10),
        ("round_to(32 * 0.75, 8)", 24),
        ("round_to(11, 8)", 16),  # 8 would be less than nine tenths of 11
        ("round_to(1, 8)", 8),
        ("c // 2 if c > 4 else c", 5),
        ("1 if c < 4 else 2 if c < 11 else 3", 2),
        ("c\n  // 2", 5),
    ],
)
def test_integers_mean_what_they_mean_in_python(text, expected):
    assert value(text, c=10) == expected
    assert type(value(text, c=10)) is int


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.75", Fraction(3, 4)),
        (".5", Fraction(1, 2)),
        ("0.1 + 0.2", Fraction(3, 10)),  # not 0.30000000000000004
        ("1.10", Fraction(11, 10)),
        ("0.75 * 10", Fraction(15, 2)),
        ("0.5 ** 3", Fraction(1, 8)),
    ],
)
def test_decimals_are_exact(text, expected):
    assert value(text) == expected
    assert type(value(text)) is Fraction


@pytest.mark.parametrize("text", ["0.75 * 32", "1.0", "2.", "0.5 + 0.5", "0.5 * width"])
def test_a_whole_fraction_becomes_an_int(text):
    assert type(value(text, width=Fraction(4))) is int


def test_a_name_that_stands_for_a_whole_fraction_becomes_an_int_in_arithmetic():
    assert type(value("-width", width=Fraction(4))) is int


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 < c", True),
        ("1 < c <= 10", True),
        ("1 < c < 10", False),
        ("c == 10", True),
        ("c != 10", False),
        ("c % 2 == 0 and c // 2 >= 5", True),
        ("c < 5 or c > 9", True),
        ("not c == 10", False),
        ("not not c == 10", True),
        ("(c < 5) or (not c < 5)", True),
        ("deep", True),
        ("deep and c > 3", True),
        ("not deep", False),
        ("0.5 < 1", True),
    ],
)
def test_conditions_are_true_or_false(text, expected):
    assert value(text, c=10, deep=True) is expected


def test_a_condition_guards_what_comes_after_it():
    assert value("c != 0 and 8 // c > 1", c=0) is False
    assert value("c == 0 or 8 // c > 1", c=0) is True
    assert value("8 // c if c != 0 else 0", c=0) == 0


TRUE, FALSE, OPEN = "x > 0", "x < 1", "x > 5"  # of a symbol, which is at least 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TRUE, True), (FALSE, False), (OPEN, None),
        (f"{TRUE} and {OPEN}", None), (f"{FALSE} and {OPEN}", False),
        (f"{OPEN} and {FALSE}", False), (f"{OPEN} and {OPEN}", None),
        (f"{TRUE} or {OPEN}", True), (f"{OPEN} or {TRUE}", True),
        (f"{FALSE} or {OPEN}", None), (f"{OPEN} or {OPEN}", None),
        (f"not {OPEN}", None), (f"not ({FALSE})", True),
        ("1 <= x < 5", None), ("7 < 5 < x", False), ("5 < x < 0", False),
    ],
)  # fmt: skip
def test_symbols_leave_conditions_open_by_kleenes_logic(text, expected):
    assert value(text, x=symbol("x")) is expected


def test_a_choice_that_a_symbol_leaves_open_asks_for_its_value():
    text, hint = placed("1 + (8 if x > 5 and c == 10 else 9)", x=symbol("x"), c=10)

    assert text == "11: whether x > 5 and c == 10 depends on a symbol"
    assert hint == "bind it: --at x=VALUE"


@pytest.mark.parametrize("text", ["c // 2 + 3", "max(8, c) * 2", "round_to(c * 0.75, 8)", "c ** 3"])
def test_one_expression_serves_ints_arrays_and_symbols(text):
    from costmodel.arith import evaluate

    values = [4, 10, 32]
    by_int = [value(text, c=c) for c in values]

    assert list(value(text, c=np.array(values))) == by_int
    assert [evaluate(value(text, c=symbol("c")), {"c": c}) for c in values] == by_int


def test_a_zero_anywhere_in_an_array_is_division_by_zero():
    assert placed("8 // c", c=np.array([2, 0]))[0] == "6: division by zero"


def test_names_are_those_used_wherever_they_stand():
    expression = parse("max(a, b) if c > d else -e ** 2", Mark(Source("t", ""), 1, 1))

    assert expression.names == {"a", "b", "c", "d", "e"}
    assert parse("64", expression.mark).names == frozenset()
    assert parse("c", expression.mark).names == {"c"}


def test_it_is_known_which_expressions_are_conditions():
    mark = Mark(Source("t", ""), 1, 1)
    texts = ["c > 1", "not c", "a and b", "c + 1", "c", "a > 1 if b else c > 2", "1 if b else 2"]

    told = [parse(text, mark).is_condition for text in texts]

    assert told == [True, True, True, False, False, True, False]


def test_a_single_name_stands_for_anything():
    assert value("act", act="relu") == "relu"
    assert value("deep", deep=None) is None


REFUSED = [
    ("c / 2", "3: '/' does not say what happens to a remainder", "write exact division as //"),
    ("c ^ 2", "3: '^' is not an operator", "write a power as **"),
    ("c = 2", "3: '=' does not compare", "write =="),
    ("c & 2", "3: '&' is not an operator", "write and"),
    ("c | 2", "3: '|' is not an operator", "write or"),
    ("~c", "1: '~' is not an operator", "write not"),
    ("!c", "1: '!' is not an operator", "write not"),
    ("c × 2", "3: '×' is not an operator", "write *"),
    ("c − 2", "3: this minus is not the one on the keyboard (U+2212)", "write -"),
    ("c ≤ 2", "3: '≤' is not an operator", "write <="),
    ("с + 1", "1: the character 'с' (U+0441) is not part of expressions", ""),
    ("c.real", "2: '.' is not an operator: values have no attributes", ""),
    ("c[0]", "2: '[' is not an operator: values have no parts", ""),
    ("[c]", "1: '[' is not an operator: values have no parts", ""),
    ("{c}", "1: braces are not part of expressions", ""),
    ("'c'", "1: text is not part of expressions", "leave out the quotes of a name"),
    ("lambda: c", "7: ':' is not an operator", ""),
    ("lambda x: c", "1: 'lambda' is not part of expressions", ""),
    ("c for c in c", "3: 'for' is not part of expressions", ""),
    ("c in c", "3: 'in' is not part of expressions", ""),
    ("c is c", "3: 'is' is not part of expressions", ""),
    ("c := 3", "3: ':=' is not an operator: expressions define no names", "define it under let"),
    ("exit(1)", "1: there is no function 'exit'", ""),
    ("__import__(1)", "1: there is no function '__import__'", ""),
    ("flor(c)", "1: there is no function 'flor'", "did you mean 'floor'?"),
    ("floor(c)(c)", "9: an operator belongs here, not '('", "write * to multiply"),
    ("floor()", "7: a number or a name belongs here, not ')'", ""),
    ("floor(1, 2)", "1: floor takes 1 arguments, 2 given", ""),
    ("min(1, *c)", "8: a number or a name belongs here, not '*'", ""),
    ("min(a=1)", "6: '=' does not compare", "write =="),
    ("c, c", "2: an operator belongs here, not ','", ""),
    ("c c", "3: an operator belongs here, not 'c'", "write * to multiply"),
    ("2c", "1: '2c' is not a number", "write 2*c"),
    ("1.5.2", "1: '1.5.2' is not a number", ""),
    ("2(c)", "2: an operator belongs here, not '('", "write * to multiply"),
    ("(c", "3: the expression ends where ')' belongs", ""),
    ("c)", "2: an operator belongs here, not ')'", ""),
    ("c +", "4: the expression ends where a number or a name belongs", ""),
    ("* c", "1: a number or a name belongs here, not '*'", ""),
    ("", "1: an expression is missing here", ""),
    ("  ", "1: an expression is missing here", ""),
    ("if", "1: 'if' stands where a number or an operator belongs", ""),
    ("c if c > 1", "11: the expression ends where 'else' belongs", ""),
    ("c + (c > 1)", "6: a condition stands where a number belongs", "a if condition else b"),
    ("max(c > 1, 2)", "5: a condition stands where a number belongs", "a if condition else b"),
    ("not 2", "5: a number stands where a condition belongs", "!= 0"),
    ("c > 1 and c + 1", "11: a number stands where a condition belongs", "!= 0"),
    ("1 if c + 1 else 2", "6: a number stands where a condition belongs", "!= 0"),
    ("not c", "5: c is not a condition", "compare it: c != 0"),
    ("flag + 1", "1: flag is a condition, and a number belongs here", ""),
    ("2 * word", "5: word is not a number, and a number belongs here", ""),
    ("c + (c // (c - 10))", "12: division by zero", ""),
    ("c % 0", "5: division by zero", ""),
    ("ceil_div(c, 0)", "13: division by zero", ""),
    ("round_to(c, 0)", "13: division by zero", ""),
    ("2 ** -1", "6: the exponent -1 is not in 0 to 64", ""),
    ("4 ** 0.5", "6: the exponent is 1/2, not a whole number", ""),
    ("2 ** x", "6: the exponent depends on a symbol", "bind it"),
    ("inexact * 2", "1: 0.5 is not exact", "a fraction"),
    ("1e3", "1: 1e3 is a number to some YAML readers and text to others", "write 1000"),
    ("c * 1.5e-3", "5: 1.5e-3 is a number to some YAML readers and text to", "write 0.0015"),
    ("0x10", "1: 0x10 is not decimal", "write 16"),
    ("010", "1: 010 starts with 0, which YAML reads as octal", "write 10 or 8"),
    ("c + 089", "5: 089 starts with 0, which YAML reads as octal", "write 89"),
    ("1_000", "1: 1_000 is a number to some YAML readers and text to others", "write 1000"),
    ("16:9", "3: YAML reads 16:9 as 969, a number in base 60", "[16, 9]"),
    (".inf", "1: .inf is not a finite number", ""),
]


@pytest.mark.parametrize(("text", "expected", "hint"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_not_arithmetic_is_refused_where_it_stands(text, expected, hint):
    names = {"c": 10, "x": symbol("x"), "flag": True, "word": "relu", "inexact": 0.5}

    found, said = placed(text, **names)

    assert found.startswith(expected)
    assert hint in said


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("1 + " * 124 + "12345", 1),  # 501 characters
        ("(" * 33 + "1" + ")" * 33, 33),
        ("-" * 100 + "1", 33),
        ("not " * 100 + "1", 129),
        ("2 ** " * 99 + "1", 163),
        ("1 if c else " * 40 + "1", 12 * 32 + 3),
        ("floor(" * 40 + "1" + ")" * 40, 6 * 32 + 1),
        ("(" * 5_000 + "1" + ")" * 5_000, 1),
        ("-" * 100_000 + "1", 1),
        ("9 ** 9 ** 9", 6),
        ("2 ** 65", 6),
        ("3 ** 64 ** 64", 9),
        ("(10 ** 18) ** 5", 12),
        ("0.1 ** 64 * 0.1 ** 64", 11),
        ("2 ** 64 * 2 ** 64 * 2 ** 64 * 2 ** 64 * 2", 39),
        ("1234567890123456789", 1),
        ("c + 1234567890123456789", 5),
        ("0.1234567890123456789", 1),
        ("9" * 500, 1),
    ],
)
def test_what_is_too_large_is_refused_where_it_begins(text, column):
    caught = error(text, c=True)

    assert isinstance(caught, LimitError)
    assert caught.mark.column == column


@pytest.mark.parametrize(
    "text",
    ["(" * 32 + "1" + ")" * 32, "1 + " * 124 + "1234", "2 ** 64 * 2 ** 64 * 2 ** 64 * 2 ** 64",
     "123456789012345678", "-" * 32 + "1"],
)  # fmt: skip
def test_the_limits_themselves_are_allowed(text):
    assert value(text) == eval(text)


@pytest.mark.parametrize(
    "text",
    [
        "(a + b + d + e + f) ** 40",
        "((a + b) ** 20) ** 20",
        "a ** 64 * a ** 64 * a ** 64 * a ** 64 * a",
        "(a + b + d) ** 20 * (a + b + e) ** 20",
    ],
)
def test_a_closed_form_does_not_explode(text):
    names = {name: symbol(name) for name in "abdef"}
    start = timeit.default_timer()

    assert isinstance(error(text, **names), LimitError)
    assert timeit.default_timer() - start < 2


def test_a_chain_of_products_of_symbols_is_bounded_like_one_expression():
    def squared(x, times):
        for _ in range(times):
            x = value("x * x", x=x)
        return x

    assert squared(symbol("x") + symbol("y"), 3) is not None
    with pytest.raises(LimitError, match=r"too many terms|degree"):
        squared(symbol("x") + symbol("y"), 64)


def test_names_defined_through_each_other_too_deeply_are_a_limit_error():
    class Endless(dict):
        def __missing__(self, key):
            return parse("c + 1", Mark(Source("t", "c + 1"), 1, 1)).evaluate(self)

    with pytest.raises(LimitError, match="defined through too many others"):
        parse("c + 1", Mark(Source("t", "c + 1"), 1, 1)).evaluate(Endless())


def test_an_undefined_name_is_pointed_at_with_the_nearest_name():
    caught = error("2 * chanels + 1", channels=3)

    assert isinstance(caught, UnknownNameError)
    assert caught.mark.column == 5
    assert caught.hint == "did you mean 'channels'?"


def test_a_name_that_yaml_takes_for_a_boolean_is_explained():
    assert placed("no")[1] == "YAML reads no as false; a number or a name belongs here"
    assert "compare numbers" in placed("true + 1")[1]


def test_an_error_of_the_mapping_passes_through_unchanged():
    class Circle(dict):
        def __missing__(self, key):
            raise SpecError("c is defined by itself")

    with pytest.raises(SpecError, match=r"^c is defined by itself$"):
        parse("c + 1", Mark(Source("t", "c + 1"), 1, 1)).evaluate(Circle())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: {out: c // 0}", "1:15"),
        ("a: {out: 'c // 0'}", "1:16"),
        ('a: {out: "c // 0"}', "1:16"),
        ("a:\n  out: c // 0", "2:13"),
        ("a:\n  out: >\n    c // 0", "2:8"),  # folded: the start is the best place known
        ("a:\n  out: c //\n    0", "2:8"),
        ('a: {out: "c \\x2f/ 0"}', "1:10"),
        ("a: {out: 0 // 0 + c}", "1:15"),
    ],
)
def test_errors_point_into_the_file(text, place):
    node = read_text(text).items["a"].items["out"]
    with pytest.raises(SpecError, match="division by zero") as caught:
        parse(node.text, node.mark).evaluate({"c": 1})

    assert str(caught.value.mark) == f"<text>:{place}"


def test_equal_texts_are_parsed_once_and_still_point_at_their_own_places():
    source = Source("net.yaml", "c // zero\nc // zero")
    first, second = (parse("c // zero", Mark(source, line, 1)) for line in (1, 2))

    assert first._parsed is second._parsed
    for line, expression in ((1, first), (2, second)):
        with pytest.raises(SpecError) as caught:
            expression.evaluate({"c": 1, "zero": 0})
        assert str(caught.value.mark) == f"net.yaml:{line}:6"


def test_a_value_given_from_outside_is_an_expression_without_names():
    assert parse_value("0.75", "--at width") == Fraction(3, 4)
    with pytest.raises(SpecError, match=r"--at h:1:4: '/' does not say"):
        parse_value("224/2", "--at h")


def test_evaluating_is_a_matter_of_microseconds():
    expression = parse("c // 2", Mark(Source("t", "c // 2"), 1, 1))
    seconds = min(timeit.repeat(lambda: expression.evaluate({"c": 8}), number=2_000, repeat=5))

    assert seconds / 2_000 < 10e-6  # about 0.4 on an idle machine


atoms = st.one_of(st.integers(0, 99).map(str), st.sampled_from(["a", "b", "c"]))


def larger(inner):
    pair = st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner)
    condition = st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner)
    joined = st.tuples(condition, st.sampled_from(["and", "or"]), condition).map(
        lambda t: f"{' '.join(t[0])} {t[1]} not {' '.join(t[2])}"
    )
    tests = st.one_of(condition.map(" ".join), joined)
    return st.one_of(
        pair.map(" ".join),
        pair.map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda t: f"-{t}"),
        st.tuples(inner, st.integers(0, 3)).map(lambda t: f"({t[0]}) ** {t[1]}"),
        st.tuples(inner, tests, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(atoms, larger, max_leaves=12), st.tuples(*[st.integers(-9, 99)] * 3))
def test_every_expression_agrees_with_python(text, numbers):
    names = dict(zip("abc", numbers, strict=True))
    try:
        expected = eval(text, {"max": max}, names)
    except ZeroDivisionError:
        expected = None
    assert outcome(text, names) in (expected, "too large")


def outcome(text, names):
    try:
        return value(text, **names)
    except LimitError:
        return "too large"
    except CostModelError as caught:
        return None if caught.problem == "division by zero" else caught


@settings(max_examples=500, deadline=None)
@given(st.text(st.sampled_from("abc012.()+-*/%<>=!, \n'\"[]{}:ifelsnotadr_eé\0"), max_size=40))
def test_any_text_is_a_value_or_one_error_with_a_place(text):
    found = outcome(text, {"a": 1, "b": 2, "c": 3})
    if isinstance(found, CostModelError):
        assert found.mark.column <= len(text) + 1
