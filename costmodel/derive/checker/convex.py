"""What the checker demands of steps that need more than signs: dual certificates, derivatives.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker.dual import Monomial, log_bounds, log_of_dual, monomial, over
from costmodel.derive.checker.rules import arguments, text_of
from costmodel.derive.checker.terms import Node, names, parse, put, symbolic


def _geometric(state: State, step: Mapping[str, Any]) -> None:
    left, _ = state.follow(step, (">=",))
    limit, rest = Fraction(step["right"]), Fraction(step["rest"])
    tops = arguments(state, left)
    if rest and len(tops) > 1:
        raise Rejected("a rest beside a maximum")
    groups, shares, seen = [], Fraction(0), set[str]()
    for group in step["groups"]:
        weights = [Fraction(w) for w in group["weights"]]
        if group["of"] == "objective":
            if f"{group['from']}" in seen:
                raise Rejected("an argument is used twice")
            seen.add(f"{group['from']}")
            shares += sum(weights)
            total = parse(" + ".join([str(rest), *group["terms"]]))
            state.same(total, tops[group["from"]], "the terms of the objective")
            groups.append(([monomial(parse(t)) for t in group["terms"]], weights))
        else:
            groups.append((_below(state, group), weights))
    if shares != 1:
        raise Rejected("the weights of the objective do not sum to one")
    if limit > rest and log_bounds(limit - rest)[1] > log_of_dual(groups):
        raise Rejected(f"the weights do not show {limit}")


def _below(state: State, group: Mapping[str, Any]) -> list[Monomial]:
    """The terms of a constraint ``terms <= above``, over *above*, once it is seen to hold."""
    terms, above = [parse(t) for t in group["terms"]], parse(group["above"])
    found = parse(f"({text_of(above)}) - ({' + '.join(map(text_of, terms))})")
    if group["of"] == "least":
        name = group["from"]
        if name in state.stale:
            raise Rejected(f"{name} may be below its least value here")
        gap = state.replaced.get(name, parse(name))
        state.same(found, parse(f"({text_of(gap)}) - {state.least(name)}"), "a least value")
    elif group["of"] == "given":
        a, relation, b = state.usable(group["from"])
        gap, other = (parse(f"({text_of(x)}) - ({text_of(y)})") for x, y in ((a, b), (b, a)))
        if relation not in ("=", ">="):
            gap = other
        try:
            state.same(found, gap, "a constraint")
        except Rejected:
            if relation != "=":
                raise
            state.same(found, other, "a constraint")
    else:
        raise Rejected(f"a group of {group['of']}")
    return [over(monomial(t), monomial(above)) for t in terms]


def _stationary(state: State, step: Mapping[str, Any]) -> None:
    """The derivative changes its sign once, from minus to plus, at the place told."""
    left, right = state.follow(step, (">=",))
    name, place = step["variable"], parse(step["value"])
    _only(left, name)
    if names(place):
        raise Rejected("the place is no number")
    slope, node = state.slope(left, name)
    state.same(node, parse(step["derivative"]), "the derivative")
    low = state.least(name)
    signs, turning = _signs(slope, name, low)
    if signs != [-1, 1]:
        raise Rejected("the derivative does not change its sign once, from minus to plus")
    gap = parse(f"({step['value']}) - {low}")
    state.not_negative(symbolic(gap), gap, "what lies above the least value", strict=True)
    root = put(parse(str(turning)), {name: place})
    state.same(root, parse("0"), "what changes its sign there")
    state.same(put(left, {name: place}), right, "the value there")


def _sturm(state: State, step: Mapping[str, Any]) -> None:
    """The form less a number is nowhere negative: its numerator's roots are counted."""
    left, right = state.follow(step, (">=",))
    name = step["variable"]
    _only(left, name)
    if names(right):
        raise Rejected("the right side is no number")
    gap = symbolic(left) - symbolic(right)
    if _signs(gap, name, state.least(name))[0] != [1]:
        raise Rejected(f"{step['left']} - {step['right']} is negative somewhere")


def _only(node: Node, name: str) -> None:
    if names(node) != {name}:
        raise Rejected(f"{text_of(node)} is no form in {name} alone")


def _numerator(expression: Any) -> Any:
    import sympy

    numerator, denominator = sympy.fraction(sympy.together(expression))
    if not denominator.subs(dict.fromkeys(denominator.free_symbols, 1)).is_positive:
        raise Rejected("the denominator is not a positive power")
    if len(sympy.Add.make_args(sympy.expand(denominator))) != 1:
        raise Rejected("the denominator is not a power")
    return sympy.expand(numerator)


def _signs(expression: Any, name: str, low: Fraction) -> tuple[list[int], Any]:
    """The signs of *expression* in turn beyond *low*, and what vanishes where they change."""
    import sympy
    from sympy.polys.polyerrors import BasePolynomialError

    x = sympy.Symbol(name, positive=True)
    start = sympy.Rational(low.numerator, low.denominator)
    turns, turning = 0, sympy.Integer(1)
    try:
        polynomial = sympy.Poly(_numerator(expression), x, domain="QQ")
        for factor, multiplicity in polynomial.sqf_list()[1]:
            if multiplicity % 2:
                turns += int(factor.count_roots(inf=start)) - int(factor.eval(start) == 0)
                turning *= factor.as_expr()
    except BasePolynomialError as why:
        raise Rejected(f"this is no polynomial with rational coefficients: {why}") from None
    last = 1 if polynomial.LC() > 0 else -1
    return [last * (-1) ** (turns - i) for i in range(turns + 1)], sympy.expand(turning)


CONVEX: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    "geometric-program": _geometric,
    "stationary": _stationary,
    "sturm": _sturm,
}
