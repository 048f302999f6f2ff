"""Deriving the values that claims are about; each network is built once for all its claims."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from costmodel.arith import Dim, total
from costmodel.arith.rational import is_rational, ratio
from costmodel.claims.document import Document
from costmodel.claims.formula import Formula
from costmodel.claims.record import Subject
from costmodel.claims.subjects import KNOWN
from costmodel.errors import BindingError, CostModelError, SpecError, UnknownNameError
from costmodel.graph import Graph, build
from costmodel.spec.syntax import Spec
from costmodel.table import Entry, Table
from costmodel.table.liveness import depth, peak_memory
from costmodel.zoo import find

SUMMED = ("params", "buffers", "mult_adds", "flops", "mem_access", "mem_bytes", "activations")


class Workbench:
    """The networks of one document, built as they are asked for."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.reached_out = False  # whether a network of another file was used
        self._specs: dict[str, tuple[Spec, str | None, str]] = {}
        self._graphs: dict[tuple[Any, ...], Graph] = {}
        self._tables: dict[tuple[Any, ...], Table] = {}

    def name(self, subject: Subject) -> str:
        """What the subject's network is called."""
        return self._spec(subject)[2]

    def _spec(self, subject: Subject) -> tuple[Spec, str | None, str]:
        """The document of the subject's network, the variant its name implies, and the name."""
        if subject.module is not None:
            modules = self.document.modules
            if subject.module not in modules:
                raise UnknownNameError("module", subject.module, modules, subject.mark)
            return modules[subject.module], None, subject.module
        if subject.model is None:
            own = self.document.spec
            if own is None:
                raise SpecError("this file has no network of its own", subject.mark,
                                "say which one: model or module")  # fmt: skip
            return own, None, own.model
        if subject.model not in self._specs:
            self._specs[subject.model] = self._found(subject)
        return self._specs[subject.model]

    def _found(self, subject: Subject) -> tuple[Spec, str | None, str]:
        self.reached_out = True
        name = subject.model or ""
        if name.partition(":")[0].endswith((".yaml", ".yml")):
            name = str(Path(self.document.path).parent / name)
        try:
            found = find(name)
        except CostModelError as error:
            raise error.at(subject.mark) from None
        if (found.variant or found.implied) and subject.variant:
            raise BindingError(f"{subject.model} is a variant already", subject.mark)
        return found.spec, found.variant or found.implied, subject.model or found.name

    def graph(self, subject: Subject) -> Graph:
        """The subject's network under its conditions."""
        if subject.key not in self._graphs:
            spec, implied, _ = self._spec(subject)
            try:
                made = build(spec, subject.at, subject.variant or implied)
            except CostModelError as error:
                raise error.at(subject.mark) from None
            self._graphs[subject.key] = made
        return self._graphs[subject.key]

    def table(self, subject: Subject) -> Table:
        """The costs of the subject's network under its profile."""
        key = (*subject.key, subject.profile, subject.mode)
        if key not in self._tables:
            self._tables[key] = Table(self.graph(subject), subject.profile, subject.mode)
        return self._tables[key]

    def names(self, subject: Subject) -> dict[str, Dim]:
        """The values of the names that a formula about the subject may use."""
        return dict(self.graph(subject).binding)

    def value(self, subject: Subject) -> Any:
        """The subject's quantity, exactly."""
        measured = _Measured(self, subject)
        if subject.quantity in KNOWN:
            return measured[subject.quantity]
        formula = Formula(subject.quantity, subject.mark)
        names = self.names(subject)
        names.update((key, measured[key]) for key in formula.names & {*KNOWN})
        return formula.value(names)


class _Measured:
    """Every quantity of one subject, worked out when it is looked up."""

    def __init__(self, bench: Workbench, subject: Subject) -> None:
        self.bench, self.subject = bench, subject

    def __getitem__(self, key: str) -> Any:
        table, graph = self.bench.table(self.subject), self.bench.graph(self.subject)
        entries = chosen(table.entries, self.subject)
        if key in SUMMED:
            return total(getattr(entry, key) for entry in entries)
        if key == "reported":
            counted = total(entry.mult_adds for entry in entries)
            return table.profile.reported(counted, total(entry.extra for entry in entries))
        if key == "intensity":
            flops, moved = self["flops"], self["mem_bytes"]
            exact = is_rational(flops) and is_rational(moved)
            return ratio(flops, moved) if exact else flops / moved
        if self.subject.part or self.subject.ops:
            raise SpecError(f"{key} is a quantity of whole networks", self.subject.mark)
        return depth(graph) if key == "depth" else peak_memory(graph)


def chosen(entries: list[Entry], subject: Subject) -> list[Entry]:
    """The layers that the subject is about.

    A pattern fits a layer whose whole path, or the beginning of it up to a ``/``, it matches.
    """
    if not subject.part and not subject.ops:
        return entries
    picked = [
        entry
        for entry in entries
        if (not subject.part or any(_fits(entry.layer.path, part) for part in subject.part))
        and (not subject.ops or entry.layer.op.kind in subject.ops)
    ]
    if not picked:
        wanted = ", ".join((*subject.part, *subject.ops))
        raise UnknownNameError("layer", wanted, [e.layer.path for e in entries], subject.mark)
    return picked


def _fits(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern}/*")
