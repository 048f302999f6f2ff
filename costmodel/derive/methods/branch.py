"""Branch and bound: a certified interval for a minimum where no closed form is found."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import Any, NamedTuple

from costmodel.derive.methods import intervals as iv
from costmodel.derive.patience import tired

TOLERANCE = 1e-6
ON_A_CURVE = 1e-4  # where an equation is left, boxes along the whole curve must be cut small
MOST_BOXES = 12_000
MOST_WORK = 250_000  # terms worked out on boxes, for all the ways to ask a question together


class Task(NamedTuple):
    """Minimise the largest of *tops* where *floors* reach their numbers and *zeros* vanish."""

    names: tuple[str, ...]
    tops: tuple[Any, ...]
    floors: tuple[tuple[Any, Any], ...]
    zeros: tuple[Any, ...]
    least: Mapping[str, Any]

    @property
    def tolerance(self) -> float:
        """How wide, relatively, the enclosure may stay."""
        return ON_A_CURVE if self.zeros else TOLERANCE


class Enclosure(NamedTuple):
    """The minimum lies between *low* and *high*; *at* is near where."""

    low: float
    high: float
    at: dict[str, float]
    boxes: int


class Search:
    """One run."""

    def __init__(self, task: Task) -> None:
        self.task, count = task, len(task.names)
        self.tops = [iv.compiled(t, task.names) for t in task.tops]
        self.slopes = [iv.slopes(t, count) for t in self.tops]
        self.floors = [(iv.compiled(t, task.names), iv.outward(b)) for t, b in task.floors]
        self.zeros = [iv.compiled(t, task.names) for t in task.zeros]
        self.high, self.at = inf, dict[str, float]()
        self.made = 0
        held = [*self.tops, *(t for t, _ in self.floors), *self.zeros]
        self.weight = sum(map(len, held)) + sum(len(g) for s in self.slopes for g in s)

    def run(self, work: int = MOST_WORK) -> Enclosure | None:
        """The enclosure, as tight as the limits allow."""
        most = min(MOST_BOXES, work // self.weight)
        start: iv.Box = tuple((float(self.task.least[n]), inf) for n in self.task.names)
        heap = [(self.lower(start), 0, start)]
        settled = inf
        while heap and self.made < most and not tired():
            low, _, box = heapq.heappop(heap)
            if self.done(low):
                settled = min(settled, low)
                break
            for part in iv.halves(box):
                if self.empty(part):
                    continue
                self.made += 1
                self.try_point(part)
                heapq.heappush(heap, (max(low, self.lower(part)), self.made, part))
        low = min([settled, *(entry[0] for entry in heap[:1])], default=self.high)
        if self.high == inf or low == -inf:
            return None
        return Enclosure(min(low, self.high), self.high, self.at, self.made)

    def done(self, low: float) -> bool:
        return self.high < inf and self.high - low <= self.task.tolerance * abs(self.high)

    def lower(self, box: iv.Box) -> float:
        """A lower bound of the objective on the box."""
        pairs = zip(self.tops, self.slopes, strict=True)
        return max(iv.centred(t, g, box)[0] for t, g in pairs)

    def empty(self, box: iv.Box) -> bool:
        """Whether no point of the box satisfies the constraints."""
        if any(iv.value(t, box)[1] < bound[0] for t, bound in self.floors):
            return True
        return any(not low <= 0 <= high for low, high in (iv.value(t, box) for t in self.zeros))

    def try_point(self, box: iv.Box) -> None:
        """Use the middle of the box for an upper bound, if it satisfies the constraints."""
        if any(high == inf for _, high in box):
            return
        point: iv.Box = tuple((m, m) for m in ((low + high) / 2 for low, high in box))
        for i in range(len(box)) if self.zeros else [-1]:
            here = point if i < 0 else (*point[:i], box[i], *point[i + 1 :])
            if i >= 0 and not self.crosses(here, i):
                continue
            if any(iv.value(t, here)[0] < bound[1] for t, bound in self.floors):
                continue
            top = max(iv.value(t, here)[1] for t in self.tops)
            if top < self.high:
                middle = [(low + high) / 2 for low, high in here]
                self.high = top
                self.at = dict(zip(self.task.names, middle, strict=True))

    def crosses(self, segment: iv.Box, i: int) -> bool:
        """Whether the one equation surely has a solution on the segment along axis *i*."""
        if len(self.zeros) != 1:
            return False
        low, high = segment[i]
        signs = []
        for end in (low, high):
            corner = (*segment[:i], (end, end), *segment[i + 1 :])
            bottom, top = iv.value(self.zeros[0], corner)
            signs.append(1 if bottom >= 0 else -1 if top <= 0 else 0)
        return signs[0] * signs[1] == -1


def rounded_down(x: float, slack: float) -> Fraction:
    """A short rational a little below *x*, so that a checker need not be as sharp."""
    target = Fraction(x) - abs(Fraction(x)) * Fraction(slack)
    digits = Fraction(10) ** (9 - len(str(abs(int(x)) or 1)))
    return Fraction((target * digits).__floor__()) / digits


def rounded_up(x: float) -> Fraction:
    """A short rational not below *x*."""
    digits = Fraction(10) ** (9 - len(str(abs(int(x)) or 1)))
    return Fraction((Fraction(x) * digits).__ceil__()) / digits


def laurent(forms: Sequence[Any], names: Sequence[str]) -> bool:
    """Whether all *forms* are sums of powers of *names* with rational coefficients."""
    from costmodel.derive.algebra import NotPolynomialError

    try:
        for form in forms:
            iv.compiled(form, names)
    except (NotPolynomialError, TypeError):
        return False
    return True
