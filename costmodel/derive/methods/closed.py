"""Closed forms: boundaries by monotonicity and weighted AM-GM with no degree of difficulty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any, NamedTuple

from costmodel.arith import prod, total
from costmodel.arith.program import over as over_
from costmodel.arith.roots import power
from costmodel.derive.algebra import (
    NotPolynomialError,
    Powers,
    by_powers,
    extremum_of,
    names_in,
    positive,
    power_product,
    substituted,
)
from costmodel.derive.linear import rank, solve
from costmodel.derive.methods.elimination import solution
from costmodel.derive.proof import Proof, ProofError
from costmodel.derive.shapes import branches

MOST_ARGUMENTS = 8  # of a maximum, paired with each other


class Closed(NamedTuple):
    """A chain that ended in a form without the chosen symbols."""

    proof: Proof
    at: dict[str, Any]  # values of the chosen symbols that were not eliminated
    method: str
    limit: str = ""  # where it is approached but not reached


def closed_forms(
    proof: Proof, over: Sequence[str], symbols: Mapping[str, Any], least: Mapping[str, Any]
) -> list[Closed]:
    """Every way found to continue *proof* until no chosen symbol is left."""
    try:
        parts = by_powers(proof.current, list(over))
    except NotPolynomialError:
        return _by_argument(proof, over, symbols, least)
    zero: Powers = (0,) * len(over)
    moving = {p: c for p, c in parts.items() if p != zero}
    if not moving:
        loose = {name: least.get(name, 1) for name in over}
        eliminated = {n: substituted(v, loose) for n, v in proof.replaced.items()}
        return [Closed(proof, {**loose, **eliminated}, "elimination")]
    for name in over:
        lowered = _lowered(proof, over, name, moving, least)
        if lowered is not None:
            rest = [n for n in over if n != name]
            found = closed_forms(lowered, rest, symbols, least)
            return [c._replace(method=_later(c.method, "monotone")) for c in found]
    capped = _capped(proof, over, least)
    if capped is not None:
        rest = [n for n in over if n not in capped.replaced]
        found = closed_forms(capped, rest, symbols, least)
        return [c._replace(method=_later(c.method, "monotone")) for c in found]
    if not all(map(positive, moving.values())):
        return []
    reached = _am_gm(proof, over, symbols, moving, parts.get(zero, 0))
    return [reached] if reached else _vanishing(proof, over, symbols, least, moving)


def _later(method: str, earlier: str) -> str:
    return earlier if method == "elimination" else method


def _lowered(
    proof: Proof, over: Sequence[str], name: str, moving: Mapping[Powers, Any],
    least: Mapping[str, Any],
) -> Proof | None:  # fmt: skip
    """The chain with *name* at its least value, if the form grows with it."""
    place = list(over).index(name)
    if not any(powers[place] for powers in moving):
        return None
    return _at_lowest(proof, name, least)


def _at_lowest(proof: Proof, name: str, least: Mapping[str, Any]) -> Proof | None:
    attempt = proof.copy()
    try:
        attempt.lowest(name, least.get(name, 1))
    except (ProofError, NotPolynomialError, ArithmeticError):
        return None
    return attempt


def _capped(proof: Proof, over: Sequence[str], least: Mapping[str, Any]) -> Proof | None:
    """The chain at the largest value that another symbol allows, if the form falls."""
    for name in over:
        for other, tie in proof.replaced.items():
            if other not in least or name not in names_in(tie):
                continue
            value = solution(tie - least[other], name)
            if value is None or names_in(value) & set(over):
                continue
            attempt = proof.copy()
            try:
                attempt.capped(name, other, value, least[other])
            except (ProofError, NotPolynomialError, ArithmeticError):
                continue
            return attempt
    return None


def _by_argument(
    proof: Proof, over: Sequence[str], symbols: Mapping[str, Any], least: Mapping[str, Any]
) -> list[Closed]:
    """Where a maximum stands: lower what every argument grows with, cross, or take one of them."""
    found = extremum_of(proof.current)
    if found is None:
        return []
    rest, atom, factor = found
    for name in names_in(proof.current) & set(over):
        lowered = _at_lowest(proof, name, least)
        if lowered is not None:
            others = [n for n in over if n != name]
            chains = closed_forms(lowered, others, symbols, least)
            return [c._replace(method=_later(c.method, "monotone")) for c in chains]
    results = []
    for attempt, name in _crossings(proof, over):
        others = [n for n in over if n != name]
        chains = closed_forms(attempt, others, symbols, least)
        results += [c._replace(method=_later(c.method, "monotone")) for c in chains]
    for argument in atom.forms:
        attempt = proof.copy()
        attempt.argument(rest + factor * argument, argument)
        results += closed_forms(attempt, over, symbols, least)
    return results


def _crossings(proof: Proof, over: Sequence[str]) -> Iterator[tuple[Proof, str]]:
    """The chain where a falling and a rising argument are equal, one for each such pair."""
    parts = branches(proof.current)
    for name in over:
        for falling, rising in permutations(parts[:MOST_ARGUMENTS], 2):
            value = solution(rising - falling, name)
            if value is None:
                continue
            attempt = proof.copy()
            try:
                attempt.crossing(name, value, falling, rising)
            except (ProofError, NotPolynomialError, ArithmeticError):
                continue
            yield attempt, name


def components(moving: Mapping[Powers, Any]) -> list[dict[Powers, Any]]:
    """The terms in groups that share no symbol."""
    groups: list[tuple[set[int], dict[Powers, Any]]] = []
    for powers, c in moving.items():
        used = {i for i, p in enumerate(powers) if p}
        terms = {powers: c}
        for other in [g for g in groups if g[0] & used]:
            groups.remove(other)
            used |= other[0]
            terms = {**other[1], **terms}
        groups.append((used, terms))
    return [terms for _, terms in groups]


def weights_of(powers: Sequence[Powers]) -> list[Any] | None:
    """Positive weights that sum to 1 and balance every exponent, if they are unique."""
    matrix = [*zip(*powers, strict=True), (1,) * len(powers)]
    found = solve(matrix, [0] * (len(matrix) - 1) + [1])
    if found is None or found[1] or not all(w > 0 for w in found[0]):
        return None
    return found[0]


def _am_gm(
    proof: Proof, over: Sequence[str], symbols: Mapping[str, Any], moving: Mapping[Powers, Any],
    constant: Any,
) -> Closed | None:  # fmt: skip
    attempt = proof.copy()
    at: dict[str, Any] = {}
    groups = components(moving)
    plans = [(group, weights_of(list(group))) for group in groups]
    if any(weights is None for _, weights in plans):
        return None
    bounded: list[Any] = []
    for i, (group, weights) in enumerate(plans):
        others = [term for g, _ in plans[i + 1 :] for term in g.items()]
        later = [c * power_product(p, over, symbols) for p, c in others]
        terms = [c * power_product(p, over, symbols) for p, c in group.items()]
        rest = constant + total(bounded) + total(later)
        attempt.am_gm(rest, terms, weights or [])
        bounded.append(attempt.current - rest)
        at |= _equality(group, weights or [], over, bounded[-1])
    at = {**{n: 1 for n in over if n not in at}, **at}
    eliminated = {n: substituted(v, at) for n, v in attempt.replaced.items()}
    return Closed(attempt, {**at, **eliminated}, "am-gm")


def _equality(
    group: Mapping[Powers, Any], weights: Sequence[Any], over: Sequence[str], value: Any
) -> dict[str, Any]:
    """Where all terms equal weight*value: linear in the logarithms of the symbols."""
    powers = list(group)
    used = [i for i in range(len(over)) if any(p[i] for p in powers)]
    wanted = [over_(value * w, c) for w, c in zip(weights, group.values(), strict=True)]
    chosen: list[int] = []  # independent equations; the last follows from the others
    for j in range(len(powers)):
        if rank([[powers[k][i] for i in used] for k in [*chosen, j]]) > len(chosen):
            chosen.append(j)
    at: dict[str, Any] = {}
    columns = []
    for unit in range(len(chosen)):
        right = [Fraction(int(unit == k)) for k in range(len(chosen))]
        found = solve([[powers[j][i] for i in used] for j in chosen], right)
        columns.append(found[0] if found else [Fraction(0)] * len(used))
    for row, i in enumerate(used):
        at[over[i]] = prod(
            power(wanted[j], columns[k][row]) for k, j in enumerate(chosen) if columns[k][row]
        )
    return at


def _vanishing(
    proof: Proof, over: Sequence[str], symbols: Mapping[str, Any], least: Mapping[str, Any],
    moving: Mapping[Powers, Any],
) -> list[Closed]:  # fmt: skip
    """Leave out the terms that fall to nothing as a symbol grows: a bound that is a limit."""
    for i, name in enumerate(over):
        falling = {p: c for p, c in moving.items() if p[i] < 0}
        if not falling or any(p[i] > 0 for p in moving):
            continue
        if any(name in names_in(value) for value in proof.replaced.values()):
            continue  # what was eliminated may not stay above its least value
        attempt = proof.copy()
        gone = total(c * power_product(p, over, symbols) for p, c in falling.items())
        attempt.at_least(attempt.current - gone,
                         f"what is left out is positive; it vanishes as {name} grows")  # fmt: skip
        rest = [n for n in over if n != name]
        found = closed_forms(attempt, rest, symbols, least)
        limit = f"{name} -> infinity"
        return [c._replace(limit=limit, method=_later(c.method, "monotone")) for c in found]
    return []
