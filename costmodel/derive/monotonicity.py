"""Does a quantity grow with a symbol, under the constraints?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.derive.algebra import (
    NotPolynomialError,
    names_in,
    not_negative,
    positive,
    substituted,
    vanishes,
)
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.methods.minimum import least_values, minimum, with_slack
from costmodel.derive.problem import Problem, Quantities
from costmodel.derive.proof import Proof
from costmodel.derive.refutation import admissible, number_at, points
from costmodel.derive.result import Bound
from costmodel.derive.shapes import partials
from costmodel.derive.spelling import spelled
from costmodel.errors import BindingError, UnknownNameError

RISING = ("increasing", "non-decreasing")
FALLING = {"increasing": "decreasing", "non-decreasing": "non-increasing"}


def monotonic(asked: Problem, name: str, quantities: Quantities) -> Bound:
    """Whether the objective rises with *name*: proved, refuted by two points, or unknown.

    Symbols in ``over`` adapt: they are solved from the constraints, and if some are left the
    least value over them is meant.
    """
    from costmodel.derive.questions import domain_for

    known = domain_for(asked)
    if name not in known and name not in quantities.symbols:
        raise UnknownNameError("symbol", name, known)
    if name in asked.over:
        raise BindingError(f"{name} cannot both vary and adapt", hint=f"leave {name} out of --over")
    proof, needed = _reduced(asked)
    if proof is None:
        return _answer(asked, name, None, "unknown", "none")
    inner = f"_{name}" if f"_{name}" in asked.meaning else name
    try:
        falls = partials(proof.current, inner)
    except (NotPolynomialError, ArithmeticError):
        falls = []
    direction = _direction(falls)
    if direction is not None:
        _directed(proof, name, falls, direction)
    if direction in RISING:
        return _answer(asked, name, proof, "proved", "derivative", direction, needed)
    witness = _two_points(asked, proof, name)
    if direction is not None:
        return _answer(asked, name, proof, "refuted", "derivative", direction, needed, witness)
    if witness is None:
        return _answer(asked, name, proof, "unknown", "none", None, needed)
    return _answer(asked, name, proof, "refuted", "two points", None, needed, witness)


def _reduced(asked: Problem) -> tuple[Proof | None, list[str]]:
    """The chain without adapting symbols: all solved, or all at their best; what that needs."""
    for start, over, _ in with_slack(asked):
        for proof, rest in eliminations(start, over):
            if not rest:
                return proof, []
        break
    found = minimum(asked)
    if not found or not found[0].attained:
        return None, []
    return found[0].proof, [f"attained only if {text}" for text in found[0].conditions]


def _direction(found: list[Any]) -> str | None:
    """What all *found*, the derivatives of the arguments of a maximum, have in common."""
    if not found:
        return None
    if all(map(vanishes, found)):
        return "constant"
    for direction, sure in (("increasing", positive), ("non-decreasing", not_negative)):
        if all(map(sure, found)):
            return direction
        if all(sure(-slope) for slope in found):
            return FALLING[direction]
    return None


def _directed(proof: Proof, name: str, found: list[Any], direction: str) -> None:
    shown = list(dict.fromkeys(map(proof.write, found)))
    rising = direction in RISING
    text = shown[0] if len(shown) == 1 else f"{'Min' if rising else 'Max'}({', '.join(shown)})"
    relation = {"increasing": "> 0", "decreasing": "< 0", "constant": "= 0",
                "non-decreasing": ">= 0", "non-increasing": "<= 0"}[direction]  # fmt: skip
    proof.add(
        "monotone", f"d/d{name} ({proof.write(proof.current)}) = {text} {relation}",
        "no term is left" if direction == "constant" else
        "every term of it has this sign where symbols are counted from their least values",
        expression=proof.write(proof.current), variable=name, derivative=text,
        direction=direction,
    )  # fmt: skip


def _two_points(asked: Problem, proof: Proof, name: str) -> dict[str, Any] | None:
    """Two points where the quantity does not rise though *name* does."""
    current = substituted(proof.current, asked.meaning)
    ties = {n: substituted(v, asked.meaning) for n, v in proof.replaced.items()}
    least = least_values(asked)
    varied = asked.symbols.get(name, 0)  # where nothing depends on it any value will do
    for point in points([current, varied, *ties.values()], ties):
        if name not in point:
            return None
        for step in (point[name], 3 * point[name], 15 * point[name]):
            pair = [point, {**point, name: point[name] + step}]
            values = [number_at(current, p) for p in pair]
            if None in values or not not_negative(values[0] - values[1]):
                continue
            if all(_possible(asked, ties, p, least) for p in pair):
                return _told(proof, name, pair, values, current)
    return None


def _possible(
    asked: Problem, ties: Mapping[str, Any], point: Mapping[str, Any], least: Mapping[str, Any]
) -> bool:
    """Whether what adapts is not below its least value there, and the network admits it."""
    at = {n: number_at(v, point) for n, v in ties.items() if names_in(v) <= point.keys()}
    reached = all(v is not None and not_negative(v - least.get(n, 1)) for n, v in at.items())
    return reached and admissible(asked.needs, {**at, **point})


def _told(
    proof: Proof, name: str, pair: list[dict[str, Any]], values: list[Any], current: Any
) -> dict[str, Any]:
    shown = [spelled(v) for v in values]
    proof.add(
        "two-points",
        f"{spelled(current)} is {shown[0]} at {name} = {pair[0][name]} and {shown[1]} at "
        f"{name} = {pair[1][name]}",
        "put into the form", expression=spelled(current), variable=name, values=shown,
        points=[{k: str(v) for k, v in p.items()} for p in pair],
    )  # fmt: skip
    fixed = {k: v for k, v in pair[0].items() if k != name}
    return {**fixed, name: [p[name] for p in pair], "values": shown}


def _answer(
    asked: Problem, name: str, proof: Proof | None, status: str, method: str,
    direction: str | None = None, needed: Sequence[str] = (),
    witness: dict[str, Any] | None = None,
) -> Bound:  # fmt: skip
    from costmodel.derive.questions import domain_for, formulas_of

    conditions = [*asked.assumptions]
    if proof is not None:
        known = names_in(substituted(proof.current, asked.meaning)) - {name}
        conditions.append(f"fixed: {', '.join(sorted(known)) or 'nothing else'}")
    if asked.over:
        conditions += [f"{', '.join(asked.over)} adapt to the constraints", *needed]
    return Bound(
        asked.name, [g.text for g in asked.given], asked.over, direction, {}, conditions, method,
        status, proof.steps if proof is not None else (), formulas_of(asked), domain_for(asked),
        question="monotone", witness=witness, extra={"variable": name, "direction": direction},
    )  # fmt: skip
