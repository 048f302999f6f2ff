"""Does a quantity grow with a symbol, under the constraints?"""

from __future__ import annotations

from typing import Any

from costmodel.arith import free_symbols
from costmodel.arith.program import symbols_of
from costmodel.derive.algebra import (
    NotPolynomialError,
    derivative,
    positive,
    substituted,
    vanishes,
)
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.methods.minimum import minimum, with_slack
from costmodel.derive.problem import Problem, Quantities
from costmodel.derive.proof import Proof
from costmodel.derive.refutation import points
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled
from costmodel.errors import BindingError, UnknownNameError


def monotonic(asked: Problem, name: str, quantities: Quantities) -> Bound:
    """Whether the objective rises with *name*: proved, refuted by two points, or unknown.

    Symbols in ``over`` adapt: they are solved from the constraints, and if some are left the
    least value over them is meant.
    """
    if name not in asked.symbols and name not in quantities.symbols:
        raise UnknownNameError("symbol", name, [*asked.symbols, *quantities.symbols])
    if name in asked.over:
        raise BindingError(f"{name} cannot both vary and adapt", hint=f"leave {name} out of --over")
    proof = _reduced(asked)
    try:
        slope = None if proof is None else derivative(proof.current, name)
    except NotPolynomialError:
        slope = None
    if proof is None or slope is None:
        return _answer(asked, name, None, "unknown", "none")
    direction = _direction(slope)
    if direction is not None:
        return _directed(asked, name, proof, slope, direction)
    witness = _two_points(proof, name)
    if witness is None:
        return _answer(asked, name, proof, "unknown", "none")
    return _answer(asked, name, proof, "refuted", "two points", witness=witness)


def _reduced(asked: Problem) -> Proof | None:
    """The chain without adapting symbols: all solved, or all at their best."""
    for start, over, _ in with_slack(asked):
        for proof, rest in eliminations(start, over):
            if not rest:
                return proof
        break
    found = minimum(asked)
    return found[0].proof if found and found[0].attained else None


def _direction(slope: Any) -> str | None:
    if vanishes(slope):
        return "constant"
    if positive(slope):
        return "increasing"
    return "decreasing" if positive(-slope) else None


def _directed(asked: Problem, name: str, proof: Proof, slope: Any, direction: str) -> Bound:
    text = proof.write(slope)
    relation = {"increasing": "> 0", "decreasing": "< 0", "constant": "= 0"}[direction]
    proof.add(
        "monotone", f"d/d{name} ({proof.write(proof.current)}) = {text} {relation}",
        "no term is left" if direction == "constant" else "every term of it has this sign",
        expression=proof.write(proof.current), variable=name, derivative=text,
        direction=direction,
    )  # fmt: skip
    status = "proved" if direction == "increasing" else "refuted"
    witness = None if status == "proved" else _two_points(proof, name)
    return _answer(asked, name, proof, status, "derivative", direction, witness)


def _two_points(proof: Proof, name: str) -> dict[str, Any] | None:
    """Two points where the quantity does not rise though *name* does."""
    for point in points([proof.current], set()):
        if name not in point:
            return None
        first, second = (_at(proof, {**point, name: point[name] * k}) for k in (1, 2))
        if first is not None and second is not None and float(second) <= float(first):
            return _shown(point, name, first, second)
    return None


def _at(proof: Proof, point: dict[str, Any]) -> Any:
    value = substituted(proof.current, point)
    return None if free_symbols(value) else value


def _shown(point: dict[str, Any], name: str, first: Any, second: Any) -> dict[str, Any]:
    fixed = {k: v for k, v in point.items() if k != name}
    values = [spelled(first), spelled(second)]
    return {**fixed, name: [point[name], 2 * point[name]], "values": values}


def _answer(
    asked: Problem, name: str, proof: Proof | None, status: str, method: str,
    direction: str | None = None, witness: dict[str, Any] | None = None,
) -> Bound:  # fmt: skip
    from costmodel.derive.questions import domain_for, formulas_of

    conditions = [*asked.assumptions]
    if proof is not None:
        known = {s.name for s in symbols_of(proof.current)} - {name}
        conditions.append(f"fixed: {', '.join(sorted(known)) or 'nothing else'}")
    if asked.over:
        conditions.append(f"{', '.join(asked.over)} adapt to the constraints")
    return Bound(
        asked.name, [g.text for g in asked.given], asked.over, direction, {}, conditions, method,
        status, proof.steps if proof is not None else (), formulas_of(asked), domain_for(asked),
        question="monotone", witness=witness, extra={"variable": name, "direction": direction},
    )  # fmt: skip
