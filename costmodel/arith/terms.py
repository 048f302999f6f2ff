"""Sums of products as plain mappings: what forms are made of.

A monomial is a tuple of ``(atom, power)`` in order of rank, the empty one for the
constant; terms map monomials to coefficients that are not zero, whole ones as ints.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from costmodel.arith.atoms import Atom
from costmodel.arith.rational import Rational, tidy

Monomial: TypeAlias = tuple[tuple[Atom, Any], ...]
Terms: TypeAlias = dict[Monomial, Any]


def rank(factor: tuple[Atom, Any]) -> int:
    """What sorts the factors of a monomial."""
    return factor[0].rank


def join(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials."""
    if not a or not b:
        return a or b
    if a[-1][0].rank < b[0][0].rank:
        return a + b
    if b[-1][0].rank < a[0][0].rank:
        return b + a
    powers = dict(a)
    for atom, p in b:
        p = p + powers.get(atom, 0)
        if p:
            powers[atom] = p if type(p) is int else tidy(p)
        else:
            del powers[atom]
    return tuple(sorted(powers.items(), key=rank))


def add_terms(into: Terms, terms: Terms) -> None:
    """Add *terms* to those of *into*, in place."""
    for monomial, c in terms.items():
        old = into.get(monomial)
        if old is None:
            if c:
                into[monomial] = c
            continue
        c = c + old
        if not c:
            del into[monomial]
        else:
            into[monomial] = c if type(c) is int else tidy(c)


def multiplied(a: Terms, b: Terms) -> Terms:
    """The terms of a product, powers added and nothing else."""
    if len(a) == 1 and len(b) == 1:
        ((m, x),) = a.items()
        ((n, y),) = b.items()
        c = x * y
        return {join(m, n): c if type(c) is int else tidy(c)}
    product: Terms = {}
    for m, x in a.items():
        add_terms(product, _distinct({join(m, n): x * y for n, y in b.items()}))
    return product


def _distinct(terms: Terms) -> Terms:
    # m -> join(x, m) is injective, so the comprehension above lost nothing.
    return {m: c if type(c) is int else tidy(c) for m, c in terms.items()}


def term_content(monomial: Monomial, c: Rational) -> Rational | None:
    """A number of which c*monomial is always an integer multiple; None if there is none.

    Each factor that is an integer is ``multiple_of`` times an integer, and so is the product.
    """
    for atom, p in monomial:
        if not atom.integer or type(p) is not int or p < 0:
            return None
        if atom.multiple_of != 1:
            c = c * atom.multiple_of**p
    return c
