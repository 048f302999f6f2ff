"""Many configurations at once: the totals where symbols are bound to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.arith import Dim, compare, divides, evaluate
from costmodel.errors import BindingError
from costmodel.graph import Graph, build
from costmodel.spec.syntax import Spec
from costmodel.table import Table, Totals


def arrays_in(values: Mapping[str, Dim]) -> dict[str, Any]:
    """Those of *values* that are arrays."""
    return {name: value for name, value in values.items() if hasattr(value, "dtype")}


def totals_of(
    spec: Spec, values: Mapping[str, Dim], variant: str | None, profile: str = "paper"
) -> Totals:
    """Every quantity as an array, exact, of the shape that the arrays in *values* broadcast to.

    The closed forms serve where all they assume holds for every element; where that is open,
    each configuration is built.  Raises BindingError for values outside a symbol's domain.
    """
    arrays = arrays_in(values)
    fixed = {name: value for name, value in values.items() if name not in arrays}
    for name, array in arrays.items():
        _check_domain(spec, name, array)
    graph = build(spec, fixed, variant, arrays)
    verdicts = [condition.at(arrays).holds() for condition in graph.conditions]
    if all(verdict is True for verdict in verdicts):
        totals = Table(graph, profile).totals
        return Totals(**{k: evaluate(getattr(totals, k), arrays) for k in Totals.fields})
    return _one_by_one(spec, fixed, arrays, variant, profile)


def _check_domain(spec: Spec, name: str, array: Any) -> None:
    if array.dtype.kind not in "iuO":
        raise BindingError(f"{name} is an array of {array.dtype}", hint="integers are exact")
    declared = spec.symbols.get(name)
    least, step = (declared.minimum, declared.multiple_of) if declared is not None else (0, 1)
    most = declared.maximum if declared is not None else None
    if not compare(array, ">=", least) or (most is not None and not compare(array, "<=", most)):
        raise BindingError(f"some of {name} lie outside its domain")
    if not divides(step, array):
        raise BindingError(f"some of {name} are no multiples of {step}")


def _one_by_one(
    spec: Spec, fixed: Mapping[str, Dim], arrays: Mapping[str, Any], variant: str | None,
    profile: str,
) -> Totals:  # fmt: skip
    import numpy as np

    grid = np.broadcast(*arrays.values())
    found = []
    for point in grid:
        exact = (int(value) if hasattr(value, "dtype") else value for value in point)
        here = dict(zip(arrays, exact, strict=True))
        graph: Graph = build(spec, {**fixed, **here}, variant)
        found.append(Table(graph, profile).totals)
    columns = {k: np.array([getattr(t, k) for t in found], object) for k in Totals.fields}
    return Totals(**{k: column.reshape(grid.shape) for k, column in columns.items()})
