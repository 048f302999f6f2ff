"""Where a growing form of one symbol first reaches a value."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from costmodel.arith.atoms import Atom, Extremum, Floor, Symbol
from costmodel.arith.bounds import MOST_NESTED, not_negative
from costmodel.arith.form import Form, depth, of_atom
from costmodel.arith.program import Program, symbols_of
from costmodel.arith.rational import Rational, is_rational, ratio

FARTHEST: Final = 2**64  # a dimension that nothing reaches


@lru_cache(maxsize=4096)  # a condition is asked for its bound more than once
def threshold(value: Form, minimum: Any) -> tuple[Symbol, Rational] | None:
    """The symbol s and the number b for which ``value >= minimum`` says ``s >= b``.

    >>> from costmodel.arith import symbol
    >>> h = symbol("h")
    >>> threshold(3 * ((h - 5) // 8) + 1, 4)[1]  # floor((h - 5)/8) >= 1
    13
    """
    reached = value - minimum
    if not isinstance(reached, Form):
        return None
    return _linear(reached) or _search(reached)


def sure_above(value: Form, minimum: Any) -> bool:
    """Whether the domain of the one symbol that matters implies ``value >= minimum``."""
    found = threshold(value, minimum)
    return found is not None and found[0].least >= found[1]


def _linear(x: Any) -> tuple[Symbol, Rational] | None:
    """Solves ``x >= 0`` by undoing steps, if x = a*atom + b with a > 0 at every level."""
    while True:
        terms = dict(x.terms)
        constant = terms.pop((), 0)
        ((monomial, a), *others) = terms.items()
        if others or a < 0 or len(monomial) > 1 or monomial[0][1] != 1:
            return None
        atom, needed = monomial[0][0], ratio(-constant, a)
        if isinstance(atom, Floor):
            x = atom.form - _up(needed)  # floor(y) >= b says y >= ceil(b)
        elif isinstance(atom, Symbol):
            return atom, _stepped(atom, needed)
        else:
            return None


def _up(x: Rational) -> int:
    return int(-(-x // 1))


def _stepped(symbol: Symbol, needed: Rational) -> Rational:
    """The least value of *symbol* that is not below *needed*."""
    m = symbol.multiple_of
    return _up(ratio(needed, m)) * m if symbol.integer else needed


def _search(x: Form) -> tuple[Symbol, Rational] | None:
    """Bisection, if x grows with its only symbol."""
    symbols = symbols_of(x)
    if len(symbols) != 1 or not symbols[0].integer or depth(x) > MOST_NESTED or not _grows(x):
        return None
    symbol, program = symbols[0], Program([x], {symbols[0]: 0}, 1)
    m = symbol.multiple_of

    def enough(multiple: int) -> bool:
        return bool(program(multiple * m)[0] >= 0)

    low, high = int(symbol.least) // m - 1, int(symbol.least) // m
    while not enough(high):
        low, high = high, 2 * high
        if high > FARTHEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return symbol, high * m


def _grows(x: Any) -> bool:
    """Whether *x* never falls when a symbol rises."""
    if is_rational(x):
        return True
    for monomial, c in x.terms.items():
        if c < 0 and monomial:
            return False
        for atom, p in monomial:
            if p < 0 or not _atom_grows(atom):
                return False
            # Growing factors have a growing product if none of them is negative.
            alone = len(monomial) == 1 and p == 1
            if not alone and not isinstance(atom, Symbol) and not not_negative(of_atom(atom)):
                return False
    return True


def _atom_grows(atom: Atom) -> bool:
    if isinstance(atom, Floor):
        return _grows(atom.form)
    if isinstance(atom, Extremum):
        return all(map(_grows, atom.forms))
    return isinstance(atom, Symbol)
