"""Lower bounds on boxes for the checker, in exact rational interval arithmetic.

This module uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
import heapq
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import Any

from costmodel.derive.checker_terms import Node, parse, symbolic

MOST_BOXES = 40_000
BITS = 60
Interval = tuple[Any, Any]  # Fractions, or -inf and inf
Box = dict[str, Interval]


def enclosure(node: Node, box: Box) -> Interval:
    """What *node* may be on *box*."""
    if isinstance(node, ast.Constant):
        exact = Fraction(str(node.value))
        return exact, exact
    if isinstance(node, ast.Name):
        return box[node.id]
    if isinstance(node, ast.UnaryOp):
        low, high = enclosure(node.operand, box)
        return -high, -low
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        parts = [enclosure(a, box) for a in node.args]
        if node.func.id == "sqrt":
            return _power(parts[0], Fraction(1, 2))
        pick = {"Max": max, "Min": min}[node.func.id]
        return pick(p[0] for p in parts), pick(p[1] for p in parts)
    if not isinstance(node, ast.BinOp):
        raise ValueError(f"{ast.unparse(node)} is not part of a formula")
    left = enclosure(node.left, box)
    if isinstance(node.op, ast.Pow):
        (exponent, _) = enclosure(node.right, {})
        return _power(left, exponent)
    right = enclosure(node.right, box)
    if isinstance(node.op, ast.Add):
        return _sum(left, right)
    if isinstance(node.op, ast.Sub):
        return _sum(left, (-right[1], -right[0]))
    if isinstance(node.op, ast.Div):
        right = _power(right, Fraction(-1))
    return _product(left, right)


def _sum(a: Interval, b: Interval) -> Interval:
    return (
        -inf if -inf in (a[0], b[0]) else a[0] + b[0],
        inf if inf in (a[1], b[1]) else a[1] + b[1],
    )


def _product(a: Interval, b: Interval) -> Interval:
    corners = [_times(x, y) for x in a for y in b]
    return min(corners), max(corners)


def _times(x: Any, y: Any) -> Any:
    if x == 0 or y == 0:
        return Fraction(0)
    if abs(x) == inf or abs(y) == inf:
        return inf if (x > 0) == (y > 0) else -inf
    return x * y


def _power(x: Interval, p: Fraction) -> Interval:
    low, high = x
    if p.denominator == 1 and p >= 0:
        result: Interval = (Fraction(1), Fraction(1))
        if low >= 0:
            return _raised(low, p, False), _raised(high, p, True)
        for _ in range(int(p)):
            result = _product(result, x)
        return result
    if low < 0 < high or (low == 0 == high):
        return -inf, inf
    if high <= 0:
        below = _power((-high, -low), p)
        return (-below[1], -below[0]) if p.numerator % 2 else below
    if p > 0:
        return _raised(low, p, False), _raised(high, p, True)
    return _raised(high, p, False), _raised(low, p, True)


def _raised(x: Any, p: Fraction, up: bool) -> Any:
    """x**p of x >= 0, rounded to BITS binary digits if it is a root."""
    if x == inf:
        return inf if p > 0 else Fraction(0)
    if x == 0:
        return Fraction(0) if p > 0 else inf
    whole = x ** abs(p.numerator)
    if p.denominator > 1:
        scale = 1 << BITS
        n = whole * scale**p.denominator
        root = _root(int(n // 1), p.denominator)
        whole = Fraction(root + (up == (p > 0)), scale)
    return whole if p > 0 else inf if whole == 0 else 1 / whole


def _root(n: int, degree: int) -> int:
    low, high = 0, 1 << (n.bit_length() // degree + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle)
    return low


def stays_above(
    tops: Sequence[Node], limit: Fraction, start: Box,
    floors: Sequence[tuple[Node, Fraction]], zeros: Sequence[Node],
) -> bool:  # fmt: skip
    """Whether the largest of *tops* reaches *limit* wherever the constraints hold in *start*."""
    gradients = [_gradient(t, list(start)) for t in tops]
    queue: list[tuple[Any, int, Box]] = [(0, 0, start)]
    made = 0
    while queue:
        _, _, box = heapq.heappop(queue)
        if any(enclosure(n, box)[1] < least for n, least in floors):
            continue
        if any(not low <= 0 <= high for low, high in (enclosure(z, box) for z in zeros)):
            continue
        low = max(_lower(t, g, box) for t, g in zip(tops, gradients, strict=True))
        if low >= limit:
            continue
        for part in _halves(box):
            made += 1
            heapq.heappush(queue, (made, made, part))
        if made > MOST_BOXES:
            return False
    return True


def _gradient(node: Node, variables: Sequence[str]) -> Mapping[str, Node]:
    import sympy

    expression = symbolic(node)
    return {v: parse(str(sympy.expand(sympy.diff(expression, sympy.Symbol(v, positive=True)))))
            for v in variables}  # fmt: skip


def _lower(node: Node, gradient: Mapping[str, Node], box: Box) -> Any:
    plain = enclosure(node, box)[0]
    if any(high == inf for _, high in box.values()):
        return plain
    middle: Box = {n: ((low + high) / 2,) * 2 for n, (low, high) in box.items()}
    total = enclosure(node, middle)[0]
    for name, (low, high) in box.items():
        reach = (high - low) / 2
        slope = enclosure(gradient[name], box)
        total = _sum((total, total), _product(slope, (-reach, reach)))[0]
    return max(plain, total)


def _halves(box: Box) -> list[Box]:
    def length(name: str) -> Any:
        low, high = box[name]
        return inf if high == inf else high / max(low, Fraction(1, 10**9))

    name = max(box, key=length)
    low, high = box[name]
    cut = 4 * low + 16 if high == inf else (low + high) / 2
    if high != inf and low > 0 and high > 2 * low:
        cut = Fraction(round((float(low) * float(high)) ** 0.5 * 16) or 1, 16)
        cut = cut if low < cut < high else (low + high) / 2
    return [{**box, name: (low, cut)}, {**box, name: (cut, high)}]
