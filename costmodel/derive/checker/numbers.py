"""Exact numbers for the checker: rationals with roots of primes, nothing rounded.

A number is a sum of rational multiples of products of prime roots.  Different products of
roots with exponents in (0, 1) are linearly independent over the rationals (Besicovitch 1940),
so a number is zero only if no term is left.  This module uses nothing of costmodel.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

Roots = tuple[tuple[int, Fraction], ...]


class Undecided(Exception):  # noqa: N818  # not an error: this point cannot be used
    """A root of a sum of roots: outside these numbers."""


def factored(n: int) -> dict[int, int]:
    """The prime factors of *n* > 0 with their multiplicities."""
    found: dict[int, int] = {}
    p = 2
    while p * p <= n:
        while n % p == 0:
            found[p] = found.get(p, 0) + 1
            n //= p
        p += 1 if p == 2 else 2
        if p > 300_000 and p * p <= n:
            raise Undecided(f"{n} is too large to factor")
    if n > 1:
        found[n] = found.get(n, 0) + 1
    return found


class Number:
    """A sum of rationals times prime roots."""

    __slots__ = ("terms",)

    def __init__(self, terms: dict[Roots, Fraction]) -> None:
        self.terms = {roots: c for roots, c in terms.items() if c}

    @staticmethod
    def of(value: Any) -> Number:
        """A rational as a number."""
        return Number({(): Fraction(value)})

    def __add__(self, other: Number) -> Number:
        terms = dict(self.terms)
        for roots, c in other.terms.items():
            terms[roots] = terms.get(roots, Fraction(0)) + c
        return Number(terms)

    def __neg__(self) -> Number:
        return Number({roots: -c for roots, c in self.terms.items()})

    def __sub__(self, other: Number) -> Number:
        return self + -other

    def __mul__(self, other: Number) -> Number:
        result = Number({})
        for r1, c1 in self.terms.items():
            for r2, c2 in other.terms.items():
                result = result + _monomial(c1 * c2, [*r1, *r2])
        return result

    def inverse(self) -> Number:
        """1/self, of one term or of two."""
        if not self.terms:
            raise ZeroDivisionError("division by zero")
        if len(self.terms) == 1:
            ((roots, c),) = self.terms.items()
            return _monomial(1 / c, [(p, -e) for p, e in roots])
        (first, *rest) = sorted(self.terms.items())
        plain, others = Number(dict([first])), Number(dict(rest))
        norm = plain * plain - others * others
        if len(norm.terms) > 1:
            raise Undecided("a quotient by a sum of several roots")
        return (plain - others) * norm.inverse()

    def power(self, exponent: Fraction) -> Number:
        """self**exponent."""
        if exponent.denominator == 1:
            base = self if exponent >= 0 else self.inverse()
            result = Number.of(1)
            for _ in range(abs(int(exponent))):
                result = result * base
            return result
        if not self.terms:
            return self
        if len(self.terms) > 1:
            raise Undecided("a root of a sum of roots")
        ((roots, c),) = self.terms.items()
        if c <= 0:
            raise Undecided("a root of a negative number")
        primes = [(p, m * exponent) for p, m in factored(c.numerator).items()]
        primes += [(p, -m * exponent) for p, m in factored(c.denominator).items()]
        return _monomial(Fraction(1), [*primes, *((p, e * exponent) for p, e in roots)])

    def rational(self) -> Fraction:
        """The value, if it is rational."""
        if set(self.terms) - {()}:
            raise Undecided("an irrational number in a floor")
        return self.terms.get((), Fraction(0))

    def sign(self) -> int:
        """-1, 0 or 1, exactly: zero by form, else by enough digits."""
        if not self.terms:
            return 0
        digits = 40
        while digits < 4000:
            value = self._decimal(digits)
            if abs(value) > Decimal(10) ** (10 - digits) * self._magnitude():
                return 1 if value > 0 else -1
            digits *= 3
        raise Undecided("too close to zero")

    def _decimal(self, digits: int) -> Decimal:
        with localcontext() as context:
            context.prec = digits
            total = Decimal(0)
            for roots, c in self.terms.items():
                term = Decimal(c.numerator) / Decimal(c.denominator)
                for p, e in roots:
                    exponent = Decimal(e.numerator) / Decimal(e.denominator)
                    term *= (Decimal(p).ln() * exponent).exp()
                total += term
            return total

    def _magnitude(self) -> Decimal:
        with localcontext() as context:
            context.prec = 40
            return max(
                (abs(Number({r: c})._decimal(40)) for r, c in self.terms.items()),
                default=Decimal(1),
            )


def _monomial(c: Fraction, factors: list[tuple[int, Fraction]]) -> Number:
    exponents: dict[int, Fraction] = {}
    for p, e in factors:
        exponents[p] = exponents.get(p, Fraction(0)) + e
    roots = []
    for p, e in sorted(exponents.items()):
        whole = e.numerator // e.denominator
        c = c * Fraction(p) ** whole
        if e != whole:
            roots.append((p, e - whole))
    return Number({tuple(roots): c})
