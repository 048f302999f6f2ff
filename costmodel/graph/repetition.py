"""What repeats: as often as a number says, or as a free symbol does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from costmodel.arith import AtLeast, Dim, is_symbolic
from costmodel.errors import LimitError, Mark, SpecError
from costmodel.graph import Tensor
from costmodel.graph.values import env_at
from costmodel.spec.expressions import Expression
from costmodel.spec.syntax import Env

if TYPE_CHECKING:
    from costmodel.graph.builder import Builder

MOST_STEPS = 50_000  # layers and repetitions that one network may have


def repeated(
    build: Builder, rule: Expression, env: Env, mark: Mark, current: Tensor,
    once: Callable[[int, Tensor], Tensor],
) -> Tensor:  # fmt: skip
    """The output of *once*, given each repetition's number and input, as often as *rule* says."""
    count = times(rule, env, current)
    if is_symbolic(count):
        return _freely(build, count, rule, current, once)
    for i in range(count):
        build.step(mark)
        current = once(i, current)
    return current


def _freely(
    build: Builder, count: Dim, rule: Expression, current: Tensor,
    once: Callable[[int, Tensor], Tensor],
) -> Tensor:  # fmt: skip
    """A first repetition, and a second one that stands for all others: it keeps its shape."""
    some = AtLeast(count, 1, "repetitions")
    if some.holds() is None:
        build.conditions[some] = None
    first = once(0, current)
    outer, build.runs = build.runs, build.runs * (count - 1)
    second = once(1, first)
    build.runs = outer
    if second.shape != first.shape:
        problem = f"{count} repetitions, each of which changes the shape, have no closed form"
        raise SpecError(problem, rule.mark, "bind the count with --at")
    return second


def times(rule: Expression, env: Env, current: Tensor) -> Dim:
    """How often something repeats: a whole number from 0 within the limit, or a form."""
    count = rule.evaluate(env_at(env, current))
    if is_symbolic(count):
        return count
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise SpecError(f"a repetition count is a whole number, not {count}", rule.mark)
    if count > MOST_STEPS:
        raise LimitError(f"more than {MOST_STEPS:,} repetitions", rule.mark)
    return count
