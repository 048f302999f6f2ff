"""Closed forms of sequences from their first values: polynomials, with one power beside them.

A closed form found here is a guess that fits; ``unrolling`` proves it by induction.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from costmodel.arith import symbol, total
from costmodel.arith.rational import is_rational, ratio, tidy
from costmodel.derive.algebra import names_in, same, substituted, vanishes
from costmodel.derive.linear import reduced

VALUES = 8  # of which the last two only confirm
LARGEST_DEGREE = 4


class Closed(NamedTuple):
    """``sum(coefficients[j] * n**j) + scale * base**n`` as a function of the symbol n."""

    n: Any
    coefficients: tuple[Any, ...]
    base: Any = 1
    scale: Any = 0

    def after(self, steps: int = 0) -> Any:
        """The form at ``n + steps``; a power of *base* is a symbol named as it is written.

        >>> Closed(symbol("n"), (-1,), 2, 1).after(1)
        2*(2**n) - 1
        """
        n = self.n + steps
        form = total(c * n**j for j, c in enumerate(self.coefficients))
        if self.base == 1:
            return form
        power = symbol(f"({self._base}**{self.n})", integer=False)
        return form + self.scale * tidy(Fraction(self.base) ** steps) * power

    def number(self, n: int) -> Any:
        """The value at the number *n*."""
        terms = [c * n**j for j, c in enumerate(self.coefficients)]
        return total([*terms, self.scale * tidy(Fraction(self.base) ** n)])

    def put(self, bindings: dict[str, Any]) -> Closed:
        """The same with other symbols replaced."""
        parts = tuple(substituted(c, bindings) for c in self.coefficients)
        return self._replace(coefficients=parts, scale=substituted(self.scale, bindings))

    @property
    def constant(self) -> bool:
        """Whether it does not depend on the variable."""
        return self.base == 1 and len(self.coefficients) <= 1

    @property
    def _base(self) -> str:
        return str(self.base) if isinstance(self.base, int) else f"({self.base})"


def fitted(values: Sequence[Any], first: int, n: Any) -> Closed | None:
    """The closed form whose values from *first* on are *values*; None if none of its kind fits.

    >>> fitted([1, 3, 6, 10, 15, 21, 28, 36], 1, symbol("n")).after()
    n**2/2 + n/2
    >>> fitted([1, 3, 7, 15, 31, 63, 127, 255], 1, symbol("n")).after()
    (2**n) - 1
    """
    for degree in range(LARGEST_DEGREE + 1):
        found = _solved(values, first, n, degree, 1)
        if found is not None:
            return found
    base = _base(values)
    if base is None or base == 1:
        return None
    fits = (_solved(values, first, n, degree, base) for degree in range(3))
    return next((found for found in fits if found is not None), None)


def _solved(values: Sequence[Any], first: int, n: Any, degree: int, base: Any) -> Closed | None:
    """Solved from as many values as there are unknowns; the others must agree."""
    count = degree + 1 + (base != 1)
    if count > len(values) - 2:
        return None
    rows = []
    for i in range(count):
        at = Fraction(first + i)
        row = [at**j for j in range(degree + 1)]
        row += [Fraction(base) ** (first + i)] if base != 1 else []
        rows.append([*row, *(Fraction(i == k) for k in range(count))])
    inverse = [[tidy(x) for x in row[count:]] for row in reduced(rows)[0]]
    solution = [total(x * v for x, v in zip(row, values, strict=False)) for row in inverse]
    scale = solution.pop() if base != 1 else 0
    closed = Closed(n, tuple(solution), base, scale)
    agree = (same(closed.number(first + i), v) for i, v in enumerate(values))
    return closed if all(agree) else None


def _base(values: Sequence[Any]) -> Any:
    """What the differences are multiplied by each time, at one point, if by one number."""
    point = {n: 3 + 2 * i for i, n in enumerate(sorted({n for v in values for n in names_in(v)}))}
    row = [substituted(v, point) for v in values]
    if not all(map(is_rational, row)):
        return None
    for _ in range(3):  # away with a polynomial part of degree 2
        row = [b - a for a, b in itertools.pairwise(row)]
    if vanishes(row[0]):
        return None
    quotients = {ratio(b, a) for a, b in itertools.pairwise(row) if a}
    base = quotients.pop() if len(quotients) == 1 else 0
    return base if base > 0 else None
