"""What the checker demands of numbers: counterexamples, and integers of which all are tried.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker.numbers import Number
from costmodel.derive.checker.rules import negated, rises, text_of
from costmodel.derive.checker.terms import Node, Undecided, names, parse, put, rational, value


def _witness(state: State, step: Mapping[str, Any]) -> None:
    point = _admissible(state, step["at"])
    left = value(state.objective, point)
    if (left - value(parse(step["left"]), {})).terms:
        raise Rejected("the left side is another number")
    right = value(parse(step["floor"]), point)
    if (right - value(parse(step["right"]), {})).terms:
        raise Rejected("the right side is another number")
    gap = (left - right).sign()
    relation = state.relation or ""
    if {"<": gap > 0, "=": gap == 0}.get(relation, gap >= 0):
        raise Rejected("the inequality holds there")
    if not relation:
        state.same(parse(step["floor"]), parse(str(state.proof["bound"])), "the floor")
    state.settled = str(state.proof["bound"])


def _admissible(state: State, at: Mapping[str, str]) -> dict[str, Number]:
    """The point, once it is in the domain and satisfies the constraints and assumptions."""
    point = {name: value(parse(text), {}) for name, text in at.items()}
    for a, relation, b in state.start:
        gap = (value(a, point) - value(b, point)).sign()
        if not {"=": gap == 0, ">=": gap >= 0, "<=": gap <= 0}[relation]:
            raise Rejected("a constraint does not hold there")
    for name, number in point.items():
        entry = state.domain.get(name)
        if not entry:
            continue
        if (number - Number.of(Fraction(entry["minimum"]))).sign() < 0:
            raise Rejected(f"{name} is below its least value")
        if entry["integer"] and (number.rational() / entry["multiple_of"]).denominator > 1:
            raise Rejected(f"{name} is not a multiple of {entry['multiple_of']}")
    for d, x in divisions(state):
        if (value(x, point) * value(d, point).inverse()).rational().denominator > 1:
            raise Rejected(f"{text_of(d)} does not divide {text_of(x)} there")
    return point


def divisions(state: State) -> list[tuple[Node, Node]]:
    """Which numbers divide which, as the network assumes."""
    texts = [text.partition(" divides ") for text in state.proof["formulas"].get("assumptions", ())]
    return [(parse(d), parse(x)) for d, sign, x in texts if sign]


def _two_points(state: State, step: Mapping[str, Any]) -> None:
    """The form does not rise although the symbol does."""
    expression, name = parse(step["expression"]), step["variable"]
    if state.current is None or name != state.proof["variable"]:
        raise Rejected(f"{name} is not what was asked about")
    state.same(expression, state.current, "the form")
    first, second = ({n: value(parse(v), {}) for n, v in p.items()} for p in step["points"])
    if first.keys() != second.keys() or any(
        (first[n] - second[n]).terms for n in first.keys() - {name}
    ):
        raise Rejected("more than the symbol asked about differs")
    if (second[name] - first[name]).sign() <= 0:
        raise Rejected(f"{name} does not grow")
    values = [value(expression, point) for point in (first, second)]
    if any((v - value(parse(t), {})).terms for v, t in zip(values, step["values"], strict=True)):
        raise Rejected("the values there are others")
    if (values[1] - values[0]).sign() > 0:
        raise Rejected("it rises there")
    for point in (first, second):
        _possible(state, point)
    state.settled = str(state.proof["bound"])


def _possible(state: State, point: Mapping[str, Number]) -> None:
    """Whether a point is in the domain once what adapts has its values."""
    for name, number in point.items():
        if (number - Number.of(state.least(name))).sign() < 0:
            raise Rejected(f"{name} is below its least value")
        entry = state.domain[name]
        if entry["integer"] and (number.rational() / entry["multiple_of"]).denominator > 1:
            raise Rejected(f"{name} is not a whole number as it has to be")
    for name, tie in state.replaced.items():
        if names(tie) <= point.keys() and (
            value(tie, point) - Number.of(state.least(name))
        ).sign() < 0:  # fmt: skip
            raise Rejected(f"{name} is below its least value")


def _exhaustion(state: State, step: Mapping[str, Any]) -> None:
    ranges = {n: range(a, b + 1, s) for n, (a, b, s) in step["ranges"].items()}
    ties = {n: parse(t) for n, t in step["ties"].items()}
    gaps = [(parse(f"({text_of(a)}) - ({text_of(b)})"), r) for a, r, b in state.start]
    if set(ranges) != set(state.proof["over"]) or set(step["free"]) | set(ties) != set(ranges):
        raise Rejected("the ranges are not those of the symbols that may be chosen")
    for name, chosen in ranges.items():
        _covered(state, name, chosen, ranges, gaps)
    for name, tie in ties.items():
        _tied(state, name, tie, gaps)
    best, where, seen = None, None, False
    parted = [(d, x) for d, x in divisions(state) if names(d) | names(x) <= set(ranges)]
    _listed(state, step["divides"], parted)
    for numbers in product(*(ranges[n] for n in step["free"])):
        at = dict(zip(step["free"], map(Fraction, numbers), strict=True))
        try:
            at |= {n: rational(t, at) for n, t in ties.items()}
        except (Undecided, ZeroDivisionError):  # irrational, or nowhere
            continue
        if not all(v.denominator == 1 and int(v) in ranges[n] for n, v in at.items()):
            continue
        if not all(_kept(rational(gap, at), r) for gap, r in gaps):
            continue
        if any((rational(x, at) / rational(d, at)).denominator > 1 for d, x in parted):
            continue
        here = rational(state.objective, at)
        seen = seen or at == dict(step["at"])
        if best is None or here < best:
            best, where = here, at
    if (step["value"] is None) != (where is None):
        raise Rejected("whether integers satisfy the constraints is told wrongly")
    if where is not None and (
        best != Fraction(step["value"]) or not seen or rational(state.objective, {
            n: Fraction(v) for n, v in step["at"].items()}) != best
    ):  # fmt: skip
        raise Rejected(f"the least value is {best}")
    told = state.proof.get("integer")
    if told is not None and (
        told["bound"] != step["value"] or dict(told["attained_at"]) != dict(step["at"])
    ):
        raise Rejected("the integers told are others")


def _listed(
    state: State, told: Sequence[Sequence[str]], parted: Sequence[tuple[Node, Node]]
) -> None:
    """Reject unless the divisions told are those that the network assumes."""
    for d, x in told:
        for divisor, number in parted:
            if text_of(parse(d)) == text_of(divisor):
                try:
                    state.same(parse(x), number, "a division")
                    break
                except Rejected:
                    continue
        else:
            raise Rejected(f"the network does not assume that {d} divides {x}")
    if len(told) < len(parted):
        raise Rejected("a division that the network assumes is missing")


def _tied(state: State, name: str, tie: Node, gaps: Sequence[tuple[Node, str]]) -> None:
    """A tie is the only value that satisfies one of the equations."""
    for gap, relation in gaps:
        if relation != "=" or name not in names(gap):
            continue
        try:
            state.same(put(gap, {name: tie}), parse("0"), "a tie")
            slope, node = state.slope(gap, name)
            try:
                state.not_negative(slope, node, "the slope", strict=True)
            except Rejected:
                state.not_negative(-slope, negated(node), "the slope", strict=True)
        except Rejected:
            continue
        return
    if not names(tie):
        return
    raise Rejected(f"{name} = {text_of(tie)} solves no equation")


def _covered(
    state: State, name: str, chosen: range, ranges: Mapping[str, range],
    gaps: Sequence[tuple[Node, str]],
) -> None:  # fmt: skip
    """Reject a range that leaves out what the least values and a constraint allow."""
    entry = state.domain[name]
    if Fraction(entry["minimum"]) != chosen.start or chosen.step != entry["multiple_of"]:
        raise Rejected(f"the range of {name} begins elsewhere")
    beyond = chosen.start + len(chosen) * chosen.step
    at = {n: parse(str(r.start)) for n, r in ranges.items()} | {name: parse(str(beyond))}
    for gap, relation in gaps:
        for node in [gap] * (relation in ("=", "<=")) + [negated(gap)] * (relation in ("=", ">=")):
            if names(node) <= ranges.keys() and value(put(node, at), {}).sign() > 0:
                try:
                    for other in names(node):
                        rises(state, node, other)
                except Rejected:
                    continue
                return
    raise Rejected(f"no constraint ends the range of {name}")


def _kept(gap: Fraction, relation: str) -> bool:
    return {"=": gap == 0, ">=": gap >= 0, "<=": gap <= 0}[relation]


POINTS: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    "witness": _witness,
    "two-points": _two_points,
    "exhaustion": _exhaustion,
}
