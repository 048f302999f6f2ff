"""The ladder for ``minimize``: closed forms first, then certified numbers, then ``unknown``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

from costmodel.arith import free_symbols
from costmodel.arith.atoms import Base
from costmodel.arith.form import of_atom
from costmodel.arith.program import over as over_
from costmodel.arith.program import symbols_of
from costmodel.arith.rational import is_rational
from costmodel.derive.algebra import (
    NotPolynomialError,
    fresh,
    names_in,
    not_negative,
    positive,
    same,
    substituted,
)
from costmodel.derive.demands import impossible
from costmodel.derive.methods.closed import Closed, closed_forms
from costmodel.derive.methods.elimination import MOST_WAYS, Way, eliminations, trades
from costmodel.derive.patience import SECONDS, TiredError, patience
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Given, Proof, ProofError
from costmodel.derive.shapes import branches, holds_one_of, oriented
from costmodel.derive.spelling import spelled


class Found:
    """A finished chain with what is known of where it is attained."""

    def __init__(self, closed: Closed, problem: Problem, least: Mapping[str, Any]) -> None:
        self.closed, self.proof = closed, closed.proof
        self.at = {n: closed.at[n] for n in problem.over if n in closed.at}
        self.conditions: list[str] = []
        self.open = 0  # inequality constraints that hold there only on a condition
        self.attained = not closed.limit and self._attained(problem, least)

    def _attained(self, problem: Problem, least: Mapping[str, Any]) -> bool:
        if set(self.at) != set(problem.over):
            return False
        for name in problem.over:
            verdict = _reaches(self.at[name], least[name])
            if verdict is False:
                return False
            if verdict is None:
                value = substituted(self.at[name], problem.meaning)
                text = _condition(value, least[name])
                if text not in self.conditions:
                    self.conditions.append(text)
        settled, gaps = [], []
        for index, given in enumerate(problem.given):
            here = given.at(self.at)
            if given.relation == "=" and not same(here.left - here.right, 0):
                if index in self.proof.unused or holds_one_of(self._left_of(index), problem.over):
                    return False
                gaps.append(_possible(here))
            elif given.relation != "=" and not _sure(here):
                gaps.append(here)
            else:
                settled.append(given)
        if any(not free_symbols(g.left - g.right) for g in gaps):
            return False
        self.conditions += [" ".join(g.at(problem.meaning).formula) for g in gaps]
        self.open = len(gaps)
        try:
            below = self.proof.attained(settled, self.at)
        except (ProofError, ArithmeticError, NotPolynomialError):
            return False
        told = [[spelled(substituted(x, problem.meaning)) for x in pair] for pair in below]
        needed = [f"{above} >= {under}" for above, under in told]
        self.open += len(needed)
        self.conditions += needed
        return True

    def _left_of(self, index: int) -> Any:
        """What is left of a constraint after all substitutions."""
        given = self.proof.given[index]
        return given.left - given.right

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """Sorts what was found: attained ones first, then those with fewer conditions."""
        return not self.attained, self.open, len(self.conditions), len(self.proof.steps)


def _possible(given: Given) -> Given:
    """A constraint on fixed symbols alone; an error if nothing can satisfy it."""
    gap = given.left - given.right
    if positive(gap) or positive(-gap):
        raise impossible(given.text)
    return given


def _sure(given: Given) -> bool:
    difference = given.left - given.right
    return not_negative(difference if given.relation == ">=" else -difference)


def _reaches(value: Any, least: Any) -> bool | None:
    difference = value - least
    if is_rational(difference):
        return bool(difference >= 0)
    if not free_symbols(difference):
        return float(difference) >= 0 if abs(float(difference)) > 1e-9 else None
    return True if not getattr(difference, "rooted", False) and not_negative(difference) else None


def _condition(value: Any, least: Any) -> str:
    """``value >= least`` for readers, roots and quotients cleared where one term is all."""
    terms = getattr(value, "terms", {})
    if len(terms) == 1:
        ((monomial, _),) = terms.items()
        degree = max(p.denominator for _, p in monomial)
        clear = over_(value**degree, least**degree)
        if len(clear.terms) > 1 or any(type(a) is Base for m in clear.terms for a, _ in m):
            return f"{spelled(value)} >= {least}"
        ((monomial, c),) = clear.terms.items()
        below: Any = 1
        above = clear
        for atom, p in monomial:
            if p < 0:
                below, above = below * of_atom(atom, -p), above * of_atom(atom, -p)
        above, below = over_(above, c) * c.numerator, below * c.denominator
        return f"{spelled(above)} >= {spelled(below)}"
    return f"{spelled(value)} >= {least}"


Start: TypeAlias = "tuple[Proof, tuple[str, ...], dict[str, Any]]"


def with_slack(problem: Problem) -> Iterator[Start]:
    """The chain to start from: inequality constraints become equations with a factor >= 1."""
    proof = parted(Proof(problem.name, problem.objective, problem.given, problem.meaning))
    over, symbols = list(problem.over), dict(problem.symbols)
    for i, given in enumerate(proof.given):
        if given.relation == "=" or _settled_elsewhere(proof.given, given):
            continue
        name = f"slack{i + 1}"
        factor = symbols[name] = fresh(name)
        over.append(name)
        left, right = given.left, given.right
        left, right = (left, right * factor) if given.relation == ">=" else (left * factor, right)
        proof.given[i] = Given(given.text, left, "=", right)
        proof.add("slack", f"{proof.write(left)} = {proof.write(right)} with {name} >= 1",
                  f"another way to write {given.text}", given=i, name=name)  # fmt: skip
    yield proof, tuple(over), symbols
    if len(symbols) > len(problem.symbols):  # without the inequalities the bound is as true
        kept = problem._replace(given=tuple(g for g in problem.given if g.relation == "="))
        yield (
            Proof(kept.name, kept.objective, problem.given, problem.meaning),
            kept.over,
            dict(kept.symbols),
        )


def _settled_elsewhere(constraints: Sequence[Given], given: Given) -> bool:
    """Whether an inequality is of no use: a maximum, of unknown sign, or said by an equation."""
    gap = given.left - given.right
    if len(branches(oriented(given)[0])) > 1 or not (
        positive(given.left) and positive(given.right)
    ):
        return True
    equations = [g.left - g.right for g in constraints if g.relation == "="]
    return any(same(gap, x) or same(gap, -x) for x in equations)


def in_parts(given: Given) -> bool:
    """Whether ``parted`` says all of a constraint by parts of it."""
    gap, relation = oriented(given)
    return relation == "<=" and len(branches(gap)) > 1


def parted(proof: Proof) -> Proof:
    """The chain with each argument of a maximum that is at most something as a constraint."""
    for index, given in enumerate(tuple(proof.given)):
        if in_parts(given):
            for part in branches(oriented(given)[0]):
                proof.part(index, part)
    return proof


def least_values(problem: Problem) -> dict[str, Any]:
    """The least value of each chosen symbol."""
    return {
        s.name: s.least or 0 for name in problem.over for s in symbols_of(problem.symbols[name])
    }


def minimum(problem: Problem) -> list[Found]:
    """Every closed form found, the best first."""
    least = least_values(problem)
    found: list[Found] = []
    try:
        with patience(SECONDS / 2):
            for start, over, symbols in with_slack(problem):
                floors = {**dict.fromkeys(over, 1), **least}
                start, over = _without_loose(start, over, floors)
                for proof, rest in _ways(start, over, floors, found):
                    forms = closed_forms(proof, rest, symbols, floors)
                    found += [Found(closed, problem, least) for closed in forms]
    except TiredError:  # what was found is as true
        pass
    return sorted(_highest(found), key=lambda f: f.rank)


def _ways(
    start: Proof, over: tuple[str, ...], floors: Mapping[str, Any], found: Sequence[Found]
) -> Iterator[Way]:
    """Ways to make use of the constraints; the later ones only if the first lead nowhere."""
    yield from eliminations(start, over)
    if any(f.attained for f in found):
        return
    for proof, rest in trades(start, over, floors):
        yield from eliminations(proof, rest)
    yield from islice(eliminations(start, over, relax=True), MOST_WAYS)


def _without_loose(
    proof: Proof, over: tuple[str, ...], least: Mapping[str, Any]
) -> tuple[Proof, tuple[str, ...]]:
    """Symbols that no constraint holds, where the form grows with them, at their least values."""
    tied = {n for g in proof.given for side in (g.left, g.right) for n in names_in(side)}
    for name in over:
        if name in tied:
            continue
        attempt = proof.copy()
        try:
            attempt.lowest(name, least[name])
        except (ProofError, NotPolynomialError):
            continue
        proof, over = attempt, tuple(n for n in over if n != name)
    return proof, over


def _highest(found: list[Found]) -> list[Found]:
    """Without those whose bound another one is sure to exceed, unless they are attained."""
    kept = []
    for one in found:
        lower = (
            other
            for other in found
            if other is not one and _exceeds(other.proof.current, one.proof.current)
        )
        if one.attained or not any(lower):
            kept.append(one)
    return kept


def _exceeds(a: Any, b: Any) -> bool:
    """Whether ``a > b`` for sure."""
    return positive(a - b)
