"""Short names for what no method may look into: floors, and extents such as h - k + 1.

A floor of fixed symbols is a positive integer like any other, and an output height h - 4 is
easier to reason about than the h it comes from.  Methods see a symbol; readers and checkers
see what it stands for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from costmodel.arith import compare, symbol
from costmodel.arith.atoms import Atom, Base, Floor, Symbol
from costmodel.arith.form import of_atom, terms_of
from costmodel.arith.lets import rewritten
from costmodel.derive.algebra import names_in
from costmodel.graph import Graph, build


class Named(NamedTuple):
    """Forms written with short names, and what the names stand for."""

    forms: list[Any]
    meaning: dict[str, Any]
    symbols: dict[str, Any]


def name_floors(forms: Iterable[Any], over: Collection[str]) -> Named:
    """Floors that are at least 1 and hold no chosen symbol, as symbols."""
    atoms: dict[Atom, Any] = {}
    meaning: dict[str, Any] = {}

    def named(atom: Atom) -> Any:
        if not isinstance(atom, Floor) or names_in(of_atom(atom)) & set(over):
            return of_atom(atom)
        if atom not in atoms:
            if compare(of_atom(atom), ">=", 1) is not True:
                return of_atom(atom)
            name = f"_f{len(atoms) + 1}"
            atoms[atom] = symbol(name)
            meaning[name] = of_atom(atom)
        return atoms[atom]

    written = [_rewritten(form, named) for form in forms]
    return Named(written, meaning, {n: symbol(n) for n in meaning})


def _rewritten(form: Any, named: Any) -> Any:
    if not any(isinstance(a, Floor) for m in terms_of(form) for a, _ in m):
        return form
    return form if _rooted(form) else rewritten(form, named)


def _rooted(form: Any) -> bool:
    return any(type(a) is Base for m in terms_of(form) for a, _ in m)


def rebased(graph: Graph, over: Collection[str]) -> tuple[Graph, dict[str, Any]]:
    """The graph in its smallest extents, where those are a symbol less something.

    With a 5 x 5 kernel and no padding, h becomes _h + 4 and the output height _h >= 1.
    """
    losses: dict[str, Any] = {}
    if any(layer.op.kind == "repeated" for layer in graph.layers):  # it cannot be built again
        return graph, {}
    for layer in graph.layers:
        for extent in layer.y[2:]:
            found = _loss(extent, over)
            if found is None or compare(extent, ">=", 1) is True:
                continue
            name, loss = found
            if name not in losses or compare(loss, ">=", losses[name]) is True:
                losses[name] = loss
    usable = {n: loss for n, loss in losses.items() if n in graph.spec.symbols}
    if not usable:
        return graph, {}
    at = {k: v for k, v in graph.binding._given.items() if k not in usable}
    meaning = {}
    for name, loss in usable.items():
        at[name] = symbol(f"_{name}") + loss
        meaning[f"_{name}"] = symbol(name) - loss
    free = [n for n in graph.binding._free if n not in usable]
    return build(graph.spec, at, graph.variant, free), meaning


def _loss(extent: Any, over: Collection[str]) -> tuple[str, Any] | None:
    """(s, d) where *extent* is s - d for a symbol s that d does not hold."""
    for monomial, c in terms_of(extent).items():
        if c == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            atom = monomial[0][0]
            if isinstance(atom, Symbol) and atom.integer and atom.name not in over:
                loss = of_atom(atom) - extent
                if atom.name not in names_in(loss) and not names_in(loss) & set(over):
                    return atom.name, loss
    return None
