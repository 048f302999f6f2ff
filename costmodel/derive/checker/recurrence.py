"""What the checker demands of inductions: a first value, and one repetition more.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker.terms import names, parse, put


def _stated(state: State, step: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """Reject what differs from the costs of the networks that the proof starts from."""
    found = [r for r in state.proof["formulas"]["recurrences"] if r["name"] == step["name"]]
    if len(found) != 1:
        raise Rejected(f"there is not one recurrence {step['name']!r}")
    for key in keys:
        if found[0][key] != step[key]:
            raise Rejected(f"the recurrence has another {key}")


def _base(state: State, step: Mapping[str, Any]) -> None:
    _stated(state, step, ("closed", "variable", "first", "start"))
    name, first = step["variable"], parse(step["first"])
    if state.least(name) > int(step["first"]):
        raise Rejected(f"{name} does not begin there")
    state.same(put(parse(step["closed"]), {name: first}), parse(step["start"]), "the first value")
    state.begun[step["name"]] = step["closed"]


def _induction(state: State, step: Mapping[str, Any]) -> None:
    _stated(state, step, ("closed", "variable", "after", "inner"))
    if state.begun.get(step["name"]) != step["closed"]:
        raise Rejected("the induction has no beginning")
    closed, name, after = parse(step["closed"]), step["variable"], parse(step["after"])
    before = {
        last: put(closed, {k: parse(v) for k, v in moved.items()})
        for last, moved in step["inner"].items()
    }
    if name in {k for moved in step["inner"].values() for k in moved} | set(before):
        raise Rejected(f"{name} counts the repetitions and stands for nothing else")
    if any(names(node) & set(before) for node in before.values()):
        raise Rejected("the closed form speaks of the part inside")
    next_one = put(closed, {name: parse(f"{name} + 1")})
    state.same(put(after, before), next_one, "one repetition more")


RECURRENCE: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    "base": _base,
    "induction": _induction,
}
