"""Geometric programs: a dual certificate in rationals, from weights that a conic solver found.

In the logarithms of the symbols a sum of powers is convex.  The solver's dual weights are
only a hint: they are rounded until every exponent cancels exactly, and then weighted AM-GM
gives a lower bound that anyone can check.  Constraints that do not fit are left out, which
cannot make the bound wrong, only loose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from math import exp, inf, isfinite
from typing import Any, NamedTuple

from costmodel.derive.algebra import NotPolynomialError, Powers, by_powers, names_in
from costmodel.derive.linear import reduced
from costmodel.derive.methods import intervals as iv
from costmodel.derive.methods.branch import Search, Task, rounded_down
from costmodel.derive.proof import Proof

Term = tuple[Any, Powers]
MARGIN = 1e-9  # how far inside the constraints the point is sought
SMALL = (1e-5, 1e-7, 1e-9)  # weights below are taken for nothing, the first that works
GRAIN = 10**9


class Group(NamedTuple):
    """``sum(terms) <= above``, a monomial, or for the objective ``sum(terms) <= the minimum``."""

    source: Any  # "objective", the name whose least value it is, or the constraint's number
    place: int
    above: Term | None
    terms: tuple[Term, ...]

    @property
    def scaled(self) -> list[Term]:
        """The terms over the monomial."""
        if self.above is None:
            return list(self.terms)
        c, powers = self.above
        return [
            (Fraction(k) / c, tuple(p - q for p, q in zip(ps, powers, strict=True)))
            for k, ps in self.terms
        ]


class Certificate(NamedTuple):
    """``minimum - rest >= limit - rest`` by exact weights; *high* is reached at a point."""

    low: Fraction
    high: float
    at: dict[str, float]
    rest: Any
    groups: tuple[tuple[Group, tuple[Fraction, ...]], ...]


def certified(proof: Proof, task: Task) -> Certificate | None:
    """A certificate for *task*; None if it is not geometric or no solver is installed."""
    try:
        rest, groups = _groups(proof, task)
    except (NotPolynomialError, _NotGeometricError):
        return None
    solution = _solved(groups, len(task.names))
    if solution is None:
        return None
    logs, weights = solution
    high, at = _reached(task, logs)
    for small in SMALL:
        exact = _balanced(groups, weights, len(task.names), small)
        if exact is not None and high < inf:
            low = rounded_down(_value(exact, rest), 0)
            return Certificate(low, high, at, rest, exact)
    return None


class _NotGeometricError(Exception):
    """The objective is not a posynomial."""


def _groups(proof: Proof, task: Task) -> tuple[Any, list[Group]]:
    names, groups, rest = task.names, list[Group](), Fraction(0)
    zero: Powers = (0,) * len(names)
    for i, top in enumerate(task.tops):
        parts = by_powers(top, names)
        if len(task.tops) == 1:
            rest = parts.pop(zero, rest)
        if not parts or any(c < 0 for c in parts.values()):
            raise _NotGeometricError
        groups.append(Group("objective", i, None, tuple((c, p) for p, c in parts.items())))
    for name in names:
        groups += _below(name, by_powers(_symbol(name) - task.least[name], names))
    for name, tie in proof.replaced.items():
        if names_in(tie):
            groups += _below(name, by_powers(tie - task.least[name], names))
    for i, given in enumerate(proof.given):
        gap = given.left - given.right
        if names_in(gap) and given.relation != "<=":
            groups += _below(i, by_powers(gap, names))
        if names_in(gap) and given.relation != ">=":
            groups += _below(i, by_powers(-gap, names))
    return rest, groups


def _symbol(name: str) -> Any:
    from costmodel.arith import symbol

    return symbol(name)


def _below(source: Any, parts: dict[Powers, Any]) -> Iterator[Group]:
    """``parts >= 0`` as a sum below a monomial, if only one term is positive."""
    above = [(c, p) for p, c in parts.items() if c > 0]
    terms = tuple((-c, p) for p, c in parts.items() if c < 0)
    if len(above) == 1 and terms:
        yield Group(source, 0, above[0], terms)


def _solved(groups: Sequence[Group], n: int) -> tuple[list[float], list[list[float]]] | None:
    """The logarithms of a best point and the dual weights, in floats."""
    try:
        import clarabel
        from scipy import sparse
    except ImportError:
        return None
    program = _Program(n)
    places = [program.add(group) for group in groups]
    rows, columns, values, right = program.matrix()
    width = n + 1 + program.sums
    matrix = sparse.csc_matrix((values, (rows, columns)), shape=(len(right), width))
    cones = [clarabel.NonnegativeConeT(len(program.flat))]
    cones += [clarabel.ExponentialConeT()] * (len(program.cones) // 3)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-11
    cost = [0.0] * n + [1.0] + [0.0] * program.sums
    nothing = sparse.csc_matrix((width, width))
    found = clarabel.DefaultSolver(nothing, cost, matrix, right, cones, settings).solve()
    if not all(map(isfinite, [*found.x, *found.z])):
        return None
    offset = len(program.flat)
    weights = [[found.z[i] if flat else -found.z[offset + i] for flat, i in p] for p in places]
    return list(found.x[:n]), weights


class _Program:
    """Rows of ``right - matrix*x`` in cones, for Clarabel; x is logarithms, top, parts."""

    def __init__(self, n: int) -> None:
        self.n, self.sums = n, 0
        self.flat: list[tuple[dict[int, float], float]] = []
        self.cones: list[tuple[dict[int, float], float]] = []

    def add(self, group: Group) -> list[tuple[bool, int]]:
        """The rows of one group; where the weight of each of its terms will be."""
        terms = group.scaled
        logs = [_log(c) for c, _ in terms]
        slopes = [{i: float(p) for i, p in enumerate(ps) if p} for _, ps in terms]
        if group.above is not None and len(terms) == 1:
            self.flat.append((slopes[0], -logs[0] - MARGIN))
            return [(True, len(self.flat) - 1)]
        places, parts = [], {}
        for log, slope in zip(logs, slopes, strict=True):
            row = {i: -p for i, p in slope.items()}
            if group.above is None:
                row[self.n] = 1.0
            part = self.n + 1 + self.sums
            self.sums += 1
            parts[part] = 1.0
            places.append((False, len(self.cones)))
            self.cones += [(row, log), ({}, 1.0), ({part: -1.0}, 0.0)]
        self.flat.append((parts, 1.0 if group.above is None else 1.0 - MARGIN))
        return places

    def matrix(self) -> tuple[list[int], list[int], list[float], list[float]]:
        """Row numbers, column numbers, values and the right side."""
        lines = [*self.flat, *self.cones]
        entries = [(i, j, v) for i, (row, _) in enumerate(lines) for j, v in row.items()]
        rows, columns = [i for i, _, _ in entries], [j for _, j, _ in entries]
        return rows, columns, [v for _, _, v in entries], [b for _, b in lines]


def _log(x: Any) -> float:
    from math import log

    return log(x.numerator) - log(x.denominator)


def _reached(task: Task, logs: Sequence[float]) -> tuple[float, dict[str, float]]:
    """The objective at an admissible point near the solver's, rounded up."""
    if any(abs(y) > 300 for y in logs):
        return inf, {}
    search = Search(task)
    point = [max(exp(y), float(task.least[n])) for n, y in zip(task.names, logs, strict=True)]
    if not task.zeros:
        search.try_point(tuple((x, x) for x in point))
    else:
        search.try_point(tuple((x * (1 - 1e-7), x * (1 + 1e-7)) for x in point))
        if any(search.at.get(n, inf) < float(task.least[n]) for n in task.names):
            return inf, {}
    return search.high, search.at


