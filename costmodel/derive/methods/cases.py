"""Constraints that hold a maximum, such as ``peak_memory = B``: one case for each argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from costmodel.arith import free_symbols, minimum
from costmodel.derive.algebra import NotPolynomialError, not_negative, positive, substituted
from costmodel.derive.chain import value_there
from costmodel.derive.demands import ImpossibleError, impossible
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Given, Proof, ProofError, Step
from costmodel.derive.result import Bound
from costmodel.derive.shapes import branches, oriented
from costmodel.derive.spelling import spelled

Solve = Callable[[Problem], Bound]
MOST_CASES = 8


class Case(NamedTuple):
    """What one case came to; ``bound`` is None where nothing satisfies its constraint."""

    bound: Bound | None
    steps: tuple[Step, ...]


def by_cases(asked: Problem, solve: Solve) -> Bound | None:
    """The least value over the cases of the first such constraint; None if one stays open."""
    split = next((i for i, g in enumerate(asked.given) if len(_parts(g)) > 1), None)
    if split is None or len(_parts(asked.given[split])) > MOST_CASES:
        return None
    text, relation = asked.given[split].text, oriented(asked.given[split])[1]
    proof = Proof(asked.name, asked.objective, asked.given, asked.meaning)
    if relation == "=":
        for part in _parts(asked.given[split]):
            proof.part(split, part)
    cases = []
    for part in _parts(asked.given[split]):
        given = list(proof.given)
        given[split] = Given(text, part, relation, 0)
        case = _case(asked._replace(given=tuple(given)), split, solve)
        if case is None:
            return None
        cases.append(case)
    if all(case.bound is None for case in cases):
        raise impossible(text)
    return _together(asked, proof, split, cases)


def _parts(given: Given) -> list[Any]:
    """The arguments of the maximum of which one decides; one form if it is not such."""
    gap, relation = oriented(given)
    return branches(gap) if relation in ("=", ">=") else [gap]


def _case(sub: Problem, split: int, solve: Solve) -> Case | None:
    given = sub.given[split]
    if positive(-given.left) or (given.relation == "=" and positive(given.left)):
        step = Step("impossible", f"{spelled(given.left)} {given.relation} 0 holds nowhere",
                    "it has one sign everywhere", {"given": split})  # fmt: skip
        return Case(None, (step,))
    try:
        bound = solve(sub)
    except ImpossibleError:  # true of this case, but no step shows it
        return None
    if bound.bound is None or (bound.status == "proved" and not bound.attained_at):
        return None
    kept = tuple(s for s in bound.steps if s.kind not in ("definition", "attained"))
    return Case(bound, kept)


def _together(asked: Problem, proof: Proof, split: int, cases: Sequence[Case]) -> Bound | None:
    bounds = [case.bound for case in cases if case.bound is not None]
    values = [bound.bound for bound in bounds]
    lowest = minimum(*values) if len(values) > 1 else values[0]
    numbers = not any(map(free_symbols, values))
    best = min(bounds, key=lambda b: float(b.bound)) if numbers else bounds[0]
    right = best.bound if numbers else lowest
    proof.split(split, right, [[step.as_json() for step in case.steps] for case in cases])
    if any(b.status == "numeric" for b in bounds):
        return _numeric(asked, proof, bounds, best) if numbers else None
    for chosen in [best] if numbers else bounds:
        found = _attained(asked, proof, chosen, split)
        if found is not None:
            return found
    return None


def _attained(asked: Problem, proof: Proof, chosen: Bound, split: int) -> Bound | None:
    """The answer, if the least value is reached where that of *chosen* is."""
    from costmodel.derive.questions import answered

    proof, at = proof.copy(), dict(chosen.attained_at)
    plain = [g.at(asked.meaning) for g in asked.given]
    needs = [text for text in chosen.conditions if text.startswith("attained only if ")]
    try:
        pairs = value_there(oriented(plain[split])[0], at, 0)[1]
        rest = [g for i, g in enumerate(plain) if i != split and _settled(g.at(at))]
        if len(rest) + 1 < len(plain):
            return None
        pairs = [(plain[split].right, top + plain[split].right) for _, top in pairs] + list(
            proof.attained(rest, at, substituted(proof.formula, asked.meaning))
        )
    except (ProofError, NotPolynomialError, ArithmeticError):
        return None
    again = {f"attained only if {' '.join(g.at(asked.meaning).at(at).formula)}"
             for g in proof.given[len(asked.given) :]}  # fmt: skip
    needs = [text for text in needs if text not in again]
    told = [f"attained only if {spelled(a)} >= {spelled(b)}" for a, b in pairs]
    needs = list(dict.fromkeys([*needs, *told]))
    return answered(asked, proof, at, needs, "cases")


def _settled(given: Given) -> bool:
    gap = given.left - given.right
    if given.relation == "=":
        return not_negative(gap) and not_negative(-gap)
    return not_negative(gap if given.relation == ">=" else -gap)


def _numeric(asked: Problem, proof: Proof, bounds: Sequence[Bound], best: Bound) -> Bound:
    from costmodel.derive.questions import domain_for, formulas_of

    highs = [b.extra["interval"][1] if "interval" in b.extra else float(b.bound) for b in bounds]
    interval = [best.bound if isinstance(best.bound, int) else float(best.bound), min(highs)]
    return Bound(
        asked.name, [g.text for g in asked.given], asked.over, best.bound, {},
        [*asked.assumptions, f"the minimum lies in {interval}"], "cases", "numeric", proof.steps,
        formulas_of(asked), domain_for(asked), extra={"interval": interval},
    )  # fmt: skip
