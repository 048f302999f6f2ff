"""One question in, one answer out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.derive.algebra import domain_of, substituted
from costmodel.derive.demands import bounded_below, choosable
from costmodel.derive.methods.minimum import Found, minimum
from costmodel.derive.patience import TiredError, patience
from costmodel.derive.problem import Problem, problem
from costmodel.derive.proof import Proof
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled
from costmodel.errors import BindingError

NO_METHOD = "no method settles it; with numbers for the fixed symbols an interval may be found"

LATE = "not settled in the time that a question has"


def ask(
    model: Any, minimize: str | None, over: tuple[str, ...], given: tuple[str, ...], *,
    at_least: str | None, monotone: str | None, comparison: str | None, when: str | bool | None,
    profile: str, others: Mapping[str, Any],
) -> Bound:  # fmt: skip
    """Route a question to its method, which has some seconds."""
    with patience():
        return _asked(
            model, minimize, over, given, at_least, monotone, comparison, when, profile, others
        )


def _asked(
    model: Any, minimize: str | None, over: tuple[str, ...], given: tuple[str, ...],
    at_least: str | None, monotone: str | None, comparison: str | None, when: str | bool | None,
    profile: str, others: Mapping[str, Any],
) -> Bound:  # fmt: skip
    if comparison is not None:
        from costmodel.derive.comparison import compared

        return compared(model, comparison, given, over, when, profile, others)
    if minimize is None:
        raise BindingError("nothing is asked", hint="name a quantity to minimize, or compare two")
    varied = () if monotone is None else (monotone,)
    asked, quantities = problem(model, minimize, over, given, profile, varied)
    if monotone is not None:
        from costmodel.derive.monotonicity import monotonic

        try:
            return monotonic(asked, monotone, quantities)
        except TiredError:
            return unknown(asked, LATE)._replace(question="monotone")
    if at_least is not None:
        from costmodel.derive.refutation import at_least_holds

        return at_least_holds(asked, quantities.expression(at_least, "--at-least"), at_least)
    choosable(asked)
    return least(asked)


def least(asked: Problem) -> Bound:
    """The lower bound of the objective, and the best integers where they are few enough."""
    from costmodel.derive.methods.integer import best_integers

    try:
        real = _least_real(asked)
    except TiredError:
        real = unknown(asked, LATE)
    try:
        best = best_integers(asked)
    except TiredError:
        best = None
    if best is None:
        return real
    extra: dict[str, Any] = {"bound": None if best.value is None else str(best.value),
                             "attained_at": best.at}  # fmt: skip
    if best.value is not None and real.bound is not None and float(real.bound) > 0:
        extra["gap"] = round(float(best.value) / float(real.bound) - 1, 9)
    return real._replace(
        conditions=[*real.conditions, best.step.claim], steps=[*real.steps, best.step],
        extra={**real.extra, "integer": extra},
    )  # fmt: skip


def _least_real(asked: Problem) -> Bound:
    found = minimum(asked)
    if found and found[0].attained:
        return closed_bound(asked, found[0])
    from costmodel.derive.methods.numeric import numeric_minimum
    from costmodel.derive.methods.stationary import stationary

    turned = stationary(asked)
    if turned is not None:
        return closed_bound(asked, turned)
    certified = numeric_minimum(asked)
    if certified is not None:
        return certified
    from costmodel.derive.methods.cases import by_cases

    told = by_cases(asked, _least_real)
    if told is not None:
        return told
    if found and found[0].closed.limit:
        return closed_bound(asked, found[0])
    bounded_below(asked)
    weak = (
        f"; {asked.name} >= {found[0].proof.write(found[0].proof.current)} holds" if found else ""
    )
    return unknown(asked, NO_METHOD + weak)


def closed_bound(asked: Problem, found: Found) -> Bound:
    """The answer that a finished chain gives."""
    needs = [f"attained only if {text}" for text in found.conditions]
    if not found.attained:
        needs = [f"not attained: a limit as {found.closed.limit}"]
    at = {n: substituted(v, asked.meaning) for n, v in found.at.items()}
    return answered(asked, found.proof, at if found.attained else {}, needs, found.closed.method)


def answered(
    asked: Problem, proof: Proof, at: Mapping[str, Any], needs: Sequence[str], method: str
) -> Bound:
    """A proved bound, where it is attained and what that needs."""
    conditions = list(asked.assumptions)
    if asked.over:
        names = ", ".join(asked.over)
        conditions.append(f"{names} range over the reals from their least values; "
                          "integers attain the bound only where its place is whole")  # fmt: skip
    value = substituted(proof.current, asked.meaning)
    return Bound(
        asked.name, [g.text for g in asked.given], asked.over, value, at, [*conditions, *needs],
        method, "proved", proof.steps, formulas_of(asked), domain_for(asked, value),
    )  # fmt: skip


def formulas_of(asked: Problem) -> dict[str, Any]:
    """The objective and the constraints as formulas, where a checker begins."""
    written = [g.at(asked.meaning).formula for g in asked.given]
    return {
        "objective": spelled(substituted(asked.objective, asked.meaning)),
        "given": written,
        "assumptions": list(asked.assumptions),
    }


def domain_for(asked: Problem, *forms: Any) -> dict[str, Any]:
    """What every symbol of the question may be."""
    sides = [side for g in asked.given for side in (g.left, g.right)]
    found = domain_of([asked.objective, *sides, *forms, *asked.symbols.values(), *asked.plain])
    return {name: entry for name, entry in found.items() if not name.startswith("_")}


def unknown(asked: Problem, because: str = "") -> Bound:
    """The honest answer where no method succeeds."""
    hint = because or NO_METHOD
    return Bound(
        asked.name, [g.text for g in asked.given], asked.over, None, {},
        [*asked.assumptions, hint], "none", "unknown", (), formulas_of(asked), domain_for(asked),
    )  # fmt: skip
