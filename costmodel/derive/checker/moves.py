"""What the checker demands of steps that move a symbol: to its least value, along a constraint.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker.rules import arguments, negated, rises, text_of
from costmodel.derive.checker.terms import Node, parse, put, symbolic


def _boundary(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=",))
    name, least = step["variable"], parse(step["value"])
    if Fraction(step["value"]) != state.least(name):
        raise Rejected(f"{step['value']} is not the least value of {name}")
    found = [rises(state, part, name) for part in arguments(state, left)]
    told = parse(step["derivative"])
    if isinstance(told, ast.Call) and text_of(told.func) == "Min":
        each_among(state, found, told.args)
        each_among(state, told.args, found)
    else:
        each_among(state, found, [told])
    state.same(put(left, {name: least}), right, "the form at the boundary")
    state.move({name: least})


def each_among(state: State, some: Sequence[Node], others: Sequence[Node]) -> None:
    """Reject unless each of *some* is the same as one of *others*."""
    for node in some:
        for other in others:
            try:
                state.same(node, other, "the derivative")
                break
            except Rejected as why:
                reason = why
        else:
            raise reason


def _cap(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=",))
    name, tied, end = step["variable"], step["tied"], parse(step["value"])
    if Fraction(step["least"]) != state.least(tied):
        raise Rejected(f"{step['least']} is not the least value of {tied}")
    if tied in state.stale:
        raise Rejected(f"{tied} may be below its least value here")
    state.same(parse(step["tie"]), state.replaced[tied], "the tie")
    for part in arguments(state, left):
        rises(state, negated(part), name, free=name)
    rises(state, negated(state.replaced[tied]), name, strict=True, free=name)
    state.not_negative(symbolic(end), end, "the cap", strict=True)
    state.same(put(state.replaced[tied], {name: end}), parse(step["least"]), "the cap")
    state.same(put(left, {name: end}), right, "the form at the cap")
    state.move({name: end})


def _crossing(state: State, step: Mapping[str, Any]) -> None:
    """A falling and a rising argument of a maximum, and where they are equal."""
    left, right = state.follow(step, (">=",))
    name, place = step["variable"], parse(step["value"])
    falling, rising = parse(step["falling"]), parse(step["rising"])
    state.least(name)
    each_among(state, [falling, rising], arguments(state, left))
    rises(state, negated(falling), name, free=name)
    rises(state, rising, name, free=name)
    state.not_negative(symbolic(place), place, "the place", strict=True)
    for part in (falling, rising):
        state.same(put(part, {name: place}), right, "the value there")
    state.move({name: place})


def _trade(state: State, step: Mapping[str, Any]) -> None:
    """Along a constraint in two symbols the form is least at an end of the curve."""
    left, right = state.follow(step, (">=",))
    gap, (one, other) = _gap(state, step), step["pair"]
    ends = [{n: parse(v) for n, v in end.items()} for end in step["ends"]]
    if len(ends) not in (1, 2) or any(set(e) != {one, other} for e in ends):
        raise Rejected("these are not the ends of the curve")
    _rates(state, arguments(state, left), gap, (one, other), len(ends))
    for low, end in zip((one, other), ends, strict=False):
        (rising,) = {one, other} - {low}
        if Fraction(text_of(end[low])) != state.least(low):
            raise Rejected(f"{low} is not at its least value")
        if not without_end(gap, rising):
            raise Rejected(f"{rising} cannot make up for {low}")
        state.same(put(gap, end), parse("0"), "the constraint at an end")
    reached = [put(left, end) for end in ends]
    least = right.args if isinstance(right, ast.Call) and text_of(right.func) == "Min" else [right]
    each_among(state, least, reached)
    for value in reached:
        try:
            each_among(state, [value], least)
        except Rejected:
            for other in least:
                gap = parse(f"({text_of(value)}) - ({text_of(other)})")
                state.not_negative(symbolic(gap), gap, "what the other end is above")
    state.move(ends[0], step["given"])


def _gap(state: State, step: Mapping[str, Any]) -> Node:
    """The equation of the step as a form that rises with both symbols of its pair."""
    a, relation, b = state.usable(step["given"])
    one, other = step["pair"]
    if relation != "=" or one == other:
        raise Rejected("this does not trade one symbol for another along an equation")
    gap = parse(f"({text_of(a)}) - ({text_of(b)})")
    try:
        rises(state, gap, other, strict=True, free=(one, other))
    except Rejected:
        gap = negated(gap)
        rises(state, gap, other, strict=True, free=(one, other))
    rises(state, gap, one, strict=True, free=(one, other))
    return gap


def _balance(state: State, step: Mapping[str, Any]) -> None:
    """Along a constraint in two symbols the form is least where its rate of change vanishes."""
    left, right = state.follow(step, (">=",))
    gap, place = _gap(state, step), {n: parse(v) for n, v in step["at"].items()}
    one, other = step["pair"]
    if set(place) != {one, other}:
        raise Rejected("the place is not that of the pair")
    rate = rate_of(state, left, gap, (one, other))
    for node, name in ((rate, one), (negated(rate), other)):
        slope, text = state.slope(node, name)
        state.not_negative(slope, text, "how the rate changes", free=(one, other))
    for node in place.values():
        state.not_negative(symbolic(node), node, "the place", strict=True)
    for node, what in ((rate, "the rate"), (gap, "the constraint")):
        state.same(put(node, place), parse("0"), what)
    state.same(put(left, place), right, "the form there")
    state.move(place, step["given"])


def rate_of(state: State, node: Node, gap: Node, pair: tuple[str, str]) -> Node:
    """How *node* grows with the first of the pair along ``gap = 0``, but for a positive factor."""
    (fa, fb), (ga, gb) = ((state.slope(x, n)[1] for n in pair) for x in (node, gap))
    return parse(f"({text_of(fa)})*({text_of(gb)}) - ({text_of(fb)})*({text_of(ga)})")


def _rates(
    state: State, parts: Sequence[Node], gap: Node, pair: tuple[str, str], ends: int
) -> None:
    """The form falls towards the end, or where it does so goes on doing so."""
    one, other = pair
    for part in parts:
        rate = rate_of(state, part, gap, pair)
        if ends == 1:
            state.not_negative(symbolic(rate), rate, "the rate")
        elif len(parts) > 1:
            raise Rejected("two ends of a maximum")
        else:
            rises(state, rate, other)
            rises(state, negated(rate), one)


def without_end(node: Node, name: str) -> bool:
    """Whether a form that rises with *name* does so without end."""
    import sympy

    symbol = sympy.Symbol(name, positive=True)
    terms = sympy.Add.make_args(sympy.expand(symbolic(node)))
    return any(term.as_independent(symbol)[1].as_base_exp()[1].is_positive
               for term in terms if term.has(symbol))  # fmt: skip


def oriented(state: State, index: int) -> tuple[list[Node], str]:
    """A constraint as ``one of the arguments, relation, 0`` where a maximum counts upwards."""
    a, relation, b = state.usable(index)
    gap = parse(f"({text_of(a)}) - ({text_of(b)})")
    try:
        parts = arguments(state, gap)
    except Rejected:
        gap, relation = negated(gap), {"=": "=", ">=": "<=", "<=": ">="}[relation]
        parts = arguments(state, gap)
    return parts, relation


def _part(state: State, step: Mapping[str, Any]) -> None:
    """A maximum is at most something only if each of its arguments is."""
    parts, relation = oriented(state, step["given"])
    if relation not in ("<=", "=") or len(parts) < 2:
        raise Rejected("this is no maximum that is at most something")
    left, right = parse(step["left"]), parse(step["right"])
    each_among(state, [parse(f"({step['left']}) - ({step['right']})")], parts)
    state.given.append((left, "<=", right))


def _cases(state: State, step: Mapping[str, Any]) -> None:
    """One of the arguments of a maximum decides; the bound holds for each."""
    left, right = state.follow(step, (">=",))
    parts, relation = oriented(state, step["given"])
    if relation not in ("=", ">=") or len(parts) < 2 or len(parts) != len(step["cases"]):
        raise Rejected("there is not one case for each argument")
    for part, steps in zip(parts, step["cases"], strict=True):
        sub = state.branch(step["given"], (part, relation, parse("0")))
        sub.current = left
        sub.run(steps)
        if sub.current is not None:
            _above_minimum(state, sub.current, right)


def _above_minimum(state: State, value: Node, right: Node) -> None:
    """*value* is at least *right*, which may be a minimum: at least one of its arguments."""
    least = isinstance(right, ast.Call) and text_of(right.func) == "Min"
    for part in right.args if least else [right]:  # type: ignore[attr-defined]  # a call
        try:
            state.same(value, part, "a case")
            return
        except Rejected:
            gap = parse(f"({text_of(value)}) - ({text_of(part)})")
        try:
            state.not_negative(symbolic(gap), gap, "what a case is above the bound")
            return
        except Rejected as why:
            reason = why
    raise reason


def _impossible(state: State, step: Mapping[str, Any]) -> None:
    """A constraint that nothing satisfies: what follows from it is not needed."""
    a, relation, b = state.usable(step["given"])
    gap = parse(f"({text_of(a)}) - ({text_of(b)})")
    try:
        if relation == "<=":
            raise Rejected("not that way")
        state.not_negative(-symbolic(gap), negated(gap), "the constraint", strict=True)
    except Rejected:
        if relation == ">=":
            raise
        state.not_negative(symbolic(gap), gap, "the constraint", strict=True)
    state.current = None


MOVES: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    "boundary": _boundary,
    "cap": _cap,
    "crossing": _crossing,
    "trade": _trade,
    "balance": _balance,
    "part": _part,
    "cases": _cases,
    "impossible": _impossible,
}
