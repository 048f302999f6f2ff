"""Solve constraints for symbols, one each, in every way that stays a sum of powers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from costmodel.arith.program import over as over_
from costmodel.arith.rational import ratio
from costmodel.arith.roots import power
from costmodel.derive.algebra import NotPolynomialError, by_powers, names_in, positive
from costmodel.derive.proof import Proof, ProofError

MOST_WAYS = 24


def eliminations(proof: Proof, over: Sequence[str]) -> Iterator[tuple[Proof, tuple[str, ...]]]:
    """The chain continued by substitutions, with the symbols that are left to choose."""
    yield from islice(_continue(proof, tuple(over), 0), MOST_WAYS)


def _continue(
    proof: Proof, over: tuple[str, ...], index: int
) -> Iterator[tuple[Proof, tuple[str, ...]]]:
    if index == len(proof.given):
        yield proof, over
        return
    given = proof.given[index]
    solved = given.left - given.right
    if given.relation != "=" or not _mentions(solved, over):
        yield from _continue(proof, over, index + 1)
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
        rest = tuple(n for n in over if n != name)
        yield from _continue(attempt, rest, index + 1)


def _mentions(x: Any, over: Sequence[str]) -> bool:
    return bool(names_in(x) & set(over))


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
    if not positive(other):
        return None
    return power(other, ratio(1, p - q))


def _quadratic(parts: Mapping[Any, Any]) -> Any:
    """The only positive root of a*x**2 + b*x + c, where a > 0 > c; None if it is not one."""
    low = min(p for (p,) in parts)
    powers = sorted((p - low, c) for (p,), c in parts.items())
    (_, c), (_, b), (_, a) = powers
    if [p for p, _ in powers] != [0, 1, 2]:
        return None
    if positive(-a):
        a, b, c = -a, -b, -c
    if not positive(a) or not positive(-c):
        return None
    return over_(power(b * b - 4 * a * c, ratio(1, 2)) - b, 2 * a)
