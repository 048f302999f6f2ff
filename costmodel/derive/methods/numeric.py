"""Certified intervals where every fixed symbol has a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.arith.rational import tidy
from costmodel.derive.algebra import extremum_of, names_in
from costmodel.derive.methods.branch import (
    Enclosure,
    Task,
    enclosed,
    laurent,
    rounded_down,
    rounded_up,
)
from costmodel.derive.methods.elimination import eliminations
from costmodel.derive.methods.minimum import least_values, with_slack
from costmodel.derive.problem import Problem
from costmodel.derive.proof import Proof
from costmodel.derive.result import Bound


def numeric_minimum(asked: Problem) -> Bound | None:
    """The minimum between two numbers, with a lower end that a checker can confirm."""
    if _free(asked):
        return None
    best: tuple[Proof, Enclosure, Task] | None = None
    for proof, task in tasks(asked):
        found = enclosed(task)
        if found is None:
            continue
        if best is None or found.high - found.low < best[1].high - best[1].low:
            best = proof, found, task
        if found.high - found.low <= 2 * task.tolerance * abs(found.high):
            break
    return None if best is None else _bound(asked, *best)


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
            tops = _tops(proof.current)
            ties = tuple((v, least[n]) for n, v in proof.replaced.items() if names_in(v))
            zeros = tuple(g.left - g.right for g in proof.given)
            zeros = tuple(z for z in zeros if names_in(z) & set(rest))
            if laurent([*tops, *(t for t, _ in ties), *zeros], rest):
                yield proof, Task(tuple(rest), tops, ties, zeros, least)
        return


def _tops(x: Any) -> tuple[Any, ...]:
    found = extremum_of(x)
    if found is None:
        return (x,)
    rest, atom, factor = found
    return tuple(rest + factor * argument for argument in atom.forms)


def _bound(asked: Problem, proof: Proof, found: Enclosure, task: Task) -> Bound:
    from costmodel.derive.questions import domain_for, formulas_of

    low, high = rounded_down(found.low, 4 * task.tolerance), rounded_up(found.high)
    proof = proof.copy()
    text = proof.write(proof.current)
    proof.add(
        "interval", f"{text} >= {low}",
        f"branch and bound with outward-rounded intervals: {found.boxes} boxes cover every "
        f"{', '.join(task.names)} that the constraints allow",
        left=text, relation=">=", right=str(low), variables=list(task.names),
    )  # fmt: skip
    near = ", ".join(f"{n} = {v:.6g}" for n, v in found.at.items())
    return Bound(
        asked.name, [g.text for g in asked.given], asked.over, tidy(low), {},
        [*asked.assumptions,
         f"{', '.join(asked.over)} range over the reals from their least values",
         f"the minimum lies in [{low}, {high}], near {near}"],
        "branch-and-bound", "numeric", proof.steps, formulas_of(asked), domain_for(asked),
        extra={"interval": [_plain(low), _plain(high)]},
    )  # fmt: skip


def _plain(x: Any) -> int | float:
    return int(x) if x.denominator == 1 else float(x)
