"""Closed forms spelled for readers: roots joined, so that ``2*sqrt(B*h*w)`` has one root."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import prod
from typing import Any

from costmodel.arith.atoms import Atom, Base
from costmodel.arith.form import from_terms, terms_of
from costmodel.arith.rational import is_rational, tidy
from costmodel.arith.terms import Monomial
from costmodel.arith.text import atom_text, term_key


def spelled(x: Any) -> str:
    """*x* in plain infix.

    >>> from costmodel.arith import sqrt, symbol
    >>> b, h, w = (symbol(n) for n in "Bhw")
    >>> spelled(2 * sqrt(b * h * w) + b / (h * w)), spelled(sqrt(b / (h * w)))
    ('2*sqrt(B*h*w) + B/(h*w)', 'sqrt(B/(h*w))')
    """
    if isinstance(x, str):
        return x
    terms = terms_of(x)
    if below := _below_all(terms):
        above = {tuple(f for f in m if f not in below): c for m, c in terms.items()}
        rooted = any(type(a) is Base for m in above for a, _ in m)
        under = "*".join(_power(a, -p) for a, p in sorted(below, key=_reading_order))
        under = f"({under})" if len(below) > 1 else under
        return f"({spelled(from_terms(above, rooted))})/{under}"
    parts: list[str] = []
    for monomial in sorted(terms, key=term_key):
        text = _term(monomial, terms[monomial])
        sign = "-" if text.startswith("-") else "+"
        parts.append(f" {sign} " if parts else sign.replace("+", ""))
        parts.append(text.removeprefix("-"))
    return "".join(parts) or "0"


def _below_all(terms: Mapping[Monomial, Any]) -> set[tuple[Atom, Any]]:
    """The sums that every one of several terms is divided by."""
    if len(terms) < 2:
        return set()
    shared = set.intersection(*(set(m) for m in terms))
    return {(a, p) for a, p in shared
            if type(a) is Base and not is_rational(a.value) and p < 0 and p.denominator == 1
            }  # fmt: skip


def _has_roots(monomial: Monomial) -> bool:
    return any(p.denominator != 1 for _, p in monomial)


def _term(monomial: Monomial, c: Any) -> str:
    if not _has_roots(monomial):
        return str(from_terms({monomial: c}, any(type(a) is Base for a, _ in monomial)))
    if c < 0:
        return f"-{_term(monomial, -c)}"
    whole: list[tuple[Atom, Any]] = []
    roots: dict[int, list[tuple[Atom, Any]]] = {}
    for atom, p in sorted(monomial, key=_reading_order):
        towards_zero = int(p)
        if towards_zero:
            whole.append((atom, towards_zero))
        if rest := tidy(p - towards_zero):
            roots.setdefault(rest.denominator, []).append((atom, rest.numerator))
    c, numbers = _numbers(c, roots)
    above = numbers + [_power(a, p) for a, p in whole if p > 0]
    below = [_power(a, -p) for a, p in whole if p < 0]
    above += [_root(factors, degree) for degree, factors in sorted(roots.items())]
    if c.denominator != 1:
        above.insert(0, f"{c.numerator}/{c.denominator}")
    elif c != 1:
        above.insert(0, str(c.numerator))
    text = "*".join(above)
    if not below:
        return text
    return f"{text}/{below[0]}" if len(below) == 1 else f"{text}/({'*'.join(below)})"


def _numbers(c: Any, roots: dict[int, list[tuple[Atom, Any]]]) -> tuple[Any, list[str]]:
    """Higher roots of numbers as powers, the coefficient *c* drawn in: 2**(-7/100)."""
    found = []
    for degree in sorted(set(roots) - {2}):
        numbers = [(a, p) for a, p in roots[degree] if _is_number(a)]
        roots[degree] = [f for f in roots[degree] if f not in numbers]
        if not roots[degree]:
            del roots[degree]
        for atom, p in numbers:
            n, power = atom.args[0], p
            while n.denominator == 1 and Fraction(c).denominator % n == 0:
                c, power = tidy(Fraction(c) * n), power - degree
            found.append(f"{n}**({power}/{degree})")
    return c, found


def _reading_order(factor: tuple[Atom, Any]) -> tuple[bool, Any]:
    return not _is_number(factor[0]), factor[0].key


def _is_number(atom: Atom) -> bool:
    return isinstance(atom, Base) and is_rational(atom.value)


def _root(factors: list[tuple[Atom, Any]], degree: int) -> str:
    numbers = [(a.args[0], p) for a, p in factors if _is_number(a)]
    factors = [(a, p) for a, p in factors if not _is_number(a)]
    above = [_power(a, p) for a, p in factors if p > 0]
    below = [_power(a, -p) for a, p in factors if p < 0]
    if numbers:  # the roots of numbers are kept with exponents in (0, 1)
        above.insert(0, str(prod(n**p for n, p in numbers)))
    text = "*".join(above) or "1"
    if below:
        text += f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})"
    if degree == 2:
        plain = len(above) == 1 and not below and text.startswith("(") and text.endswith(")")
        return f"sqrt{text}" if plain else f"sqrt({text})"
    simple = len(above) == 1 and not below and "**" not in text
    return f"{text if simple else f'({text})'}**(1/{degree})"


def _power(atom: Atom, p: Any) -> str:
    text = str(atom.args[0]) if _is_number(atom) else atom_text(atom)
    return text if p == 1 else f"{text}**{p}"
