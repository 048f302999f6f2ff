"""Proofs as data: each step is checked by exact algebra when it is made, or it is not made.

A proof is a chain ``formula = E1 >= E2 = ... >= bound``.  A step holds its left and right
side and what is needed to check it again (``checker`` does, from the JSON alone).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from costmodel.arith import prod, total
from costmodel.arith.roots import power
from costmodel.derive.algebra import derivative, not_negative, positive, same, substituted
from costmodel.derive.spelling import spelled


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


class Proof:
    """The chain so far: ``objective relation current`` under ``given``."""

    def __init__(
        self, name: str, formula: Any, given: Sequence[Given],
        meaning: Mapping[str, Any] | None = None, text: str = "",
    ) -> None:  # fmt: skip
        self.formula, self.current = formula, formula
        self.meaning = dict(meaning or {})
        self.given = list(given)
        self.replaced: dict[str, Any] = {}
        text = self.shown = text or self.write(formula)
        claim = f"{name} = {text}"
        step = Step("definition", claim, "the sum of the layers' formulas", {"formula": text})
        self.steps = [step]

    def copy(self) -> Proof:
        """An independent continuation of the same chain."""
        other = object.__new__(Proof)
        other.formula, other.current = self.formula, self.current
        other.meaning, other.shown = self.meaning, self.shown
        other.given, other.replaced = list(self.given), dict(self.replaced)
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
        solved = given.left - given.right
        if given.relation != "=" or not same(substituted(solved, {name: value}), 0):
            raise ProofError(f"{name} = {value} does not solve {given.text}")
        slope = derivative(solved, name)
        if not (positive(slope) or positive(-slope)):
            raise ProofError(f"{given.text} may have several solutions for {name}")
        right = substituted(self.current, {name: value})
        self.given = [g.at({name: value}) for g in self.given]
        self.replaced = {n: substituted(v, {name: value}) for n, v in self.replaced.items()}
        self.replaced[name] = value
        self._move("substitution", "=", right,
                   f"{given.text} says {name} = {self.write(value)}, the only solution: "
                   f"{given.text.partition(given.relation)[0].strip()} is monotone in {name}",
                   given=index, replace={name: self.write(value)})  # fmt: skip

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

    def at_least(self, right: Any, because: str) -> None:
        """Leave out what cannot be negative."""
        difference = self.current - right
        if not not_negative(difference):
            raise ProofError(f"{difference} may be negative")
        self._move("sign", ">=", right, because, difference=self.write(difference))

    def argument(self, right: Any, chosen: Any) -> None:
        """A maximum is at least each of its arguments."""
        self._move(
            "maximum",
            ">=",
            right,
            f"a maximum is at least each of its arguments, here {self.write(chosen)}",
        )

    def bounded_by(self, index: int, right: Any, ratio_power: Any, because: str) -> None:
        """Use an inequality constraint on ``current = rest + K*f**p``."""
        self._move("constraint", ">=", right, because, given=index, power=str(ratio_power))

    def lowest(self, name: str, least: Any) -> None:
        """Put a variable in which the form grows at its least value."""
        slope = derivative(self.current, name)
        if not not_negative(slope):
            raise ProofError(f"{self.current} may fall with {name}")
        right = substituted(self.current, {name: least})
        self.given = [g.at({name: least}) for g in self.given]
        self.replaced = {n: substituted(v, {name: least}) for n, v in self.replaced.items()}
        self.replaced[name] = least
        self._move("boundary", ">=", right,
                   f"the derivative in {name}, {self.write(slope)}, is never negative and "
                   f"{name} >= {least}",
                   variable=name, value=str(least), derivative=self.write(slope))  # fmt: skip

    def capped(self, name: str, other: str, value: Any, least: Any) -> None:
        """Put a variable in which the form falls at the value where *other* is least."""
        slope, tied = derivative(self.current, name), derivative(self.replaced[other], name)
        if not not_negative(-slope) or not positive(-tied):
            raise ProofError(f"{self.current} may grow with {name}")
        if not same(substituted(self.replaced[other], {name: value}), least):
            raise ProofError(f"{other} is not {least} at {name} = {value}")
        right = substituted(self.current, {name: value})
        tie = self.write(self.replaced[other])
        self.given = [g.at({name: value}) for g in self.given]
        self.replaced = {n: substituted(v, {name: value}) for n, v in self.replaced.items()}
        self.replaced[name] = value
        self._move("cap", ">=", right,
                   f"the form falls with {name}, and {other} = {tie} falls too: {other} >= {least} "
                   f"says {name} <= {self.write(value)}",
                   variable=name, tied=other, value=self.write(value), least=str(least),
                   tie=tie)  # fmt: skip

    def stationary(self, name: str, value: Any) -> None:
        """Put a variable where the derivative, as was counted, changes its sign only once."""
        slope = derivative(self.current, name)
        if not same(substituted(slope, {name: value}), 0):
            raise ProofError(f"the derivative in {name} does not vanish at {value}")
        right = substituted(self.current, {name: value})
        self._move("stationary", ">=", right,
                   f"the derivative in {name}, {self.write(slope)}, is negative before "
                   f"{name} = {self.write(value)} and positive beyond: its numerator has one "
                   "root there, counted by Sturm's theorem",
                   variable=name, value=self.write(value),
                   derivative=self.write(slope))  # fmt: skip

    def sturm(self, name: str, right: Any) -> None:
        """A number that the form, as was counted, nowhere falls below."""
        self._move("sturm", ">=", right,
                   "the numerator of the difference is positive and changes its sign nowhere: its "
                   "roots are counted by Sturm's theorem",
                   variable=name)  # fmt: skip

    def add(self, kind: str, claim: str, because: str, **data: Any) -> None:
        """A step that its method has checked."""
        self.steps.append(Step(kind, claim, because, data))

    def attained(self, given: Sequence[Given], at: Mapping[str, Any]) -> None:
        """Equality: *at* satisfies every constraint and gives the formula the value reached."""
        for constraint in given:
            here = constraint.at(at)
            if not _holds(here):
                raise ProofError(f"{constraint.text} does not hold there")
        if not same(substituted(self.formula, at), self.current):
            raise ProofError("the bound is not attained there")
        shown = {name: self.write(value) for name, value in at.items()}
        place = ", ".join(f"{name} = {value}" for name, value in shown.items())
        self.add("attained", f"equality at {place}", "put into the constraints and the formula",
                 at=shown, value=self.write(self.current))  # fmt: skip


def _holds(given: Given) -> bool:
    difference = given.left - given.right
    if given.relation == "=":
        return same(difference, 0)
    return not_negative(difference if given.relation == ">=" else -difference)
