"""What the checker demands of each kind of step.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker.numbers import Number
from costmodel.derive.checker.signs import proved
from costmodel.derive.checker.terms import (
    Node,
    names,
    parse,
    put,
    symbolic,
    value,
)


def _definition(state: State, step: Mapping[str, Any]) -> None:
    formula = parse(step["formula"])
    state.same(formula, state.objective, "the definition")
    state.current = formula


def _slack(state: State, step: Mapping[str, Any]) -> None:
    left, relation, right = state.usable(step["given"])
    name = step["name"]
    if relation == "=" or name in state.domain:
        raise Rejected("only an inequality has a slack, and its name must be new")
    for side in (left, right):  # a factor says nothing of what may be 0 or negative
        state.not_negative(symbolic(side), side, "a side", strict=True)
    state.introduce(name)
    scaled = [parse(f"({text_of(x)})*({name})") for x in (left, right)]
    pair = (left, scaled[1]) if relation == ">=" else (scaled[0], right)
    state.given[step["given"]] = (pair[0], "=", pair[1])


def text_of(node: Node) -> str:
    """A formula as text again."""
    return ast.unparse(node)


def _substitution(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, ("=",))
    a, relation, b = state.usable(step["given"])
    ((name, text),) = step["replace"].items()
    solved, solution = parse(f"({text_of(a)}) - ({text_of(b)})"), parse(text)
    if relation != "=" or name in names(solution):
        raise Rejected("this does not solve an equation")
    state.same(put(solved, {name: solution}), parse("0"), "the solution")
    slope, node = state.slope(solved, name)
    try:
        state.not_negative(slope, node, "the slope", strict=True, free=name)
    except Rejected:
        rises(state, parse(f"-({text_of(solved)})"), name, strict=True, free=name)
    if state.slope(node, name)[0] != 0:  # other roots are possible, and symbols are positive
        positive_root(state, solved, name, solution)
    state.same(put(left, {name: solution}), right, "the substitution")
    state.bind({name: solution})


def positive_root(state: State, node: Node, name: str, root: Node) -> None:
    """Reject unless *root* is where a form that rises with *name* > 0, or falls, vanishes."""
    import sympy

    try:
        state.not_negative(symbolic(root), root, "the solution", strict=True)
        return
    except Rejected:
        form = sympy.fraction(sympy.together(symbolic(node)))[0]
        if not form.is_polynomial(sympy.Symbol(name, positive=True)):
            raise
    coefficients = sympy.Poly(form, sympy.Symbol(name, positive=True)).all_coeffs()
    degree, a = len(coefficients) - 1, coefficients[0]
    if not any(coefficients[1:-1]):
        told = f"(-({coefficients[-1]})/({a}))**(1/{degree})"
    elif degree == 2:
        b, c = coefficients[1:]
        told = f"(sqrt(({b})**2 - 4*({a})*({c})) - ({b}))/(2*({a}))"
        if not proved(a, state.shifts, strict=True):
            told = f"(sqrt(({b})**2 - 4*({a})*({c})) + ({b}))/(-2*({a}))"
    else:
        raise Rejected("this may not be the positive root")
    state.same(parse(told), root, "the positive root")


def _identity(state: State, step: Mapping[str, Any]) -> None:
    state.same(*state.follow(step, ("=",)), "the identity")


def _am_gm(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=",))
    terms, weights = [parse(t) for t in step["terms"]], [Fraction(w) for w in step["weights"]]
    rest, product = parse(step["rest"]), parse(step["product"])
    if len(terms) != len(weights) or sum(weights) != 1 or min(weights) <= 0:
        raise Rejected("weights are positive and sum to one")
    for term in terms:
        state.not_negative(symbolic(term), term, f"the term {text_of(term)}", strict=True)

    def agrees(point: Mapping[str, Number]) -> bool:
        values = [value(t, point) for t in terms]
        total, mean = value(rest, point), Number.of(1)
        for v, w in zip(values, weights, strict=True):
            total, mean = total + v, mean * (v * Number.of(1 / w)).power(w)
        reached = value(product, point)
        return not (
            (total - value(left, point)).terms
            or (mean - reached).terms
            or (value(rest, point) + reached - value(right, point)).terms
        )

    if not state.every_point(agrees, left, right, rest, *terms):
        raise Rejected("terms, weights and product do not fit")


def _sign(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=", ">"))
    difference = parse(step["difference"])
    state.same(parse(f"({text_of(left)}) - ({text_of(right)})"), difference, "the difference")
    strict = step["relation"] == ">"
    state.not_negative(symbolic(difference), difference, "the difference", strict)


def rises(
    state: State, node: Node, name: str, strict: bool = False, free: str | tuple[str, ...] = ()
) -> Node:
    """Reject unless *node* rises with *name*; its derivative."""
    slope, text = state.slope(node, name)
    state.not_negative(slope, text, f"the derivative in {name}", strict, free)
    return text


def negated(node: Node) -> Node:
    """Minus *node*."""
    return parse(f"-({text_of(node)})")


def arguments(state: State, node: Node) -> list[Node]:
    """*node* once for each argument of its only maximum, which it is the largest of."""
    return state.branches(node, "Max")


def _maximum(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=",))
    for argument in arguments(state, left):
        try:
            state.same(argument, right, "an argument")
        except Rejected:
            continue
        return
    raise Rejected("the right side is none of the arguments")


def _attained(state: State, step: Mapping[str, Any]) -> None:
    at = {name: parse(text) for name, text in step["at"].items()}
    for a, relation, b in state.start:
        left, right = put(a, at), put(b, at)
        if state.conditional(left, relation, right):
            continue
        try:
            state.same(left, right, "a constraint")
        except Rejected:
            if relation == "=":
                _among(state, arguments(state, a), at, right)
                continue
            sides = (left, right) if relation == ">=" else (right, left)
            gap = parse(f"({text_of(sides[0])}) - ({text_of(sides[1])})")
            state.not_negative(symbolic(gap), gap, "a constraint")
    told = parse(step["value"])
    there = put(state.objective, at)
    try:
        state.same(there, told, "the value there")
    except Rejected:
        _among(state, arguments(state, state.objective), at, told)
    for name, place in at.items():
        _in_domain(state, name, place)
    if state.current is not None:
        _is_least(state, told, state.current)
    state.attained = step["at"]


def _among(state: State, parts: Sequence[Node], at: Mapping[str, Node], told: Node) -> None:
    """One of the *parts* has the value told, and the others are not above."""
    there = [put(part, at) for part in parts]
    _one_is(state, there, told, "the value there", lambda part: state.at_least(told, part))


def _is_least(state: State, told: Node, bound: Node) -> None:
    """What is attained is the bound, or an argument of it that the others are not below."""
    call = isinstance(bound, ast.Call) and text_of(bound.func) == "Min"
    if not call:
        state.same(told, bound, "the bound")
        return
    parts: list[Node] = bound.args  # type: ignore[attr-defined]  # it is a call
    _one_is(state, parts, told, "the bound", lambda part: state.at_least(part, told))


def _one_is(
    state: State, parts: Sequence[Node], told: Node, what: str, other: Callable[[Node], None]
) -> None:
    """One of the *parts* has the value told; each that has another is left to *other*."""
    found = False
    for part in parts:
        try:
            state.same(part, told, what)
            found = True
        except Rejected:
            other(part)
    if not found:
        raise Rejected(f"{what} is another")


def _in_domain(state: State, name: str, place: Node) -> None:
    """A place is at least the least value, surely or on a condition that the proof tells."""
    least = state.least(name)
    gap = parse(f"({text_of(place)}) - {least}")
    try:
        state.not_negative(symbolic(gap), gap, f"{name} less its least value")
    except Rejected:
        if not state.reaches(place, least):
            raise


CHAIN: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    "definition": _definition,
    "slack": _slack,
    "substitution": _substitution,
    "identity": _identity,
    "weighted-am-gm": _am_gm,
    "sign": _sign,
    "maximum": _maximum,
    "attained": _attained,
}
