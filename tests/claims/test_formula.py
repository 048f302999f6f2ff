"""Formulas with division: what they mean, and when two are the same."""

from fractions import Fraction

import pytest

from costmodel.arith import symbol
from costmodel.claims.formula import Formula, same
from costmodel.errors import Mark, Source, SpecError

M, N, d, g, n, K = (symbol(name) for name in ("M", "N", "d", "g", "n", "K"))


def formula(text):
    return Formula(text, Mark(Source("claims.yaml", text), 1, 1))


def value(text, **names):
    return formula(text).value(names)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("49/27", Fraction(49, 27)),
        ("12/2/3", 2),
        ("12/(2*3)", 2),
        ("2*7/4*2", 7),
        ("1 - (4 + 4)/9", Fraction(1, 9)),
        ("-3/4", Fraction(-3, 4)),
        ("2**3/4", 2),
        ("(1 + 1/2)**2", Fraction(9, 4)),
        ("7 // 2 + 1/2", Fraction(7, 2)),
        ("max(1/2, 1/3)", Fraction(1, 2)),
    ],
)
def test_division_is_exact_and_binds_like_multiplication(text, number):
    assert value(text) == number


def test_a_quotient_of_sums_is_equal_crosswise():
    reduction = value("n**2*M*K/(M + n**2*N)", n=n, M=M, K=K, N=N)

    assert same(reduction, value("(n**2*M*N)/(M*N/K + (n*N)**2/K)", n=n, M=M, N=N, K=K))
    assert not same(reduction, value("n**2*M*K/(M + n*N)", n=n, M=M, K=K, N=N))


def test_a_quotient_that_comes_out_whole_is_a_number():
    assert value("(M*d + M)/(d + 1)/M", M=M, d=d) == 1


def test_a_condition_is_refused():
    with pytest.raises(SpecError, match="a condition is not a number"):
        value("1 < 2")


def test_an_unknown_name_is_placed():
    with pytest.raises(Exception, match=r"claims.yaml:1:\d+: unknown name 'q'"):
        value("27*q**2", C=symbol("C"))
