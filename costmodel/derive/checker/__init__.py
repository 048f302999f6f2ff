"""An independent check of printed proofs: from the JSON alone, with its own arithmetic.

``check`` takes the object of ``bound --format json`` and returns what is wrong with it.  Every
identity is tested at random points in exact arithmetic and, where SymPy can expand it,
symbolically; every inequality by its own rule.  Nothing here uses the forms, the methods or
the steps' own claims to have been checked.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import copy
from fractions import Fraction
from typing import Any

from costmodel.derive.checker.domain import Domain, Rejected
from costmodel.derive.checker.terms import (
    Node,
    Undecided,
    names,
    parse,
    put,
    symbolic,
)

__all__ = ["Rejected", "State", "check"]
FAULTS = (Rejected, Undecided, ValueError, KeyError, ZeroDivisionError, TypeError, IndexError)


def check(proof: Mapping[str, Any]) -> list[str]:
    """What is wrong with *proof*; nothing if it is valid."""
    try:
        state = State(proof)
    except FAULTS as why:
        return [f"the question: {why}"]
    for number, step in enumerate(proof["steps"], 1):
        try:
            state.run([step])
        except FAULTS as why:
            return [f"step {number} ({step.get('kind')}): {why}"]
    try:
        state.conclude()
    except FAULTS as why:
        return [f"conclusion: {why}"]
    return []


Constraint = tuple[Node, str, Node]


class State(Domain):
    """What has been established so far."""

    def __init__(self, proof: Mapping[str, Any]) -> None:
        super().__init__(proof)
        formulas = proof["formulas"]
        self.objective = parse(formulas["objective"])
        self.given = [(parse(a), r, parse(b)) for a, r, b in formulas.get("given", ())]
        self.start = list(self.given)
        compared = proof["question"] in ("compare", "when")
        self.relation: str | None = formulas.get("relation") if compared else None
        self.relations: set[str] = set()  # of the steps of the chain
        self.current: Node | None = None
        self.replaced: dict[str, Node] = {}
        self.unused: set[int] = set()  # constraints that need not hold where the chain is
        self.stale: set[str] = set()  # eliminated symbols that may be below their least values
        self.begun: dict[str, str] = {}  # the closed forms of inductions by their names
        self.settled: str | None = None  # what a question other than a minimum came to
        self.attained: Mapping[str, str] | None = None
        if compared:
            sides = parse(f"({formulas['right']}) - ({formulas['left']})")
            self.same(sides, self.objective, "right less left")

    def run(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Accept the steps in turn, or raise one of FAULTS."""
        from costmodel.derive.checker.questions import RULES

        for step in steps:
            rule = RULES.get(step["kind"])
            if rule is None:
                raise Rejected(f"unknown kind of step {step['kind']!r}")
            rule(self, step)

    def branch(self, index: int, given: Constraint) -> State:
        """The state of a case: one constraint is another there."""
        other = copy(self)
        other.domain, other.shifts = dict(self.domain), dict(self.shifts)
        other.given, other.replaced = list(self.given), dict(self.replaced)
        other.unused, other.stale = set(self.unused), set(self.stale)
        other.given[index] = given
        return other

    def follow(self, step: Mapping[str, Any], relations: tuple[str, ...]) -> tuple[Node, Node]:
        """The two sides of a step that continues the chain."""
        if self.current is None:
            raise Rejected("nothing was defined")
        left, right = parse(step["left"]), parse(step["right"])
        self.same(self.current, left, "the step does not begin where the last one ended")
        if step["relation"] not in relations:
            raise Rejected(f"the relation is {step['relation']}")
        self.relations.add(step["relation"])
        self.current = right
        return left, right

    def move(self, values: Mapping[str, Node], index: int | None = None) -> None:
        """Go on at another point: what held at the first need not hold there, but for *index*."""
        for i, (a, _, b) in enumerate(self.given):
            if i != index and not values.keys().isdisjoint(names(a) | names(b)):
                self.unused.add(i)
        for name, tie in self.replaced.items():
            if not values.keys().isdisjoint(names(tie)):
                self.stale.add(name)
        self.bind(values)

    def usable(self, index: int) -> Constraint:
        """A constraint that holds where the chain has come to."""
        if index in self.unused:
            raise Rejected("this constraint need not hold any more")
        return self.given[index]

    def bind(self, values: Mapping[str, Node]) -> None:
        """Replace symbols from here on."""
        self.given = [(put(a, values), r, put(b, values)) for a, r, b in self.given]
        self.replaced = {n: put(v, values) for n, v in self.replaced.items()} | dict(values)

    def conditional(self, left: Node, relation: str, right: Node) -> bool:
        """Whether the proof tells that it needs this inequality."""
        for text in self.proof["conditions"]:
            needed = text.removeprefix("attained only if ")
            a, sign, b = needed.partition(f" {relation} ")
            if needed == text or not sign:
                continue
            try:
                self.same(parse(a), left, "a condition")
                self.same(parse(b), right, "a condition")
            except (Rejected, ValueError):
                continue
            return True
        return False

    def at_least(self, above: Node, below: Node) -> None:
        """Reject unless *above* is at least *below*, surely or as the proof says it needs."""
        if self.conditional(above, ">=", below):
            return
        gap = parse(f"({ast.unparse(above)}) - ({ast.unparse(below)})")
        self.not_negative(symbolic(gap), gap, "one of two arguments less the other")

    def reaches(self, place: Node, least: Fraction) -> bool:
        """Whether the proof tells, perhaps squared, that it needs ``place >= least``."""
        for text in self.proof["conditions"]:
            needed = text.removeprefix("attained only if ")
            left, sign, right = needed.partition(" >= ")
            if needed == text or not sign:
                continue
            for degree in (1, 2, 3, 4, 6):
                try:
                    sides = f"(({ast.unparse(place)})/{least})**{degree}*({right})", f"({left})"
                    self.same(parse(sides[0]), parse(sides[1]), "a condition")
                    below = parse(right)
                    self.not_negative(symbolic(below), below, "a condition", strict=True)
                except (Rejected, ValueError, ZeroDivisionError):
                    continue
                return True
        return False

    def conclude(self) -> None:
        """Whether the steps lead to what is claimed."""
        proof = self.proof
        if proof["status"] not in ("proved", "numeric", "refuted"):
            return
        if self.settled is not None:
            if self.settled != str(proof["bound"]):
                raise Rejected(f"the steps show {self.settled}, not {proof['bound']}")
            return
        if proof["question"] == "compare" and self.current is not None:
            self.same(self.current, parse("0"), "the difference")
            if self.relations - ({">", "="} if self.relation == "<" else {"=", ">="}):
                raise Rejected("the steps show less than the comparison")
            if (self.relation == "=") != (self.relations <= {"="}):
                raise Rejected("the steps do not show an equation")
            return
        if self.current is None or proof["bound"] is None:
            raise Rejected("there are no steps")
        self.same(self.current, parse(str(proof["bound"])), "the bound is not what the steps reach")
        if proof["attained_at"] and dict(self.attained or {}) != dict(proof["attained_at"]):
            raise Rejected("where it is attained was not checked")
