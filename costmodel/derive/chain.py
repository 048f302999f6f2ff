"""Chains of steps: each is checked by exact algebra when it is made, or it is not made.

A proof is a chain ``formula = E1 >= E2 = ... >= bound``.  A step holds its left and right
side and what is needed to check it again (``checker`` does, from the JSON alone).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self, TypeAlias

from costmodel.arith import prod, total
from costmodel.arith.form import terms_of
from costmodel.arith.roots import power
from costmodel.derive.algebra import (
    derivative,
    names_in,
    not_negative,
    positive,
    same,
    substituted,
)
from costmodel.derive.patience import go_on
from costmodel.derive.shapes import branches, halves, least_arguments, widened
from costmodel.derive.spelling import spelled

MOST_TERMS = 20  # of a solution; one of more makes every later step slow
Pair: TypeAlias = "tuple[Any, Any]"


class ProofError(Exception):
    """A step that does not hold: a method tried what does not work here."""


class Step(NamedTuple):
    """One checked step."""

    kind: str
    claim: str
    because: str
    data: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The step as plain data."""
        return {"kind": self.kind, "claim": self.claim, "because": self.because,
                **self.data, "checked": True}  # fmt: skip


class Given(NamedTuple):
    """A constraint ``left relation right`` on forms, and its text."""

    text: str
    left: Any
    relation: str  # =, <= or >=
    right: Any

    def at(self, bindings: Mapping[str, Any]) -> Given:
        """The constraint with symbols replaced."""
        return self._replace(
            left=substituted(self.left, bindings), right=substituted(self.right, bindings)
        )

    @property
    def formula(self) -> list[str]:
        """Both sides in plain infix, the relation between them."""
        return [spelled(self.left), self.relation, spelled(self.right)]


