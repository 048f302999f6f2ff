"""Lower bounds on boxes for the checker, in integers that count units of 2**-BITS.

Every product and root is rounded outwards, so that what is shown is shown exactly.  This
module uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import Any

from costmodel.derive.checker.terms import Node, symbolic

MOST_BOXES = 40_000
BITS = 128
ONE = 1 << BITS
Interval = tuple[Any, Any]  # numbers of units, the upper end perhaps infinite
Box = dict[str, Interval]
Terms = list[tuple[int, int, tuple[tuple[str, Fraction], ...]]]  # c/d * product of powers


def compiled(expression: Any) -> Terms:
    """A sum of rational multiples of powers of symbols; ValueError if it is none."""
    import sympy

    terms: Terms = []
    for term in sympy.Add.make_args(sympy.expand(expression)):
        number, product = term.as_coeff_Mul()
        factors = []
        for base, exponent in product.as_powers_dict().items():
            if base == 1:
                continue
            if not (base.is_Symbol and exponent.is_Rational) or "(" in base.name:
                raise ValueError(f"{base}**{exponent} is not a power of a symbol")
            factors.append((base.name, Fraction(int(exponent.p), int(exponent.q))))
        if not number.is_Rational:
            raise ValueError(f"{number} is not rational")
        terms.append((int(number.p), int(number.q), tuple(factors)))
    return terms


def enclosure(terms: Terms, box: Box) -> Interval:
    """What the sum may be on *box* of numbers that are not negative."""
    low: Any = 0
    high: Any = 0
    for c, d, factors in terms:
        x: Any = ONE
        y: Any = ONE
        for name, p in factors:
            u, v = _power(box[name], p)
            x, y = (x * u) >> BITS, inf if inf in (y, v) else -((-y * v) >> BITS)
        if c < 0:
            x, y = y, x
        low = low - inf if x == inf else low + c * x // d
        high = inf if y == inf else high - (-c * y) // d
    return low, high


def _power(x: Interval, p: Fraction) -> Interval:
    low, high = x
    if p == 1:
        return x
    if p < 0:
        low, high = _power(x, -p)
        return (
            0 if high == inf else ONE * ONE // high,
            inf if low == 0 else -(-ONE * ONE // low),
        )
    return _raised(low, p, 0), inf if high == inf else _raised(high, p, 1)


def _raised(x: int, p: Fraction, up: int) -> int:
    """x**p, rounded down, or up."""
    result = ONE
    for _ in range(p.numerator):
        result = ((result * x) >> BITS) + up
    if p.denominator > 1:
        result = _root(result << BITS * (p.denominator - 1), p.denominator) + up
    return result


def _root(n: int, degree: int) -> int:
    low, high = 0, 1 << (n.bit_length() // degree + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle)
    return low


def stays_above(
    tops: Sequence[Node], limit: Fraction, least: Mapping[str, Fraction],
    floors: Sequence[tuple[Node, Fraction]], zeros: Sequence[Node],
) -> bool:  # fmt: skip
    """Whether the largest of *tops* reaches *limit* wherever the constraints hold."""
    forms = [compiled(symbolic(t)) for t in tops]
    gradients = [_gradient(t, list(least)) for t in tops]
    held = [(compiled(symbolic(n)), units(bound)[0]) for n, bound in floors]
    vanishing = [compiled(symbolic(z)) for z in zeros]
    wanted = units(limit)[1]
    start: Box = {name: (units(bound)[0], inf) for name, bound in least.items()}
    queue: list[tuple[Any, int, Box]] = [(-inf, 0, start)]
    made = 0
    while queue:
        _, _, box = heapq.heappop(queue)
        for part in _halves(box) if made else [box]:
            made += 1
            if any(enclosure(n, part)[1] < bound for n, bound in held):
                continue
            if any(not a <= 0 <= b for a, b in (enclosure(z, part) for z in vanishing)):
                continue
            low = max(_lower(t, g, part) for t, g in zip(forms, gradients, strict=True))
            if low < wanted:
                heapq.heappush(queue, (low, made, part))
        if made > MOST_BOXES:
            return False
    return True


def units(x: Fraction) -> tuple[int, int]:
    """The numbers of units around *x*."""
    scaled = x * ONE
    return scaled.__floor__(), scaled.__ceil__()


def _gradient(node: Node, variables: Sequence[str]) -> Mapping[str, Terms]:
    import sympy

    expression = symbolic(node)
    return {v: compiled(sympy.diff(expression, sympy.Symbol(v, positive=True)))
            for v in variables}  # fmt: skip


def _lower(terms: Terms, gradient: Mapping[str, Terms], box: Box) -> Any:
    plain = enclosure(terms, box)[0]
    if any(high == inf for _, high in box.values()):
        return plain
    middle: Box = {n: ((low + high) // 2,) * 2 for n, (low, high) in box.items()}
    total = enclosure(terms, middle)[0]
    for name, (low, high) in box.items():
        reach = (high - low) // 2 + 1
        down, up = enclosure(gradient[name], box)
        if inf in (-down, up):
            return plain
        total -= (max(-down, up, 0) * reach >> BITS) + 1
    return max(plain, total)


def _halves(box: Box) -> list[Box]:
    def length(name: str) -> Any:
        low, high = box[name]
        return inf if high == inf else Fraction(high, max(low, ONE >> 30))

    name = max(box, key=length)
    low, high = box[name]
    cut = 4 * low + 16 * ONE if high == inf else (low + high) // 2
    if high != inf and low > 0 and high > 2 * low:
        cut = _root(low * high, 2)
    return [{**box, name: (low, cut)}, {**box, name: (cut, high)}]
