"""The largest and the smallest of forms, kept as an atom where the symbols leave it open."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from costmodel.arith.atoms import Extremum
from costmodel.arith.form import Form, of_atom
from costmodel.arith.rational import is_rational

MOST_COMPARED: Final = 12  # beyond, arguments are not compared pair by pair


@lru_cache(maxsize=4096)  # layers repeat, and comparing takes long
def extremum(top: bool, xs: tuple[Any, ...]) -> Any:
    """The largest (*top*) or smallest of numbers and forms.

    What is sure to be beaten by another argument is dropped; the rest is an ``Extremum``
    whose arguments are distinct, at most one of them a number, and in order of printing.
    """
    forms, constants = _flattened(top, xs)
    if constants:
        forms = [*forms, max(constants) if top else min(constants)]
    forms = list(dict.fromkeys(forms))
    if len(forms) <= MOST_COMPARED:
        forms = _undominated(top, forms)
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


def _undominated(top: bool, forms: list[Any]) -> list[Any]:
    from costmodel.arith.bounds import not_negative

    kept: list[Any] = []
    for x in forms:
        if any(not_negative(y - x if top else x - y) for y in kept):
            continue
        kept = [y for y in kept if not not_negative(x - y if top else y - x)]
        kept.append(x)
    return kept
