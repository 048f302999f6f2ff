"""One symbol left, numbers elsewhere: critical points counted exactly, by Sturm's theorem."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import inf
from typing import Any, NamedTuple

from costmodel.arith.rational import is_rational, ratio, tidy
from costmodel.arith.roots import power
from costmodel.derive.algebra import NotPolynomialError, by_powers, derivative, substituted
from costmodel.derive.methods.branch import Search, Task, rounded_down
from costmodel.derive.methods.closed import Closed
from costmodel.derive.methods.minimum import Found, least_values
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Proof, ProofError

LARGEST_DEGREE = 40


class Between(NamedTuple):
    """The minimum lies between *low*, as was counted, and *high*, reached near *at*."""

    low: Fraction
    high: float
    at: dict[str, float]


class Critical(NamedTuple):
    """Where a derivative changes its sign beyond the least value."""

    first: int  # the sign before the first change
    roots: list[Any]  # in order, as SymPy has them
    places: list[Any]  # the same as forms; None where no root expresses them


def stationary(asked: Problem) -> Found | None:
    """The minimum of a form in one symbol, proved, where a rational or a root expresses it."""
    from costmodel.derive.methods.numeric import plain_tasks

    for proof, task in plain_tasks(asked):
        if len(task.names) != 1 or len(task.tops) != 1 or task.zeros:
            continue
        try:
            closed = _closed(proof, task, task.names[0])
        except (ProofError, NotPolynomialError, ArithmeticError):
            continue
        if closed is not None:
            found = Found(closed, asked, least_values(asked))
            if found.attained:
                return found
    return None


def _closed(proof: Proof, task: Task, name: str) -> Closed | None:
    form, low = proof.current, Fraction(task.least[name])
    critical = critical_points(derivative(form, name), name, low)
    if critical is None:
        return None
    attempt = proof.copy()
    if critical.first < 0 and len(critical.roots) == 1 and critical.places[0] is not None:
        place = critical.places[0]
        attempt.stationary(name, place)
    else:
        candidates = [tidy(low)] if low > 0 else []
        if any(p is None for p in critical.places) or not candidates + critical.places:
            return None
        candidates += critical.places
        place = min(candidates, key=lambda p: float(substituted(form, {name: p})))
        value = substituted(form, {name: place})
        if not is_rational(value) or not never_below(form, name, low, value):
            return None
        attempt.sturm(name, value)
    at = {name: place}
    eliminated = {n: substituted(v, at) for n, v in attempt.replaced.items()}
    return Closed(attempt, {**at, **eliminated}, "stationarity")


def isolated(proof: Proof, task: Task) -> Between | None:
    """The minimum between two numbers, where no root expresses its place."""
    if len(task.names) != 1 or len(task.tops) != 1 or task.zeros:
        return None
    (name,), form = task.names, proof.current
    low = Fraction(task.least[name])
    try:
        critical = critical_points(derivative(form, name), name, low)
    except NotPolynomialError:
        return None
    if critical is None:
        return None
    search = Search(task)
    for x in (float(low), *map(float, critical.roots)):
        if x > 0:
            search.try_point(((x, x),))
    if search.high == inf:
        return None
    slack = 1e-9 * max(abs(search.high), 1e-6)
    limit = rounded_down(search.high - slack, 0)
    if not never_below(form, name, low, tidy(limit)):
        return None
    return Between(limit, search.high, search.at)


def polynomial(x: Any, name: str) -> Any:
    """*x* times a power of the symbol, as SymPy's polynomial; None if it is none."""
    import sympy

    parts = {p: c for (p,), c in by_powers(x, [name]).items()}
    if not parts or not all(is_rational(c) for c in parts.values()):
        return None
    low, high = min(parts), max(parts)
    if any(Fraction(p).denominator > 1 for p in parts) or high - low > LARGEST_DEGREE:
        return None
    terms = {(int(p - low),): sympy.Rational(c.numerator, c.denominator) for p, c in parts.items()}
    return sympy.Poly(terms, sympy.Symbol(name), domain="QQ")


def critical_points(slope: Any, name: str, low: Fraction) -> Critical | None:
    """Where *slope* changes its sign beyond *low*."""
    import sympy

    found = polynomial(slope, name)
    if found is None:
        return None
    start = sympy.Rational(low.numerator, low.denominator)
    pairs: list[tuple[Any, Any]] = []
    for factor, multiplicity in found.factor_list()[1]:
        if multiplicity % 2 and factor.count_roots(inf=start):
            pairs += _roots(factor, start)
    pairs.sort(key=lambda pair: pair[0].evalf(40))
    last = 1 if found.LC() > 0 else -1
    return Critical(last * (-1) ** len(pairs), [r for r, _ in pairs], [p for _, p in pairs])


def _roots(factor: Any, start: Any) -> Iterator[tuple[Any, Any]]:
    """The roots of an irreducible factor beyond *start*, each with its form."""
    places = _places([Fraction(int(c.p), int(c.q)) for c in factor.all_coeffs()])
    for root in factor.real_roots():
        if not (root > start):
            continue
        near = [p for p in places if abs(float(p) - float(root)) < 1e-9 * abs(float(root))]
        yield root, near[0] if len(near) == 1 else None


def _places(c: list[Fraction]) -> list[Any]:
    """The positive roots of a polynomial of low degree, or of two terms, as forms."""
    c = [tidy(x) for x in c]
    degree = len(c) - 1
    if degree == 2 and c[1]:
        half, middle = power(c[1] ** 2 - 4 * c[0] * c[2], ratio(1, 2)), ratio(-c[1], 2 * c[0])
        return [middle + half / (2 * c[0]), middle - half / (2 * c[0])]
    if not any(c[1:-1]) and -Fraction(c[-1]) / c[0] > 0:
        return [power(ratio(-c[-1], c[0]), ratio(1, degree))]
    return []


def never_below(form: Any, name: str, low: Fraction, limit: Any) -> bool:
    """Whether ``form >= limit`` beyond *low*, counted exactly."""
    critical = critical_points(form - limit, name, low)
    return critical is not None and critical.first > 0 and not critical.roots
