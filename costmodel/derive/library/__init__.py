"""The bounds of the documents, as questions: name -> entry, one file per theme.

An entry holds no answer.  It holds a small spec and what to ask of it, so the same question on
a fresh spec gives the same bound.  To add one, call ``entry`` in a module of this package: the
keywords are those of ``derive.bound``, or ``repeats`` with ``closed`` (``induction``),
``elasticity`` with ``of`` (``growth``), ``on_chip`` (``cache``); ``at`` gives values, ``free`` sets
params free, ``beside`` names copies of the spec at other values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from costmodel.derive.result import Bound
from costmodel.registry import Registry

GRADES = ("exact", "asymptotic", "heuristic")


class Entry(NamedTuple):
    """One statement of a document and the question that derives it."""

    name: str
    statement: str
    spec: str
    question: Mapping[str, Any]
    grade: str = "exact"
    conditions: str = ""
    source: str = ""
    misstated: str = ""  # where the documents say something else, and what
    expects: str = "proved"  # the status that the documents' statement deserves
    file: str = ""

    def ask(self) -> Bound:
        """Derive it."""
        from costmodel.graph import build
        from costmodel.spec.document import parse_spec

        question = dict(self.question)
        spec = parse_spec(self.spec, f"<bound {self.name}>")
        if "repeats" in question:
            from costmodel.derive.induction import repeated

            return repeated(spec, question.pop("repeats"), **question)
        graph = build(spec, question.pop("at", {}), None, question.pop("free", ()))
        if "on_chip" in question:
            from costmodel.derive.algebra import fresh
            from costmodel.derive.cache import lower_bound

            return lower_bound(graph.layers[-1], fresh(question["on_chip"]))
        if "elasticity" in question:
            from costmodel.derive.growth import elasticity

            return elasticity(graph, question["elasticity"], question["of"])
        from costmodel.derive import bound

        others = {name: build(spec, at) for name, at in question.pop("beside", {}).items()}
        return bound(graph, others=others, **question)


LIBRARY: Registry[Entry] = Registry("bound", package=__name__)


def entry(name: str, statement: str, spec: str = "", **rest: Any) -> Entry:
    """Register an entry; keywords that are not its fields make up the question."""
    import sys
    from pathlib import Path

    fields = {k: rest.pop(k) for k in list(rest) if k in Entry._fields}
    caller = sys._getframe(1).f_code.co_filename
    made = Entry(name, statement, spec, rest, file=Path(caller).name, **fields)
    if made.grade not in GRADES:
        raise RuntimeError(f"{name}: {made.grade} is no grade")
    return LIBRARY.register(name)(made)


def network(symbols: str, layers: str, input: str = "[1, c1, h, w]", more: str = "") -> str:
    """The text of a spec with free *symbols* and *layers*, one a line; *more* stands between."""
    declared = "\n".join(f"  {name.strip()}: {{}}" for name in symbols.split(","))
    body = "\n".join(f"  - {line.strip()}" for line in layers.strip().splitlines())
    return f"model: question\nsymbols:\n{declared}\ninput: {input}\n{more}layers:\n{body}\n"


def side_by_side(symbols: str, input: str, more: str = "", **arms: str) -> str:
    """The text of a spec whose *arms*, each a list of layers, stand beside one another."""
    joined = ", ".join(f"{name}: [{' '.join(layers.split())}]" for name, layers in arms.items())
    return network(symbols, f"branches: {{join: concat, {joined}}}", input, more)


def listing() -> list[list[str]]:
    """Rows for ``list bounds``: name, statement, grade, source, where the documents err, file."""
    return [
        [e.name, e.statement, e.grade, e.source, e.misstated, f"costmodel/derive/library/{e.file}"]
        for e in (LIBRARY[name] for name in LIBRARY)
    ]


def named(name: str) -> Bound:
    """The library's bound *name*, derived now, with what the documents say of it."""
    found = LIBRARY[name]
    bound = found.ask()
    about = {"name": found.name, "statement": found.statement, "grade": found.grade,
             "source": found.source, "misstated": found.misstated}  # fmt: skip
    notes = [found.conditions] if found.conditions else []
    notes += [f"where the documents err: {found.misstated}"] if found.misstated else []
    notes += [f"source: {found.source}; {found.grade}"] if found.source else []
    return bound._replace(
        conditions=[*bound.conditions, *notes], extra={**bound.extra, "library": about}
    )
