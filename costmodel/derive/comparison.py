"""Is one cost always at most another, and exactly when?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from costmodel.arith import Condition
from costmodel.arith.form import of_atom, terms_of
from costmodel.arith.program import over as over_
from costmodel.arith.rational import common_step, is_rational, ratio
from costmodel.arith.roots import power
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
from costmodel.derive.naming import rebased
from costmodel.derive.problem import Quantities, graph_of, relation
from costmodel.derive.proof import Given, Proof
from costmodel.derive.refutation import completed, negative, number_at, points
from costmodel.derive.result import Bound
from costmodel.derive.shapes import halves
from costmodel.derive.spelling import spelled
from costmodel.errors import UnknownNameError
from costmodel.graph import strongest

DIFFERENCE = "the right side less the left side"


class Compared:
    """The question ``left <= right`` with what it needs to be answered."""

    def __init__(
        self, model: Any, text: str, given: tuple[str, ...], over: tuple[str, ...],
        profile: str, others: Mapping[str, Any], shifted: bool,
    ) -> None:  # fmt: skip
        plain, meaning = graph_of(model, over), dict[str, Any]()
        others = {name: graph_of(other) for name, other in others.items()}
        graph, meaning = rebased(plain, over) if shifted and not others else (plain, meaning)
        quantities = Quantities(graph, profile, others)
        asked = relation(text, quantities, "--compare")
        if asked.relation in (">", ">="):
            asked = Given(text, asked.right, asked.relation.replace(">", "<"), asked.left)
        constraints = [relation(g, quantities, "--given") for g in given]
        self.over, self.assumptions = (
            over,
            strongest([c for g in (plain, *others.values()) for c in g.conditions]),
        )
        self.known = set(quantities.symbols)
        self.needs = tuple(c for g in (plain, *others.values()) for c in g.conditions)
        self.asked, self.given = asked.at(meaning), [g.at(meaning) for g in constraints]
        self.objective = self.asked.right - self.asked.left
        self.sides = [side for g in (self.asked, *self.given) for side in (g.left, g.right)]
        self.text = f"({spelled(self.asked.right)}) - ({spelled(self.asked.left)})"
        difference = asked.right - asked.left
        start = Proof(DIFFERENCE, difference, constraints, meaning, self.text)
        start.rewrite(difference, "multiplied out")
        self.proof = next((p for p, rest in eliminations(start, over) if not rest), start)

    def counterexample(self) -> tuple[dict[str, Any], Any] | None:
        """Numbers that break the comparison, and the difference there."""
        start = Proof(DIFFERENCE, self.objective, self.given)
        ways = eliminations(start, self.over)
        proof = next((p for p, rest in ways if not rest), start)
        for point in points([*self.sides, *_forms(self.needs)], proof.replaced):
            at = completed(point, proof, self.given, self.needs)
            gap = None if at is None else number_at(self.objective, at)
            if at is None or gap is None:
                continue
            zero = vanishes(gap)
            if {"<": zero or negative(gap), "=": not zero}.get(self.asked.relation, negative(gap)):
                return at, gap
        return None

    def answer(self, bound: Any, status: str, method: str, **more: Any) -> Bound:
        """The Bound that says so."""
        formulas = {
            "objective": self.text,
            "given": [g.formula for g in self.given],
            "assumptions": self.assumptions,
            "left": spelled(self.asked.left),
            "right": spelled(self.asked.right),
            "relation": self.asked.relation,
        }
        domain = domain_of([*self.sides, *_forms(self.needs)])
        return Bound(
            self.asked.text, [g.text for g in self.given], self.over, bound, {},
            self.assumptions + more.pop("conditions", []), method, status, self.proof.steps,
            formulas, domain, question=more.pop("question", "compare"), **more,
        )  # fmt: skip


def compared(
    model: Any, text: str, given: tuple[str, ...], over: tuple[str, ...],
    when: str | bool | None, profile: str, others: Mapping[str, Any],
) -> Bound:  # fmt: skip
    """Whether ``left <= right`` holds always, never, or exactly when."""
    task = Compared(model, text, given, over, profile, others, not when)
    difference = task.proof.current
    if isinstance(when, str) and when not in task.known:
        raise UnknownNameError("symbol", when, task.known)
    if when:
        return _when(task, when if isinstance(when, str) else None)
    strict = task.asked.relation == "<"
    if task.asked.relation == "=":
        if vanishes(difference):
            task.proof.rewrite(0, "both sides are the same polynomial")
            return task.answer(task.asked.text, "proved", "identity")
    elif positive(difference) if strict else not_negative(difference):
        task.proof.at_least(0, "no term is negative where symbols are counted "
                               "from their least values", strict)  # fmt: skip
        return task.answer(task.asked.text, "proved", "sign")
    found = task.counterexample()
    if found is None:
        return task.answer(None, "unknown", "none")
    at, value = found
    task.proof.add("witness", f"the right side less the left side is {spelled(value)}",
                   "put into the formula", at={k: spelled(v) for k, v in at.items()},
                   left=spelled(value), right="0", floor="0")  # fmt: skip
    return task.answer(None, "refuted", "refutation",
                       witness={**at, "difference": spelled(value)})  # fmt: skip


def _forms(needs: Iterable[Condition]) -> list[Any]:
    """What conditions speak of."""
    return [getattr(c, part) for c in needs for part in ("divisor", "value", "a", "b")
            if hasattr(c, part)]  # fmt: skip


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


SIGNS = {"<": ">", "<=": ">=", "=": "="}
MIRRORED = {">": "<", ">=": "<=", "=": "="}


def _when(task: Compared, name: str | None) -> Bound:
    """The exact condition: a positive factor taken out, the rest solved for one symbol."""
    difference = task.proof.current
    sign = SIGNS[task.asked.relation]
    factor: Any = 1 if is_rational(difference) else content(difference)
    core = over_(difference, factor)
    verdict = _verdict(core, sign)
    solved = None
    if name and not verdict:
        solved = _solved(core, name, sign)
    condition, needs = solved or (verdict or _sides(core, sign), [])
    notes = []
    if name and not solved:
        name, notes = None, [f"{name} does not decide alone" if name in names_in(core) else
                             f"{name} does not matter"]  # fmt: skip
    claim = f"{spelled(difference)} = ({spelled(factor)})*({spelled(core)})"
    task.proof.add("factor", claim,
                   "a positive factor does not change the sign",
                   expression=spelled(difference), factor=spelled(factor), core=spelled(core),
                   condition=condition, variable=name, needs=list(needs))  # fmt: skip
    return task.answer(condition, "proved", "factor", question="when", conditions=[*needs, *notes])


def _verdict(core: Any, sign: str) -> str | None:
    """Whether ``core > 0`` (or >= or =) holds always or never."""
    if sign == "=":
        never = positive(core) or positive(-core)
        return "always" if vanishes(core) else "never" if never else None
    yes, no = (positive, not_negative) if sign == ">" else (not_negative, positive)
    return "always" if yes(core) else "never" if no(-core) else None


def _sides(core: Any, sign: str) -> str:
    plus, minus = halves(core)
    return f"{spelled(plus)} {sign} {spelled(minus)}"


def _solved(core: Any, name: str, sign: str) -> tuple[str, list[str]] | None:
    """The condition as ``name > ...`` or ``name < ...``; None if it cannot be said so."""
    try:
        parts = by_powers(core, [name])
    except NotPolynomialError:
        return None
    if (0,) not in parts or len(parts) != 2:
        return None
    b = parts.pop((0,))
    (((p,), a),) = parts.items()
    if p != 1 and not any(positive(s * a) and positive(-s * b) for s in (1, -1)):
        return None
    flip, needs = not positive(a), list[str]()
    if flip and not positive(-a):
        flip = _usually(a) < 0
        needs = [f"{spelled(-a if flip else a)} > 0"]
    bound = power(over_(-b, a) if not flip else over_(b, -a), ratio(1, p))
    downwards = flip != (p < 0)
    return f"{name} {MIRRORED[sign] if downwards else sign} {spelled(bound)}", needs


def _usually(x: Any) -> float:
    """The value of *x* where every symbol is 3: which of two cases is told."""
    return float(substituted(x, dict.fromkeys(names_in(x), 3)))
