"""Values at the public boundary: ints in and out, SymPy expressions where a symbol is free."""

from __future__ import annotations

from typing import Any

from costmodel.arith import Dim, is_symbolic, to_sympy
from costmodel.errors import BindingError
from costmodel.table import Totals


class PublicTotals:
    """Totals as the outside sees them: ints, and SymPy expressions where a symbol is free."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return to_public(getattr(self._totals, name))

    def __dir__(self) -> list[str]:
        return [*Totals.fields, "intensity"]

    def __repr__(self) -> str:
        return f"Totals({', '.join(f'{key}={getattr(self, key)}' for key in Totals.fields)})"


def exact(value: Dim) -> Dim:
    """*value*; of a float the decimal that it prints as, so that 0.1 is a tenth.

    >>> exact(1.25), exact(2.0)
    (Fraction(5, 4), 2)
    """
    if not isinstance(value, float):
        return value
    from fractions import Fraction

    try:
        decimal = Fraction(repr(float(value)))
    except ValueError:
        raise BindingError(f"{value} is no number to bind a name to") from None
    return decimal.numerator if decimal.denominator == 1 else decimal


def to_public(value: Dim) -> Any:
    """*value* as an int, or as a SymPy expression."""
    return to_sympy(value) if is_symbolic(value) else value
