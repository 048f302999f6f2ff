"""Rounding down: the one canonical shape of a floor.

Each rule below is an identity for all values of the symbols; together they write the
height that three stride-2 convolutions leave as ``floor((h + 7)/8)``.
"""

from __future__ import annotations

from typing import Any

from costmodel.arith.atoms import Floor
from costmodel.arith.form import Form, from_terms, of_atom
from costmodel.arith.rational import Rational, common_step, is_rational, ratio
from costmodel.arith.roots import leading
from costmodel.arith.terms import Monomial, Terms, term_content


def floor_of(x: Any) -> Any:
    """The largest integer not above a rational or a form.

    >>> from costmodel.arith import symbol
    >>> h, m = symbol("h"), symbol("m", multiple_of=32)
    >>> floor_of((h + 9) / 4), floor_of(m / 8), floor_of(-h / 2)
    (floor((h + 1)/4) + 2, m/8, -floor((h + 1)/2))
    """
    if is_rational(x):
        return x // 1
    whole: Terms = {}
    rest: Terms = {}
    contents: list[Rational | None] = []
    constant: Rational = 0
    for monomial, c in x.terms.items():
        if not monomial:
            constant = c
            continue
        content = term_content(monomial, c)
        if content is not None and content.denominator == 1:
            whole[monomial] = c  # floor(i + y) = i + floor(y) for an integer i
        else:
            rest[monomial] = c
            contents.append(content)
    if not rest:
        return from_terms(whole, x.rooted) + constant // 1
    known = [content for content in contents if content is not None]
    if len(known) == len(contents):
        return _floor_of_fraction(rest, known, constant) + from_terms(whole)
    below = constant // 1  # the same rule for the integer part of the constant
    inner = Form(rest, x.rooted) + (constant - below)
    return of_atom(Floor(inner, 0)) + from_terms(whole, x.rooted) + below


def _floor_of_fraction(rest: Terms, contents: list[Rational], constant: Rational) -> Any:
    """floor(rest + constant), where every term of *rest* is a multiple of its content.

    All contents are multiples of some p/q in lowest terms, so rest = N/q with N an integer.
    N/q + k = (N + q*k)/q has the floor of (N + u)/q with u = floor(q*k), because
    floor(y/q) = floor(floor(y)/q).  This also cancels: (4*N' + 3)/8 is N'/2 + 3/8 here.
    """
    q = common_step(contents).denominator
    units = q * constant // 1
    flip = rest[next(iter(rest)) if len(rest) == 1 else leading(rest)] < 0
    if flip:
        # floor((N + u)/q) = -ceil((-N - u)/q) = -floor((-N - u + q - 1)/q)
        rest = {m: -c for m, c in rest.items()}
        units = q - 1 - units
    below, units = divmod(units, q)
    nested = [m for m, c in rest.items() if _is_floor(m) and c * q == 1]
    if len(nested) == 1:
        # floor((floor(y) + W)/q) = floor(floor(y + W)/q) = floor((y + W)/q): W is an integer.
        # Two floors are left alone: after one is dissolved the other's W is none.
        inner = rest | {(): ratio(units, q)} if units else dict(rest)
        del inner[nested[0]]
        floored = floor_of(from_terms(inner) + nested[0][0][0].args[0] / q)
    else:
        floored = of_atom(Floor(Form(rest) + ratio(units, q), q))
    floored = floored + below
    return -floored if flip else floored


def _is_floor(monomial: Monomial) -> bool:
    return len(monomial) == 1 and monomial[0][1] == 1 and type(monomial[0][0]) is Floor
