"""What the checker demands of each kind of step.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker_numbers import Number
from costmodel.derive.checker_terms import (
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
    left, relation, right = state.given[step["given"]]
    name = step["name"]
    if relation == "=" or name in state.domain:
        raise Rejected("only an inequality has a slack, and its name must be new")
    state.domain[name] = {"integer": False, "minimum": "1", "multiple_of": 1}
    scaled = [parse(f"({text_of(x)})*({name})") for x in (left, right)]
    pair = (left, scaled[1]) if relation == ">=" else (scaled[0], right)
    state.given[step["given"]] = (pair[0], "=", pair[1])


def text_of(node: Node) -> str:
    """A formula as text again."""
    return ast.unparse(node)


def _substitution(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, ("=",))
    a, relation, b = state.given[step["given"]]
    ((name, text),) = step["replace"].items()
    solved, solution = parse(f"({text_of(a)}) - ({text_of(b)})"), parse(text)
    if relation != "=" or name in names(solution):
        raise Rejected("this does not solve an equation")
    state.same(put(solved, {name: solution}), parse("0"), "the solution")
    slope, node = state.slope(solved, name)
    try:
        state.not_negative(slope, node, "slope", strict=True)
    except Rejected:
        state.not_negative(-slope, parse(f"-({text_of(node)})"), "slope", strict=True)
    if state.slope(node, name)[0] != 0:  # other roots are possible, and symbols are positive
        state.not_negative(symbolic(solution), solution, "the solution", strict=True)
    state.same(put(left, {name: solution}), right, "the substitution")
    state.bind(name, solution)


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
    left, right = state.follow(step, (">=",))
    difference = parse(step["difference"])
    state.same(parse(f"({text_of(left)}) - ({text_of(right)})"), difference, "the difference")
    state.not_negative(symbolic(difference), difference, "the difference")


def _maximum(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=",))
    calls = [n for n in ast.walk(left) if isinstance(n, ast.Call)
             and isinstance(n.func, ast.Name) and n.func.id == "Max"]  # fmt: skip
    texts = {ast.unparse(c): c for c in calls}
    if len(texts) != 1:
        raise Rejected("there is not one maximum")
    ((written, call),) = texts.items()
    marked = parse(ast.unparse(left).replace(written, "_top"))
    slope, node = state.slope(marked, "_top")
    state.not_negative(slope, node, "the factor of the maximum")
    for argument in call.args:
        try:
            state.same(put(marked, {"_top": argument}), right, "an argument")
        except Rejected:
            continue
        return
    raise Rejected("the right side is none of the arguments")


def _boundary(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=",))
    name, least = step["variable"], parse(step["value"])
    if Fraction(step["value"]) != state.least(name):
        raise Rejected(f"{step['value']} is not the least value of {name}")
    slope, node = state.slope(left, name)
    state.same(node, parse(step["derivative"]), "the derivative")
    state.not_negative(slope, node, "the derivative")
    state.same(put(left, {name: least}), right, "the form at the boundary")
    state.bind(name, least)


def _cap(state: State, step: Mapping[str, Any]) -> None:
    left, right = state.follow(step, (">=",))
    name, tied, end = step["variable"], step["tied"], parse(step["value"])
    if Fraction(step["least"]) != state.least(tied):
        raise Rejected(f"{step['least']} is not the least value of {tied}")
    state.same(parse(step["tie"]), state.replaced[tied], "the tie")
    for node, strict in ((left, False), (state.replaced[tied], True)):
        slope, text = state.slope(node, name)
        state.not_negative(-slope, parse(f"-({text_of(text)})"), "the fall", strict)
    state.same(put(state.replaced[tied], {name: end}), parse(step["least"]), "the cap")
    state.same(put(left, {name: end}), right, "the form at the cap")
    state.bind(name, end)


def _attained(state: State, step: Mapping[str, Any]) -> None:
    at = {name: parse(text) for name, text in step["at"].items()}
    for a, relation, b in state.start:
        left, right = put(a, at), put(b, at)
        if relation == "=":
            state.same(left, right, "a constraint")
        elif not state.conditional(left, relation, right):
            sides = (left, right) if relation == ">=" else (right, left)
            gap = parse(f"({text_of(sides[0])}) - ({text_of(sides[1])})")
            state.not_negative(symbolic(gap), gap, "a constraint")
    state.same(put(state.objective, at), parse(step["value"]), "the value there")
    if state.current is not None:
        state.same(parse(step["value"]), state.current, "the bound")
    state.attained = step["at"]


CHAIN: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    "definition": _definition,
    "slack": _slack,
    "substitution": _substitution,
    "identity": _identity,
    "weighted-am-gm": _am_gm,
    "sign": _sign,
    "maximum": _maximum,
    "boundary": _boundary,
    "cap": _cap,
    "attained": _attained,
}
