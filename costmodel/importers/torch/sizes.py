"""Extents that torch has worked out -> closed forms in the symbols of a spec.

``torch.export`` keeps every extent as an expression of its own symbols; the expressions are
translated term by term, nothing is parsed or simplified.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from costmodel.arith import Dim, Form, ceil, ceil_div, exact_div, floor, maximum, minimum


def _product(*xs: Any) -> Any:
    return reduce(operator.mul, xs)


def _sum(*xs: Any) -> Any:
    return reduce(operator.add, xs)


def _power(base: Any, exponent: Any) -> Any:
    if exponent == -1:
        return exact_div(1, base) if type(base) is not int else Fraction(1, base)
    if type(exponent) is not int or exponent < 0:
        raise ValueError("no whole power")
    return base**exponent


def _ratio(a: Any, b: Any) -> Any:
    return a * Fraction(1, b) if type(b) is int else exact_div(a, b)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Add": _sum, "Mul": _product, "Pow": _power, "PowByNatural": _power,
    "FloorDiv": operator.floordiv, "CleanDiv": exact_div, "CeilDiv": ceil_div,
    "Mod": operator.mod, "PythonMod": operator.mod, "Max": maximum, "Min": minimum,
    "IntTrueDiv": _ratio, "FloatTrueDiv": _ratio, "ToFloat": lambda x: x,
    "floor": floor, "FloorToInt": floor, "ceiling": ceil, "CeilToInt": ceil,
    "TruncToInt": floor, "TruncToFloat": floor, "Identity": lambda x: x,
}  # fmt: skip


class Sizes:
    """Forms of torch's expressions; *symbols* maps the names of torch's symbols to extents."""

    def __init__(self, symbols: dict[str, Dim]) -> None:
        self.symbols = symbols
        self._known: dict[Any, Any] = {}

    def of(self, value: Any) -> Any:
        """A number, plain or a SymInt of torch's, as a closed form; None if it depends on data."""
        if value is None or isinstance(value, (int, Form, Fraction)):
            return int(value) if isinstance(value, bool) else value
        if isinstance(value, float):
            return Fraction(value) if abs(value) < 2**63 else None
        return self.form(getattr(getattr(value, "node", None), "expr", None))

    def form(self, expr: Any) -> Any:
        """An expression of torch's as a closed form; None if it depends on data."""
        try:
            return self._form(expr)
        except (KeyError, ValueError, ArithmeticError, TypeError, AttributeError):
            return None

    def _form(self, expr: Any) -> Any:
        if expr not in self._known:
            self._known[expr] = self._translated(expr)
        return self._known[expr]

    def _translated(self, expr: Any) -> Any:
        if expr.is_Symbol:
            return self.symbols[expr.name]
        if expr.is_Integer:
            return int(expr)
        if expr.is_Rational:
            return Fraction(int(expr.p), int(expr.q))
        if expr.is_Float:
            return Fraction(float(expr))
        return FUNCTIONS[type(expr).__name__](*map(self._form, expr.args))
