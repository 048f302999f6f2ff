"""What the checker demands of the steps that settle a question without a chain.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from math import inf
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker_boxes import Box, stays_above
from costmodel.derive.checker_convex import CONVEX, arguments
from costmodel.derive.checker_numbers import Number
from costmodel.derive.checker_rules import CHAIN, text_of
from costmodel.derive.checker_terms import (
    Node,
    Undecided,
    names,
    parse,
    put,
    rational,
    symbolic,
    value,
)


def _monotone(state: State, step: Mapping[str, Any]) -> None:
    expression, name = parse(step["expression"]), step["variable"]
    if state.current is not None:
        state.same(expression, state.current, "the form")
    if name in state.replaced or name != state.proof.get("variable", name):
        raise Rejected(f"{name} is not what varies")
    slope, node = state.slope(expression, name)
    state.same(node, parse(step["derivative"]), "the derivative")
    direction = step["direction"]
    if direction == "constant":
        state.same(node, parse("0"), "the derivative")
    elif direction == "increasing":
        state.not_negative(slope, node, "the derivative", strict=True)
    elif direction == "decreasing":
        state.not_negative(-slope, parse(f"-({text_of(node)})"), "the fall", strict=True)
    else:
        raise Rejected(f"unknown direction {direction!r}")
    state.settled = direction


def _factor(state: State, step: Mapping[str, Any]) -> None:
    expression, factor, core = (parse(step[k]) for k in ("expression", "factor", "core"))
    if state.current is not None:
        state.same(expression, state.current, "the form")
    state.same(expression, parse(f"({step['factor']})*({step['core']})"), "the factors")
    state.not_negative(symbolic(factor), factor, "the factor", strict=True)
    condition = step["condition"]
    left, sign, right = _split(condition)

    def agrees(point: Mapping[str, Number]) -> bool:
        for need in step["needs"]:
            a, _, b = _split(need)
            if (value(parse(a), point) - value(parse(b), point)).sign() <= 0:
                raise Undecided("outside the condition")
        sides = (value(parse(left), point) - value(parse(right), point)).sign()
        stated = {">": sides > 0, ">=": sides >= 0, "<": sides < 0, "<=": sides <= 0}[sign]
        here = value(core, point).sign()
        return stated == (here > 0 if sign in ("<", ">") else here >= 0)

    if not state.every_point(agrees, core, parse(left), parse(right)):
        raise Rejected("the condition is not the sign of the core")
    if step["variable"] is not None:
        _only_slope(state, core, step)
        threshold = put(core, {step["variable"]: parse(right)})
        state.same(threshold, parse("0"), "the threshold")
    else:
        flip = "-" if sign in ("<", "<=") else ""
        state.same(parse(f"{flip}(({left}) - ({right}))"), core, "the condition")
    state.settled = condition


def _only_slope(state: State, core: Node, step: Mapping[str, Any]) -> None:
    """What a condition needs may only be that the symbol it is solved for counts upwards."""
    _, slope = state.slope(core, step["variable"])
    for need in step["needs"]:
        left, sign, right = _split(need)
        if (sign, right) != (">", "0"):
            raise Rejected(f"{need} is not needed")
        try:
            state.same(parse(left), slope, "the need")
        except Rejected:
            state.same(parse(f"-({left})"), slope, "the need")


def _split(text: str) -> tuple[str, str, str]:
    parts = re.split(r"(>=|<=|<|>)", text)
    if len(parts) != 3:
        raise Rejected(f"{text!r} is not a condition")
    return parts[0].strip(), parts[1], parts[2].strip()


def _witness(state: State, step: Mapping[str, Any]) -> None:
    point = {name: value(parse(text), {}) for name, text in step["at"].items()}
    for a, relation, b in state.start:
        gap = (value(a, point) - value(b, point)).sign()
        if not {"=": gap == 0, ">=": gap >= 0, "<=": gap <= 0}[relation]:
            raise Rejected("a constraint does not hold there")
    for name, number in point.items():
        entry = state.domain.get(name)
        if entry and (number - Number.of(Fraction(entry["minimum"]))).sign() < 0:
            raise Rejected(f"{name} is below its least value")
    left = value(state.objective, point)
    if (left - value(parse(step["left"]), {})).terms:
        raise Rejected("the left side is another number")
    right = value(parse(step["floor"]), point)
    if (right - value(parse(step["right"]), {})).terms:
        raise Rejected("the right side is another number")
    strict = "<=" not in state.proof["objective"] and "<" in state.proof["objective"]
    if (left - right).sign() > (0 if strict else -1):
        raise Rejected("the inequality holds there")
    state.settled = str(state.proof["bound"])


def _exhaustion(state: State, step: Mapping[str, Any]) -> None:
    ranges = {n: range(a, b + 1, s) for n, (a, b, s) in step["ranges"].items()}
    ties = {n: parse(t) for n, t in step["ties"].items()}
    best, where, seen = None, None, False
    gaps = [(parse(f"({text_of(a)}) - ({text_of(b)})"), r) for a, r, b in state.start]
    divisions = [parse(f"({x})/({d})") for d, x in step["divides"]]
    for numbers in product(*(ranges[n] for n in step["free"])):
        at = dict(zip(step["free"], map(Fraction, numbers), strict=True))
        try:
            at |= {n: rational(t, at) for n, t in ties.items()}
        except Undecided:  # irrational
            continue
        if not all(v.denominator == 1 and int(v) in ranges[n] for n, v in at.items()):
            continue
        if not all(_kept(rational(gap, at), r) for gap, r in gaps):
            continue
        if any(rational(d, at).denominator > 1 for d in divisions):
            continue
        here = rational(state.objective, at)
        seen = seen or at == dict(step["at"])
        if best is None or here < best:
            best, where = here, at
    if (step["value"] is None) != (where is None):
        raise Rejected("whether integers satisfy the constraints is told wrongly")
    if where is not None and (best != Fraction(step["value"]) or not seen):
        raise Rejected(f"the least value is {best}")


def _interval(state: State, step: Mapping[str, Any]) -> None:
    left, _ = state.follow(step, (">=",))
    limit = Fraction(step["right"])
    chosen = list(step["variables"])
    start: Box = {n: (state.least(n), inf) for n in chosen}
    ties = [(v, state.least(n)) for n, v in state.replaced.items() if names(v)]
    zeros = [parse(f"({text_of(a)}) - ({text_of(b)})") for a, r, b in state.given
             if r == "=" and names(a) | names(b)]  # fmt: skip
    loose = {n for node in (left, *zeros, *(t for t, _ in ties)) for n in names(node)}
    if loose - set(chosen):
        raise Rejected(f"{', '.join(sorted(loose - set(chosen)))} has no number")
    zeros = [z for z in zeros if symbolic(z) != 0]
    if not stays_above(arguments(state, left), limit, start, ties, zeros):
        raise Rejected(f"{step['left']} >= {limit} could not be confirmed")


def _base(state: State, step: Mapping[str, Any]) -> None:
    closed = parse(step["closed"])
    state.same(closed, state.objective, "the closed form")
    first = {step["variable"]: parse(step["first"])}
    state.same(put(closed, first), parse(step["start"]), "the first value")
    state.started = step["variable"]


def _induction(state: State, step: Mapping[str, Any]) -> None:
    closed, name = parse(step["closed"]), step["variable"]
    state.same(closed, state.objective, "the closed form")
    if state.started != name or name != state.proof["variable"]:
        raise Rejected("the induction has no beginning")
    before = put(closed, {name: parse(f"{name} - 1")})
    state.same(put(parse(step["after"]), {"last": before}), closed, "the step")
    rule = state.proof["given"][1].partition(" = ")[2]
    state.same(parse(step["after"]), parse(rule), "the rule")
    state.current = closed


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


def _kept(gap: Fraction, relation: str) -> bool:
    return {"=": gap == 0, ">=": gap >= 0, "<=": gap <= 0}[relation]


RULES: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    **CHAIN,
    **CONVEX,
    "monotone": _monotone,
    "factor": _factor,
    "witness": _witness,
    "exhaustion": _exhaustion,
    "interval": _interval,
    "base": _base,
    "induction": _induction,
    "elasticity": _elasticity,
}
