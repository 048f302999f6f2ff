"""What the checker demands of the steps that settle a question without a chain.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker.boxes import stays_above
from costmodel.derive.checker.convex import CONVEX
from costmodel.derive.checker.moves import MOVES, each_among
from costmodel.derive.checker.numbers import Number
from costmodel.derive.checker.points import POINTS
from costmodel.derive.checker.recurrence import RECURRENCE
from costmodel.derive.checker.rules import CHAIN, arguments, negated, rises, text_of
from costmodel.derive.checker.terms import (
    Node,
    Undecided,
    names,
    opaque,
    parse,
    put,
    symbolic,
    value,
)
from costmodel.derive.checker.traffic import TRAFFIC


def _monotone(state: State, step: Mapping[str, Any]) -> None:
    expression, name = parse(step["expression"]), step["variable"]
    if state.current is not None:
        state.same(expression, state.current, "the form")
    if name in state.replaced or name != state.proof.get("variable", name):
        raise Rejected(f"{name} is not what varies")
    found = [pair for part in arguments(state, expression) for pair in _partials(state, part, name)]
    told = parse(step["derivative"])
    listed = [told]
    if isinstance(told, ast.Call) and text_of(told.func) in ("Min", "Max"):
        listed = told.args
    each_among(state, [node for _, node in found], listed)
    each_among(state, listed, [node for _, node in found])
    direction = step["direction"]
    for slope, node in found:
        if direction == "constant":
            state.same(node, parse("0"), "the derivative")
        elif direction in ("increasing", "non-decreasing"):
            state.not_negative(slope, node, "the derivative", direction == "increasing")
        elif direction in ("decreasing", "non-increasing"):
            state.not_negative(-slope, negated(node), "the fall", direction == "decreasing")
        else:
            raise Rejected(f"unknown direction {direction!r}")
    state.settled = direction


def _partials(state: State, node: Node, name: str) -> list[tuple[Any, Node]]:
    """The derivative with every floor held, and those in the floors that *name* stands in."""
    floors = {text_of(c): c for c in opaque(node) if name in names(c)}
    nested = {text_of(c) for call in floors.values() for c in opaque(call) if c is not call}
    for text, call in floors.items():
        if text in nested:
            continue
        if text_of(call.func) != "floor":
            raise Rejected(f"{name} stands inside {text}")
        for slope, part in _partials(state, call.args[0], name):
            state.not_negative(slope, part, f"the derivative inside {text}")
    outer = [text for text in floors if text not in nested]
    shown = [str(symbolic(floors[text])) for text in outer]
    return [state.partial(node, n) for n in (name, *shown)]


def _factor(state: State, step: Mapping[str, Any]) -> None:
    expression, factor, core = (parse(step[k]) for k in ("expression", "factor", "core"))
    if state.current is not None:
        state.same(expression, state.current, "the form")
    state.same(expression, parse(f"({step['factor']})*({step['core']})"), "the factors")
    state.not_negative(symbolic(factor), factor, "the factor", strict=True)
    condition = step["condition"]
    if condition in ("always", "never"):
        _settled(state, core, condition)
        return
    left, sign, right = _split(condition)

    def agrees(point: Mapping[str, Number]) -> bool:
        for need in step["needs"]:
            a, _, b = _split(need)
            if (value(parse(a), point) - value(parse(b), point)).sign() <= 0:
                raise Undecided("outside the condition")
        sides = (value(parse(left), point) - value(parse(right), point)).sign()
        here = value(core, point).sign()
        signs = {">": sides > 0, ">=": sides >= 0, "<": sides < 0, "<=": sides <= 0,
                 "=": sides == 0}  # fmt: skip
        wanted = {"<": here > 0, "<=": here >= 0, "=": here == 0}[str(state.relation)]
        return signs[sign] == wanted

    if not state.every_point(agrees, core, parse(left), parse(right)):
        raise Rejected("the condition is not the sign of the core")
    if step["variable"] is not None:
        _only_slope(state, core, step, parse(right))
        threshold = put(core, {step["variable"]: parse(right)})
        state.same(threshold, parse("0"), "the threshold")
    else:
        flip = "-" if sign in ("<", "<=") else ""
        state.same(parse(f"{flip}(({left}) - ({right}))"), core, "the condition")
    state.settled = condition


def _settled(state: State, core: Node, condition: str) -> None:
    """The core has one sign everywhere."""
    always = condition == "always"
    if state.relation != "=":
        node = core if always else negated(core)
        state.not_negative(symbolic(node), node, "the rest", (state.relation == "<") == always)
    elif always:
        state.same(core, parse("0"), "the rest")
    else:
        try:
            state.not_negative(symbolic(core), core, "the rest", strict=True)
        except Rejected:
            other = negated(core)
            state.not_negative(symbolic(other), other, "the rest", strict=True)
    state.settled = condition


def _only_slope(state: State, core: Node, step: Mapping[str, Any], threshold: Node) -> None:
    """The core rises, or falls, with the symbol it is solved for; needs may only say that."""
    name = step["variable"]
    _, slope = state.slope(core, name)
    for need in step["needs"]:
        left, sign, right = _split(need)
        if (sign, right) != (">", "0") or name in names(slope):
            raise Rejected(f"{need} is not needed")
        try:
            state.same(parse(left), slope, "the need")
        except Rejected:
            state.same(parse(f"-({left})"), slope, "the need")
    if not step["needs"]:
        try:
            rises(state, core, name, strict=True, free=name)
        except Rejected:
            rises(state, negated(core), name, strict=True, free=name)
    if name in names(slope):
        state.not_negative(symbolic(threshold), threshold, "the threshold", strict=True)


def _split(text: str) -> tuple[str, str, str]:
    parts = re.split(r"(>=|<=|<|>|=)", text)
    if len(parts) != 3:
        raise Rejected(f"{text!r} is not a condition")
    return parts[0].strip(), parts[1], parts[2].strip()


def _interval(state: State, step: Mapping[str, Any]) -> None:
    left, _ = state.follow(step, (">=",))
    limit = Fraction(step["right"])
    chosen = list(step["variables"])
    start = {n: state.least(n) for n in chosen}
    ties = [(v, state.least(n)) for n, v in state.replaced.items()
            if names(v) and n not in state.stale]  # fmt: skip
    usable = [c for i, c in enumerate(state.given) if i not in state.unused]
    zeros = [parse(f"({text_of(a)}) - ({text_of(b)})") for a, r, b in usable
             if r == "=" and names(a) | names(b)]  # fmt: skip
    for a, r, b in usable:
        if r != "=" and names(a) | names(b) <= set(chosen) and not (opaque(a) or opaque(b)):
            sides = (a, b) if r == ">=" else (b, a)
            ties.append((parse(f"({text_of(sides[0])}) - ({text_of(sides[1])})"), Fraction(0)))
    loose = {n for node in (left, *zeros, *(t for t, _ in ties)) for n in names(node)}
    if loose - set(chosen):
        raise Rejected(f"{', '.join(sorted(loose - set(chosen)))} has no number")
    zeros = [z for z in zeros if symbolic(z) != 0]
    if not stays_above(arguments(state, left), limit, start, ties, zeros):
        raise Rejected(f"{step['left']} >= {limit} could not be confirmed")


def _elasticity(state: State, step: Mapping[str, Any]) -> None:
    expression, name = parse(step["expression"]), step["variable"]
    if name != state.proof["variable"]:
        raise Rejected(f"{name} is not what was asked about")
    state.same(expression, state.objective, "the form")
    _, slope = state.slope(expression, name)
    scaled = parse(step["scaled"])
    state.same(parse(f"({text_of(slope)})*{name}"), scaled, "the derivative")
    state.same(parse(f"({step['value']})*({step['expression']})"), scaled, "the elasticity")
    state.settled = step["value"]


RULES: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    **CHAIN,
    **MOVES,
    **CONVEX,
    **POINTS,
    **RECURRENCE,
    **TRAFFIC,
    "monotone": _monotone,
    "factor": _factor,
    "interval": _interval,
    "elasticity": _elasticity,
}
