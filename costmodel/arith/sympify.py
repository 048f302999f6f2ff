"""Closed forms as SymPy expressions; the only module that imports SymPy."""

from __future__ import annotations

from functools import cache
from typing import Any

from costmodel.arith.atoms import Atom, Base, Extremum, Floor, Symbol, reachable
from costmodel.arith.form import Form, terms_of
from costmodel.arith.text import rounds_up


@cache
def sympy_symbol(name: str, integer: bool) -> Any:
    """The one SymPy symbol for a name: positive, and an integer if *integer*."""
    import sympy

    if integer:
        return sympy.Symbol(name, integer=True, positive=True)
    return sympy.Symbol(name, positive=True)


def form_to_sympy(form: Form) -> Any:
    """*form* as a SymPy expression, sums of products kept as they are."""
    known: dict[Atom, Any] = {}
    for atom in reachable(atom for m in form.terms for atom, _ in m):
        known[atom] = _atom(atom, known)
    return _sum(form, known)


def _atom(atom: Atom, known: dict[Atom, Any]) -> Any:
    import sympy

    if isinstance(atom, Symbol):
        return sympy_symbol(atom.name, atom.integer)
    if isinstance(atom, Floor):
        if rounds_up(atom, 1):  # as it is printed
            return -sympy.ceiling(_sum(-atom.form, known))
        return sympy.floor(_sum(atom.form, known))
    if isinstance(atom, Base):
        return _sum(atom.value, known)
    if not isinstance(atom, Extremum):
        raise TypeError(f"{atom!r} has no SymPy equivalent")
    kind = sympy.Max if atom.top else sympy.Min
    return kind(*(_sum(x, known) for x in atom.forms), evaluate=False)


def _sum(x: Any, known: dict[Atom, Any]) -> Any:
    import sympy

    def number(c: Any) -> Any:
        return sympy.Rational(c.numerator, c.denominator)

    return sympy.Add(
        *(
            sympy.Mul(number(c), *(sympy.Pow(known[atom], number(p)) for atom, p in monomial))
            for monomial, c in terms_of(x).items()
        )
    )
