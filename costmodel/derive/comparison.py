"""Is one cost always at most another, and exactly when?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.arith import free_symbols
from costmodel.arith.form import from_terms, of_atom, terms_of
from costmodel.arith.program import over as over_
from costmodel.arith.rational import common_step, is_rational
from costmodel.derive.algebra import (
    NotPolynomialError,
    by_powers,
    domain_of,
    names_in,
    not_negative,
    positive,
    substituted,
    vanishes,
)
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.problem import Quantities, graph_of, relation
from costmodel.derive.proof import Given, Proof
from costmodel.derive.refutation import points
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled
from costmodel.errors import BindingError


class Compared:
    """The question ``left <= right`` with what it needs to be answered."""

    def __init__(
        self, model: Any, text: str, given: tuple[str, ...], over: tuple[str, ...],
        profile: str, others: Mapping[str, Any],
    ) -> None:  # fmt: skip
        graph = graph_of(model, over)
        others = {name: graph_of(other) for name, other in others.items()}
        self.quantities = Quantities(graph, profile, others)
        asked = relation(text, self.quantities, "--compare")
        if asked.relation in (">", ">="):
            asked = Given(text, asked.right, asked.relation.replace(">", "<"), asked.left)
        self.asked, self.over, self.graph = asked, over, graph
        self.given = [relation(g, self.quantities, "--given") for g in given]
        name = "the right side less the left side"
        self.objective = asked.right - asked.left
        self.text = f"({spelled(asked.right)}) - ({spelled(asked.left)})"
        start = Proof(name, self.objective, self.given, text=self.text)
        start.rewrite(self.objective, "multiplied out")
        self.proof = next((p for p, rest in eliminations(start, over) if not rest), start)

    def answer(self, bound: Any, status: str, method: str, **more: Any) -> Bound:
        """The Bound that says so."""
        forms = [self.objective, *(s for g in self.given for s in (g.left, g.right))]
        formulas = {
            "objective": self.text,
            "given": [g.formula for g in self.given],
            "assumptions": self.graph.assumptions,
            "left": spelled(self.asked.left),
            "right": spelled(self.asked.right),
        }
        return Bound(
            self.asked.text, [g.text for g in self.given], self.over, bound, {},
            list(self.graph.assumptions) + more.pop("conditions", []), method, status,
            self.proof.steps, formulas, domain_of(forms), question=more.pop("question", "compare"),
            **more,
        )  # fmt: skip


def compared(
    model: Any, text: str, given: tuple[str, ...], over: tuple[str, ...],
    when: str | bool | None, profile: str, others: Mapping[str, Any],
) -> Bound:  # fmt: skip
    """Whether ``left <= right`` holds always, never, or exactly when."""
    task = Compared(model, text, given, over, profile, others)
    difference = task.proof.current
    if when:
        return _when(task, when if isinstance(when, str) else None)
    if task.asked.relation == "=":
        return _identity(task, difference)
    strict = task.asked.relation == "<"
    if positive(difference) if strict else not_negative(difference):
        task.proof.at_least(0, "no term is negative where symbols are counted "
                               "from their least values")  # fmt: skip
        return task.answer(task.asked.text, "proved", "sign")
    for point in points([difference], set()):
        value = substituted(difference, point)
        broken = not free_symbols(value) and (float(value) < 0 or (strict and value == 0))
        if broken:
            _witness(task, point, value)
            return task.answer(None, "refuted", "refutation",
                               witness={**point, "difference": spelled(value)})  # fmt: skip
    return task.answer(None, "unknown", "none")


def _witness(task: Compared, point: Mapping[str, Any], value: Any) -> None:
    task.proof.add("witness", f"the right side less the left side is {spelled(value)}",
                   "put into the formula", at={k: str(v) for k, v in point.items()},
                   left=spelled(value), right="0", floor="0")  # fmt: skip


def _identity(task: Compared, difference: Any) -> Bound:
    if vanishes(difference):
        task.proof.rewrite(0, "both sides are the same polynomial")
        return task.answer(task.asked.text, "proved", "identity")
    for point in points([difference], set()):
        value = substituted(difference, point)
        if not free_symbols(value) and value != 0:
            _witness(task, point, value)
            return task.answer(None, "refuted", "refutation",
                               witness={**point, "difference": spelled(value)})  # fmt: skip
    return task.answer(None, "unknown", "none")


def content(x: Any) -> Any:
    """The largest positive product of symbols and number that divides *x*."""
    terms = terms_of(x)
    step = common_step(terms.values())
    least: dict[Any, Any] | None = None
    for monomial in terms:
        powers = dict(monomial)
        if least is None:
            least = powers
        else:
            atoms = {*least, *powers}
            least = {a: min(least.get(a, 0), powers.get(a, 0)) for a in atoms}
    result: Any = step
    for atom, p in (least or {}).items():
        if p and positive(of_atom(atom)):
            result = result * of_atom(atom, p)
    return result


def _when(task: Compared, name: str | None) -> Bound:
    """The exact condition: a positive factor taken out, the rest solved for one symbol."""
    difference = task.proof.current
    closed = task.asked.relation != "<"
    if is_rational(difference):
        verdict = "always" if difference > 0 or (closed and difference == 0) else "never"
        return task.answer(verdict, "proved", "sign", question="when")
    factor = content(difference)
    core = over_(difference, factor)
    sign = ">" if task.asked.relation == "<" else ">="
    text = f"{spelled(core)} {sign} 0"
    solved = _solved(core, name, sign) if name else _sides(core, sign)
    if solved is None:
        raise BindingError(f"the condition is not linear in {name}: {text}")
    condition, needs = solved
    claim = f"{spelled(difference)} = ({spelled(factor)})*({spelled(core)})"
    task.proof.add("factor", claim,
                   "a positive factor does not change the sign",
                   expression=spelled(difference), factor=spelled(factor), core=spelled(core),
                   condition=condition, variable=name, needs=list(needs))  # fmt: skip
    return task.answer(condition, "proved", "factor", question="when", conditions=needs)


def _sides(core: Any, sign: str) -> tuple[str, list[str]]:
    terms = terms_of(core)
    plus = from_terms({m: c for m, c in terms.items() if c > 0}, getattr(core, "rooted", False))
    minus = from_terms({m: -c for m, c in terms.items() if c < 0}, getattr(core, "rooted", False))
    if is_rational(minus) and minus == 0:
        return "always", []
    if is_rational(plus) and plus == 0:
        return "never", []
    return f"{spelled(plus)} {sign} {spelled(minus)}", []


def _solved(core: Any, name: str | None, sign: str) -> tuple[str, list[str]] | None:
    """The condition as ``name > ...`` or ``name < ...``."""
    if name is None or name not in names_in(core):
        raise BindingError(f"{name} does not occur in the condition {spelled(core)} {sign} 0")
    try:
        parts = by_powers(core, [name])
    except NotPolynomialError:
        return None
    if set(parts) - {(0,), (1,)}:
        return None
    a, b = parts[(1,)], parts.get((0,), 0)
    mirrored = {">": "<", ">=": "<="}[sign]
    if positive(a):
        return f"{name} {sign} {spelled(over_(-b, a))}", []
    if positive(-a):
        return f"{name} {mirrored} {spelled(over_(b, -a))}", []
    if _usually(a) < 0:
        return f"{name} {mirrored} {spelled(over_(b, -a))}", [f"{spelled(-a)} > 0"]
    return f"{name} {sign} {spelled(over_(-b, a))}", [f"{spelled(a)} > 0"]


def _usually(x: Any) -> float:
    """The value of *x* where every symbol is 3: which of two cases is told."""
    return float(substituted(x, dict.fromkeys(names_in(x), 3)))
