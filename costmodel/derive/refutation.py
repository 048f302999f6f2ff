"""Whether a quantity never falls below a formula: proved, or refuted by a network."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from costmodel.arith import compare, free_symbols
from costmodel.arith.program import symbols_of
from costmodel.arith.rational import is_rational, tidy
from costmodel.derive.algebra import names_in, not_negative, same, substituted
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.methods.minimum import minimum, with_slack
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Proof, ProofError
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled

TRIES = 400


def at_least_holds(asked: Problem, floor: Any, text: str) -> Bound:
    """The answer to ``objective >= floor`` under the constraints."""
    from costmodel.derive.questions import domain_for, formulas_of, unknown

    def answer(status: str, proof: Proof | None, method: str, **more: Any) -> Bound:
        return Bound(
            asked.name, [g.text for g in asked.given], asked.over,
            substituted(floor, asked.meaning), {}, [*asked.assumptions], method, status,
            proof.steps if proof else (), formulas_of(asked), domain_for(asked, floor),
            question="at_least", **more,
        )  # fmt: skip

    proof = _proved(asked, floor)
    if proof is not None:
        return answer("proved", proof, proof.steps[-1].kind)
    witness = counterexample(asked, floor)
    if witness is not None:
        start = Proof(asked.name, asked.objective, asked.given, asked.meaning)
        start.add("witness", f"{asked.name} = {witness['left']} < {witness['right']}",
                  "put into the formula; the constraints hold there",
                  at={k: str(v) for k, v in witness["at"].items()},
                  left=str(witness["left"]), right=str(witness["right"]),
                  floor=spelled(substituted(floor, asked.meaning)))  # fmt: skip
        shown = {**witness["at"], asked.name: witness["left"], text: witness["right"]}
        return answer("refuted", start, "refutation",
                      witness={k: _plain(v) for k, v in shown.items()})  # fmt: skip
    open_ = unknown(asked, f"neither a proof nor a counterexample of {asked.name} >= {text}")
    return open_._replace(question="at_least")


def _plain(x: Any) -> Any:
    return x if isinstance(x, int) else str(x)


def _proved(asked: Problem, floor: Any) -> Proof | None:
    for start, over, _ in with_slack(asked):
        for proof, _ in eliminations(start, over):
            done = _finished(proof, substituted(floor, proof.replaced))
            if done is not None:
                return done
    for found in minimum(asked):
        done = _finished(found.proof, floor)
        if done is not None:
            return done
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
    difference = asked.objective - floor
    start = Proof(asked.name, asked.objective, asked.given)
    ways = list(eliminations(start, asked.over)) or list(_by_parameter(asked, start))
    for proof, _ in ways:
        for point in points([difference, *proof.replaced.values()], set(proof.replaced)):
            at = dict(point)
            at.update({n: substituted(v, point) for n, v in proof.replaced.items()})
            if not all(is_rational(v) and v >= 1 for n, v in at.items() if n in proof.replaced):
                continue
            if not _kept(asked, at):
                continue
            gap = substituted(difference, at)
            if free_symbols(gap) or _value(gap) >= 0:
                continue
            left, right = substituted(asked.objective, at), substituted(floor, at)
            if not is_rational(gap) and abs(_value(gap)) < 1e-6 * (1 + abs(_value(left))):
                continue
            return {"at": at, "left": left, "right": right}
    return None


def _by_parameter(asked: Problem, start: Proof) -> Iterator[tuple[Proof, tuple[str, ...]]]:
    """Ways to satisfy the constraints by choosing their parameters, such as B."""
    names = sorted({n for g in asked.given for s in (g.left, g.right) for n in names_in(s)})
    yield from eliminations(start, names)


def _kept(asked: Problem, at: Mapping[str, Any]) -> bool:
    for given in asked.given:
        left, right = substituted(given.left, at), substituted(given.right, at)
        relation = given.relation.replace("=", "==") if given.relation == "=" else given.relation
        if free_symbols(left) or free_symbols(right) or compare(left, relation, right) is not True:
            return False
    for d, x in asked.divisions:
        whole = substituted(x, at) / Fraction(substituted(d, at))
        if whole.denominator != 1:
            return False
    return True


def points(forms: list[Any], skip: set[str]) -> Iterator[dict[str, Any]]:
    symbols = [s for s in symbols_of(*forms) if s.name not in skip]
    chance = random.Random(1)
    for attempt in range(TRIES):
        point = {}
        for s in symbols:
            m = s.multiple_of
            low = max(1, int(-(-s.least // m)))
            span = 2 ** chance.randint(0, 9) if attempt else 1
            point[s.name] = tidy(m * (low + chance.randrange(span)))
        yield point


def _value(x: Any) -> float:
    return float(x)
