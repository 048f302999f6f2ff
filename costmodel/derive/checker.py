"""An independent check of printed proofs: from the JSON alone, with its own arithmetic.

``check`` takes the object of ``bound --format json`` and returns what is wrong with it.  Every
identity is tested at random points in exact arithmetic and, where SymPy can expand it,
symbolically; every inequality by its own rule.  Nothing here uses the forms, the methods or
the steps' own claims to have been checked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from costmodel.derive.checker_numbers import Number
from costmodel.derive.checker_terms import (
    Node,
    Undecided,
    names,
    never_negative,
    parse,
    put,
    symbolic,
    value,
)

POINTS = 8
TRIES = 60


class Rejected(Exception):  # noqa: N818  # a verdict
    """Why a step is not accepted."""


def check(proof: Mapping[str, Any]) -> list[str]:
    """What is wrong with *proof*; nothing if it is valid."""
    from costmodel.derive.checker_questions import RULES

    state = State(proof)
    for number, step in enumerate(proof["steps"], 1):
        try:
            rule = RULES.get(step["kind"])
            if rule is None:
                raise Rejected(f"unknown kind of step {step['kind']!r}")
            rule(state, step)
        except (Rejected, ValueError, KeyError, ZeroDivisionError, TypeError, IndexError) as why:
            return [f"step {number} ({step.get('kind')}): {why}"]
    try:
        state.conclude()
    except (Rejected, ValueError, KeyError, ZeroDivisionError, TypeError) as why:
        return [f"conclusion: {why}"]
    return []


class State:
    """What has been established so far."""

    def __init__(self, proof: Mapping[str, Any]) -> None:
        self.proof, self.domain = proof, dict(proof["domain"])
        formulas = proof["formulas"]
        self.objective = parse(formulas["objective"])
        self.given = [(parse(a), r, parse(b)) for a, r, b in formulas.get("given", ())]
        self.start = list(self.given)
        self.current: Node | None = None
        self.replaced: dict[str, Node] = {}
        self.started: str | None = None  # the variable of an induction
        self.settled: str | None = None  # what a question other than a minimum came to
        self.attained: Mapping[str, str] | None = None
        self.random = random.Random(20180730)
        self.shifts = dict(self._shifts(formulas.get("assumptions", ())))

    def _shifts(self, assumptions: Any) -> Iterator[tuple[str, Any]]:
        import sympy

        for name, entry in self.domain.items():
            if Fraction(entry["minimum"]):
                yield name, sympy.Rational(entry["minimum"])
        for text in assumptions:
            left, sign, right = text.partition(" >= ")
            if sign and left in self.domain:
                yield left, symbolic(parse(right))

    def points(self, *nodes: Node) -> Iterator[dict[str, Number]]:
        """Random points of the domain; the assumptions ``name >= formula`` hold there."""
        wanted = sorted({n for node in nodes for n in names(node)})
        for _ in range(TRIES):
            point: dict[str, Number] = {}
            for name in {*wanted, *self.domain}:
                entry = self.domain.get(name, {"integer": False, "minimum": "0", "multiple_of": 1})
                if entry["integer"]:
                    step = entry["multiple_of"]
                    low = int(Fraction(entry["minimum"])) // step
                    point[name] = Number.of(step * self.random.randint(max(1, low), low + 9))
                else:
                    part = Fraction(self.random.randint(1, 60), self.random.randint(1, 7))
                    point[name] = Number.of(Fraction(entry["minimum"]) + part)
            if self._allowed(point):
                yield point

    def _allowed(self, point: Mapping[str, Number]) -> bool:
        for text in self.proof["formulas"].get("assumptions", ()):
            left, sign, right = text.partition(" >= ")
            if sign and left in self.domain:
                try:
                    if (point[left] - value(parse(right), point)).sign() < 0:
                        return False
                except (Undecided, ValueError, KeyError):
                    continue
        return True

    def every_point(self, test: Callable[[Mapping[str, Number]], bool], *nodes: Node) -> bool:
        """Whether *test* holds at several points; Rejected if too few can be worked out."""
        done = 0
        for point in self.points(*nodes):
            try:
                if not test(point):
                    return False
            except (Undecided, ZeroDivisionError):
                continue
            done += 1
            if done == POINTS:
                break
        if done < POINTS // 2:
            raise Rejected("no exact points to check at")
        return True

    def same(self, a: Node, b: Node, what: str) -> None:
        """Reject unless the two formulas are equal."""
        if not self.every_point(lambda p: not (value(a, p) - value(b, p)).terms, a, b):
            raise Rejected(f"{what}: the two sides differ")
        import sympy

        numerator = sympy.fraction(sympy.together(symbolic(a) - symbolic(b)))[0]
        expanded = sympy.expand(numerator)
        opaque = any("(" in s.name for s in expanded.free_symbols)  # a floor or an extremum
        rooted = any(not e.exp.is_Integer for e in expanded.atoms(sympy.Pow))
        if expanded != 0 and not opaque and not rooted:
            raise Rejected(f"{what}: {expanded} is left")

    def not_negative(self, expression: Any, node: Node, what: str, strict: bool = False) -> None:
        """Reject if signs or any point say that *node* may be negative (or zero if *strict*)."""
        least = 1 if strict else 0
        if not self.every_point(lambda p: value(node, p).sign() >= least, node):
            raise Rejected(f"{what} is negative somewhere")
        never_negative(expression, self.shifts)

    def slope(self, node: Node, name: str) -> tuple[Any, Node]:
        """The derivative, as SymPy has it and as a formula."""
        import sympy

        found = sympy.diff(symbolic(node), sympy.Symbol(name, positive=True))
        return found, parse(str(sympy.expand(found)))

    def least(self, name: str) -> Fraction:
        """The least value of a symbol."""
        if name not in self.domain:
            raise Rejected(f"{name} is not a symbol of this proof")
        return Fraction(self.domain[name]["minimum"])

    def follow(self, step: Mapping[str, Any], relations: tuple[str, ...]) -> tuple[Node, Node]:
        """The two sides of a step that continues the chain."""
        if self.current is None:
            raise Rejected("nothing was defined")
        left, right = parse(step["left"]), parse(step["right"])
        self.same(self.current, left, "the step does not begin where the last one ended")
        if step["relation"] not in relations:
            raise Rejected(f"the relation is {step['relation']}")
        self.current = right
        return left, right

    def bind(self, name: str, node: Node) -> None:
        """Replace a symbol from here on."""
        one = {name: node}
        self.given = [(put(a, one), r, put(b, one)) for a, r, b in self.given]
        self.replaced = {n: put(v, one) for n, v in self.replaced.items()}
        self.replaced[name] = node

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
            return
        if self.current is None or proof["bound"] is None:
            raise Rejected("there are no steps")
        self.same(self.current, parse(str(proof["bound"])), "the bound is not what the steps reach")
        if proof["attained_at"] and dict(self.attained or {}) != dict(proof["attained_at"]):
            raise Rejected("where it is attained was not checked")
