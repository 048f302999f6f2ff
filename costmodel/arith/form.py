"""Closed forms: exact sums of products of atoms, in one canonical shape.

A form is a mapping from monomials to ints or Fractions.  A monomial is a tuple of
``(atom, power)`` in order of rank; the empty one holds the constant.  No coefficient is
zero, a whole Fraction is an int, and whatever comes out constant *is* a number, so forms
that are equal as polynomials in their atoms are equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NoReturn

from costmodel.arith.atoms import Atom, Base
from costmodel.arith.rational import Rational, is_rational, ratio, tidy
from costmodel.arith.terms import Monomial, Terms, add_terms, multiplied, rank, term_content


class Form:
    """An exact sum of products; made by ``symbol`` and arithmetic, never changed.

    ``rooted`` is False only if no factor is a ``Base``, whose products need multiplying out.
    """

    __slots__ = ("__weakref__", "_hash", "rooted", "terms")

    def __init__(self, terms: Terms, rooted: bool = False) -> None:
        self.terms, self.rooted = terms, rooted
        self._hash: int | None = None

    def __add__(self, other: Any) -> Any:
        if type(other) is Form:
            small, large = self.terms, other.terms
            if len(small) > len(large):
                small, large = large, small
            merged = dict(large)
            add_terms(merged, small)
            return from_terms(merged, self.rooted or other.rooted)
        if is_rational(other):
            merged = dict(self.terms)
            add_terms(merged, {(): other + 0})  # + 0: True is 1
            return Form(merged, self.rooted)
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Form:
        return Form({m: -c for m, c in self.terms.items()}, self.rooted)

    def __pos__(self) -> Form:
        return self

    def __sub__(self, other: Any) -> Any:
        return self + -other if type(other) is Form or is_rational(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other if is_rational(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        if type(other) is Form:
            if self.rooted and other.rooted:
                from costmodel.arith.roots import multiply_out

                return multiply_out(self, other)
            return from_terms(multiplied(self.terms, other.terms), self.rooted or other.rooted)
        if is_rational(other):
            return self._scaled(other) if other else 0
        return NotImplemented

    __rmul__ = __mul__

    def _scaled(self, k: Rational) -> Form:
        if type(k) is int:
            scaled = {m: c * k if type(c) is int else tidy(c * k) for m, c in self.terms.items()}
        else:
            scaled = {m: tidy(c * k) for m, c in self.terms.items()}
        return Form(scaled, self.rooted)

    def __truediv__(self, other: Any) -> Any:
        if is_rational(other):
            return Form({m: ratio(c, other) for m, c in self.terms.items()}, self.rooted)
        if type(other) is not Form:
            return NotImplemented
        if len(other.terms) > 1:
            from costmodel.arith.roots import quotient

            return quotient(self, other)
        return self * other**-1

    def __rtruediv__(self, other: Any) -> Any:
        return self**-1 * other if is_rational(other) else NotImplemented

    def __pow__(self, power: Any) -> Any:
        if not is_rational(power):
            return NotImplemented
        power = tidy(power)
        if power == 1:
            return self
        if type(power) is not int or self.rooted or (power < 0 and len(self.terms) > 1):
            from costmodel.arith.roots import power_of_form

            return power_of_form(self, power)
        if len(self.terms) == 1:
            ((monomial, c),) = self.terms.items()
            c = c**power if power >= 0 else ratio(1, c**-power)
            return from_terms({tuple((a, p * power) for a, p in monomial if power): tidy(c)})
        return repeated(self, power)

    def __floordiv__(self, other: Any) -> Any:
        if type(other) is not Form and not is_rational(other):
            return NotImplemented
        return _floor_quotient(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        if not is_rational(other):
            return NotImplemented
        from costmodel.arith.quotient import floor_of

        return floor_of(other / self)

    def __mod__(self, other: Any) -> Any:
        quotient = self // other
        return quotient if quotient is NotImplemented else self - quotient * other

    def __rmod__(self, other: Any) -> Any:
        return other - other // self * self if is_rational(other) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if type(other) is Form:
            return self is other or self.terms == other.terms
        return False if is_rational(other) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"whether {self} is zero depends on {_names(self)}; "
            "a formula may not branch on a symbol (use arith's maximum, divides or compare)"
        )

    def _unordered(self, other: object) -> NoReturn:
        raise TypeError(
            f"the order of {self} and {other} may depend on {_names(self)}; "
            "use arith.compare, maximum or minimum"
        )

    __lt__ = __le__ = __gt__ = __ge__ = _unordered

    def __float__(self) -> float:
        from costmodel.arith.roots import as_float

        return as_float(self)

    def __str__(self) -> str:
        from costmodel.arith.text import ascii_form

        return ascii_form(self)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        from costmodel.arith.text import latex_form

        return f"${latex_form(self)}$"

    def _sympy_(self) -> Any:
        from costmodel.arith.sympify import form_to_sympy

        return form_to_sympy(self)

    def __copy__(self) -> Form:
        return self

    def __deepcopy__(self, memo: Any) -> Form:
        return self

    def __reduce__(self) -> Any:
        return _rebuilt, (tuple(self.terms.items()), self.rooted)


@lru_cache(maxsize=4096)  # the layers of a network share few heights and widths
def _floor_quotient(x: Form, divisor: Any) -> Any:
    from costmodel.arith.quotient import floor_of

    return floor_of(x / divisor)


def _rebuilt(items: Iterable[tuple[Monomial, Any]], rooted: bool) -> Form:
    # The order of creation, which sorts factors, is another one in another process.
    return Form({tuple(sorted(m, key=rank)): c for m, c in items}, rooted)


def _names(form: Form) -> str:
    from costmodel.arith.program import symbols_of

    return ", ".join(sorted({s.name for s in symbols_of(form)})) or "irrational numbers"


def depth(x: Any) -> int:
    """How deep the atoms of *x* are nested; 1 for a polynomial in symbols."""
    return max((atom.depth for m in terms_of(x) for atom, _ in m), default=0)


def of_atom(atom: Atom, power: Rational = 1) -> Form:
    """The form that is one atom to a power."""
    return Form({((atom, power),): 1}, type(atom) is Base)


def from_terms(terms: Terms, rooted: bool = False) -> Any:
    """The number or form with these *terms*, all of whose coefficients are tidy."""
    if len(terms) > 1:
        return Form(terms, rooted)
    for monomial, c in terms.items():
        return Form(terms, rooted) if monomial else c
    return 0


def terms_of(x: Any) -> Terms:
    """The terms of a form or of a number."""
    return x.terms if type(x) is Form else {(): x} if x else {}


def repeated(x: Any, power: int) -> Any:
    """*x* to a *power* that is not negative, by squaring."""
    result: Any = 1
    while power:
        if power & 1:
            result = result * x
        power >>= 1
        if power:
            x = x * x
    return result


def is_integer(x: Any) -> bool:
    """Whether each term of *x* is sure to be an integer."""
    contents = (term_content(m, c) for m, c in terms_of(x).items())
    return all(q is not None and q.denominator == 1 for q in contents)
