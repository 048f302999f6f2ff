"""Formulas in claims: the expressions of specs with exact division, and when two are one.

Specs write ``//`` because a layer's size is whole; a published formula divides.  Here
``M*d/g`` is the exact quotient, and two quotients are equal if they are so crosswise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from costmodel.arith.rational import is_rational
from costmodel.errors import Mark, SpecError
from costmodel.spec.expressions import parse_exact

_DIVIDES = re.compile(r"(?<!/)/(?!/)|\bratio\b")


class Formula:
    """A formula as written, and what it means."""

    def __init__(self, text: str, mark: Mark) -> None:
        self.text, self.mark = text, mark
        self._rule = parse_exact(text, mark)

    @property
    def names(self) -> frozenset[str]:
        """The names it uses."""
        return self._rule.names

    def value(self, names: Mapping[str, Any]) -> Any:
        """A number, a closed form or a Quotient."""
        if _DIVIDES.search(self.text):
            names = {k: v if isinstance(v, int) else Quotient(v) for k, v in names.items()}
        found = self._rule.evaluate(names)
        if isinstance(found, bool) or found is None:
            raise SpecError("a condition is not a number", self.mark)
        return found.settled() if isinstance(found, Quotient) else found


class Quotient:
    """``over / under``, both exact; for formulas whose divisor is a sum."""

    __slots__ = ("over", "under")
    over: Any
    under: Any

    def __init__(self, over: Any, under: Any = 1) -> None:
        if isinstance(over, Quotient):
            over, under = over.over, over.under * under
        self.over, self.under = over, under

    def settled(self) -> Any:
        """A plain number or closed form where the divisor is a number."""
        if isinstance(self.under, int) and isinstance(self.over, int):
            from fractions import Fraction

            value = Fraction(self.over, self.under)
            return value.numerator if value.denominator == 1 else value
        value = self.over / self.under
        return value if isinstance(self.under, int) or is_rational(value) else self

    def __add__(self, other: Any) -> Quotient:
        o = Quotient(other)
        return Quotient(self.over * o.under + o.over * self.under, self.under * o.under)

    __radd__ = __add__

    def __neg__(self) -> Quotient:
        return Quotient(-self.over, self.under)

    def __sub__(self, other: Any) -> Quotient:
        return self + -Quotient(other)

    def __rsub__(self, other: Any) -> Quotient:
        return Quotient(other) + -self

    def __mul__(self, other: Any) -> Quotient:
        o = Quotient(other)
        return Quotient(self.over * o.over, self.under * o.under)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Quotient:
        o = Quotient(other)
        return Quotient(self.over * o.under, self.under * o.over)

    def __rtruediv__(self, other: Any) -> Quotient:
        return Quotient(other) / self

    def __pow__(self, power: int) -> Quotient:
        return Quotient(self.over**power, self.under**power)

    def __str__(self) -> str:
        return str(self.over / self.under)


def same(a: Any, b: Any) -> bool:
    """Whether *a* and *b* are equal for every value of their symbols.

    >>> from costmodel.arith import symbol
    >>> c = symbol("c")
    >>> same(Quotient(c * c - 1, c + 1), c - 1), same(c + 1, c)
    (True, False)
    """
    left, right = Quotient(a), Quotient(b)
    return bool(left.over * right.under - right.over * left.under == 0)
