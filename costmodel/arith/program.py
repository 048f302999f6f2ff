"""Values of closed forms: a form becomes a list of steps on slots, which are run.

Steps are pairs of slots and a function of two arguments, so one program runs on ints,
Fractions, arrays and, for substitution, on forms.  Atoms, products and sums that several
forms have in common are computed once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from costmodel.arith.atoms import Atom, Base, Extremum, Floor, Symbol, reachable
from costmodel.arith.form import Form, of_atom, terms_of
from costmodel.arith.rational import is_rational, ratio
from costmodel.arith.roots import power
from costmodel.arith.terms import Monomial, Terms

INT64: Final = 2**63  # a magnitude that wraps


def symbols_of(*xs: Any) -> list[Symbol]:
    """The symbols that occur in forms, in order of creation."""
    return [a for a in reachable(_atoms(xs)) if isinstance(a, Symbol)]


def _atoms(xs: Iterable[Any]) -> set[Atom]:
    return {atom for x in xs for monomial in terms_of(x) for atom, _ in monomial}


def value_of(form: Form, bindings: Mapping[str, Any]) -> Any:
    """*form* with symbols replaced by numbers, arrays or forms; the others stay."""
    symbols = symbols_of(form)
    values = [bindings[s.name] if s.name in bindings else of_atom(s) for s in symbols]
    return Program([form], {s: i for i, s in enumerate(symbols)}, len(symbols))(*values)[0]


def compile_forms(forms: Sequence[Any], names: Sequence[str]) -> Program:
    """The program that takes values of the symbols *names*, in this order."""
    slots: dict[Atom, int] = {}
    for s in symbols_of(*forms):
        if s.name not in names:
            raise ValueError(f"no value is given for {s.name}; the names are {', '.join(names)}")
        slots[s] = names.index(s.name)
    return Program(forms, slots, len(names))


class Program:
    """Evaluates forms at positional values; returns a tuple."""

    def __init__(self, forms: Sequence[Any], inputs: Mapping[Atom, int], count: int) -> None:
        self._count = count
        self._slots: list[Any] = [None] * count  # inputs, then constants and results
        self._steps: list[tuple[Callable[[Any, Any], Any], int, int, int]] = []
        self._known: dict[Any, int] = {}
        self._atom_slots: dict[Atom, int] = dict(inputs)
        for atom in reachable(_atoms(forms)):
            if atom not in self._atom_slots:
                self._atom_slots[atom] = self._atom(atom)
        self._outputs = [self._quotient(x, over) for x in forms]

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        if len(values) != self._count:
            raise TypeError(f"{self._count} values are needed, {len(values)} given")
        if not set(map(type, values)) <= {int}:
            values = self._widened(values)
        slots = self._slots.copy()
        slots[: self._count] = values
        for function, target, i, j in self._steps:
            slots[target] = function(slots[i], slots[j])
        return tuple([slots[i] for i in self._outputs])

    def _constant(self, value: Any) -> int:
        key = (type(value), value)
        if key not in self._known:
            self._known[key] = len(self._slots)
            self._slots.append(value)
        return self._known[key]

    def _step(self, function: Callable[[Any, Any], Any], i: int, j: int) -> int:
        key = (function, i, j)
        if key not in self._known:
            self._known[key] = target = len(self._slots)
            self._slots.append(None)
            self._steps.append((function, target, i, j))
        return self._known[key]

    def _atom(self, atom: Atom) -> int:
        if isinstance(atom, Floor):
            # The divisor may have either sign: n // d is the floor of n/d for both.
            return self._quotient(atom.form, operator.floordiv)
        if isinstance(atom, Base):
            return self._quotient(atom.value, over)
        if not isinstance(atom, Extremum):
            raise TypeError(f"{atom!r} has no value")
        pick = larger if atom.top else smaller
        first, *others = (self._quotient(x, over) for x in atom.forms)
        for other in others:
            first = self._step(pick, first, other)
        return first

    def _quotient(self, x: Any, divide: Callable[[Any, Any], Any]) -> int:
        """The slot of *x*, written as one division of integer polynomials if it needs any."""
        numerator, denominator = cleared(terms_of(x))
        n, d = self._sum(numerator), self._sum(denominator)
        if denominator == {(): 1} and divide is over:
            return n
        return self._step(divide, n, d)

    def _sum(self, terms: Terms) -> int:
        result = None
        for monomial, c in terms.items():
            term = self._product(monomial, c)
            result = term if result is None else self._step(operator.add, result, term)
        return self._constant(0) if result is None else result

    def _product(self, monomial: Monomial, c: Any) -> int:
        result = None
        for atom, p in monomial:
            factor = self._atom_slots[atom]
            if p != 1:
                factor = self._step(power, factor, self._constant(p))
            result = factor if result is None else self._step(operator.mul, result, factor)
        if result is None:
            return self._constant(c)
        return result if c == 1 else self._step(operator.mul, result, self._constant(c))

    def _widened(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Integer arrays as int64, or as Python ints unless nothing can reach 2**63."""
        arrays = [x for x in values if hasattr(x, "dtype") and x.dtype.kind in "iub"]
        if not arrays:
            return values
        wide = self._largest(values) >= INT64
        return tuple(
            x.astype(object if wide else "int64")
            if hasattr(x, "dtype") and x.dtype.kind in "iub"
            else x
            for x in values
        )

    def _largest(self, values: tuple[Any, ...]) -> Any:
        """A bound of every magnitude that occurs on the way, from the largest corner."""
        slots = [abs(x) if is_rational(x) else x for x in self._slots]
        slots[: self._count] = [magnitude(x) for x in values]
        for function, target, i, j in self._steps:
            slots[target] = GROWTH[function](slots[i], slots[j])
        return max(x for x in slots if x is not None)


