"""Run the rules over a network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from costmodel.errors import Mark
from costmodel.graph import Graph
from costmodel.guidelines import Finding, Guideline
from costmodel.guidelines.outcome import Outcome
from costmodel.guidelines.seen import Seen
from costmodel.guidelines.settings import Settings, rank

_NOQA = re.compile(r"#\s*noqa(?::\s*([A-Z]\d+(?:[,\s]+[A-Z]\d+)*))?", re.IGNORECASE)


def lint(network: Any, settings: Settings | None = None, *, name: str = "") -> Outcome:
    """What the selected rules find in *network*, a graph or anything that has one.

    Raises  BindingError where a symbol is free.
    """
    graph: Graph = getattr(network, "graph", network)
    name = name or getattr(network, "name", "") or graph.spec.model
    return checked(Seen(graph), (settings or Settings()).rules(), name)


def checked(seen: Seen, rules: Sequence[Guideline], name: str) -> Outcome:
    """The findings of *rules*, those apart that the spec silences.

    A comment counts on the layer's own line, and on that of every call or row around it.
    """
    found: list[Finding] = []
    silenced: list[Finding] = []
    for rule in rules if seen.layers else ():
        for finding in rule.check(seen):
            quiet = any(is_silenced(mark, finding.code) for mark in finding.layer.marks)
            (silenced if quiet else found).append(finding)
    found.sort(key=lambda f: (f.mark.source.path, f.mark.line, f.mark.column, rank(f.code)))
    return Outcome(name, seen, tuple(rules), tuple(found), tuple(silenced))


def is_silenced(mark: Mark, code: str) -> bool:
    """Whether a comment on the marked line silences the rule: ``# noqa`` or ``# noqa: G1, R2``."""
    comment = _NOQA.search(mark.source.line(mark.line))
    if comment is None:
        return False
    codes = comment.group(1)
    return codes is None or code in re.split(r"[,\s]+", codes.upper())
