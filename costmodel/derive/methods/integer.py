"""The best admissible integers, by looking at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import Any, NamedTuple

from costmodel.arith import compile_form
from costmodel.arith.program import symbols_of
from costmodel.arith.rational import is_rational, ratio
from costmodel.arith.roots import whole_root
from costmodel.derive.algebra import NotPolynomialError, by_powers, names_in
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Given, Proof, Step
from costmodel.derive.spelling import spelled

MOST_POINTS = 200_000


class Best(NamedTuple):
    """The least value over all admissible integers, where, and how many were tried."""

    value: Any
    at: dict[str, int]
    step: Step


def best_integers(asked: Problem) -> Best | None:
    """The integer optimum; None where the set is not finite or too large.

    ``value`` is None if no integers satisfy the constraints.
    """
    forms = [asked.objective, *(s for g in asked.given for s in (g.left, g.right))]
    if not asked.over or any(names_in(f) - set(asked.over) for f in forms):
        return None
    caps = _caps(asked)
    if caps is None:
        return None
    start = Proof(asked.name, asked.objective, asked.given, asked.meaning)
    for proof, rest in sorted(eliminations(start, asked.over), key=lambda way: len(way[1])):
        ranges = {n: range(low, caps[n] + 1, step) for n, (low, step) in _steps(asked).items()}
        if any(g.relation == "=" and names_in(g.left - g.right) for g in proof.given):
            continue
        if prod(len(ranges[n]) for n in rest) <= MOST_POINTS:
            return _enumerated(asked, proof, rest, ranges)
    return None


def _steps(asked: Problem) -> dict[str, tuple[int, int]]:
    found = {}
    for name in asked.over:
        (s,) = symbols_of(asked.symbols[name])
        found[name] = (int(s.least), s.multiple_of)
    return found


def _caps(asked: Problem) -> dict[str, int] | None:
    """The largest value of each chosen symbol that the constraints allow."""
    least = {name: low for name, (low, _) in _steps(asked).items()}
    caps: dict[str, int] = {}
    for given in asked.given:
        if given.relation == ">=":
            continue
        for name, cap in _caps_of(given, least):
            caps[name] = min(cap, caps.get(name, cap))
    return caps if caps.keys() >= set(asked.over) else None


def _caps_of(given: Given, least: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    names = list(least)
    try:
        parts = by_powers(given.left - given.right, names)
    except NotPolynomialError:
        return
    if not all(map(is_rational, parts.values())):
        return
    limit = -parts.pop((0,) * len(names), 0)
    if any(c < 0 for c in parts.values()) or limit <= 0:
        return
    for powers, c in parts.items():
        if any(p < 0 or p.denominator != 1 for p in powers):
            continue
        for i, name in enumerate(names):
            if powers[i]:
                pairs = zip(names, powers, strict=True)
                rest = c * prod(least[n] ** p for n, p in pairs if n != name)
                yield name, whole_root(int(ratio(limit, rest) // 1), int(powers[i]))


def _enumerated(
    asked: Problem, proof: Proof, rest: tuple[str, ...], ranges: Mapping[str, range]
) -> Best | None:
    ties = dict(proof.replaced)
    tied = compile_form(list(ties.values()), rest) if ties else lambda *_: ()
    value = compile_form(asked.objective, asked.over)
    sides = [(compile_form(g.left - g.right, asked.over), g.relation) for g in asked.given]
    divisions = [(compile_form(d, asked.over), compile_form(x, asked.over))
                 for d, x in asked.divisions
                 if names_in(d) | names_in(x) <= set(asked.over)]  # fmt: skip
    best: Any = None
    where: dict[str, int] = {}
    count = 0
    for point in product(*(ranges[n] for n in rest)):
        count += 1
        at = dict(zip(rest, point, strict=True))
        try:
            at.update(zip(ties, tied(*point), strict=True))
        except ArithmeticError:  # 1/0, or the root of -1: no number solves the constraint
            continue
        if not all(_whole(v) and int(v) in ranges[n] for n, v in at.items()):
            continue
        values = [at[n] for n in asked.over]
        if not all(_keeps(f(*values), relation) for f, relation in sides):
            continue
        if any(x(*values) % d(*values) for d, x in divisions):
            continue
        here = value(*values)
        if best is None or here < best:
            best, where = here, {n: int(at[n]) for n in asked.over}
    step = _step(asked, proof, rest, ranges, (best, where, count))
    return Best(best, where, step)


def _whole(x: Any) -> bool:
    return is_rational(x) and x.denominator == 1


def _keeps(difference: Any, relation: str) -> bool:
    if relation == "=":
        return bool(difference == 0)
    return bool(difference >= 0 if relation == ">=" else difference <= 0)


def _step(
    asked: Problem, proof: Proof, rest: tuple[str, ...], ranges: Mapping[str, range],
    found: tuple[Any, dict[str, int], int],
) -> Step:  # fmt: skip
    best, where, count = found
    place = ", ".join(f"{n} = {v}" for n, v in where.items())
    claim = f"over the integers {asked.name} >= {best}, attained at {place}" if where else (
        f"no integers {', '.join(asked.over)} satisfy the constraints")  # fmt: skip
    ties = {n: spelled(v) for n, v in proof.replaced.items()}
    return Step(
        "exhaustion", claim, f"all {count} candidates were tried; the constraints allow no more",
        {"ranges": {n: [r.start, r[-1] if len(r) else r.start - 1, r.step]
                    for n, r in ranges.items()},
         "free": list(rest), "ties": ties,
         "divides": [[spelled(d), spelled(x)] for d, x in asked.divisions
                     if names_in(d) | names_in(x) <= set(asked.over)],
         "value": None if best is None else str(best), "at": where},
    )  # fmt: skip
