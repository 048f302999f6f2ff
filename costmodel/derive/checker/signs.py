"""Signs for the checker: proofs that a formula is nowhere negative, or everywhere positive.

A symbol is its least value plus something that is not negative; a sum whose coefficients are
then all positive is positive.  What holds one square root is squared; a floor is bounded by
what it is the floor of.  This module uses nothing of costmodel but the checker's own modules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from costmodel.derive.checker.terms import parse, symbolic

Shifts = Mapping[str, Any]  # the least values of the symbols; those without are above 0
DEEPEST = 3  # roots in roots, floors in floors


def proved(expression: Any, shifts: Shifts, strict: bool, depth: int = 0) -> bool:
    """Whether *expression* is sure to be >= 0, or > 0 if *strict*.

    >>> import sympy
    >>> h, w = sympy.symbols("h w", positive=True)
    >>> proved(h * w - h, {"w": sympy.Integer(1)}, False), proved(h - w, {}, False)
    (True, False)
    """
    import sympy

    numerator, denominator = sympy.fraction(sympy.together(expression))
    numerator, denominator = sympy.expand(numerator), sympy.expand(denominator)
    if numerator == 0:
        return not strict
    for sign in (1, -1):
        if denominator == 1 or _sum_proved(sign * denominator, shifts, True, depth):
            return _sum_proved(sign * numerator, shifts, strict, depth)
    return False


def _sum_proved(x: Any, shifts: Shifts, strict: bool, depth: int) -> bool:
    """The same of a sum that is written out."""
    import sympy

    if x == 0:
        return not strict
    if not x.free_symbols:
        return _number_positive(x)
    found = [s for s in x.free_symbols if "(" in s.name]
    if found and depth >= DEEPEST:
        return False
    floors = {s: _least_of(s.name, shifts, depth) for s in found}
    if any(least is None for least in floors.values()):
        return False
    roots = {p for p in x.atoms(sympy.Pow) if not p.exp.is_Integer and not p.base.is_Symbol
             and p.base.free_symbols}  # fmt: skip
    if roots:
        return depth < DEEPEST and _rooted(x, roots, shifts, strict, depth)
    least = {s: floors.get(s, shifts.get(s.name, sympy.Integer(0))) for s in x.free_symbols}
    closed = {s for s in x.free_symbols if s.name in shifts or s in floors}
    if _about_least(x, least, closed, strict):
        return True
    lower = _without_floors(x, [s for s in found if floors[s] >= 0])
    return lower != x and proved(lower, shifts, strict, depth + 1)


def _without_floors(x: Any, floors: Sequence[Any]) -> Any:
    """*x* or less: where a floor that is not negative is subtracted, what it is the floor of."""
    import sympy

    above = {}
    for s in floors:
        node = parse(s.name)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "floor":
            above[s] = symbolic(node.args[0])
    terms = []
    for term in sympy.Add.make_args(x):
        number, product = term.as_coeff_Mul()
        powers = product.as_powers_dict()
        plain = all(powers[s].is_Integer and powers[s] > 0 for s in above if term.has(s))
        others = {s for s in term.free_symbols if "(" in s.name} <= set(floors)
        falls = number < 0 and plain and others
        terms.append(term.subs(above, simultaneous=True) if falls else term)
    return sympy.expand(sympy.Add(*terms))


def _number_positive(x: Any) -> bool:
    """Whether a number that is not zero is positive, from as many digits as that takes."""
    value = x.evalf(60, maxn=400)
    return bool(value.is_comparable and value._prec > 1 and value > 0)


def _about_least(x: Any, least: Mapping[Any, Any], closed: set[Any], strict: bool) -> bool:
    """Whether no coefficient is negative where each symbol is its least value plus another."""
    import sympy

    if _coefficients_positive(x) and (not strict or not any(least[s] == 0 for s in closed)):
        return True
    roots: dict[Any, Any] = {}
    for power in x.atoms(sympy.Pow):
        if power.base in least and not power.exp.is_Integer:
            roots[power.base] = sympy.ilcm(roots.get(power.base, 1), power.exp.q)
    moved = {}
    for s, low in least.items():
        degree = roots.get(s, 1)
        if degree > 1 and low not in (0, 1):
            low = sympy.Integer(0)  # a root of it would be irrational
        moved[s] = (s + low) ** degree if low != 0 else s**degree
    shifted = sympy.expand(_cleared(sympy.expand(x.subs(moved, simultaneous=True))))
    if not _coefficients_positive(shifted):
        return False
    at_least = shifted.subs(dict.fromkeys(closed, 0))
    return not strict or (at_least != 0 and _coefficients_positive(sympy.expand(at_least)))


def _cleared(x: Any) -> Any:
    import sympy

    return sympy.fraction(sympy.together(x))[0]


def _coefficients_positive(x: Any) -> bool:
    import sympy

    return all(_term_positive(t) for t in sympy.Add.make_args(x))


def _term_positive(term: Any) -> bool:
    import sympy

    number, rest = term.as_coeff_Mul()
    return bool(number > 0) and all(bool(f.is_positive) for f in sympy.Mul.make_args(rest))


def _rooted(x: Any, roots: set[Any], shifts: Shifts, strict: bool, depth: int) -> bool:
    """p + q*sqrt(d), by comparing squares."""
    import sympy

    bases = {p.base for p in roots}
    if len(bases) > 1 or any(p.exp.q != 2 for p in roots):
        return False
    (inside,) = bases
    root = sympy.Symbol("_root", positive=True)
    plain = sympy.expand(x.subs({p: root ** (2 * p.exp) for p in roots}))
    if sympy.degree(plain, root) > 1 and plain.is_polynomial(root):
        plain = sympy.expand(sympy.rem(plain, root**2 - inside, root))
    if not plain.is_polynomial(root) or root in plain.coeff(root, 0).free_symbols:
        return False
    p, q = plain.coeff(root, 0), plain.coeff(root, 1)

    def sure(y: Any, strictly: bool = False) -> bool:
        return proved(sympy.expand(y), shifts, strictly, depth + 1)

    if not sure(inside):
        return False
    gap = q * q * inside - p * p
    if sure(q) and (sure(gap, strict) or sure(p, strict)):
        return not strict or sure(q, True) or sure(p, True)
    return sure(p) and sure(-gap, strict)


def _least_of(text: str, shifts: Shifts, depth: int) -> Any:
    """A number that a floor, a maximum or a minimum is never below; None if none is found."""
    import sympy

    node = parse(text)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return None
    inner = [symbolic(a) for a in node.args]

    def reaches(x: Any, least: int) -> bool:
        return proved(sympy.expand(x - least), shifts, False, depth + 1)

    every: Mapping[str, Callable[[Any], bool]] = {"floor": all, "ceiling": all, "Min": all,
                                                  "Max": any}  # fmt: skip
    quantifier = every.get(node.func.id)
    if quantifier is None:
        return None
    lowest = [x.subs({s: shifts.get(s.name, 1) for s in x.free_symbols}) for x in inner]
    guess = int(sympy.floor(max(lowest))) if all(x.is_Rational for x in lowest) else 1
    for least in (guess, 1, 0):
        # floor(x) >= m for an integer m if x >= m
        if quantifier([reaches(x, least) for x in inner]):
            return sympy.Integer(least)
    return None
