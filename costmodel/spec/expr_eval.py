"""What the operators of expressions do: closures over names, exact and bounded.

Each maker returns ``run(names) -> value``.  Plain ints take the short way through; anything
else (Fractions, arrays, closed forms) is tidied and measured by ``settle``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from math import comb
from typing import Any, TypeAlias

from costmodel import arith
from costmodel.arith.rational import is_rational, ratio

Names: TypeAlias = Mapping[str, Any]
Run: TypeAlias = Callable[[Names], Any]

LARGEST = 2**256
MAX_EXPONENT = 64
MAX_TERMS = 5_000  # of a closed form
MAX_DEGREE = 256


class Fault(Exception):  # noqa: N818  # it becomes an error once it has a place
    """Something wrong at a column of an expression, counted from 0."""

    def __init__(self, column: int, problem: str, hint: str = "", *, limit: bool = False) -> None:
        super().__init__(problem)
        self.column, self.problem, self.hint, self.limit = column, problem, hint, limit


class UndefinedName(Fault):
    """A name that the caller did not define."""

    def __init__(self, column: int, name: str, known: list[str]) -> None:
        super().__init__(column, f"unknown name {name!r}")
        self.name, self.known = name, known


def settle(value: Any, column: int) -> Any:
    """*value* in its simplest type, if it is one an expression may have."""
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise Fault(column, "the result is larger than 2**256", limit=True)
        return value
    if not isinstance(value, int) and is_rational(value):
        settle(value.numerator, column)
        settle(value.denominator, column)
        return value.numerator if value.denominator == 1 else value
    if isinstance(value, float):
        raise Fault(column, f"{value!r} is not exact", "give an integer or a fraction")
    terms = getattr(value, "terms", None)
    if isinstance(terms, dict):
        _settle_form(terms, column)
    return value


def _settle_form(terms: dict[Any, Any], column: int) -> None:
    if len(terms) > MAX_TERMS:
        problem = f"the closed form has more than {MAX_TERMS} terms"
        raise Fault(column, problem, "bind some of its symbols (--at NAME=VALUE)", limit=True)
    for monomial, coefficient in terms.items():
        settle(coefficient, column)
        if sum(abs(power) for _, power in monomial) > MAX_DEGREE:
            problem = f"the closed form has a degree of more than {MAX_DEGREE}"
            raise Fault(column, problem, "bind some of its symbols (--at NAME=VALUE)", limit=True)


def _size(value: Any) -> int:
    """How many terms a closed form has; 1 for anything else."""
    return len(getattr(value, "terms", None) or ".")


def constant(value: Any) -> Run:
    """Always *value*."""
    return lambda names: value


def any_name(name: str, column: int) -> Run:
    """Whatever *name* stands for."""

    def run(names: Names) -> Any:
        try:
            return names[name]
        except KeyError:
            raise UndefinedName(column, name, list(names)) from None

    return run


def number_name(name: str, column: int) -> Run:
    """The number that *name* stands for."""

    def run(names: Names) -> Any:
        try:
            value = names[name]
        except KeyError:
            raise UndefinedName(column, name, list(names)) from None
        if type(value) is int:
            return value
        if value is None or isinstance(value, bool | str | tuple | list | dict):
            what = "a condition" if isinstance(value, bool) else "not a number"
            raise Fault(column, f"{name} is {what}, and a number belongs here")
        return settle(value, column)

    return run


def condition_name(name: str, column: int) -> Run:
    """The condition that *name* stands for."""
    look_up = any_name(name, column)

    def run(names: Names) -> Any:
        value = look_up(names)
        if value is None or isinstance(value, bool):
            return value
        raise Fault(column, f"{name} is not a condition", f"compare it: {name} != 0")

    return run


def negative(a: Run) -> Run:
    """``-a``."""

    def run(names: Names) -> Any:
        return -a(names)

    return run


def arithmetic(symbol: str, a: Run, b: Run, column: int, divisor: int) -> Run:
    """``a + b`` and the like; *divisor* is the column of b."""
    if symbol == "**":
        return _power(a, b, column, divisor)
    if symbol in _DIVISIONS:
        return _division(_DIVISIONS[symbol], a, b, divisor)
    if symbol == "*":
        return _product(a, b, column)
    apply = operator.add if symbol == "+" else operator.sub

    def run(names: Names) -> Any:
        value = apply(a(names), b(names))
        if type(value) is int and -LARGEST <= value <= LARGEST:
            return value
        return settle(value, column)

    return run


def _product(a: Run, b: Run, column: int) -> Run:
    def run(names: Names) -> Any:
        x, y = a(names), b(names)
        if type(x) is not int and type(y) is not int:
            _refuse_terms(_size(x) * _size(y), column)
        value = x * y
        if type(value) is int and -LARGEST <= value <= LARGEST:
            return value
        return settle(value, column)

    return run


def _refuse_terms(count: int, column: int) -> None:
    if count > 4 * MAX_TERMS:  # before equal ones are collected
        problem = "the product of these closed forms has too many terms"
        raise Fault(column, problem, "bind some of its symbols (--at NAME=VALUE)", limit=True)


def _division(apply: Callable[[Any, Any], Any], a: Run, b: Run, column: int) -> Run:
    def run(names: Names) -> Any:
        x, y = a(names), b(names)
        if type(y) is int:
            if not y:
                raise Fault(column, "division by zero")
            if type(x) is int:
                return apply(x, y)
        _refuse_zero(y, column)
        return settle(apply(x, y), column)

    return run


def _refuse_zero(value: Any, column: int) -> None:
    if is_rational(value):
        zero = value == 0
    else:
        everywhere = getattr(value, "all", None)  # an array
        zero = everywhere is not None and not everywhere()
    if zero:
        raise Fault(column, "division by zero")


def _power(a: Run, b: Run, column: int, exponent: int) -> Run:
    def run(names: Names) -> Any:
        x, n = a(names), b(names)
        if type(n) is not int:
            if not isinstance(n, int) and is_rational(n):
                raise Fault(exponent, f"the exponent is {n}, not a whole number")
            raise Fault(exponent, "the exponent depends on a symbol", "bind it (--at NAME=VALUE)")
        if not 0 <= n <= MAX_EXPONENT:
            problem = f"the exponent {_short(n)} is not in 0 to {MAX_EXPONENT}"
            raise Fault(exponent, problem, limit=n > 0)
        if is_rational(x):
            longest = max(x.numerator.bit_length(), x.denominator.bit_length())
            if (longest - 1) * n > LARGEST.bit_length():
                raise Fault(column, "the result is larger than 2**256", limit=True)
        elif (size := _size(x)) > 1:
            _refuse_terms(comb(size + n - 1, n), column)
        return settle(x**n, column)

    return run


def _short(n: int) -> str:
    return str(n) if abs(n) < 10**18 else "of more than 18 digits"


def _int_or(exact: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: x if type(x) is int else exact(x)


def _ceil_div(a: Any, b: Any) -> Any:
    return -(-a // b) if type(a) is int and type(b) is int else arith.ceil_div(a, b)


def _ratio(a: Any, b: Any) -> Any:
    """The exact quotient, a fraction where it is no integer."""
    return ratio(a, b) if is_rational(a) and is_rational(b) else a / b


_DIVISIONS = {"//": operator.floordiv, "%": operator.mod, "/": _ratio}
# name -> what it does, least and most arguments, the argument that may not be zero
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int, int | None]] = {
    "ceil_div": (_ceil_div, 2, 2, 1),
    "floor": (_int_or(arith.floor), 1, 1, None),
    "ceil": (_int_or(arith.ceil), 1, 1, None),
    "min": (arith.minimum, 1, 16, None),
    "max": (arith.maximum, 1, 16, None),
    "round_to": (arith.round_to, 2, 2, 1),
    "ratio": (_ratio, 2, 2, 1),
    "sqrt": (arith.sqrt, 1, 1, None),
}


def call(name: str, parts: list[Run], columns: list[int], column: int) -> Run:
    """``name(parts)``, the arguments standing at *columns*."""
    function, _, _, divisor = FUNCTIONS[name]

    def run(names: Names) -> Any:
        values = [part(names) for part in parts]
        if divisor is not None:
            _refuse_zero(values[divisor], columns[divisor])
        return settle(function(*values), column)

    return run
