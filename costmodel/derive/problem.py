"""A question about a network as forms: what to minimise, under what, over which symbols."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from costmodel.arith import Condition, Divides, free_symbols
from costmodel.arith.form import of_atom
from costmodel.arith.program import symbols_of
from costmodel.derive.algebra import fresh, substituted
from costmodel.derive.demands import meetable
from costmodel.derive.naming import name_floors, rebased
from costmodel.derive.notation import read
from costmodel.derive.proof import Given
from costmodel.errors import AMBIGUOUS, BindingError, Mark, Source, UnknownNameError
from costmodel.graph import Graph, build
from costmodel.spec.expressions import parse
from costmodel.table import Table

WHOLE = ("params", "buffers", "mult_adds", "flops", "mem_access", "mem_bytes", "activations",
         "peak_memory", "depth")  # fmt: skip
OF_LAYER = ("params", "buffers", "mult_adds", "flops", "mem_access", "mem_bytes", "activations")
_RELATION = re.compile(r"<=|>=|==|=|<|>")
_OF_PART = re.compile(r"\b([A-Za-z_]\w*)\s*\(\s*([A-Za-z_][\w./-]*)\s*\)")
_EXACT = re.compile(r"(?<!/)/(?!/)|\bsqrt\b|\*\*\s*\(")


class Problem(NamedTuple):
    """A question, taken apart."""

    name: str  # the objective as it was asked for
    objective: Any
    given: tuple[Given, ...]
    over: tuple[str, ...]
    symbols: Mapping[str, Any]
    assumptions: tuple[str, ...]
    meaning: Mapping[str, Any] = {}  # short names and what they stand for
    plain: tuple[Any, ...] = ()  # the free symbols of the spec as it was asked about
    divisions: tuple[tuple[Any, Any], ...] = ()  # (d, x) where d must divide x
    needs: tuple[Condition, ...] = ()  # what the network assumes of its symbols


def graph_of(model: Any, over: Iterable[str] = ()) -> Graph:
    """The graph of a Graph or Network, with the symbols *over* left free."""
    graph: Graph = getattr(model, "graph", model)
    bound = [name for name in over if not _is_free(graph, name)]
    if not bound:
        return graph
    binding = graph.binding
    free = {*bound, *binding._free}
    at = {k: v for k, v in binding._given.items() if k not in free}
    return build(graph.spec, at, graph.variant, free)


def _is_free(graph: Graph, name: str) -> bool:
    if name not in graph.binding:
        known = list(graph.binding)
        raise UnknownNameError("symbol", name, known)
    return free_symbols(graph.binding[name]) == {name}


class Quantities:
    """What names in a question stand for: quantities, symbols of the spec, new parameters."""

    def __init__(
        self, graph: Graph, profile: str = "paper", others: Mapping[str, Graph] | None = None
    ) -> None:
        self.graph, self.table = graph, Table(graph, profile)
        self.others = {n: Table(g, profile) for n, g in (others or {}).items()}
        self.symbols: dict[str, Any] = {}
        for name in graph.binding:
            value = graph.binding[name]
            for s in symbols_of(value):
                self.symbols[s.name] = of_atom(s)
        self.known = False  # whether anything but new names was met

    def expression(self, text: str, where: str) -> Any:
        """The form that *text* says."""
        parts: dict[str, Any] = {}

        def hide(match: re.Match[str]) -> str:
            quantity, path = match.groups()
            if quantity not in WHOLE and quantity.lower() not in AMBIGUOUS:
                return match.group()
            name = f"part_{len(parts)}"
            parts[name] = self.of_part(quantity, path)
            return name

        plain = _OF_PART.sub(hide, text)

        def value(name: str) -> Any:
            return parts[name] if name in parts else self.name(name)

        if parts:
            self.known = True
        if _EXACT.search(plain):
            return read(plain, value, where)
        expression = parse(plain.strip(), Mark(Source(where, plain.strip()), 1, 1))
        return expression.evaluate({name: value(name) for name in expression.names})

    def name(self, name: str) -> Any:
        """A declared symbol, a quantity of the whole network, or a new parameter."""
        if name in self.graph.binding:
            self.known = True
            return self.graph.binding[name]
        if name in self.symbols:
            return self.symbols[name]
        if name in WHOLE:
            self.known = True
            return getattr(self.table.totals, name)
        if name == "intensity":
            return self.name("flops") / self.name("mem_bytes")
        close = len(name) > 3 and get_close_matches(name, WHOLE, n=1, cutoff=0.75)
        if close or name.lower() in AMBIGUOUS:
            raise UnknownNameError("quantity", name, WHOLE)
        self.symbols[name] = fresh(name)
        return self.symbols[name]

    def of_part(self, quantity: str, path: str) -> Any:
        """A quantity of one layer, of all layers below a path, or of another model."""
        if path in self.others and quantity in WHOLE:
            return getattr(self.others[path].totals, quantity)
        if quantity not in OF_LAYER:
            raise UnknownNameError("quantity of a layer", quantity, OF_LAYER)
        wanted = path.split("/")
        found = [e for e in self.table.entries if _below(e.layer.path.split("/"), wanted)]
        if not found:
            paths = {
                "/".join(e.layer.path.split("/")[: i + 1])
                for e in self.table.entries
                for i in range(e.layer.path.count("/") + 1)
            }
            raise UnknownNameError("layer", path, paths)  # fmt: skip
        from costmodel.arith import total

        return total(getattr(e, quantity) for e in found)


def _below(path: list[str], wanted: list[str]) -> bool:
    """Whether *wanted* is a run of the names of *path*: ``a`` finds ``branches1/a/conv1``."""
    n = len(wanted)
    return any(path[i : i + n] == wanted for i in range(len(path) - n + 1))


def relation(text: str, quantities: Quantities, where: str) -> Given:
    """``left = right``, ``<=`` or ``>=``, as forms."""
    match = _RELATION.search(text)
    if match is None:
        raise BindingError(f"{where} {text!r}: write left = right, or <= or >=",
                           hint='for example "mult_adds=B"')  # fmt: skip
    left = quantities.expression(text[: match.start()], where)
    right = quantities.expression(text[match.end() :], where)
    sign = "=" if match.group() == "==" else match.group()
    return Given(text.strip(), left, sign, right)


def problem(
    model: Any,
    minimize: str,
    over: Sequence[str] = (),
    given: Sequence[str] = (),
    profile: str = "paper",
    vary: Sequence[str] = (),
) -> tuple[Problem, Quantities]:
    """The question as forms, and what its names stand for; nothing hides the names *vary*."""
    plain = graph_of(model, over)
    graph, meaning = rebased(plain, over)
    quantities = Quantities(graph, profile)
    objective = quantities.expression(minimize, "--minimize")
    if not quantities.known:
        raise UnknownNameError("quantity", minimize.strip(), WHOLE)
    constraints = []
    for text in given:
        quantities.known = False
        constraint = relation(text, quantities, "--given")
        if constraint.relation in ("<", ">"):
            raise BindingError(f"--given {text!r}: a minimum needs a closed set",
                               hint=f"write {constraint.relation}=")  # fmt: skip
        if not quantities.known:
            raise BindingError(f"--given {text!r} says nothing about {graph.spec.model}",
                               hint=f"quantities: {', '.join(WHOLE)}")  # fmt: skip
        constraints.append(constraint)
    meetable(constraints)
    over = tuple(dict.fromkeys(over))
    sides = [side for g in constraints for side in (g.left, g.right)]
    named = name_floors([objective, *sides], [*over, *vary, *(f"_{name}" for name in vary)])
    objective, *sides = named.forms
    constraints = [
        g._replace(left=sides[2 * i], right=sides[2 * i + 1]) for i, g in enumerate(constraints)
    ]
    symbols = {**quantities.symbols, **named.symbols, **{n: graph.binding[n] for n in over}}
    told = {n: substituted(v, meaning) for n, v in named.meaning.items()}
    asked = Problem(
        minimize.strip(), objective, tuple(constraints), tuple(over), symbols,
        tuple(plain.assumptions), {**meaning, **told},
        tuple(plain.binding[name] for name in plain.binding),
        tuple((c.divisor, c.value) for c in graph.conditions if isinstance(c, Divides)),
        plain.conditions,
    )  # fmt: skip
    return asked, quantities
