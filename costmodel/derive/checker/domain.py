"""Where the symbols of a proof live: points of the domain, equality and signs on it.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import chain
from typing import Any

from costmodel.derive.checker.numbers import Number
from costmodel.derive.checker.signs import proved
from costmodel.derive.checker.terms import (
    Node,
    Undecided,
    called,
    names,
    opaque,
    parse,
    put,
    symbolic,
    value,
)

POINTS = 8
TRIES = 60
MOST_CASES = 64  # arguments of extrema, looked at together
MANY = 20  # times as many points where symbols alone cannot tell


class Rejected(Exception):  # noqa: N818  # a verdict
    """Why a step is not accepted."""


class Domain:
    """The symbols, what they may be, and what that implies."""

    def __init__(self, proof: Mapping[str, Any]) -> None:
        self.proof, self.domain = proof, dict(proof["domain"])
        self.random = random.Random(20180730)
        self.shifts = dict(self._shifts(proof["formulas"].get("assumptions", ())))

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
        for attempt in range(TRIES):
            wide = 60 * 100 ** (3 * attempt // TRIES)  # roots of differences need large budgets
            point: dict[str, Number] = {}
            for name in {*wanted, *self.domain}:
                entry = self.domain.get(name, {"integer": False, "minimum": "0", "multiple_of": 1})
                low = Fraction(entry["minimum"])
                shift = self.shifts.get(name)
                if shift is not None and shift.is_Rational:
                    low = Fraction(int(shift.p), int(shift.q))
                if entry["integer"]:
                    step = entry["multiple_of"]
                    low = max(1, -(-int(low) // step))
                    point[name] = Number.of(step * self.random.randint(low, low + 9))
                else:
                    part = Fraction(self.random.randint(1, wide), self.random.randint(1, 7))
                    point[name] = Number.of(low + part)
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

    def every_point(
        self, test: Callable[[Mapping[str, Number]], bool], *nodes: Node, many: int = 1
    ) -> bool:
        """Whether *test* holds at several points; Rejected if too few can be worked out."""
        done = 0
        for point in chain.from_iterable(self.points(*nodes) for _ in range(many)):
            try:
                if not test(point):
                    return False
            except (Undecided, ZeroDivisionError):
                continue
            done += 1
            if done == POINTS * many:
                break
        if done < POINTS // 2:
            raise Rejected("no exact points to check at")
        return True

    def same(self, a: Node, b: Node, what: str) -> None:
        """Reject unless the two formulas are equal."""
        for function in ("Max", "Min"):
            if called(a, function) or called(b, function):
                try:
                    parts = [self.branches(x, function) for x in (a, b)]
                except Rejected:  # it counts downwards: points must tell
                    continue
                if max(map(len, parts)) > 1:
                    self._matched(parts[0], parts[1], function, what)
                    self._matched(parts[1], parts[0], function, what)
                    return
        if not self.every_point(lambda p: not (value(a, p) - value(b, p)).terms, a, b):
            raise Rejected(f"{what}: the two sides differ")
        import sympy

        numerator = sympy.fraction(sympy.together(symbolic(a) - symbolic(b)))[0]
        expanded = sympy.expand(numerator)
        opaque = any("(" in s.name for s in expanded.free_symbols)  # a floor or an extremum
        rooted = any(not e.exp.is_Integer for e in expanded.atoms(sympy.Pow))
        if expanded != 0 and not opaque and not rooted:
            raise Rejected(f"{what}: {expanded} is left")
        if expanded == 0 or not opaque:
            return
        # what is left are floors that are written differently
        if not self.every_point(lambda p: not (value(a, p) - value(b, p)).terms, a, b, many=MANY):
            raise Rejected(f"{what}: the two sides differ")

    def branches(self, node: Node, function: str) -> list[Node]:
        """*node* once for each argument of its only extremum, which counts upwards."""
        calls = called(node, function)
        if len(calls) != 1:
            return [node]
        written = ast.unparse(calls[0])
        marked = parse(ast.unparse(node).replace(written, "_top"))
        try:
            slope, text = self.slope(marked, "_top")
        except Rejected:  # it stands inside a floor
            return [node]
        self.not_negative(slope, text, "the factor of an extremum")
        return [put(marked, {"_top": argument}) for argument in calls[0].args]

    def _matched(self, some: list[Node], others: list[Node], function: str, what: str) -> None:
        """Reject unless each of *some* is among the *others*, or one of them leaves it behind."""
        for part in some:
            for other in others:
                try:
                    self.same(part, other, what)
                    break
                except Rejected:
                    continue
            else:
                self._left_behind(part, others, function, what)

    def _left_behind(self, part: Node, others: list[Node], function: str, what: str) -> None:
        for other in others:
            sides = (other, part) if function == "Max" else (part, other)
            gap = parse(f"({ast.unparse(sides[0])}) - ({ast.unparse(sides[1])})")
            try:
                self.not_negative(symbolic(gap), gap, what)
                return
            except Rejected:
                continue
        raise Rejected(f"{what}: the arguments of a {function} differ")

    def not_negative(
        self, expression: Any, node: Node, what: str, strict: bool = False,
        free: str | tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Reject unless *node* is proved to be >= 0, or > 0 if *strict*.

        The symbols *free* may be any positive numbers.
        """
        least = 1 if strict else 0
        loose = (free,) if isinstance(free, str) else free
        shifts = {name: low for name, low in self.shifts.items() if name not in loose}
        if names(node):
            if not self.every_point(lambda p: value(node, p).sign() >= least, node):
                raise Rejected(f"{what} is negative somewhere")
            sure = proved(expression, shifts, strict) or self._by_arguments(node, shifts, strict)
        else:
            sure = value(node, {}).sign() >= least
        if not sure:
            raise Rejected(f"{what} was not seen to be {'positive' if strict else '>= 0'}")

    def _by_arguments(
        self, node: Node, shifts: Mapping[str, Any], strict: bool, cases: int = MOST_CASES
    ) -> bool:
        """The same with each argument of an extremum in its place, for as many as that takes."""
        calls = [c for c in opaque(node) if ast.unparse(c.func) in ("Max", "Min")]
        if not calls or cases < len(calls[0].args):
            return False
        written, most = ast.unparse(calls[0]), ast.unparse(calls[0].func) == "Max"
        marked = parse(ast.unparse(node).replace(written, "_top"))
        try:
            slope, text = self.slope(marked, "_top")
        except Rejected:  # it stands inside a floor
            return False
        upwards = proved(slope, shifts, False)
        if "_top" in names(text) or not (upwards or proved(-slope, shifts, False)):
            return False
        enough = any if most == upwards else all  # the sum is then its largest, or its least
        cases //= len(calls[0].args)
        parts = (put(marked, {"_top": argument}) for argument in calls[0].args)
        return enough(
            proved(symbolic(part), shifts, strict)
            or self._by_arguments(part, shifts, strict, cases)
            for part in parts
        )

    def slope(self, node: Node, name: str) -> tuple[Any, Node]:
        """The derivative, as SymPy has it and as a formula."""
        for call in opaque(node):
            if name in names(call):
                raise Rejected(f"{name} stands inside {ast.unparse(call)}")
        return self.partial(node, name)

    def partial(self, node: Node, name: str) -> tuple[Any, Node]:
        """The derivative with floors and extrema held."""
        import sympy

        found = sympy.diff(symbolic(node), sympy.Symbol(name, positive=True))
        return found, parse(str(sympy.expand(found)))

    def least(self, name: str) -> Fraction:
        """The least value of a symbol."""
        if name not in self.domain:
            raise Rejected(f"{name} is not a symbol of this proof")
        return Fraction(self.domain[name]["minimum"])

    def introduce(self, name: str) -> None:
        """A factor of at least 1 that was not there before."""
        import sympy

        self.domain[name] = {"integer": False, "minimum": "1", "multiple_of": 1}
        self.shifts[name] = sympy.Integer(1)
