"""Sums of powers on boxes, in floats rounded outwards: every bound printed is a true one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf, isnan, nextafter
from typing import Any, TypeAlias

from costmodel.derive.algebra import by_powers

Interval: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[Interval, ...]
Terms: TypeAlias = list[tuple[Interval, tuple[tuple[int, float], ...]]]
UP, DOWN = 1 + 2.0**-51, 1 - 2.0**-51  # more than two products can be off
SLACK = 4  # steps to the next float that a power may be off


def outward(x: Any) -> Interval:
    """The floats around a rational."""
    near = float(x)
    return nextafter(near, -inf), nextafter(near, inf)


def compiled(x: Any, names: Sequence[str]) -> Terms:
    """A sum of powers of *names* with rational coefficients; TypeError if it is none."""
    terms: Terms = []
    for powers, c in by_powers(x, names).items():
        if not isinstance(c, int | Fraction):
            raise TypeError(f"{c} is not a number")
        factors = tuple((i, float(p)) for i, p in enumerate(powers) if p)
        number: Any = c
        exact = number.denominator == 1 and abs(number) < 2**53
        terms.append(((float(c), float(c)) if exact else outward(c), factors))
    return terms


def slopes(terms: Terms, count: int) -> list[Terms]:
    """The partial derivatives."""
    result: list[Terms] = []
    for i in range(count):
        partial: Terms = []
        for c, factors in terms:
            power = dict(factors).get(i)
            if power is None:
                continue
            lowered = [(j, q - 1.0 if j == i else q) for j, q in factors]
            rest = tuple((j, q) for j, q in lowered if q)
            partial.append((times(c, (power, power)), rest))
        result.append(partial)
    return result


def times(a: Interval, b: Interval) -> Interval:
    """The product of two intervals."""
    corners = [_product(x, y) for x in a for y in b]
    return nextafter(min(corners), -inf), nextafter(max(corners), inf)


def _product(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y


def plus(a: Interval, b: Interval) -> Interval:
    """The sum of two intervals; unbounded where infinities meet."""
    low, high = a[0] + b[0], a[1] + b[1]
    return (
        -inf if isnan(low) else nextafter(low, -inf),
        inf if isnan(high) else nextafter(high, inf),
    )


def power(x: Interval, p: float) -> Interval:
    """A power of an interval of positive numbers."""
    low, high = x if p > 0 else (x[1], x[0])
    return _off(_raised(low, p), -inf), _off(_raised(high, p), inf)


def _raised(x: float, p: float) -> float:
    if x == inf:
        return inf if p > 0 else 0.0
    if x == 0:
        return 0.0 if p > 0 else inf
    try:
        return float(x**p)
    except OverflowError:
        return inf


def _off(x: float, towards: float) -> float:
    for _ in range(SLACK):
        x = nextafter(x, towards)
    return max(x, 0.0)


def value(terms: Terms, box: Box) -> Interval:
    """What the sum may be on *box* of numbers that are not negative."""
    low, high = 0.0, 0.0
    for (least, most), factors in terms:
        x = y = 1.0
        for i, p in factors:
            u, v = box[i] if p == 1 else power(box[i], p)
            x, y = x * u * DOWN, y * v * UP
        if least < 0:
            x, y = y, x
        x, y = least * x if x else 0.0, most * y if y else 0.0
        low = nextafter(low + nextafter(x, -inf), -inf)
        high = nextafter(high + nextafter(y, inf), inf)
    return low if low == low else -inf, high if high == high else inf  # NaN where infinities meet


def centred(terms: Terms, gradient: Sequence[Terms], box: Box) -> Interval:
    """The same, tighter on small boxes: the value in the middle and the slopes around it."""
    plain = value(terms, box)
    if any(high == inf for _, high in box):
        return plain
    middle = tuple((m, m) for m in ((low + high) / 2 for low, high in box))
    total = value(terms, middle)
    for slope, (low, high), (m, _) in zip(gradient, box, middle, strict=True):
        reach = max(nextafter(high - m, inf), nextafter(m - low, inf))
        total = plus(total, times(value(slope, box), (-reach, reach)))
    return max(plain[0], total[0]), min(plain[1], total[1])


def halves(box: Box) -> tuple[Box, Box]:
    """The box cut in two across its relatively longest side."""

    def length(side: Interval) -> float:
        low, high = side
        return inf if high == inf else high / max(low, 1e-9)

    widest = max(range(len(box)), key=lambda i: length(box[i]))
    low, high = box[widest]
    cut = 4 * low + 16 if high == inf else (low * high) ** 0.5 if low > 0 else high / 2
    if not low < cut < high:
        cut = (low + high) / 2
    first, second = list(box), list(box)
    first[widest], second[widest] = (low, cut), (cut, high)
    return tuple(first), tuple(second)


def exact(x: Any, at: Mapping[str, Fraction]) -> Fraction:
    """The exact value of a form at a rational point."""
    from costmodel.derive.algebra import substituted

    found = substituted(x, at)
    return Fraction(found)
