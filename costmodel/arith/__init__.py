"""Exact arithmetic that means the same on every kind of number, and the closed forms themselves.

A ``Dim`` is an int, a Fraction, an array of ints, a closed form (``Form``) or, where users
hand one in, a SymPy expression.  Operators work on all of them; the functions here are for
what operators cannot say without guessing the kind: exact division, rounding, extrema,
order, divisibility.  Nothing but this package asks what kind a number is.  NumPy, SymPy and
``fractions`` are imported only once such a number has been seen or asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costmodel.arith.conditions import AtLeast, Condition, Divides, Equal
from costmodel.arith.form import Form
from costmodel.arith.functions import (
    Dim,
    ceil,
    ceil_div,
    compare,
    divides,
    exact_div,
    floor,
    is_sympy,
    maximum,
    minimum,
    prod,
    round_to,
    sqrt,
    symbol,
    total,
)
from costmodel.arith.rational import is_rational, ratio

__all__ = [
    "AtLeast",
    "Condition",
    "Dim",
    "Divides",
    "Equal",
    "Form",
    "ascii",
    "ceil",
    "ceil_div",
    "compare",
    "compile_form",
    "divides",
    "evaluate",
    "exact_div",
    "floor",
    "free_symbols",
    "is_symbolic",
    "latex",
    "maximum",
    "minimum",
    "prod",
    "round_to",
    "sqrt",
    "symbol",
    "to_sympy",
    "total",
]


def is_symbolic(x: Dim) -> bool:
    """Whether *x* holds an unknown.

    >>> is_symbolic(symbol("h") + 1), is_symbolic(7)
    (True, False)
    """
    if type(x) is int:
        return False
    return bool(free_symbols(x))


def evaluate(x: Dim, bindings: Mapping[str, Dim]) -> Dim:
    """*x* with symbols replaced by numbers, arrays or other forms; unnamed ones stay.

    Arrays of ints become Python ints wherever int64 might overflow on the way.

    >>> h, w = symbol("h"), symbol("w")
    >>> evaluate(h * w // 4, {"h": 7, "w": 3}), evaluate(h * w // 4, {"h": 8})
    (5, 2*w)
    """
    if type(x) is Form:
        from costmodel.arith.program import value_of

        return value_of(x, bindings)
    if is_sympy(x):
        known = {s: bindings[s.name] for s in x.free_symbols if s.name in bindings}
        value = x.subs(known)
        return ratio(int(value.p), int(value.q)) if value.is_Rational else value
    return x


def compile_form(x: Dim | list[Dim] | tuple[Dim, ...], names: Sequence[str]) -> Callable[..., Any]:
    """A function of the values of *names*, in this order, that gives the value of *x*.

    Of a list it gives a tuple.  Made for many calls; values are what ``evaluate`` takes.

    >>> compile_form([symbol("h") // 2, symbol("h") * symbol("w")], ["h", "w"])(7, 3)
    (3, 21)
    """
    from costmodel.arith.program import compile_forms

    if isinstance(x, list | tuple):
        return compile_forms(x, names)
    program = compile_forms([x], names)
    return lambda *values: program(*values)[0]


def free_symbols(x: Dim) -> frozenset[str]:
    """The names of the unknowns in *x*.

    >>> sorted(free_symbols((symbol("h") + symbol("w")) // 2))
    ['h', 'w']
    """
    if type(x) is Form:
        from costmodel.arith.program import symbols_of

        return frozenset(s.name for s in symbols_of(x))
    return frozenset(str(s) for s in getattr(x, "free_symbols", ()))


def ascii(x: Dim) -> str:  # noqa: A001  (the name of the notation)
    """*x* in plain infix, with ``floor() ceiling() Max() Min() sqrt()``.

    >>> h, w = symbol("h"), symbol("w")
    >>> ascii(25 * w * h / 2 - h // 2 + h**2)
    'h**2 + 25/2*h*w - floor(h/2)'
    """
    return str(x)


def latex(x: Dim) -> str:
    r"""*x* for LaTeX's math mode.

    >>> print(latex((symbol("h") + 7) // 8 * symbol("c_in")))
    c_{\mathrm{in}} \left\lfloor \frac{h + 7}{8} \right\rfloor
    """
    if type(x) is Form or is_rational(x):
        from costmodel.arith.text import latex_form

        return latex_form(x)
    if is_sympy(x):
        import sympy

        return str(sympy.latex(x))
    return str(x)


def to_sympy(x: Dim) -> Any:
    """*x* as a SymPy expression in positive symbols; equal names are equal symbols.

    >>> to_sympy(symbol("h") // 2 * 3)
    3*floor(h/2)
    """
    import sympy

    return sympy.sympify(x)
