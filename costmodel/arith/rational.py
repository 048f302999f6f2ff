"""Ints and Fractions as one kind of number; ``fractions`` is imported for the first of them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from fractions import Fraction

Rational: TypeAlias = "int | Fraction"


def is_rational(x: Any) -> bool:
    """Whether *x* is an int or a Fraction."""
    if isinstance(x, int):
        return True
    fractions = sys.modules.get("fractions")  # not loaded: nothing can be a Fraction
    return fractions is not None and isinstance(x, fractions.Fraction)


def tidy(x: Any) -> Any:
    """*x*, as an int if it is one.

    >>> from fractions import Fraction
    >>> tidy(Fraction(6, 3)), tidy(Fraction(1, 3))
    (2, Fraction(1, 3))
    """
    return x.numerator if x.denominator == 1 else x


def ratio(a: Rational, b: Rational) -> Rational:
    """*a* / *b*, exactly: an int where it is one, else a Fraction.

    >>> ratio(6, 3), ratio(6, 4)
    (2, Fraction(3, 2))
    """
    if b and not a % b:
        return int(a // b)
    from fractions import Fraction

    return Fraction(a) / b


def common_step(xs: Iterable[Rational]) -> Rational:
    """The largest rational of which all *xs* (none zero) are integer multiples.

    >>> from fractions import Fraction
    >>> common_step([Fraction(1, 2), Fraction(3, 4)])
    Fraction(1, 4)
    """
    xs = list(xs)
    return ratio(math.gcd(*(x.numerator for x in xs)), math.lcm(*(x.denominator for x in xs)))