def _balanced(
    groups: Sequence[Group], weights: Sequence[Sequence[float]], n: int, small: float
) -> tuple[tuple[Group, tuple[Fraction, ...]], ...] | None:
    """Exact weights near *weights* under which every exponent cancels; None if none are found."""
    flat = [(w, k, j) for k, ws in enumerate(weights) for j, w in enumerate(ws) if w > small]
    flat.sort(reverse=True)
    scaled = [group.scaled for group in groups]
    equations = [[scaled[k][j][1][i] for _, k, j in flat] + [0] for i in range(n)]
    equations.append([int(groups[k].above is None) for _, k, j in flat] + [1])
    table, pivots = reduced(equations)
    if len(flat) in pivots:
        return None
    exact = [Fraction(round(w * GRAIN), GRAIN) for w, _, _ in flat]
    loose = [i for i in range(len(flat)) if i not in pivots]
    for row, pivot in zip(table, pivots, strict=False):
        exact[pivot] = row[-1] - sum(row[i] * exact[i] for i in loose)
    if any(w < 0 for w in exact):
        return None
    found: dict[int, dict[int, Fraction]] = {}
    for w, (_, k, j) in zip(exact, flat, strict=True):
        if w:
            found.setdefault(k, {})[j] = w
    return tuple(
        (groups[k], tuple(ws.get(j, Fraction(0)) for j in range(len(groups[k].terms))))
        for k, ws in sorted(found.items())
    )


def _value(exact: Sequence[tuple[Group, tuple[Fraction, ...]]], rest: Any) -> float:
    """The bound that the weights give, a little below."""
    with localcontext() as context:
        context.prec = 50
        total = Decimal(0)
        for group, weights in exact:
            whole = sum(weights)
            for (c, _), w in zip(group.scaled, weights, strict=True):
                if w:
                    ratio = Fraction(c) * whole / w
                    log = Decimal(ratio.numerator).ln() - Decimal(ratio.denominator).ln()
                    total += log * w.numerator / w.denominator
        reached = total.exp() * (1 - Decimal(10) ** -15)
        below = reached + Decimal(rest.numerator) / Decimal(rest.denominator)
        return iv.outward(below)[0]


def written(group: Group, weights: Sequence[Fraction], names: Sequence[str]) -> dict[str, Any]:
    """A group as plain data for a proof."""
    above = {} if group.above is None else {"above": text_of(group.above, names)}
    return {
        "from": group.place if group.source == "objective" else group.source,
        "of": "objective" if group.source == "objective"
        else "given" if isinstance(group.source, int) else "least",
        **above,
        "terms": [text_of(t, names) for t in group.terms],
        "weights": [str(w) for w in weights],
    }  # fmt: skip


def text_of(term: Term, names: Sequence[str]) -> str:
    """A monomial in plain infix.

    >>> text_of((Fraction(3, 2), (1, -2)), ["a", "b"])
    '3/2*a*b**(-2)'
    """
    c, powers = term
    shown = [f"{n}**({p})" if p != 1 else n for n, p in zip(names, powers, strict=True) if p]
    return "*".join([str(c), *shown])
