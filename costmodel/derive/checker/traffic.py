"""What the checker demands of a bound on the traffic of an on-chip memory.

Like ``checker`` this uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from costmodel.derive.checker import Rejected, State
from costmodel.derive.checker.terms import Node, parse, put, symbolic

SHARE = "1/2"  # the power of each array in the inequality of Loomis and Whitney
MOVED = ("outputs", "weights", "inputs")


def _upper(state: State, step: Mapping[str, Any]) -> Node:
    """The right side of a step of the chain that bounds the multiply-adds of a run."""
    if (step["left"], step["relation"]) != ("points", "<="):
        raise Rejected("this is no bound on the points of a run")
    return parse(step["right"])


def _rises(state: State, node: Node, name: str) -> None:
    slope, text = state.slope(node, name)
    state.not_negative(slope, text, f"the slope in {name}", strict=True)


def _loomis_whitney(state: State, step: Mapping[str, Any]) -> None:
    arrays = state.proof["formulas"]["loops"]["arrays"]
    if step["arrays"] != arrays or set(arrays) != {"outputs", "weights", "reads"}:
        raise Rejected("these are not the arrays of the loops")
    indices = {index for names in arrays.values() for index in names}
    for index in indices:
        if sum(index in names for names in arrays.values()) < 2:
            raise Rejected(f"{index} is fixed by less than two arrays")
    for name in (*arrays, "inputs"):
        state.introduce(name)
    right = _upper(state, step)
    state.same(right, parse(f"({'*'.join(arrays)})**({SHARE})"), "the product of the projections")
    state.current = right


def _reuse(state: State, step: Mapping[str, Any]) -> None:
    right = _upper(state, step)
    if state.current is None:
        raise Rejected("there is nothing to replace")
    taps = "*".join(_most(*axis) for axis in state.proof["formulas"]["loops"]["axes"])
    state.same(parse(step["reads"]), parse(f"{taps}*inputs"), "the taps that read one input")
    _rises(state, state.current, "reads")
    state.same(put(state.current, {"reads": parse(step["reads"])}), right, "the reads replaced")
    state.current = right


def _most(kernel: str, stride: str, dilation: str) -> str:
    """The most taps along an axis that read one place, counted class by class."""
    if stride == "1" or kernel == "1":
        return f"({kernel})"
    k, s, d = int(kernel), int(stride), int(dilation)
    places = [r * d % s for r in range(k)]
    return str(max(places.count(place) for place in set(places)))


def _run(state: State, step: Mapping[str, Any]) -> None:
    right, before = _upper(state, step), state.current
    if before is None or tuple(step["terms"]) != MOVED:
        raise Rejected(f"a run moves {', '.join(MOVED)}")
    capacity = state.proof["formulas"]["loops"]["capacity"]
    limit = parse(f"2*({capacity}) + ({step['transfers']})")
    state.same(parse(step["limit"]), limit, "what a run may hold")
    state.not_negative(*_signed(step["transfers"]), "the transfers of a run", strict=True)
    first, *others = MOVED
    for other in others:  # only the product counts
        scaled = {first: parse(f"2*{first}"), other: parse(f"{other}/2")}
        state.same(put(before, scaled), before, "the product of what a run moves")
        moved = {first: parse(f"{first}*{other}"), other: parse("1")}
        state.same(put(before, moved), before, "the product of what a run moves")
    _rises(state, before, first)
    mean = parse(f"({step['limit']})/3")
    state.same(put(before, dict.fromkeys(MOVED, mean)), right, "the largest product")
    state.current = right
    state.begun["run"] = step["transfers"]


def _signed(text: str) -> tuple[Any, Node]:
    node = parse(text)
    return symbolic(node), node


def _runs(state: State, step: Mapping[str, Any]) -> None:
    if (step["left"], step["relation"]) != ("traffic", ">=") or state.current is None:
        raise Rejected("this is no bound on the traffic")
    if state.begun.get("run") != step["transfers"]:
        raise Rejected("the runs are of other transfers")
    loops, t = state.proof["formulas"]["loops"], f"({step['transfers']})"
    points = ast.unparse(state.current)
    least = parse(f"{t}*({loops['mult_adds']})/({points}) - {t}")
    state.same(parse(step["right"]), least, "what the runs transfer")
    state.current = parse(step["right"])
    state.begun["runs"] = step["right"]


def _once(state: State, step: Mapping[str, Any]) -> None:
    if step["right"] != state.proof["formulas"]["loops"]["once"]:
        raise Rejected("other elements move once")
    if "runs" not in state.begun or state.current is None:
        raise Rejected("the runs are missing")
    reached = f"Max({state.begun['runs']}, {step['right']})"
    if step["reached"] != reached:
        raise Rejected(f"both together say {reached}")
    state.settled = reached


TRAFFIC: dict[str, Callable[[State, Mapping[str, Any]], None]] = {
    "loomis-whitney": _loomis_whitney,
    "reuse": _reuse,
    "run": _run,
    "runs": _runs,
    "once": _once,
}
