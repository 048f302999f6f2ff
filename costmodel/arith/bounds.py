"""What the domains of the symbols imply about the order of two forms.

Nothing here guesses: True and False are proved, None is the answer to everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from costmodel.arith.atoms import Atom, Extremum, Floor, Symbol
from costmodel.arith.form import Form, depth, from_terms, is_integer, of_atom, terms_of
from costmodel.arith.rational import is_rational, ratio
from costmodel.arith.terms import Monomial, multiplied, rank

MOST_CASES: Final = 32  # choices among the arguments of Max and Min looked at
MOST_NESTED: Final = 50  # floors within floors looked through
MOST_DEGREE: Final = 24  # beyond, a polynomial is not expanded about the symbols' minima


@lru_cache(maxsize=4096)  # layers repeat, and so do questions about them
def compare_forms(a: Any, relation: str, b: Any) -> bool | None:
    """Whether ``a <= b`` (or ``<``, ``>=``, ``>``, ``==``, ``!=``) for all values of the symbols.

    False means: for no value.
    """
    if relation in (">=", ">"):
        a, b = b, a
    difference = b - a
    if relation in ("<=", ">="):
        return _three_valued(difference, not_negative, positive)
    if relation in ("<", ">"):
        return _three_valued(difference, positive, not_negative)
    return _equal(difference, wanted=relation == "==")


def _three_valued(x: Any, yes: Callable[[Any], bool], no: Callable[[Any], bool]) -> bool | None:
    if yes(x):
        return True
    return False if no(-x) else None


def _equal(difference: Any, wanted: bool) -> bool | None:
    if is_rational(difference):
        return bool((difference == 0) == wanted)
    if positive(difference) or positive(-difference) or _never_whole(difference):
        return not wanted
    return None


def _never_whole(x: Form) -> bool:
    """Whether *x* is an integer plus a fraction that is none, such as h*w + 1/2."""
    constant = x.terms.get((), 0)
    return constant.denominator != 1 and is_integer(x - constant)


def not_negative(x: Any) -> bool:
    """Whether ``x >= 0`` can be proved."""
    if _proved(x, False, MOST_CASES):
        return True
    # An integer is not negative once it is above -1.
    return is_integer(x) and _proved(x + 1, True, MOST_CASES)


def positive(x: Any) -> bool:
    """Whether ``x > 0`` can be proved."""
    return _proved(x, True, MOST_CASES) or (is_integer(x) and _proved(x - 1, False, MOST_CASES))


def _proved(x: Any, strict: bool, cases: int) -> bool:
    if is_rational(x):
        return bool(x > 0 if strict else x >= 0)
    for monomial, c in x.terms.items():
        if len(monomial) == 1 and monomial[0][1] == 1 and type(monomial[0][0]) is Extremum:
            atom = monomial[0][0]
            cases //= len(atom.forms)
            if not cases:
                return False
            others = x - of_atom(atom) * c
            proofs = (_proved(others + y * c, strict, cases) for y in atom.forms)
            # c*Max >= c*y for each y if c > 0: one proof will do.  Otherwise it *is* one of
            # the c*y, and it is not known which: all are needed.  Min is the mirror image.
            return any(proofs) if atom.top == (c > 0) else all(proofs)
    if depth(x) > MOST_NESTED:
        return False
    for low in (_without_floors(x, up=False), _with_integers(x)):
        if low is not None and _proved_polynomial(low, strict):
            return True
    return False


def _without_floors(x: Any, up: bool) -> Any:
    """A polynomial in the symbols nowhere below (*up*) or above *x*; None if none is found."""
    result: Any = 0
    for monomial, c in terms_of(x).items():
        symbols = tuple(f for f in monomial if type(f[0]) is Symbol)
        others = tuple(f for f in monomial if type(f[0]) is not Symbol)
        if not others:
            bound: Any = 1
        elif len(others) == 1 and others[0][1] == 1 and type(others[0][0]) is Floor:
            # One floor beside positive symbols: its sign does not matter.
            bound = _floor_bound(others[0][0], up == (c > 0))
        else:
            bound = _product_bound(others, up == (c > 0))
        if bound is None:
            return None
        result = result + from_terms({symbols: c}) * bound
    return result


def _with_integers(x: Any) -> Any:
    """*x* with an unknown of its own for each floor; None if the sign of one is not known."""
    result: Any = 0
    for monomial, c in terms_of(x).items():
        term: Any = c
        for atom, p in monomial:
            factor = of_atom(atom) if type(atom) is Symbol else None
            if type(atom) is Floor and type(p) is int and p > 0:
                factor = _integer(atom)
            if factor is None:
                return None
            term = term * factor**p
        result = result + term
    return result


@lru_cache(maxsize=4096)
def _integer(floor: Floor) -> Any:
    """An integer from 1 in place of *floor*, as it is, less 1 or negated; None if none serves."""
    unknown = of_atom(Symbol(str(of_atom(floor)), 1, True, 1))
    if _proved(-floor.form, True, 1):
        return -unknown
    if _proved(floor.form - 1, False, 1):
        return unknown
    return unknown - 1 if _proved(floor.form, False, 1) else None


def _floor_bound(floor: Floor, up: bool) -> Any:
    # N/q - (q - 1)/q <= floor(N/q) <= N/q for an integer N; x - 1 < floor(x) <= x for any.
    loss = 0 if up else 1 - ratio(1, floor.step) if floor.step else 1
    return _without_floors(floor.form - loss, up)


def _product_bound(factors: Monomial, up: bool) -> Any:
    """A bound of a product, if none of its factors is ever negative."""
    for atom, p in factors:
        if type(p) is not int or p < 0 or not not_negative(of_atom(atom)):
            return None
    bound: Any = 1
    for atom, p in factors:
        factor = _floor_bound(atom, up) if type(atom) is Floor else None
        if not up and (factor is None or not _proved_polynomial(factor, False)):
            return 0
        if factor is None:
            return None
        bound = bound * factor**p
    return bound


def _proved_polynomial(x: Any, strict: bool) -> bool:
    """Whether a sum of products of symbols is positive (or not negative), by its coefficients."""
    if is_rational(x):
        return bool(x > 0 if strict else x >= 0)
    if all(c > 0 for c in x.terms.values()):
        return True  # symbols are positive
    x = _cleared(x)
    if is_rational(x):
        return bool(x > 0 if strict else x >= 0)
    if any(type(p) is not int for m in x.terms for _, p in m):
        return False
    if any(sum(p for _, p in m) > MOST_DEGREE for m in x.terms):
        return False
    shifted = _about_minima(x)
    if is_rational(shifted):
        return bool(shifted > 0 if strict else shifted >= 0)
    terms = shifted.terms
    if any(c < 0 for c in terms.values()):
        return False
    # Above its minimum a symbol is x = least + y with y >= 0, and y > 0 where least is 0.
    return not strict or () in terms or any(all(_open(a) for a, _ in m) for m in terms)


def _open(atom: Atom) -> bool:
    return isinstance(atom, Symbol) and atom.least == 0


def _cleared(x: Form) -> Any:
    """*x* times a product of symbols, which is positive, so that no power is negative."""
    least: dict[Atom, Any] = {}
    for monomial in x.terms:
        for atom, p in monomial:
            least[atom] = min(least.get(atom, 0), p)
    factor = tuple(sorted(((a, -p) for a, p in least.items() if p), key=rank))
    return from_terms(multiplied(x.terms, {factor: 1})) if factor else x


def _about_minima(x: Form) -> Any:
    """*x* with every symbol replaced by its minimum plus itself."""
    result: Any = 0
    for monomial, c in x.terms.items():
        term: Any = c
        for atom, p in monomial:
            if isinstance(atom, Symbol):
                term = term * (of_atom(atom) + atom.least) ** p
        result = result + term
    return result


def always_whole(x: Any) -> bool | None:
    """Whether *x* is an integer: for all values of the symbols, for none, or it depends."""
    if is_rational(x):
        return bool(x.denominator == 1)
    if is_integer(x):
        return True
    return False if _never_whole(x) else None
