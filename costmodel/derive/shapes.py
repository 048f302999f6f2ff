"""What a form is made of where it is no plain sum of powers: maxima, and wider domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from costmodel.arith import symbol
from costmodel.arith.atoms import Base, Extremum, Floor
from costmodel.arith.form import from_terms, of_atom, terms_of
from costmodel.arith.program import symbols_of
from costmodel.derive.algebra import (
    NotPolynomialError,
    by_powers,
    derivative,
    extremum_of,
    names_in,
    not_negative,
    substituted,
)

if TYPE_CHECKING:
    from costmodel.derive.chain import Given


def branches(x: Any) -> list[Any]:
    """*x* once for each argument of its only maximum, which it is the largest of.

    >>> from costmodel.arith import maximum
    >>> h, w = symbol("h"), symbol("w")
    >>> branches(maximum(h, w) + 1), branches(h)
    ([h + 1, w + 1], [h])
    """
    found = extremum_of(x)
    if found is None:
        return [x]
    rest, atom, factor = found
    return [rest + factor * argument for argument in atom.forms]


MIRRORED = {"=": "=", ">=": "<=", "<=": ">="}


def oriented(given: Given) -> tuple[Any, str]:
    """A constraint as ``gap relation 0`` where a maximum in *gap* counts upwards."""
    gap = given.left - given.right
    if extremum_of(gap) is None and extremum_of(-gap) is not None:
        return -gap, MIRRORED[given.relation]
    return gap, given.relation


def halves(x: Any) -> tuple[Any, Any]:
    """The positive terms of *x*, and minus the others."""
    rooted = getattr(x, "rooted", False)
    terms = terms_of(x)
    return (
        from_terms({m: c for m, c in terms.items() if c > 0}, rooted),
        from_terms({m: -c for m, c in terms.items() if c < 0}, rooted),
    )


def least_arguments(x: Any) -> list[Any]:
    """The arguments of a minimum; what is none is its only one."""
    terms = list(terms_of(x).items())
    if len(terms) == 1 and terms[0][1] == 1 and len(terms[0][0]) == 1:
        atom, power = terms[0][0][0]
        if power == 1 and isinstance(atom, Extremum) and not atom.top:
            return list(atom.forms)
    return [x]


def slopes(x: Any, name: str) -> list[Any]:
    """The derivatives of its branches."""
    return [derivative(branch, name) for branch in branches(x)]


def partials(x: Any, name: str) -> list[Any]:
    """What all must be >= 0 where *x* does not fall with *name*, through its floors too.

    The first of them is the derivative with every floor held; NotPolynomialError where *name*
    stands inside of anything else, or a floor falls with it.
    """
    found = []
    for branch in branches(x):
        floors = [atom for monomial in terms_of(branch) for atom, _ in monomial
                  if isinstance(atom, Floor) and name in names_in(of_atom(atom))]  # fmt: skip
        stand_ins: dict[Floor, Any] = {atom: symbol(f"_floor{i}", integer=False)
                     for i, atom in enumerate(dict.fromkeys(floors))}  # fmt: skip
        for atom in stand_ins:
            if not all(map(not_negative, partials(atom.form, name))):
                raise NotPolynomialError(f"{of_atom(atom)} may fall with {name}")
        held = _replaced(branch, stand_ins)
        names = [name, *(str(s) for s in stand_ins.values())]
        back = {str(s): of_atom(atom) for atom, s in stand_ins.items()}
        found += [substituted(derivative(held, n), back) for n in names]
    return found


def _replaced(x: Any, stand_ins: Mapping[Any, Any]) -> Any:
    """*x* with floors replaced by unknowns."""
    result: Any = 0
    for monomial, c in terms_of(x).items():
        rest = tuple((atom, p) for atom, p in monomial if atom not in stand_ins)
        term = from_terms({rest: c}, any(type(atom) is Base for atom, _ in rest))
        for atom, p in monomial:
            if atom in stand_ins:
                term = term * stand_ins[atom] ** p
        result = result + term
    return result


def widened(x: Any, name: str) -> Any:
    """*x* where *name* may be any positive number."""
    found = [s for s in symbols_of(x) if s.name == name]
    if not found or found[0].least == 0:
        return x
    return substituted(x, {name: symbol(f"_{name}", integer=False)})


def unbounded(x: Any, name: str) -> bool:
    """Whether *x*, which rises with *name*, does so without end."""
    return max((p for (p,) in by_powers(x, [name])), default=0) > 0


def holds_one_of(x: Any, names: Any) -> bool:
    """Whether one of *names* occurs in *x*."""
    return not names_in(x).isdisjoint(names)
