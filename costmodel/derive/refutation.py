"""Whether a quantity never falls below a formula: proved, or refuted by a network."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from costmodel.arith import AtLeast, Condition, Divides, Equal, compare, free_symbols
from costmodel.arith.atoms import Symbol
from costmodel.arith.program import symbols_of
from costmodel.arith.rational import is_rational, ratio, tidy
from costmodel.derive.algebra import not_negative, positive, same, substituted
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.methods.minimum import minimum, with_slack
from costmodel.derive.patience import TiredError
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Given, Proof, ProofError
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled

TRIES = 400
Point = Mapping[str, Any]


def at_least_holds(asked: Problem, floor: Any, text: str) -> Bound:
    """The answer to ``objective >= floor`` under the constraints."""
    from costmodel.derive.questions import domain_for, formulas_of, unknown

    told = substituted(floor, asked.meaning)

    def answer(status: str, proof: Proof | None, method: str, **more: Any) -> Bound:
        return Bound(
            asked.name, [g.text for g in asked.given], asked.over, told, {}, [*asked.assumptions],
            method, status, proof.steps if proof else (), formulas_of(asked),
            domain_for(asked, floor), question="at_least", **more,
        )  # fmt: skip

    proof = _proved(asked, floor)
    if proof is not None:
        return answer("proved", proof, proof.steps[-1].kind)
    try:
        at = counterexample(asked, told)
    except TiredError:
        at = None
    if at is not None:
        start = Proof(asked.name, asked.objective, asked.given, asked.meaning)
        left = substituted(substituted(asked.objective, asked.meaning), at)
        right = substituted(told, at)
        start.add("witness", f"{asked.name} = {spelled(left)} < {spelled(right)}",
                  "put into the formula; the constraints hold there",
                  at={k: str(v) for k, v in at.items()}, left=spelled(left),
                  right=spelled(right), floor=spelled(told))  # fmt: skip
        shown = {**at, asked.name: left, text: right}
        return answer("refuted", start, "refutation",
                      witness={k: _plain(v) for k, v in shown.items()})  # fmt: skip
    open_ = unknown(asked, f"neither a proof nor a counterexample of {asked.name} >= {text}")
    return open_._replace(question="at_least")


def _plain(x: Any) -> Any:
    return x if isinstance(x, int) else spelled(x)


def _proved(asked: Problem, floor: Any) -> Proof | None:
    try:
        for start, over, _ in with_slack(asked):
            for proof, _ in eliminations(start, over):
                done = _finished(proof, substituted(floor, proof.replaced))
                if done is not None:
                    return done
        chains = [found.proof for found in minimum(asked)]
        return next((done for p in chains if (done := _finished(p, floor)) is not None), None)
    except TiredError:
        return None


def _finished(proof: Proof, floor: Any) -> Proof | None:
    attempt = proof.copy()
    attempt.steps = [s for s in attempt.steps if s.kind != "attained"]
    if same(attempt.current, floor):
        return attempt
    if not not_negative(attempt.current - floor):
        return None
    try:
        attempt.at_least(floor, "the difference has no negative coefficient where symbols are "
                                "counted from their least values")  # fmt: skip
    except ProofError:
        return None
    return attempt


def counterexample(asked: Problem, floor: Any) -> dict[str, Any] | None:
    """Numbers for all symbols that satisfy the constraints and break the inequality."""
    given = [g.at(asked.meaning) for g in asked.given]
    objective = substituted(asked.objective, asked.meaning)
    difference = objective - floor
    start = Proof(asked.name, objective, given)
    parameters = {s.name for s in symbols_of(*(g.left - g.right for g in given)) if not s.integer}
    for names in (sorted(parameters), asked.over):
        for proof, _ in eliminations(start, names):
            for point in points([difference, *proof.replaced.values()], proof.replaced):
                at = completed(point, proof, given, asked.needs)
                gap = None if at is None else number_at(difference, at)
                if gap is not None and negative(gap):
                    return at
    return None


def completed(
    point: Point, proof: Proof, given: Iterable[Given], needs: Iterable[Condition]
) -> dict[str, Any] | None:
    """*point* with what is solved for, if that is a network and satisfies the constraints."""
    at = dict(point)
    for name, tie in proof.replaced.items():
        reached = number_at(tie, point)
        if reached is None:
            return None
        at[name] = reached
    domains = symbols_of(proof.formula, *(s for g in given for s in (g.left, g.right)))
    if not all(_inside(s, at[s.name]) for s in domains if s.name in at):
        return None
    return at if _kept(given, at) and admissible(needs, at) else None


def number_at(x: Any, at: Point) -> Any:
    """The number that *x* is at a point; None if it is none there: 1/0, or the root of -1."""
    try:
        found = substituted(x, at)
    except ArithmeticError:
        return None
    return None if free_symbols(found) else found


def _inside(s: Symbol, value: Any) -> bool:
    if not is_rational(value):
        return not s.integer and not free_symbols(value) and float(value) >= s.least
    whole = not s.integer or ratio(value, s.multiple_of).denominator == 1
    return bool(whole and value >= s.least and value > 0)


def admissible(needs: Iterable[Condition], at: Point) -> bool:
    """Whether what a network assumes holds at *at*; what other symbols decide is left open."""
    for need in needs:
        if isinstance(need, Divides):
            d, x = (substituted(part, at) for part in (need.divisor, need.value))
            settled = is_rational(d) and is_rational(x)
            if settled and ratio(x, d).denominator > 1:
                return False
        elif isinstance(need, AtLeast | Equal):
            pair = (need.value, need.minimum) if isinstance(need, AtLeast) else (need.a, need.b)
            relation = ">=" if isinstance(need, AtLeast) else "=="
            left, right = (substituted(part, at) for part in pair)
            if compare(left, relation, right) is False:
                return False
    return True


def negative(x: Any) -> bool:
    """Whether a number is below 0 for sure."""
    return bool(x < 0) if is_rational(x) else positive(-x)


def _kept(given: Iterable[Given], at: Point) -> bool:
    for constraint in given:
        left, right = substituted(constraint.left, at), substituted(constraint.right, at)
        relation = "==" if constraint.relation == "=" else constraint.relation
        if free_symbols(left) or free_symbols(right) or compare(left, relation, right) is not True:
            return False
    return True


def points(forms: list[Any], skip: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Points of the domain, small ones first; a budget is drawn from a wider range."""
    symbols = [s for s in symbols_of(*forms) if s.name not in set(skip)]
    chance = random.Random(1)
    for attempt in range(TRIES):
        point = {}
        for s in symbols:
            m = s.multiple_of
            low = max(1, int(-(-s.least // m)))
            span = 2 ** chance.randint(0, 9 if s.integer else 24) if attempt else 1
            point[s.name] = tidy(m * (low + chance.randrange(span)))
        yield point
