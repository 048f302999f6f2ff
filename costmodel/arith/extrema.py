"""The largest and the smallest of forms, kept as an atom where the symbols leave it open."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from costmodel.arith.atoms import Atom, Extremum, Floor, Symbol
from costmodel.arith.form import Form, of_atom
from costmodel.arith.rational import is_rational

MOST_COMPARED: Final = 4  # beyond, only what term by term comparison tells is dropped


@lru_cache(maxsize=4096)  # layers repeat, and comparing takes long
def extremum(top: bool, xs: tuple[Any, ...]) -> Any:
    """The largest (*top*) or smallest of numbers and forms.

    What is sure to be beaten by another argument is dropped; the rest is an ``Extremum``
    whose arguments are distinct, at most one of them a number, and in order of printing.
    """
    forms, constants = _flattened(top, xs)
    if constants:
        forms = [*forms, max(constants) if top else min(constants)]
    forms = _undominated(top, list(dict.fromkeys(forms)), _plainly_not_negative)
    if len(forms) <= MOST_COMPARED:
        from costmodel.arith.bounds import not_negative

        forms = _undominated(top, forms, not_negative)
    if len(forms) == 1:
        return forms[0]
    from costmodel.arith.text import argument_key

    return of_atom(Extremum(top, tuple(sorted(forms, key=argument_key))))


def _flattened(top: bool, xs: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
    forms, constants = [], []
    for x in xs:
        if is_rational(x):
            constants.append(x)
            continue
        inner = _arguments(top, x)
        forms += [y for y in inner if type(y) is Form]
        constants += [y for y in inner if type(y) is not Form]
    return forms, constants


def _arguments(top: bool, x: Form) -> tuple[Any, ...]:
    # Max(a, Max(b, c)) = Max(a, b, c)
    if len(x.terms) == 1:
        ((monomial, c),) = x.terms.items()
        if len(monomial) == 1 and c == 1 and monomial[0][1] == 1:
            atom = monomial[0][0]
            if isinstance(atom, Extremum) and atom.top == top:
                return atom.forms
    return (x,)


def _plainly_not_negative(x: Any) -> bool:
    """Whether no term of *x* can be negative, told from signs alone."""
    if type(x) is not Form:
        return bool(x >= 0)
    return all(c > 0 for c in x.terms.values()) and all(
        isinstance(atom, Symbol) or power % 2 == 0 or _is_size(atom)
        for monomial in x.terms
        for atom, power in monomial
    )


def _is_size(atom: Atom) -> bool:
    """A floor of a sum without negative terms."""
    return isinstance(atom, Floor) and _plainly_not_negative(atom.form)


def _undominated(top: bool, forms: list[Any], not_negative: Callable[[Any], Any]) -> list[Any]:
    kept: list[Any] = []
    for x in forms:
        if any(not_negative(y - x if top else x - y) for y in kept):
            continue
        kept = [y for y in kept if not not_negative(x - y if top else y - x)]
        kept.append(x)
    return kept
