"""Roots, and quotients by sums: what is not a sum of products of the atoms at hand.

``1/(h + 1)`` and ``sqrt(h + 1)`` are powers of the atom ``Base(h + 1)``; ``sqrt(12)`` is
``2*Base(3)**(1/2)``.  Everything under a root is taken to be positive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from costmodel.arith.atoms import Atom, Base, Symbol
from costmodel.arith.form import Form, from_terms, of_atom, repeated, terms_of
from costmodel.arith.rational import Rational, common_step, is_rational, ratio, tidy
from costmodel.arith.terms import Monomial, Terms, add_terms, multiplied

TRIALS: Final = 10_000  # a larger prime factor stays under its root together with its fellows


def power(x: Any, exponent: Rational) -> Any:
    """*x* to an int or Fraction *exponent*, exactly; on arrays of each element.

    >>> from fractions import Fraction
    >>> power(12, Fraction(1, 2)), power(Fraction(4, 9), Fraction(-1, 2))
    (2*sqrt(3), Fraction(3, 2))
    """
    exponent = tidy(exponent)
    if is_rational(x):
        return power_of_number(x, exponent)
    if hasattr(x, "dtype") and (type(exponent) is not int or exponent < 0):
        import numpy as np

        return np.frompyfunc(lambda v: power(v, exponent), 1, 1)(x.astype(object))
    return x**exponent


def power_of_number(x: Rational, exponent: Rational) -> Any:
    """A rational to a rational power."""
    if type(exponent) is int:
        return tidy(x**exponent) if exponent >= 0 else ratio(1, x**-exponent)
    if x < 0:
        raise ArithmeticError(f"{x}**({exponent}) is not a real number")
    if x == 0:
        return 0 * ratio(1, max(exponent, 0))  # a ZeroDivisionError where it is infinite
    result: Any = 1
    for number, sign in ((x.numerator, 1), (x.denominator, -1)):
        for prime, times in factors(number):
            result = result * power_of_base(Base(prime), sign * times * exponent)
    return result


def factors(n: int) -> Iterator[tuple[int, int]]:
    """Primes of *n* with their multiplicities; the rest past ``TRIALS`` as one number.

    >>> list(factors(360))
    [(2, 3), (3, 2), (5, 1)]
    """
    p = 2
    while p * p <= n and p < TRIALS:
        times = 0
        while n % p == 0:
            n, times = n // p, times + 1
        if times:
            yield p, times
        p += 1 if p == 2 else 2
    times = 1
    for degree in range(n.bit_length() // 13, 1, -1):  # what is left has primes above 2**13
        root = whole_root(n, degree)
        if root**degree == n:
            n, times = root, degree
            break
    if n > 1:
        yield n, times


def whole_root(n: int, degree: int) -> int:
    """The largest r with r**degree <= n.

    >>> whole_root(26, 3), whole_root(27, 3)
    (2, 3)
    """
    low, high = 0, 1 << (n.bit_length() // degree + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= n else (low, middle)
    return low


def power_of_base(base: Base, exponent: Rational) -> Any:
    """The form ``base**exponent`` with whole powers multiplied out.

    Of a sum only positive ones can be; of a number all, leaving an exponent in (0, 1).
    """
    number = is_rational(base.value)
    whole = exponent // 1 if number or exponent > 0 else 0
    rest = tidy(exponent - whole)
    multiplier = power_of_number(base.value, whole) if number else repeated(base.value, whole)
    return multiplier * of_atom(base, rest) if rest else multiplier


def multiply_out(a: Form, b: Form) -> Any:
    """a * b where both may hold a ``Base``, so that whole powers of it may arise."""
    product: Any = 0
    for monomial, c in multiplied(a.terms, b.terms).items():
        plain = tuple((atom, p) for atom, p in monomial if type(atom) is not Base)
        term = from_terms({plain: c})
        for atom, p in monomial:
            if type(atom) is Base:
                term = _times_base(term, atom, p)
        product = product + term
    return product


def _times_base(x: Any, base: Base, p: Rational) -> Any:
    # Powers of different bases never merge, so plain multiplication is enough.
    factor = power_of_base(base, p)
    rooted = getattr(x, "rooted", False) or getattr(factor, "rooted", False)
    return from_terms(multiplied(terms_of(x), terms_of(factor)), rooted)


def power_of_form(form: Form, exponent: Rational) -> Any:
    """A form to any rational power: whole, negative or fractional."""
    if type(exponent) is int and exponent >= 0:
        return repeated(form, exponent)
    if len(form.terms) > 1:
        return _power_of_sum(form, exponent)
    ((monomial, c),) = form.terms.items()
    result = power_of_number(c, exponent)
    for atom, p in monomial:
        result = result * _power_of_atom(atom, p, exponent)
    return result


def _power_of_atom(atom: Atom, p: Rational, exponent: Rational) -> Any:
    if isinstance(atom, Base):
        return power_of_base(atom, p * exponent)
    if type(exponent) is not int and type(atom) is not Symbol and p != 1:
        # (x**2)**(1/2) is x only if x is not negative, which only symbols are known to be.
        return of_atom(Base(of_atom(atom, p)), exponent)
    return of_atom(atom, tidy(p * exponent))


def _power_of_sum(form: Form, exponent: Rational) -> Any:
    step = common_step(form.terms.values())
    if type(exponent) is int and form.terms[leading(form.terms)] < 0:
        step = -step
    shared = _shared(form)
    rest = from_terms(multiplied((form / step).terms, terms_of(power(shared, -1))), form.rooted)
    return power(step, exponent) * power(shared, exponent) * of_atom(Base(rest), exponent)


def _shared(form: Form) -> Any:
    """The largest product of symbols that divides every term."""
    least: dict[Atom, Any] | None = None
    for monomial in form.terms:
        powers: dict[Atom, Any] = {a: p for a, p in monomial if type(a) is Symbol}
        if least is None:
            least = powers
        else:
            atoms = {*least, *powers}
            least = {a: min(least.get(a, 0), powers.get(a, 0)) for a in atoms}
    shared: Any = 1
    for atom, p in (least or {}).items():
        shared = shared * of_atom(atom, p) if p else shared
    return shared


def leading(terms: Terms) -> Monomial:
    """The first monomial in the order of printing, of those that are not constant."""
    from costmodel.arith.text import term_key

    return min((m for m in terms if m), key=term_key)


def quotient(a: Form, b: Form) -> Any:
    """a / b for a sum *b*: a polynomial where it is one, else a multiple of ``Base(b)**-1``."""
    exact = None if a.rooted or b.rooted else _exact_quotient(a.terms, b.terms)
    return a * b**-1 if exact is None else exact


def _exact_quotient(a: Terms, b: Terms) -> Any:
    """Long division; None if anything remains, or it takes suspiciously many steps."""
    atoms = sorted({x for terms in (a, b) for m in terms for x, _ in m}, key=lambda x: x.rank)

    def height(monomial: Monomial) -> tuple[Any, ...]:
        powers = dict(monomial)
        return tuple(powers.get(x, 0) for x in atoms)

    top = max(b, key=height)
    inverse: Terms = {tuple((x, -p) for x, p in top): ratio(1, b[top])}
    remainder, result = dict(a), Terms()
    for _ in range(2 * len(a)):
        lead = max(remainder, key=height)
        step = multiplied({lead: remainder[lead]}, inverse)
        add_terms(result, step)
        add_terms(remainder, {m: -c for m, c in multiplied(step, b).items()})
        if not remainder:
            return from_terms(result)
    return None


def as_float(form: Form) -> float:
    """The value of a form without symbols, such as sqrt(2)/3, as a float."""
    value = 0.0
    for monomial, c in form.terms.items():
        term = float(c)
        for atom, p in monomial:
            if type(atom) is not Base:
                raise TypeError(f"{form} has no value before its symbols have")
            term *= float(atom.value) ** float(p)
        value += term
    return value
