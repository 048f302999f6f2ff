"""Costs of networks with a symbol for the number of repetitions, in closed form, by induction.

Forms are fitted to what a part costs for the first few numbers.  Then the part is built once
more with the symbol, opened once: it must cost what the forms say of one repetition more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from costmodel.arith import maximum, symbol, total
from costmodel.arith.form import of_atom
from costmodel.arith.program import symbols_of
from costmodel.derive.algebra import same, substituted
from costmodel.derive.sequences import VALUES, Closed, fitted
from costmodel.derive.unrolling import COSTS, Forms, Inner, Part, Unroller
from costmodel.errors import BindingError
from costmodel.graph import Graph, Layer, Tensor
from costmodel.spec.bind import Binding
from costmodel.spec.syntax import Spec
from costmodel.table import Table

WALKS = ("depth", "paths")  # layers on the longest path; how many paths there are
EXTENTS = ("images", "channels", "height", "width", "further extent")


class Lemma(NamedTuple):
    """A closed form with what its induction rests on.

    *after* is the cost of one repetition more, where ``last`` is that of the part inside;
    *inner* says what stands for the part's symbols there.
    """

    name: str
    first: int
    start: Any
    after: Any
    inner: Mapping[str, Mapping[str, Any]]
    closed: Any


class Unrolled(NamedTuple):
    """A network with its repeated parts as single operators, and why they may stand so."""

    graph: Graph
    variable: Any
    lemmas: tuple[Lemma, ...]
    walks: Mapping[Any, Mapping[str, Any]]  # a repeated layer's op -> its depth and paths
    powers: bool  # whether a form holds a power with the repetitions in its exponent
    assumptions: tuple[str, ...]  # of the repeated parts


def unrolled(
    spec: Spec, name: str, at: Mapping[str, Any] | None = None, variant: str | None = None,
    free: Collection[str] = (),
) -> Unrolled:  # fmt: skip
    """The network of *spec* for every number *name* of repetitions.

    Raises BindingError if no closed form is found, or none that induction confirms.
    """

    def build(value: Any, known: tuple[Forms, ...] = (), opened: int | None = None) -> Unroller:
        given = {**(at or {}), name: value}
        return Unroller(spec, Binding(spec, given, variant, free), name, known, opened)

    n = Binding(spec, at, variant, [*free, name])[name]
    (own,) = symbols_of(n)
    first = max(int(own.least), 1)
    numbered = [_numbered(build(first + i), variant) for i in range(VALUES)]
    known: tuple[Forms, ...] = ()
    lemmas: list[Lemma] = []
    assumptions: dict[str, None] = {}
    for number in range(len(numbered[0])):
        parts = [parts[number] for parts in numbered]
        forms = _fit(parts, first, of_atom(own))
        known = (*known, forms)
        step = build(n + 1, known, number)
        opened = step.graph(variant)
        lemmas += _proved(parts[0], forms, first, step, opened)
        assumptions.update(dict.fromkeys(opened.assumptions))
    if not known:
        raise BindingError(f"nothing in {spec.model} repeats {name} times")
    whole = build(n, known)
    graph = whole.graph(variant)
    walks = {inner.layer.op: {key: known[i].costs[key].after() for key in WALKS
                              if key in known[i].costs}
             for i, inner in enumerate(whole.inner)}  # fmt: skip
    every = [form for one in known for form in (*one.shape, *(one.costs[key] for key in COSTS))]
    powers = any(form.base != 1 for form in every)
    return Unrolled(graph, n, tuple(lemmas), walks, powers, tuple(assumptions))


def _numbered(build: Unroller, variant: str | None) -> list[tuple[Part, dict[str, Any]]]:
    graph = build.graph(variant)
    return [(part, _measured(graph, part, {})) for part in build.parts]


def _measured(graph: Graph, part: Part, inner: Mapping[Layer, Mapping[str, Any]]) -> dict[str, Any]:
    """What the layers of a part cost together; *inner* says it of the parts inside."""
    chosen = dict.fromkeys(part.layers)
    parts: dict[str, list[Any]] = {key: [] for key in COSTS}
    for entry in Table(graph).entries:
        if entry.layer in chosen:
            costs = inner.get(entry.layer) or {
                **{key: getattr(entry, key) for key in ("params", "buffers", "mult_adds")},
                **{key: getattr(entry.cost, key) for key in ("scalar_ops", "reads", "writes")},
                "activations": entry.activations,
            }
            for key in COSTS:
                parts[key].append(costs[key])
    found = {key: total(values) for key, values in parts.items()}
    weights = {layer: dict(costs) for layer, costs in inner.items()}
    once = all(layer.runs == 1 for layer in part.layers)
    for key in WALKS:
        if all(key in costs for costs in weights.values()) and (once or key == "depth"):
            found[key] = walk(key, part.entry, part.exit, part.layers, weights)
    return found


def walk(
    key: str, start: Tensor, end: Tensor, layers: tuple[Layer, ...],
    weights: Mapping[Layer, Mapping[str, Any]],
) -> Any:  # fmt: skip
    """The depth of the way from *start* to *end*, or the number of ways.

    A layer in *weights* is itself as deep, or has as many ways, as is said there.
    """
    reached: dict[Tensor, Any] = {start: 0 if key == "depth" else 1}
    for layer in layers:
        before = [reached[t] for t in layer.inputs if t in reached]
        if not before:
            continue
        if key == "depth":
            own = weights[layer][key] if layer in weights else layer.op.weighted * layer.runs
            reached[layer.output] = maximum(*before) + own if len(before) > 1 else before[0] + own
        else:
            own = weights[layer][key] if layer in weights else 1
            reached[layer.output] = total(before) * own
    return reached.get(end, 0)


def _fit(parts: list[tuple[Part, dict[str, Any]]], first: int, n: Any) -> Forms:
    shapes = [part.exit.shape for part, _ in parts]
    dims = [fitted(list(dim), first, n) for dim in zip(*shapes, strict=True)]
    costs = {}
    for key in (*COSTS, *WALKS):
        values = [measured[key] for _, measured in parts if key in measured]
        form = fitted(values, first, n) if len(values) == len(parts) else None
        if form is None and key not in WALKS:
            raise BindingError(f"the {key} of {parts[0][0].path} has no closed form in {n}")
        if form is not None:
            costs[key] = form
    if None in dims:
        raise BindingError(f"the output of {parts[0][0].path} has no closed form in {n}")
    return Forms(tuple(dim for dim in dims if dim is not None), costs)


def _proved(
    base: tuple[Part, dict[str, Any]], forms: Forms, first: int, build: Unroller, graph: Graph
) -> list[Lemma]:
    """The lemmas of one part, each confirmed by the part opened once."""
    part, measured = base
    opened = build.parts[-1]
    lemmas = []
    for i, form in enumerate(forms.shape):
        if not form.constant or not same(opened.exit.shape[i], form.after(1)):
            grown = opened.exit.shape[i] - form.after()
            lemmas.append(_lemma(f"{EXTENTS[min(i, 4)]} after {part.path}", first,
                                 part.exit.shape[i], symbol("last") + grown, {"last": {}}, form,
                                 ))  # fmt: skip
    names = _names(build.inner)
    inner_names = dict(names.values())
    for key, form in forms.costs.items():
        said = {inner.layer: {key: symbol(names[inner.layer][0]) for key in forms.costs}
                for inner in build.inner}  # fmt: skip
        after = _measured(graph, opened, said)[key]
        if not (form.constant and same(form.after(), 0)):
            lemmas.append(_lemma(f"{key} of {part.path}", first, measured[key], after,
                                 inner_names, form))  # fmt: skip
    return lemmas


def _names(inner: list[Inner]) -> dict[Layer, tuple[str, Mapping[str, Any]]]:
    """``last`` for a part inside on the same input, ``last2`` and so on for others."""
    seen: list[Mapping[str, Any]] = []
    names = {}
    for one in inner:
        if one.moved not in seen:
            seen.append(one.moved)
        i = seen.index(one.moved)
        names[one.layer] = f"last{i + 1 if i else ''}", one.moved
    return names


def _lemma(
    name: str, first: int, start: Any, after: Any, inner: Mapping[str, Mapping[str, Any]],
    form: Closed,
) -> Lemma:  # fmt: skip
    before = {last: form.put(dict(moved)).after() for last, moved in inner.items()}
    if not same(form.number(first), start) or not same(substituted(after, before), form.after(1)):
        raise BindingError(f"the {name} is no closed form: one repetition more is {after}")
    return Lemma(name, first, start, after, inner, form.after())
