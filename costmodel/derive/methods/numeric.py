"""Certified intervals where every fixed symbol has a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from costmodel.arith.rational import tidy
from costmodel.derive.algebra import names_in
from costmodel.derive.methods.branch import (
    MOST_WORK,
    TOLERANCE,
    Enclosure,
    Search,
    Task,
    laurent,
    rounded_down,
    rounded_up,
)
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.methods.geometric import Certificate, certified, written
from costmodel.derive.methods.minimum import in_parts, least_values, parted, with_slack
from costmodel.derive.methods.stationary import Between, isolated
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Proof
from costmodel.derive.result import Bound
from costmodel.derive.shapes import branches


def numeric_minimum(asked: Problem) -> Bound | None:
    """The minimum between two numbers, with a lower end that a checker can confirm."""
    if _free(asked):
        return None
    ways = [*plain_tasks(asked), *tasks(asked)]
    for proof, task in ways:
        dual = certified(proof, task)
        if dual is not None and _narrow(float(dual.low), dual.high, TOLERANCE):
            return _by_dual(asked, proof, dual, task)
        turned = isolated(proof, task)
        if turned is not None:
            return _by_roots(asked, proof, turned)
    best: tuple[Proof, Enclosure, Task] | None = None
    work = MOST_WORK
    for proof, task in ways:
        if not task.names or work <= 0:
            continue
        search = Search(task)
        found = search.run(work)
        work -= search.made * search.weight
        if found is None:
            continue
        if best is None or found.high - found.low < best[1].high - best[1].low:
            best = proof, found, task
        if _narrow(found.low, found.high, 2 * task.tolerance):
            break
    return None if best is None else _by_boxes(asked, *best)


def _narrow(low: float, high: float, tolerance: float) -> bool:
    return high - low <= tolerance * abs(high)


def _free(asked: Problem) -> set[str]:
    forms = [asked.objective, *(s for g in asked.given for s in (g.left, g.right))]
    return {n for f in forms for n in names_in(f)} - set(asked.over)


def tasks(asked: Problem) -> Iterator[tuple[Proof, Task]]:
    """Ways to write the question as boxes: eliminated as far as possible, or not at all."""
    floors = least_values(asked)
    for start, over, _ in with_slack(asked):
        least = {**dict.fromkeys(over, 1), **floors}
        ways = sorted(eliminations(start, over), key=lambda way: len(way[1]))
        for proof, rest in (*ways, (start, over)):
            tops = tuple(branches(proof.current))
            ties = tuple((v, least[n]) for n, v in proof.replaced.items() if names_in(v))
            zeros = tuple(g.left - g.right for g in proof.given)
            zeros = tuple(z for z in zeros if names_in(z) & set(rest))
            if laurent([*tops, *(t for t, _ in ties), *zeros], rest):
                yield proof, Task(tuple(rest), tops, ties, zeros, least)
        return


def plain_tasks(asked: Problem) -> Iterator[tuple[Proof, Task]]:
    """The same with inequalities as they are: no slack, only equations are solved."""
    least = least_values(asked)
    start = parted(Proof(asked.name, asked.objective, asked.given, asked.meaning))
    ways = sorted(eliminations(start, asked.over), key=lambda way: len(way[1]))
    for proof, rest in (*ways, (start, asked.over)):
        tops = tuple(branches(proof.current))
        floors = [(v, least[n]) for n, v in proof.replaced.items() if names_in(v)]
        gaps = [(g, g.left - g.right) for g in proof.given if names_in(g.left - g.right)]
        gaps = [(g, gap) for g, gap in gaps if not in_parts(g)]
        floors += [(gap if g.relation == ">=" else -gap, 0) for g, gap in gaps if g.relation != "="]
        zeros = tuple(gap for g, gap in gaps if g.relation == "=")
        if laurent([*tops, *(t for t, _ in floors), *zeros], rest):
            yield proof, Task(tuple(rest), tops, tuple(floors), zeros, least)


def _by_boxes(asked: Problem, proof: Proof, found: Enclosure, task: Task) -> Bound:
    low, high = rounded_down(found.low, 4 * task.tolerance), rounded_up(found.high)
    proof = proof.copy()
    text = proof.write(proof.current)
    proof.add(
        "interval", f"{text} >= {low}",
        f"branch and bound with outward-rounded intervals: {found.boxes} boxes cover every "
        f"{', '.join(task.names)} that the constraints allow",
        left=text, relation=">=", right=str(low), variables=list(task.names),
    )  # fmt: skip
    return _bound(asked, proof, low, high, found.at, "branch-and-bound")


def _by_dual(asked: Problem, proof: Proof, dual: Certificate, task: Task) -> Bound:
    proof, names = proof.copy(), task.names
    text = proof.write(proof.current)
    used = sum(1 for group, _ in dual.groups if group.above is not None)
    proof.add(
        "geometric-program", f"{text} >= {dual.low}",
        "the dual of a geometric program: weighted AM-GM on the objective and on "
        f"{used} of the constraints, with weights under which every exponent cancels",
        left=text, relation=">=", right=str(dual.low), rest=str(dual.rest),
        groups=[written(group, weights, names) for group, weights in dual.groups],
    )  # fmt: skip
    return _bound(asked, proof, dual.low, rounded_up(dual.high), dual.at, "geometric-programming")


def _by_roots(asked: Problem, proof: Proof, found: Between) -> Bound:
    proof = proof.copy()
    proof.sturm(next(iter(found.at)), tidy(found.low))
    return _bound(asked, proof, found.low, rounded_up(found.high), found.at, "stationarity")


def _bound(
    asked: Problem, proof: Proof, low: Fraction, high: Fraction, at: Mapping[str, float],
    method: str,
) -> Bound:  # fmt: skip
    from costmodel.derive.questions import domain_for, formulas_of

    near = ", ".join(f"{n} = {v:.6g}" for n, v in at.items())
    return Bound(
        asked.name, [g.text for g in asked.given], asked.over, tidy(low), {},
        [*asked.assumptions,
         f"{', '.join(asked.over)} range over the reals from their least values",
         f"the minimum lies in [{low}, {high}], near {near}"],
        method, "numeric", proof.steps, formulas_of(asked), domain_for(asked),
        extra={"interval": [_plain(low), _plain(high)]},
    )  # fmt: skip


def _plain(x: Any) -> int | float:
    return int(x) if x.denominator == 1 else float(x)
