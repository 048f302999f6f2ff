"""Closed forms seen as sums of powers of a few chosen symbols."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import lcm
from typing import Any

from costmodel.arith import Form, compare, evaluate, symbol, total
from costmodel.arith.atoms import Atom, Base, Extremum, Symbol
from costmodel.arith.form import from_terms, of_atom, terms_of
from costmodel.arith.program import symbols_of
from costmodel.arith.rational import is_rational, tidy
from costmodel.arith.terms import multiplied
from costmodel.derive.digits import sign_of_number

Powers = tuple[Any, ...]  # an exponent for each chosen symbol


class NotPolynomialError(Exception):
    """A chosen symbol stands inside a floor, an extremum or a quotient."""


def names_in(x: Any) -> frozenset[str]:
    """The names of the symbols in *x*."""
    return frozenset(s.name for s in symbols_of(x))


def by_powers(x: Any, names: Sequence[str]) -> dict[Powers, Any]:
    """*x* as a sum of coefficient times powers of the symbols *names*.

    >>> h, c = symbol("h"), symbol("c")
    >>> sorted(by_powers(3 * h * c + h / c, ["c"]).items())
    [((-1,), h), ((1,), 3*h)]
    """
    place = {name: i for i, name in enumerate(names)}
    parts: dict[Powers, list[Any]] = {}
    for monomial, c in terms_of(x).items():
        powers: list[Any] = [0] * len(names)
        others = []
        for atom, p in monomial:
            if isinstance(atom, Symbol) and atom.name in place:
                powers[place[atom.name]] = p
            elif atom.depth > 1 and _inside(atom) & place.keys():
                raise NotPolynomialError(f"{of_atom(atom, p)} holds a chosen symbol")
            else:
                others.append((atom, p))
        rooted = any(type(atom) is Base for atom, _ in others)
        parts.setdefault(tuple(powers), []).append(from_terms({tuple(others): c}, rooted))
    sums = {powers: total(terms) for powers, terms in parts.items()}
    return {powers: c for powers, c in sums.items() if not vanishes(c)}


def _inside(atom: Atom) -> frozenset[str]:
    return names_in(of_atom(atom))


def power_product(powers: Powers, names: Sequence[str], symbols: Mapping[str, Any]) -> Any:
    """The product of *symbols* to the given powers."""
    result: Any = 1
    for name, p in zip(names, powers, strict=True):
        if p:
            result = result * symbols[name] ** p
    return result


def derivative(x: Any, name: str) -> Any:
    """dx/dname of a sum of powers.

    >>> c = symbol("c")
    >>> derivative(3 * c**2 + 5 / c, "c")
    6*c - 5/c**2
    """
    result: Any = 0
    for monomial, c in terms_of(x).items():
        powers: dict[Atom, Any] = dict(monomial)
        found = None
        for atom, p in monomial:
            if isinstance(atom, Symbol) and atom.name == name:
                found = (atom, p)
            elif atom.depth > 1 and name in _inside(atom):
                raise NotPolynomialError(f"{name} stands inside {of_atom(atom)}")
        if found is None:
            continue
        atom, p = found
        rooted = any(type(a) is Base for a in powers)
        result = result + from_terms({monomial: tidy(c * p)}, rooted) * of_atom(atom, -1)
    return result


def vanishes(x: Any) -> bool:
    """Whether *x* is zero for all values of its symbols, quotients by sums cleared first."""
    if is_rational(x):
        return bool(x == 0)
    for atom in {a for m in x.terms for a, p in m if type(a) is Base and not is_rational(a.value)}:
        x = _times_denominator(x, atom)
        if is_rational(x):
            return bool(x == 0)
    return False


def _times_denominator(x: Any, base: Base) -> Any:
    """*x* times a power of *base*, its whole powers written out."""
    result: Any = 0
    least = min((p for m in terms_of(x) for a, p in m if a is base), default=0)
    lowest = min(least, 0) // 1
    for monomial, c in terms_of(x).items():
        power = next((p for a, p in monomial if a is base), 0)
        rest = tuple((a, p) for a, p in monomial if a is not base)
        whole = int((power - lowest) // 1)
        fraction = tidy(power - lowest - whole)
        if fraction:
            rest = (*rest, (base, fraction))
        rest = tuple(sorted(rest, key=lambda f: f[0].rank))
        rooted = any(type(a) is Base for a, _ in rest)
        result = result + from_terms(
            multiplied(terms_of(from_terms({rest: c}, rooted)), terms_of(base.value**whole)), rooted
        )
    return result


def same(a: Any, b: Any) -> bool:
    """Whether two forms are equal for all values of their symbols."""
    return vanishes(a - b)


def positive(x: Any) -> bool:
    """Whether ``x > 0`` for all values of the symbols can be shown from signs alone."""
    if is_rational(x):
        return bool(x > 0)
    if not names_in(x):
        return sign_of_number(x) > 0
    if all(c > 0 for c in x.terms.values()):
        return all(_factor_positive(atom, p) for m in x.terms for atom, p in m)
    return not x.rooted and compare(x, ">", 0) is True


def _factor_positive(atom: Atom, p: Any) -> bool:
    if isinstance(atom, Symbol):
        return True
    if isinstance(atom, Base):
        return p.denominator != 1 or positive(atom.value)
    return compare(of_atom(atom), ">", 0) is True


def not_negative(x: Any) -> bool:
    """Whether ``x >= 0`` for all values of the symbols can be shown from signs alone."""
    if is_rational(x):
        return bool(x >= 0)
    if positive(x) or (not x.rooted and compare(x, ">=", 0) is True):
        return True
    whole = _without_roots(x)
    return whole is not None and compare(whole, ">=", 0) is True


def _without_roots(x: Any) -> Any:
    """*x* in the roots of its symbols, s = u**q, where that leaves no root; else None."""
    if x.rooted:
        return None
    degrees: dict[Symbol, int] = {}
    for monomial in x.terms:
        for atom, p in monomial:
            if p.denominator != 1:
                if not isinstance(atom, Symbol) or atom.least not in (0, 1):
                    return None
                degrees[atom] = lcm(degrees.get(atom, 1), p.denominator)
    if not degrees:
        return None
    roots = {s.name: symbol(f"_{s.name}", integer=False, minimum=s.least) ** q
             for s, q in degrees.items()}  # fmt: skip
    return evaluate(x, roots)


def extremum_of(x: Any) -> tuple[Any, Extremum, Any] | None:
    """(rest, the only Max of *x*, its coefficient) where ``x = rest + coefficient*Max(...)``."""
    found = [(m, c, a) for m, c in terms_of(x).items() for a, p in m if isinstance(a, Extremum)]
    if len(found) != 1 or not found[0][2].top:
        return None
    monomial, c, atom = found[0]
    if dict(monomial)[atom] != 1 or c < 0:
        return None
    others = tuple((a, p) for a, p in monomial if a is not atom)
    rest = total(from_terms({m: k}) for m, k in terms_of(x).items() if m != monomial)
    return rest, atom, from_terms({others: c})


def substituted(x: Any, bindings: Mapping[str, Any]) -> Any:
    """*x* with symbols replaced, quotients by sums cancelled where they divide out."""
    if not isinstance(x, Form):
        return x
    for name, value in bindings.items():
        if len(terms_of(value)) > 1 and value.rooted and name in names_in(x):
            x = _with_surd(x, name, value)
    return cancelled(evaluate(x, bindings)) if isinstance(x, Form) else x


def _with_surd(x: Any, name: str, value: Any) -> Any:
    """*x* with *name* replaced by r + s, s a root, whose inverse is (r - s)/(r*r - s*s)."""
    try:
        parts = by_powers(x, [name])
    except NotPolynomialError:
        return x
    terms = terms_of(value)
    plain = total(from_terms({m: c}) for m, c in terms.items() if not _has_root(m))
    norm = value * (2 * plain - value)  # (r + s)*(r - s)
    if vanishes(norm) or any(_has_root(m) for m in terms_of(norm)):
        return x
    inverse = (2 * plain - value) / norm
    powers = [(p, c) for (p,), c in parts.items()]
    if any(type(p) is not int for p, _ in powers):
        return x
    return total(c * (value**p if p >= 0 else inverse**-p) for p, c in powers)


def _has_root(monomial: Any) -> bool:
    return any(type(a) is Base or p.denominator != 1 for a, p in monomial)


def _fraction(atom: Atom, p: Any) -> Any:
    return p if type(atom) is Base else p - p // 1


def cancelled(x: Any) -> Any:
    """*x* where a sum over a sum that divides it is divided out."""
    if is_rational(x) or not x.rooted:
        return x
    for base in {a for m in x.terms for a, p in m if type(a) is Base and p == -1}:
        if is_rational(base.value):
            continue
        groups: dict[Any, list[Any]] = {}
        rest: list[Any] = []
        for monomial, c in terms_of(x).items():
            if (base, -1) not in monomial:
                rest.append(from_terms({monomial: c}, True))
                continue
            others = [(a, p) for a, p in monomial if a is not base]
            roots = tuple((a, _fraction(a, p)) for a, p in others if _fraction(a, p))
            plain = tuple((a, p - _fraction(a, p)) for a, p in others if p != _fraction(a, p))
            groups.setdefault(roots, []).append(from_terms({plain: c}))
        whole = [from_terms({roots: 1}, True) * (total(ts) / base.value)
                 for roots, ts in groups.items()]  # fmt: skip
        x = total([*rest, *whole])
        if is_rational(x):
            return x
    return x


def fresh(name: str) -> Any:
    """A positive real unknown, such as a budget."""
    return symbol(name, integer=False)


def domain_of(forms: Iterable[Any], extra: Collection[Any] = ()) -> dict[str, dict[str, Any]]:
    """What the symbols of *forms* may be, as plain data."""
    found = {}
    for s in symbols_of(*forms, *extra):
        found[s.name] = {
            "integer": s.integer,
            "minimum": str(s.least),
            "multiple_of": s.multiple_of,
        }
    return dict(sorted(found.items()))