class Chain:
    """The chain so far: ``objective relation current`` under ``given``."""

    def __init__(
        self, name: str, formula: Any, given: Sequence[Given],
        meaning: Mapping[str, Any] | None = None, text: str = "",
    ) -> None:  # fmt: skip
        self.formula, self.current = formula, formula
        self.meaning = dict(meaning or {})
        self.given = list(given)
        self.replaced: dict[str, Any] = {}
        self.unused: frozenset[int] = frozenset()  # constraints that no later step may use
        self.stale: frozenset[str] = frozenset()  # eliminated symbols that may be too small now
        text = self.shown = text or self.write(formula)
        claim = f"{name} = {text}"
        step = Step("definition", claim, "the sum of the layers' formulas", {"formula": text})
        self.steps = [step]

    def copy(self) -> Self:
        """An independent continuation of the same chain."""
        go_on()
        other = object.__new__(type(self))
        other.formula, other.current = self.formula, self.current
        other.meaning, other.shown = self.meaning, self.shown
        other.given, other.replaced = list(self.given), dict(self.replaced)
        other.unused, other.stale = self.unused, self.stale
        other.steps = list(self.steps)
        return other

    def write(self, x: Any) -> str:
        """*x* in plain infix, short names replaced by what they mean."""
        return spelled(substituted(x, self.meaning) if self.meaning else x)

    def _move(self, kind: str, relation: str, right: Any, because: str, **data: Any) -> None:
        left, text = self.shown, self.write(right)
        sides = {"left": left, "relation": relation, "right": text}
        claim = f"{left} {relation} {text}"
        self.steps.append(Step(kind, claim, because, {**sides, **data}))
        self.current, self.shown = right, text

    def substitute(self, index: int, name: str, value: Any) -> None:
        """Solve the constraint number *index* for *name* and put the solution in."""
        given = self.given[index]
        if len(terms_of(value)) > MOST_TERMS:
            raise ProofError(f"{given.text} solved for {name} is too long to go on with")
        solved = given.left - given.right
        if (
            index in self.unused
            or given.relation != "="
            or not same(substituted(solved, {name: value}), 0)
        ):
            raise ProofError(f"{name} = {value} does not solve {given.text}")
        slope = widened(derivative(solved, name), name)
        if not (positive(slope) or positive(-slope)):
            raise ProofError(f"{given.text} may have several solutions for {name}")
        right = substituted(self.current, {name: value})
        self._put({name: value})
        self._move("substitution", "=", right,
                   f"{given.text} says {name} = {self.write(value)}, the only solution: "
                   f"{given.text.partition(given.relation)[0].strip()} is monotone in {name}",
                   given=index, replace={name: self.write(value)})  # fmt: skip

    def _put(self, values: Mapping[str, Any]) -> None:
        """Put values in wherever the chain goes on."""
        self.given = [g.at(values) for g in self.given]
        self.replaced = {n: substituted(v, values) for n, v in self.replaced.items()}
        self.replaced |= values

    def _bind(self, values: Mapping[str, Any], index: int | None = None) -> None:
        """Go on at another point: what held at the first need not hold there, but for *index*."""
        moved = values.keys()
        self.unused |= {
            i for i, g in enumerate(self.given)
            if i != index and not moved.isdisjoint(names_in(g.left) | names_in(g.right))
        }  # fmt: skip
        self.stale |= {n for n, v in self.replaced.items() if not moved.isdisjoint(names_in(v))}
        self._put(values)

    def rewrite(self, right: Any, because: str) -> None:
        """Write the current form in another way."""
        if not same(self.current, right):
            raise ProofError(f"{self.current} is not {right}")
        if self.write(right) != self.shown:
            self._move("identity", "=", right, because)

    def am_gm(self, rest: Any, terms: Sequence[Any], weights: Sequence[Any]) -> None:
        """``rest + sum(terms) >= rest + prod((t/w)**w)`` for weights that sum to one."""
        if total(weights) != 1 or not all(w > 0 for w in weights):
            raise ProofError("weights are positive and sum to one")
        if not all(map(positive, terms)) or not same(rest + total(terms), self.current):
            raise ProofError("the terms must be positive and make up the form")
        product = prod(power(t, w) * power(1 / w, w) for t, w in zip(terms, weights, strict=True))
        shown = ", ".join(map(self.write, terms))
        self._move("weighted-am-gm", ">=", rest + product,
                   f"weighted AM-GM on {shown} with weights {', '.join(map(str, weights))}: "
                   "the sum of w*(t/w) is at least the product of (t/w)**w, with equality only "
                   "where all t/w are equal",
                   rest=self.write(rest), terms=[self.write(t) for t in terms],
                   weights=[str(w) for w in weights], product=self.write(product))  # fmt: skip

    def at_least(self, right: Any, because: str, strict: bool = False) -> None:
        """Leave out what cannot be negative, or if *strict* is positive."""
        difference = self.current - right
        if not (positive(difference) if strict else not_negative(difference)):
            raise ProofError(f"{difference} may be negative")
        relation = ">" if strict else ">="
        self._move("sign", relation, right, because, difference=self.write(difference))

    def argument(self, right: Any, chosen: Any) -> None:
        """A maximum is at least each of its arguments."""
        self._move(
            "maximum",
            ">=",
            right,
            f"a maximum is at least each of its arguments, here {self.write(chosen)}",
        )

    def part(self, index: int, gap: Any) -> None:
        """A maximum is at most something only if each of its arguments is: *gap* <= 0."""
        left, right = halves(gap)
        given = Given(self.given[index].text, left, "<=", right)
        self.given.append(given)
        shown = [self.write(left), self.write(right)]
        self.add("part", " <= ".join(shown), f"part of {given.text}", given=index,
                 left=shown[0], right=shown[1])  # fmt: skip

    def split(self, index: int, right: Any, cases: Sequence[Sequence[Mapping[str, Any]]]) -> None:
        """One argument of a maximum decides; *cases* are the steps for each, to *right* or more."""
        text = self.given[index].text
        ends = [case[-1]["claim"] for case in cases if case]
        self._move("cases", ">=", right,
                   f"{text}: one argument of the maximum decides; in turn {'; '.join(ends)}",
                   given=index, cases=[list(case) for case in cases])  # fmt: skip

    def add(self, kind: str, claim: str, because: str, **data: Any) -> None:
        """A step that its method has checked."""
        self.steps.append(Step(kind, claim, because, data))

    def attained(
        self, given: Sequence[Given], at: Mapping[str, Any], formula: Any = None
    ) -> list[Pair]:
        """Equality: *at* satisfies every constraint and gives the formula the value reached.

        Of each pair that comes back the first must be at least the second.
        """
        for constraint in given:
            here = constraint.at(at)
            if not _holds(here):
                raise ProofError(f"{constraint.text} does not hold there")
        formula = self.formula if formula is None else formula
        value, needed = value_there(formula, at, self.current)
        shown = {name: self.write(value) for name, value in at.items()}
        place = ", ".join(f"{name} = {value}" for name, value in shown.items())
        self.add("attained", f"equality at {place}", "put into the constraints and the formula",
                 at=shown, value=self.write(value))  # fmt: skip
        return needed


def value_there(formula: Any, at: Mapping[str, Any], reached: Any) -> tuple[Any, list[Pair]]:
    """The value of *formula*, a maximum or not, at *at*, and what makes it equal *reached*."""
    if same(substituted(formula, at), reached):
        return reached, []
    tops = [substituted(x, at) for x in branches(formula)]
    lows = least_arguments(reached)
    value = next((low for low in lows if any(same(low, top) for top in tops)), None)
    if value is None:
        raise ProofError("the bound is not attained there")
    pairs = [(value, top) for top in tops] + [(low, value) for low in lows]
    gaps = [(pair, pair[0] - pair[1]) for pair in pairs]
    if any(positive(-gap) for _, gap in gaps):
        raise ProofError("another argument of the extremum decides there")
    return value, [pair for pair, gap in gaps if not (same(gap, 0) or not_negative(gap))]


def _holds(given: Given) -> bool:
    difference = given.left - given.right
    if given.relation == "=":
        return same(difference, 0)
    return not_negative(difference if given.relation == ">=" else -difference)
