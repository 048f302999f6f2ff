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
from costmodel.spec.expressions import Expression, parse

_PIECE = re.compile(r"\*\*|//|<=|>=|==|!=|[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|\S")
_DIVIDES = re.compile(r"(?<!/)/(?!/)|\bratio\b")


class Formula:
    """A formula as written, and what it means."""

    def __init__(self, text: str, mark: Mark) -> None:
        self.text, self.mark = text, mark
        self._divides = _DIVIDES.search(text) is not None
        self._rule: Expression = parse(_Spelling(text).whole() if self._divides else text, mark)

    @property
    def names(self) -> frozenset[str]:
        """The names it uses."""
        return self._rule.names

    def value(self, names: Mapping[str, Any]) -> Any:
        """A number, a closed form or a Quotient."""
        if self._divides:
            names = {k: v if isinstance(v, int) else Quotient(v) for k, v in names.items()}
        found = self._rule.evaluate(names)
        if isinstance(found, bool) or found is None:
            raise SpecError("a condition is not a number", self.mark)
        return found.settled() if isinstance(found, Quotient) else found


class _Spelling:
    """The same formula with ``a / b`` written as ``ratio(a, b)``, which expressions know."""

    def __init__(self, text: str) -> None:
        self.pieces, self.at = _PIECE.findall(text), 0

    def whole(self) -> str:
        return self.until("")

    def next(self) -> str:
        return self.pieces[self.at] if self.at < len(self.pieces) else ""

    def until(self, closing: str) -> str:
        """Products and what joins them, up to the bracket that closes them."""
        text = ""
        while (piece := self.next()) and piece != closing:
            if piece in ("+", "-") or not _starts(piece):
                self.at += 1
                text += f" {piece} "
            else:
                text += self.product()
        return text

    def product(self) -> str:
        text = self.power()
        while (piece := self.next()) in ("*", "/", "//", "%"):
            self.at += 1
            right = self.power()
            text = f"ratio({text}, {right})" if piece == "/" else f"{text} {piece} {right}"
        return text

    def power(self) -> str:
        text = self.atom()
        if self.next() == "**":
            self.at += 1
            text += f" ** {self.power()}"
        return text

    def atom(self) -> str:
        piece = self.next()
        self.at += 1
        if piece in ("+", "-"):
            return piece + self.power()
        text = piece
        if (piece == "(" or piece.isidentifier()) and (piece == "(" or self.next() == "("):
            if piece != "(":
                text += "("
                self.at += 1
            text += self.until(")") + self.next()
            self.at += 1
        return text


def _starts(piece: str) -> bool:
    """Whether a product can begin with it."""
    word = piece.isidentifier() and piece not in ("and", "or", "not", "if", "else")
    return word or piece == "(" or piece[0].isdigit() or piece[0] == "."


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