def magnitude(x: Any) -> Any:
    """The largest absolute value in *x*, as a Python number; 0 of a form, which never wraps."""
    if not hasattr(x, "dtype"):
        return abs(x) if is_rational(x) else 0
    if not x.size or x.dtype.kind not in "iub":
        return 0
    return max(abs(int(x.min())), abs(int(x.max())))


def cleared(terms: Terms) -> tuple[Terms, Terms]:
    """*terms* as numerator and denominator, both with integers only and no whole power below 0."""
    if all(type(c) is int for c in terms.values()) and not any(p < 0 for m in terms for _, p in m):
        return terms, {(): 1}
    from math import lcm

    from costmodel.arith.terms import multiplied, rank

    scale = lcm(*(c.denominator for c in terms.values()))
    least: dict[Atom, Any] = {}
    for monomial in terms:
        for atom, p in monomial:
            if p < 0 and type(p) is int:
                least[atom] = min(least.get(atom, 0), p)
    below = tuple(sorted(((atom, -p) for atom, p in least.items()), key=rank))
    return multiplied(terms, {below: scale}), {below: scale}


def over(a: Any, b: Any) -> Any:
    """a / b: exact, an int where it is one; arrays of Fractions where an array needs them."""
    if is_rational(a) and is_rational(b):
        return ratio(a, b)
    if hasattr(a, "dtype") or hasattr(b, "dtype"):
        if _kind(a) in "iub" and _kind(b) in "iub" and not (a % b).any():
            return a // b
        import numpy as np

        return np.frompyfunc(over, 2, 1)(np.asarray(a, object), np.asarray(b, object))
    return a / b


def _kind(x: Any) -> str:
    return str(x.dtype.kind) if hasattr(x, "dtype") else "i" if isinstance(x, int) else "O"


def larger(a: Any, b: Any) -> Any:
    """The larger of two values of any kind."""
    if type(a) is int and type(b) is int:
        return a if a >= b else b
    from costmodel.arith.functions import maximum

    return maximum(a, b)


def smaller(a: Any, b: Any) -> Any:
    """The smaller of two values of any kind."""
    if type(a) is int and type(b) is int:
        return a if a <= b else b
    from costmodel.arith.functions import minimum

    return minimum(a, b)


# For each kind of step, a bound of its result from bounds of its arguments' magnitudes.
GROWTH: Final[dict[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    operator.add: operator.add,
    operator.mul: operator.mul,
    operator.floordiv: lambda a, b: a + 1,  # |a // b| <= |a| + 1 for an integer b != 0
    over: lambda a, b: a + b,
    power: lambda a, p: a**p if type(p) is int else a + 1,
    larger: max,
    smaller: max,
}
