"""Solve constraints for symbols, one each, in every way that stays a sum of powers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice, permutations
from typing import Any, TypeAlias

from costmodel.arith.program import over as over_
from costmodel.arith.rational import ratio
from costmodel.arith.roots import power
from costmodel.derive.algebra import (
    NotPolynomialError,
    by_powers,
    names_in,
    not_negative,
    positive,
    substituted,
)
from costmodel.derive.proof import Proof, ProofError, rate_of
from costmodel.derive.shapes import holds_one_of

MOST_WAYS = 24
MOST_ORDERS = 6  # in which equations are solved, until one leads somewhere


Way: TypeAlias = "tuple[Proof, tuple[str, ...]]"


def eliminations(proof: Proof, over: Sequence[str], relax: bool = False) -> Iterator[Way]:
    """The chain continued by substitutions, with the symbols that are left to choose.

    With *relax* also ways that make no use of some constraints, which are as true.
    """
    equations = [i for i, given in enumerate(proof.given) if given.relation == "="]
    for order in islice(permutations(equations), MOST_ORDERS):
        found = list(islice(_continue(proof, tuple(over), order, relax), MOST_WAYS))
        yield from found
        if found:
            return


def _continue(
    proof: Proof, over: tuple[str, ...], order: tuple[int, ...], relax: bool
) -> Iterator[Way]:
    if not order:
        yield proof, over
        return
    index, *later = order
    given, rest = proof.given[index], tuple(later)
    solved = given.left - given.right
    if not holds_one_of(solved, over):
        yield from _continue(proof, over, rest, relax)
        return
    for name in over:
        value = solution(solved, name)
        if value is None:
            continue
        attempt = proof.copy()
        try:
            attempt.substitute(index, name, value)
        except (ProofError, NotPolynomialError, ArithmeticError):
            continue
        yield from _continue(attempt, tuple(n for n in over if n != name), rest, relax)
    if relax:
        attempt = proof.copy()
        attempt.unused |= {index}
        yield from _continue(attempt, over, rest, relax)


def trades(proof: Proof, over: Sequence[str], least: Mapping[str, Any]) -> Iterator[Way]:
    """The chain continued to an end of the curve that a constraint in two symbols leaves."""
    for index, given in enumerate(proof.given):
        gap = given.left - given.right
        if given.relation != "=":
            continue
        names = [name for name in over if name in names_in(gap)]
        for pair in islice(permutations(names, 2), MOST_WAYS):
            ends = [_end(gap, pair, pair[0], least), _end(gap, pair, pair[1], least)]
            for chosen in (ends[:1], ends):
                attempt = proof.copy()
                try:
                    attempt.traded(index, pair, [end for end in chosen if end is not None])
                except (ProofError, NotPolynomialError, ArithmeticError):
                    continue
                yield attempt, tuple(n for n in over if n not in pair)
                break
        for pair in islice(combinations(names, 2), MOST_WAYS):
            yield from _balances(proof, over, index, pair)


def _balances(
    proof: Proof, over: Sequence[str], index: int, pair: tuple[str, str]
) -> Iterator[Way]:
    """The chain continued to where trading one of the pair for the other does not pay."""
    gap = proof.given[index].left - proof.given[index].right
    try:
        rate = rate_of(proof.current, gap, pair)
        first = solution(rate, pair[0])
        if first is None or pair[0] in names_in(first):
            return
        second = solution(substituted(gap, {pair[0]: first}), pair[1])
        if second is None:
            return
        place = {pair[0]: substituted(first, {pair[1]: second}), pair[1]: second}
        attempt = proof.copy()
        attempt.balanced(index, pair, place)
    except (ProofError, NotPolynomialError, ArithmeticError):
        return
    yield attempt, tuple(n for n in over if n not in pair)


def _end(
    gap: Any, pair: tuple[str, str], low: str, least: Mapping[str, Any]
) -> tuple[Any, Any] | None:
    """The values of the pair where *low* is least; None if no root expresses them."""
    (other,) = set(pair) - {low}
    try:
        value = solution(substituted(gap, {low: least[low]}), other)
    except ArithmeticError:
        return None
    if value is None:
        return None
    values = {low: least[low], other: value}
    return values[pair[0]], values[pair[1]]


def solution(x: Any, name: str) -> Any:
    """The positive root of ``x = 0`` in *name*, where x = a*name**p + b*name**q; else None."""
    try:
        parts = by_powers(x, [name])
    except NotPolynomialError:
        return None
    if len(parts) == 3:
        return _quadratic(parts)
    if len(parts) != 2:
        return None
    ((p,), a), ((q,), b) = parts.items()
    if not (positive(a) or positive(-a)):
        (p, a), (q, b) = (q, b), (p, a)
    if not (positive(a) or positive(-a)):
        return None
    other = over_(-b, a)
    if p - q == 1:
        return other
    if not positive(other) and (q or positive(-other)):
        return None  # with q = 0 the constraint itself says that other = name**p is positive
    return power(other, ratio(1, p - q))


def _quadratic(parts: Mapping[Any, Any]) -> Any:
    """The only positive root of a*x**2 + b*x + c; None if it is not one.

    Where a > 0 and b >= 0 there is one only if c < 0, which then the constraint itself says.
    """
    low = min(p for (p,) in parts)
    powers = sorted((p - low, c) for (p,), c in parts.items())
    (_, c), (_, b), (_, a) = powers
    if [p for p, _ in powers] != [0, 1, 2]:
        return None
    if positive(-a):
        a, b, c = -a, -b, -c
    if not positive(a) or positive(c) or not (positive(-c) or not_negative(b)):
        return None
    return over_(power(b * b - 4 * a * c, ratio(1, 2)) - b, 2 * a)
