"""Arithmetic whose meaning depends on the kind of number: division, extrema, order.

The only place that asks what kind a number is; formulas call these and never ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from costmodel.arith.atoms import Symbol
from costmodel.arith.form import Form, from_terms, of_atom
from costmodel.arith.rational import Rational, is_rational, ratio, tidy
from costmodel.arith.terms import add_terms

Dim: TypeAlias = Any  # int | Fraction | np.ndarray of ints | Form | sympy.Expr


def symbol(
    name: str,
    *,
    multiple_of: int = 1,
    integer: bool = True,
    minimum: Rational | None = None,
) -> Form:
    """The positive unknown *name*; nothing else makes one.

    Unless *minimum* is given, an integer is at least 1 and any other at least nothing
    (it is above 0).  Asked twice for one name and domain it is the same unknown.  With
    another domain it is another one: a network asks once per name and passes it on.

    >>> symbol("h") - symbol("h")
    0
    >>> symbol("h") // 32, symbol("h", multiple_of=32) // 32
    (floor(h/32), h/32)
    """
    if multiple_of < 1 or not (integer or multiple_of == 1):
        raise ValueError(f"{name} cannot be a multiple of {multiple_of}")
    least = max(0, tidy(minimum or 0))
    if integer:
        least = max(1, int(-(-least // multiple_of))) * multiple_of
    return of_atom(Symbol(name, multiple_of, integer, least))


def exact_div(a: Dim, b: Dim) -> Dim:
    """*a* / *b*, never a float and never rounded; ArithmeticError where integers leave a rest.

    >>> exact_div(12, 4), exact_div(symbol("c") ** 2, symbol("g"))
    (3, c**2/g)
    """
    if isinstance(a, int) and isinstance(b, int):
        if a % b:
            raise ArithmeticError(f"{a} / {b} is not an integer")
        return a // b
    if is_rational(a) and is_rational(b):
        return ratio(a, b)
    if is_array(a) or is_array(b):
        if divides(b, a) is False:
            raise ArithmeticError(f"{a} / {b} is not all integers")
        return a // b
    return a / b


def ceil_div(a: Dim, b: Dim) -> Dim:
    """The smallest integer not below *a* / *b*.

    >>> ceil_div(7, 2), ceil_div(symbol("h"), 2)
    (4, floor((h + 1)/2))
    """
    if is_sympy(a) or is_sympy(b):
        return ceil(a / b)
    return -(-a // b)


def floor(x: Dim) -> Dim:
    """The largest integer not above *x*.

    >>> floor(ratio(7, 2)), floor(symbol("h") / 2)
    (3, floor(h/2))
    """
    if is_sympy(x):
        import sympy

        return sympy.floor(x)
    return x // 1


def ceil(x: Dim) -> Dim:
    """The smallest integer not below *x*.

    >>> ceil(ratio(7, 2)), ceil(symbol("width", integer=False) * 32)
    (4, ceiling(32*width))
    """
    if is_sympy(x):
        import sympy

        return sympy.ceiling(x)
    return -floor(-x)


def maximum(*xs: Dim) -> Dim:
    """The largest of *xs*; on arrays of each element.

    >>> maximum(3, 5), maximum(symbol("h"), 1), maximum(symbol("h"), symbol("w"))
    (5, h, Max(h, w))
    """
    return _extremum(True, xs)


def minimum(*xs: Dim) -> Dim:
    """The smallest of *xs*; on arrays of each element.

    >>> minimum(3, 5), minimum(symbol("h"), 1), minimum(symbol("h"), 8)
    (3, 1, Min(h, 8))
    """
    return _extremum(False, xs)


def _extremum(top: bool, xs: Sequence[Dim]) -> Dim:
    if all(map(is_rational, xs)):
        return max(xs) if top else min(xs)
    if any(map(is_array, xs)):
        return _extremum_of_arrays(top, xs)
    if any(map(is_sympy, xs)):
        import sympy

        return (sympy.Max if top else sympy.Min)(*xs)
    from costmodel.arith.extrema import extremum

    return extremum(top, tuple(xs))


def _extremum_of_arrays(top: bool, xs: Sequence[Dim]) -> Dim:
    from functools import reduce

    import numpy as np

    if any(type(x) is Form for x in xs) or any(getattr(x, "dtype", 0) == "O" for x in xs):
        return reduce(np.frompyfunc(lambda a, b: _extremum(top, (a, b)), 2, 1), xs)
    return reduce(np.maximum if top else np.minimum, xs)


def round_to(x: Dim, m: Dim) -> Dim:
    """The multiple of *m* nearest to *x*, but not below *m* nor below nine tenths of *x*.

    Halves are rounded up.
    Source: ``_make_divisible`` of the MobileNet code of tensorflow/models and torchvision.

    >>> round_to(20, 8), round_to(11, 8), round_to(3, 8), round_to(18, 8)
    (24, 16, 8, 24)
    """
    if any(type(v) is Form or is_sympy(v) for v in (x, m)):
        near = maximum(m, floor((2 * x + m) / (2 * m)) * m)
        # What is lacking is positive where near < 9/10*x; rounded up and cut it is 0 or 1.
        return near + m * minimum(1, ceil(maximum(0, x - x / 10 - near)))
    near = maximum(m, (2 * x + m) // (2 * m) * m)
    return near + m * (10 * near < 9 * x)


def prod(xs: Iterable[Dim]) -> Dim:
    """The product of *xs*; 1 of none.

    >>> prod([2, symbol("h"), 3])
    6*h
    """
    result: Dim = 1
    for x in xs:
        result = result * x
    return result


def total(xs: Iterable[Dim]) -> Dim:
    """The sum of *xs*; 0 of none.  Many forms are added in the time of one.

    >>> total([1, symbol("h"), 2, symbol("h")])
    2*h + 3
    """
    numbers: Any = 0
    terms: dict[Any, Any] = {}
    rooted, others = False, []
    for x in xs:
        if type(x) is Form:
            add_terms(terms, x.terms)
            rooted = rooted or x.rooted
        elif is_rational(x):
            numbers += x
        else:
            others.append(x)
    add_terms(terms, {(): tidy(numbers)})
    result = from_terms(terms, rooted)
    for x in others:
        result = result + x
    return result


def sqrt(x: Dim) -> Dim:
    """The positive root, exact: roots that are irrational stay roots.

    >>> sqrt(144), sqrt(8), sqrt(4 * symbol("h"))
    (12, 2*sqrt(2), 2*sqrt(h))
    """
    from costmodel.arith.roots import power

    return power(x, ratio(1, 2))


def divides(d: Dim, x: Dim) -> bool | None:
    """Whether *x* / *d* is an integer: True, False, or None where it depends on symbols.

    Of arrays: whether all are.

    >>> divides(4, 12), divides(4, 6), divides(4, symbol("c"))
    (True, False, None)
    >>> divides(4, symbol("c", multiple_of=8) + 2)
    False
    """
    if isinstance(d, int) and isinstance(x, int):
        return x % d == 0 if d else x == 0
    if is_array(d) or is_array(x):
        return bool((x % d == 0).all())
    if is_sympy(d) or is_sympy(x):
        whole: bool | None = (x / d).is_integer
        return whole
    if type(x) is not Form and x == 0:
        return True
    from costmodel.arith.bounds import always_whole

    return always_whole(x / d if type(d) is Form or type(x) is Form else ratio(x, d))


def compare(a: Dim, relation: str, b: Dim) -> bool | None:
    """Whether ``a relation b``: True (False) if for all (no) values of the symbols, else None.

    *relation* is one of ``<= < >= > == !=``.  Of arrays: True only if all elements agree,
    else False.

    >>> h = symbol("h")
    >>> compare(h + 1, ">", h), compare(h, ">=", 1), compare(h, "<", 1), compare(h, ">", 1)
    (True, True, False, None)
    """
    if is_sympy(a) or is_sympy(b):
        difference = a - b
        if relation in ("==", "!="):
            zero = difference.is_zero
            return zero if zero is None else zero == (relation == "==")
        decided = _RELATIONS[relation](difference, 0)
        return bool(decided) if decided in (True, False) else None
    if type(a) is Form or type(b) is Form:
        from costmodel.arith.bounds import compare_forms

        return compare_forms(a, relation, b)
    outcome = _RELATIONS[relation](a, b)
    return bool(outcome.all() if hasattr(outcome, "all") else outcome)


_RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def is_array(x: Any) -> bool:
    """Whether *x* is an array, by its looks: nothing is imported to ask."""
    return hasattr(x, "dtype")


def is_sympy(x: Any) -> bool:
    """Whether *x* is a SymPy expression, by its looks: nothing is imported to ask."""
    return hasattr(x, "free_symbols")
