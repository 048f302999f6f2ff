"""Names for the floors that forms share, so that the forms can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from costmodel.arith.atoms import Atom, Extremum, Floor, Symbol
from costmodel.arith.form import Form, of_atom
from costmodel.arith.functions import maximum, minimum, symbol, total


def let_bind(forms: Iterable[Any]) -> tuple[dict[str, Form], list[Any]]:
    """The floors in *forms* under short names, and the forms written with these names.

    ``floor((h + 3)/4)``, the quarter of h rounded up, becomes ``h4``; other floors become
    ``f1``, ``f2``, ...

    >>> h = symbol("h")
    >>> lets, (area,) = let_bind([(h + 3) // 4 * ((h + 3) // 4)])
    >>> lets, area
    ({'h4': floor((h + 3)/4)}, h4**2)
    """
    forms = list(forms)
    taken = {atom.name for form in forms for atom in _atoms(form) if isinstance(atom, Symbol)}
    names: dict[Atom, str] = {}

    def named(atom: Atom) -> Any:
        if isinstance(atom, Extremum):
            pick = maximum if atom.top else minimum
            return pick(*(rewritten(form, named) for form in atom.forms))
        if not isinstance(atom, Floor):
            return of_atom(atom)
        if atom not in names:
            names[atom] = _fresh(_natural(atom), taken)
        return symbol(names[atom], minimum=0)

    short = [rewritten(form, named) for form in forms]
    return {name: of_atom(atom) for atom, name in names.items()}, short


def rewritten(x: Any, replace: Callable[[Atom], Any]) -> Any:
    """*x* with each of its outermost atoms replaced."""
    if not isinstance(x, Form):
        return x
    terms = []
    for monomial, coefficient in x.terms.items():
        term: Any = coefficient
        for atom, power in monomial:
            term = term * (of_atom(atom, power) if power != int(power) else replace(atom) ** power)
        terms.append(term)
    return total(terms)


def period(forms: Iterable[Any], name: str) -> int:
    """The least number whose multiples, as values of *name*, leave no floor of that symbol.

    >>> h = symbol("h")
    >>> period([(h + 3) // 4, (h + 1) // 2], "h")
    4
    """
    from math import lcm

    steps = [
        atom.step
        for form in forms
        for atom in _atoms(form)
        if isinstance(atom, Floor) and any(isinstance(s, Symbol) and s.name == name
                                           for s in _atoms(atom.form))
    ]  # fmt: skip
    return lcm(*steps) if all(steps) else 0


def _atoms(form: Any) -> Iterable[Atom]:
    from costmodel.arith.atoms import reachable

    outer = {atom for monomial in getattr(form, "terms", ()) for atom, _ in monomial}
    return reachable(outer)


def _natural(floor: Floor) -> str | None:
    """``h4`` for h/4 rounded up."""
    terms = dict(floor.form.terms)
    constant = terms.pop((), 0)
    if len(terms) == 1:
        ((monomial, coefficient),) = terms.items()
        if len(monomial) == 1 and monomial[0][1] == 1 and isinstance(monomial[0][0], Symbol):
            divisor = 1 / coefficient if coefficient != 0 else 0
            if constant == (divisor - 1) / divisor:
                return f"{monomial[0][0].name}{divisor}"
    return None


def _fresh(wanted: str | None, taken: set[str]) -> str:
    number = 1
    name = wanted or "f1"
    while name in taken:
        number += 1
        name = f"{wanted}_{number}" if wanted else f"f{number}"
    taken.add(name)
    return name
