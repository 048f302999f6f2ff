"""Random formulas mean the same on ints, arrays, closed forms and SymPy expressions.

Each strategy draws a formula: a function of a mapping from names to numbers of any kind.
Called on ints it is the oracle; Python's own // and % know nothing of floors that merge.
"""

import math
from fractions import Fraction

import numpy as np
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costmodel.arith import (
    AtLeast,
    Form,
    ascii,
    ceil,
    ceil_div,
    compare,
    compile_form,
    divides,
    evaluate,
    exact_div,
    floor,
    maximum,
    minimum,
    round_to,
    symbol,
    to_sympy,
    total,
)

SYMBOLS = {
    "h": symbol("h"),
    "w": symbol("w", multiple_of=4),
    "k": symbol("k", minimum=3),
    "x": symbol("x", integer=False),
}
VALUES = st.fixed_dictionaries(
    {
        "h": st.integers(1, 60),
        "w": st.integers(1, 15).map(lambda n: 4 * n),
        "k": st.integers(3, 30),
    }
)
UNARY = [
    lambda f, n: lambda e: f(e) // n,
    lambda f, n: lambda e: f(e) % n,
    lambda f, n: lambda e: ceil_div(f(e), n),
    lambda f, n: lambda e: -f(e),
    lambda f, n: lambda e: n * f(e) - n,
    lambda f, n: lambda e: (f(e) + 2 * (n // 2) - n) // 2 + 1,
]
BINARY = [
    lambda f, g: lambda e: f(e) + g(e),
    lambda f, g: lambda e: f(e) - g(e),
    lambda f, g: lambda e: f(e) * g(e),
    lambda f, g: lambda e: maximum(f(e), g(e)),
    lambda f, g: lambda e: minimum(f(e), g(e)),
    lambda f, g: lambda e: total([f(e), 3, g(e), f(e)]),
]


def formulas(names, most=8):
    leaf = st.one_of(
        st.sampled_from(names).map(lambda name: lambda e: e[name]),
        st.integers(-6, 9).map(lambda c: lambda e: c),
    )

    def grow(inner):
        return st.one_of(
            st.builds(
                lambda make, f, n: make(f, n), st.sampled_from(UNARY), inner, st.integers(1, 9)
            ),
            st.builds(lambda make, f, g: make(f, g), st.sampled_from(BINARY), inner, inner),
        )

    return st.recursive(leaf, grow, max_leaves=most)


INTEGER_FORMULAS = formulas(["h", "w", "k"])


@given(INTEGER_FORMULAS, VALUES)
@settings(max_examples=300, deadline=None)
def test_a_closed_form_evaluates_to_what_the_ints_give(formula, at):
    value = evaluate(formula(SYMBOLS), at)

    assert value == formula(at)
    assert type(value) is int


@given(INTEGER_FORMULAS, VALUES)
@settings(max_examples=100, deadline=None)
def test_binding_one_symbol_after_another_is_binding_all(formula, at):
    form = formula(SYMBOLS)

    for name, value in at.items():
        form = evaluate(form, {name: value})

    assert form == formula(at)


@given(INTEGER_FORMULAS, st.lists(VALUES, min_size=2, max_size=4))
@settings(max_examples=100, deadline=None)
def test_arrays_give_what_the_ints_give(formula, ats):
    arrays = {name: np.array([at[name] for at in ats]) for name in ats[0]}
    expected = [formula(at) for at in ats]

    direct = formula(arrays)
    through_a_form = evaluate(formula(SYMBOLS), arrays)

    assert np.broadcast_to(direct, len(ats)).tolist() == expected
    assert np.broadcast_to(through_a_form, len(ats)).tolist() == expected


@given(INTEGER_FORMULAS, VALUES)
@settings(max_examples=60, deadline=None)
def test_sympy_agrees_after_conversion(formula, at):
    expression = to_sympy(formula(SYMBOLS))
    known = {sympy.Symbol(n, integer=True, positive=True): value for n, value in at.items()}

    assert expression.subs(known) == formula(at)


@given(INTEGER_FORMULAS, VALUES)
@settings(max_examples=100, deadline=None)
def test_python_reads_the_printed_form(formula, at):
    names = {"floor": math.floor, "ceiling": math.ceil, "Max": max, "Min": min}
    known = {name: Fraction(value) for name, value in at.items()}

    assert eval(ascii(formula(SYMBOLS)), {**names, **known}) == formula(at)


@given(INTEGER_FORMULAS, VALUES, st.integers(-3, 3))
@settings(max_examples=300, deadline=None)
def test_what_compare_claims_is_true_at_every_point(formula, at, other):
    form, value = formula(SYMBOLS), formula(at)

    for relation, holds in {
        "<=": value <= other,
        "<": value < other,
        ">=": value >= other,
        ">": value > other,
        "==": value == other,
        "!=": value != other,
    }.items():
        assert compare(form, relation, other) in (None, holds)


@given(INTEGER_FORMULAS, VALUES, st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_what_divides_claims_is_true_at_every_point(formula, at, divisor):
    assert divides(divisor, formula(SYMBOLS)) in (None, formula(at) % divisor == 0)


@given(INTEGER_FORMULAS, VALUES, st.integers(-9, 99))
@settings(max_examples=200, deadline=None)
def test_a_simple_bound_says_the_same_as_its_condition(formula, at, least):
    bound = AtLeast(formula(SYMBOLS), least, "value").simple_bound()
    assume(bound is not None)

    name, value = bound
    assert (at[name] >= value) == (formula(at) >= least)


@given(formulas(["h", "x"], most=5), st.integers(1, 9), st.fractions(0, 9), st.fractions(0.01, 9))
@settings(max_examples=200, deadline=None)
def test_rounding_a_rational_form_is_rounding_its_value(formula, n, shift, x):
    at = {"h": 7, "x": x}

    def rounded(e):
        y = formula(e)
        return floor((y + shift) / Fraction(n)), ceil((y - shift) * Fraction(1, n)), y // n

    for form, value in zip(rounded(SYMBOLS), rounded(at), strict=True):
        assert evaluate(form, at) == value


@given(INTEGER_FORMULAS, INTEGER_FORMULAS, VALUES)
@settings(max_examples=100, deadline=None)
def test_quotients_are_exact(f, g, at):
    assume(isinstance(f(SYMBOLS), Form) and isinstance(g(SYMBOLS), Form))
    assume(g(at) != 0)

    quotient = exact_div(f(SYMBOLS), g(SYMBOLS))

    assert evaluate(quotient, at) == Fraction(f(at), g(at))
    assert evaluate(f(SYMBOLS) // g(SYMBOLS), at) == f(at) // g(at)


@given(st.lists(INTEGER_FORMULAS, min_size=1, max_size=3), VALUES)
@settings(max_examples=100, deadline=None)
def test_compiled_forms_give_what_the_ints_give(fs, at):
    program = compile_form([f(SYMBOLS) for f in fs], ["k", "w", "h"])

    assert program(at["k"], at["w"], at["h"]) == tuple(f(at) for f in fs)


def made_divisible(x, m):
    """The reference, ``_make_divisible``, with 0.9 as 9/10 and a loop for the rounding."""
    nearest = 0
    while 2 * x >= 2 * nearest + m:
        nearest += m
    nearest = max(m, nearest)
    return nearest + m if nearest < Fraction(9, 10) * x else nearest


@given(st.fractions(Fraction(1, 100), 80), st.sampled_from([1, 3, 4, 8, 10]))
@settings(max_examples=150, deadline=None)
def test_round_to_is_the_reference_on_every_kind(x, m):
    expected = made_divisible(x, m)

    assert round_to(x, m) == expected
    assert evaluate(round_to(SYMBOLS["x"], m), {"x": x}) == expected


def test_round_to_is_the_reference_on_all_small_ints():
    widths = np.arange(1, 400)

    for m in (1, 3, 8, 16):
        expected = [made_divisible(x, m) for x in widths.tolist()]
        assert round_to(widths, m).tolist() == expected
        assert [round_to(x, m) for x in widths.tolist()] == expected
        form = round_to(SYMBOLS["h"], m)
        assert evaluate(form, {"h": widths}).tolist() == expected
