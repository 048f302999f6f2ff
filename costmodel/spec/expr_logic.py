"""Conditions in expressions: true, false, or None where symbols leave it open."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from costmodel import arith
from costmodel.spec.expr_eval import Fault, Names, Run

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def comparison(relation: str, a: Run, b: Run) -> Run:
    """``a < b`` and the like: True, False, or None where symbols leave it open."""
    plain = COMPARISONS[relation]

    def run(names: Names) -> Any:
        x, y = a(names), b(names)
        if type(x) is int and type(y) is int:
            return plain(x, y)
        return arith.compare(x, relation, y)

    return run


def both(parts: list[Run]) -> Run:
    """All of *parts*: False if one is, else None if one is undecided (Kleene's logic)."""

    def run(names: Names) -> bool | None:
        verdict: bool | None = True
        for part in parts:
            one = part(names)
            if one is False:
                return False
            if one is None:
                verdict = None
        return verdict

    return run


def either(parts: list[Run]) -> Run:
    """Any of *parts*: True if one is, else None if one is undecided."""

    def run(names: Names) -> bool | None:
        verdict: bool | None = False
        for part in parts:
            one = part(names)
            if one is True:
                return True
            if one is None:
                verdict = None
        return verdict

    return run


def opposite(part: Run) -> Run:
    """Not *part*; undecided stays undecided."""

    def run(names: Names) -> bool | None:
        verdict = part(names)
        return None if verdict is None else not verdict

    return run


def choice(test: Run, yes: Run, no: Run, text: str, used: frozenset[str], column: int) -> Run:
    """``yes if test else no``; *text* and *used* are the test's, for the error."""

    def run(names: Names) -> Any:
        verdict = test(names)
        if verdict is None:
            free = sorted(name for name in used if arith.is_symbolic(names[name]))
            bindings = " ".join(f"--at {name}=VALUE" for name in free or ["NAME"])
            raise Fault(column, f"whether {text} depends on a symbol", f"bind it: {bindings}")
        return yes(names) if verdict else no(names)

    return run
