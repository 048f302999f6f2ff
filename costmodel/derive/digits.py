"""The signs of numbers that are made of roots and extrema, from many digits."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any, NamedTuple

from costmodel.arith.atoms import Atom, Base, Extremum
from costmodel.arith.form import terms_of

DIGITS = 60
SPARE = Decimal(10) ** -40  # what is relatively smaller may be an error of rounding


class Digits(NamedTuple):
    """A number, and how large what it was added up from is."""

    value: Decimal
    scale: Decimal

    @property
    def sure(self) -> bool:
        """Whether the sign is that of the number and not of an error."""
        return abs(self.value) > self.scale * SPARE


def sign_of_number(x: Any) -> int:
    """The sign of a number made of roots and extrema; 0 if the digits do not tell.

    >>> from costmodel.arith import maximum
    >>> from costmodel.arith.rational import ratio
    >>> from costmodel.arith.roots import power
    >>> root = power(2, ratio(1, 2))
    >>> sign_of_number(root - 1), sign_of_number(1 - maximum(root, root * root - root + 1))
    (1, -1)
    """
    with localcontext() as context:
        context.prec = DIGITS
        found = _digits(x)
    if found is None or not found.sure:
        return 0
    return 1 if found.value > 0 else -1


def _digits(x: Any) -> Digits | None:
    result = scale = Decimal(0)
    for monomial, c in terms_of(x).items():
        term = Decimal(c.numerator) / Decimal(c.denominator)
        error = abs(term)
        for atom, p in monomial:
            factor = _of_atom(atom)
            if factor is None or factor.value <= 0 or not factor.sure:
                return None
            exponent = Decimal(p.numerator) / Decimal(p.denominator)
            term *= (factor.value.ln() * exponent).exp()
            error = abs(term) * factor.scale / factor.value * (1 + abs(exponent))
        result, scale = result + term, scale + max(error, abs(term))
    return Digits(result, scale)


def _of_atom(atom: Atom) -> Digits | None:
    if isinstance(atom, Base):
        return _digits(atom.value)
    if not isinstance(atom, Extremum):
        return None
    found = [_digits(form) for form in atom.forms]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    choose = max if atom.top else min
    return Digits(choose(one.value for one in known), max(one.scale for one in known))
