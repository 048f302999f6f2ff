"""Dual certificates for the checker: weights, exponents, and logarithms between rationals.

For every point of the domain, an objective that is a sum of terms ``c*x**a`` and constraints
``sum of d*x**b <= 1`` satisfy, by weighted AM-GM in each group, ``log(objective) >=
sum of w*log(c*W/w)`` with W the weights' sum in a group, if the exponents weighted by w
cancel and the objective's weights sum to one.  This module uses nothing of costmodel but the
checker's own modules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from costmodel.derive.checker.terms import Node, symbolic

BITS = 120
Monomial = tuple[Fraction, dict[str, Fraction]]


def log_bounds(x: Fraction) -> tuple[Fraction, Fraction]:
    """Rationals around the natural logarithm of x > 0.

    >>> low, high = log_bounds(Fraction(2))
    >>> 0 <= high - low < Fraction(1, 10**30), round(float(low), 9)
    (True, 0.693147181)
    """
    if x <= 0:
        raise ValueError("the logarithm of what is not positive")
    shift = x.numerator.bit_length() - x.denominator.bit_length()
    near = x / Fraction(2) ** shift  # between 1/2 and 2
    low, high = _series(near)
    two = _series(Fraction(2))
    ends = sorted((shift * two[0], shift * two[1]))
    return low + ends[0], high + ends[1]


def _series(x: Fraction) -> tuple[Fraction, Fraction]:
    """log(x) = 2*atanh((x - 1)/(x + 1)), its terms cut to BITS binary digits."""
    z = abs((x - 1) / (x + 1))
    scale = 1 << BITS
    ends = []
    for up in (False, True):
        term = (z.numerator * scale) // z.denominator + up
        square = (term * term) // scale + up
        total, k = 0, 1
        while term > up:
            total += term // k + up
            term, k = (term * square) // scale + up, k + 2
        ends.append(Fraction(2 * (total + 4 * up), scale))
    low, high = ends
    return (low, high) if x >= 1 else (-high, -low)


def monomial(node: Node) -> Monomial:
    """A positive number times powers of symbols; ValueError if *node* is none."""
    import sympy

    number, product = symbolic(node).as_coeff_Mul()
    if not number.is_Rational or number <= 0:
        raise ValueError(f"the coefficient {number} is not a positive rational")
    powers = {}
    for base, exponent in product.as_powers_dict().items():
        if base == 1:
            continue
        if not base.is_Symbol or not exponent.is_Rational or not isinstance(base, sympy.Symbol):
            raise ValueError(f"{base}**{exponent} is not a power of a symbol")
        powers[base.name] = Fraction(int(exponent.p), int(exponent.q))
    return Fraction(int(number.p), int(number.q)), powers


def over(a: Monomial, b: Monomial) -> Monomial:
    """The quotient of two monomials."""
    powers = dict(a[1])
    for name, p in b[1].items():
        powers[name] = powers.get(name, Fraction(0)) - p
    return a[0] / b[0], powers


def log_of_dual(groups: Sequence[tuple[Sequence[Monomial], Sequence[Fraction]]]) -> Fraction:
    """A number not above the logarithm of the dual product; ValueError if exponents stay."""
    left: dict[str, Fraction] = {}
    low = Fraction(0)
    for terms, weights in groups:
        whole = sum(weights, Fraction(0))
        if len(terms) != len(weights) or any(w < 0 for w in weights):
            raise ValueError("there is one weight, not negative, for each term")
        for (c, powers), w in zip(terms, weights, strict=True):
            if w:
                low += w * log_bounds(c * whole / w)[0]
            for name, p in powers.items():
                left[name] = left.get(name, Fraction(0)) + w * p
    if any(left.values()):
        raise ValueError("the exponents do not cancel")
    return low


def weights_of(group: Mapping[str, Any]) -> list[Fraction]:
    """The weights of a group."""
    return [Fraction(w) for w in group["weights"]]
