"""What a question must satisfy to have an answer at all; errors say what to ask instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from costmodel.derive.algebra import NotPolynomialError, by_powers, names_in, positive
from costmodel.derive.chain import Given
from costmodel.errors import BindingError

if TYPE_CHECKING:
    from costmodel.derive.problem import Problem


class ImpossibleError(BindingError):
    """Constraints contradict each other, or the least values."""


def impossible(text: str) -> ImpossibleError:
    """What is said where constraints contradict each other or the least values."""
    hint = "symbols are at least 1: change the number, or leave the constraint out"
    return ImpossibleError(f"--given {text!r} cannot be met", hint=hint)


def meetable(given: Sequence[Given]) -> None:
    """An error if signs alone say that a constraint holds nowhere."""
    for constraint in given:
        gap = constraint.left - constraint.right
        above, below = positive(gap), positive(-gap)
        if (above and constraint.relation != ">=") or (below and constraint.relation != "<="):
            raise impossible(constraint.text)


def choosable(asked: Problem) -> None:
    """An error if there is nothing to choose, or a choice that changes nothing."""
    held = {n for g in asked.given for side in (g.left, g.right) for n in names_in(side)}
    moving = names_in(asked.objective)
    usual = ", ".join(sorted(n for n in moving if n in asked.symbols)) or "nothing"
    if not asked.over:
        raise BindingError(f"no symbol may be chosen to make {asked.name} least",
                           hint=f"name some with --over; it depends on {usual}")  # fmt: skip
    for name in asked.over:
        if name not in held | moving:
            hint = f"leave it out of --over; {asked.name} depends on {usual}"
            problem = f"{name} occurs neither in {asked.name} nor in a constraint"
            raise BindingError(problem, hint=hint)
    if moving.isdisjoint(asked.over):
        raise BindingError(f"{asked.name} does not depend on {', '.join(asked.over)}",
                           hint=f"it depends on {usual}")  # fmt: skip


def bounded_below(asked: Problem) -> None:
    """An error if the objective falls without end as a symbol grows that nothing holds."""
    held = {n for g in asked.given for side in (g.left, g.right) for n in names_in(side)}
    for name in asked.over:
        if name in held:
            continue
        try:
            parts: dict[Any, Any] = by_powers(asked.objective, [name])
        except NotPolynomialError:
            continue
        top = max(parts, default=(0,))
        if top[0] > 0 and positive(-parts[top]):
            raise BindingError(f"{asked.name} has no least value: it falls without end as {name} "
                               "grows", hint=f"hold {name} with a --given")  # fmt: skip
