"""The factors that closed forms are made of.

Every atom exists once: asking for an equal one returns the same object, so identity is
equality, hashing is free, and ``rank`` (the order of creation) sorts the factors of a
monomial.  ``key`` sorts them for readers, the same in every process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from costmodel.arith.form import Form
    from costmodel.arith.rational import Rational

_ALL: WeakValueDictionary[tuple[Any, ...], Atom] = WeakValueDictionary()
_ranks = itertools.count()


class Atom:
    """A factor; ``integer`` says whether its value always is one.

    Wherever it is an integer it is a multiple of ``multiple_of``.
    """

    __slots__ = ("__weakref__", "_key", "args", "depth", "integer", "multiple_of", "rank")
    order: ClassVar[int]  # where atoms of this class come in a product

    _key: tuple[int, str, str] | None
    args: tuple[Any, ...]
    depth: int  # one more than the deepest atom within
    rank: int
    integer: bool
    multiple_of: int

    def __new__(cls, *args: Any) -> Any:
        """The atom of this class with these arguments."""
        found = _ALL.get((cls, args))
        if found is not None:
            return found
        atom = super().__new__(cls)
        atom.args, atom.rank, atom._key = args, next(_ranks), None
        atom.integer, atom.multiple_of = cls.domain(*args)
        atom.depth = 1 + max((inner.depth for inner in atom.inner()), default=0)
        return _ALL.setdefault((cls, args), atom)

    @staticmethod
    def domain(*args: Any) -> tuple[bool, int]:
        """Whether such an atom is an integer, and of what it then is a multiple."""
        raise NotImplementedError

    def inner(self) -> Iterator[Atom]:
        """The atoms that its arguments are made of."""
        for x in self.parts():
            for monomial in getattr(x, "terms", ()):
                for atom, _ in monomial:
                    yield atom

    def parts(self) -> tuple[Any, ...]:
        """The forms and numbers among its arguments."""
        return self.args[:1]

    @property
    def key(self) -> tuple[int, str, str]:
        """What sorts atoms for readers."""
        if self._key is None:
            from costmodel.arith.text import atom_text

            if any(atom._key is None for atom in self.inner()):
                for atom in reachable(self.inner()):  # innermost first: no deep recursion
                    atom.key  # noqa: B018  (fills its cache)
            self._key = (self.order, atom_text(self), self.tiebreak())
        return self._key

    def tiebreak(self) -> str:
        """Tells apart two atoms that are printed alike."""
        return ""

    def __reduce__(self) -> tuple[Callable[..., Atom], tuple[Any, ...]]:
        return type(self), self.args  # a copy is the same object, here or in another process

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.key[1:]}"


class Symbol(Atom):
    """A positive unknown."""

    __slots__ = ()
    order = 0

    @staticmethod
    def domain(name: str, multiple_of: int, integer: bool, least: Rational) -> tuple[bool, int]:
        return integer, multiple_of

    @property
    def name(self) -> str:
        """What it is called; two symbols of one name differ in their domains."""
        return str(self.args[0])

    @property
    def least(self) -> Rational:
        """No value is smaller; 0 is a limit that is not reached."""
        least: Rational = self.args[3]
        return least

    def tiebreak(self) -> str:
        return str(self.args[1:])


class Floor(Atom):
    """The largest integer not above ``form``.

    ``step`` is the q of a form N/q with N an integer, 0 if the form may be any rational.
    """

    __slots__ = ()
    order = 1

    @staticmethod
    def domain(form: Form, step: int) -> tuple[bool, int]:
        return True, 1

    @property
    def form(self) -> Form:
        """What is rounded down."""
        form: Form = self.args[0]
        return form

    @property
    def step(self) -> int:
        """The denominator of the form's values."""
        step: int = self.args[1]
        return step


class Extremum(Atom):
    """The largest (``top``) or smallest of two or more forms."""

    __slots__ = ()
    order = 2

    @staticmethod
    def domain(top: bool, forms: tuple[Any, ...]) -> tuple[bool, int]:
        from math import gcd

        from costmodel.arith.terms import term_content

        contents = [
            term_content(m, c) for x in forms for m, c in getattr(x, "terms", {(): x}).items() if c
        ]
        if any(q is None or q.denominator != 1 for q in contents):
            return False, 1
        return True, gcd(*(int(q) for q in contents if q is not None))

    def parts(self) -> tuple[Any, ...]:
        return self.forms

    @property
    def top(self) -> bool:
        """Whether the largest is taken."""
        return bool(self.args[0])

    @property
    def forms(self) -> tuple[Any, ...]:
        """What it is taken of: rationals and forms."""
        forms: tuple[Any, ...] = self.args[1]
        return forms


class Base(Atom):
    """A sum, or a prime, that stands under a negative or fractional power only."""

    __slots__ = ()
    order = 3

    @staticmethod
    def domain(value: Any) -> tuple[bool, int]:
        return False, 1

    @property
    def value(self) -> Any:
        """A form of two or more terms without common factor, or an int that is no power."""
        return self.args[0]


def reachable(atoms: Iterable[Atom]) -> list[Atom]:
    """*atoms* and all atoms within them, each after those it is made of."""
    seen = set(atoms)
    todo = list(seen)
    while todo:
        for atom in todo.pop().inner():
            if atom not in seen:
                seen.add(atom)
                todo.append(atom)
    return sorted(seen, key=lambda atom: atom.rank)  # arguments are made before what takes them
