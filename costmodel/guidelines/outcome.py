"""What lint found, as data: the findings, and together those of one rule at one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from costmodel.errors import Mark
from costmodel.guidelines import Finding, Guideline
from costmodel.guidelines.devices import Device
from costmodel.guidelines.seen import Seen
from costmodel.records import Record

if TYPE_CHECKING:
    from costmodel.render.findings import Findings


class Place(Record):
    """The findings of one rule at one place in the spec, the worst first.

    A layer in a block is one line of the spec and many layers of the network.
    """

    findings: tuple[Finding, ...]

    @property
    def worst(self) -> Finding:
        """The finding that is furthest from the best."""
        return self.findings[0]

    @property
    def code(self) -> str:
        """The rule."""
        return self.worst.code

    @property
    def mark(self) -> Mark:
        """Where the layers stand."""
        return self.worst.mark

    def callers(self) -> dict[Mark, list[Finding]]:
        """The findings by the outermost call or row that they come from, in the order of lines."""
        found: dict[Mark, list[Finding]] = {}
        for finding in sorted(self.findings, key=lambda f: [_order(m) for m in f.layer.calls]):
            for mark in finding.layer.calls[:1]:
                found.setdefault(mark, []).append(finding)
        return found

    def related(self) -> Iterator[tuple[str, Mark]]:
        """Each call around one of the layers, once, and the first layer that came by it."""
        marks: dict[Mark, str] = {}
        for finding in self.findings:
            for mark in finding.layer.calls:
                marks.setdefault(mark, finding.path)
        for mark in sorted(marks, key=_order):
            yield marks[mark], mark


class Outcome(Record):
    """Every finding, in the order of the lines."""

    name: str
    seen: Seen
    rules: tuple[Guideline, ...]
    findings: tuple[Finding, ...]
    silenced: tuple[Finding, ...] = ()
    device: Device | None = None  # for the time that a fix would save

    @property
    def exit_code(self) -> int:
        """0 if nothing was found, else 1."""
        return 1 if self.findings else 0

    @property
    def places(self) -> list[Place]:
        """The findings of one rule at one line, together."""
        grouped: dict[Any, list[Finding]] = {}
        for f in self.findings:
            grouped.setdefault((f.code, *_order(f.mark)), []).append(f)
        return [Place(tuple(sorted(g, key=lambda f: -f.excess))) for g in grouped.values()]

    def counts(self) -> dict[str, int]:
        """How many findings each rule has, of those that have any."""
        found: dict[str, int] = {}
        for finding in self.findings:
            found[finding.code] = found.get(finding.code, 0) + 1
        return found

    def saved_time(self, finding: Finding) -> float | None:
        """Seconds that a fix saves on the device, if one is named."""
        if self.device is None:
            return None
        from costmodel.guidelines.timing import saved_seconds

        return saved_seconds(finding.saves, self.device, self.seen.entries[0].bytes_per_element)

    def report(self) -> Findings:
        """The outcome as a report."""
        from costmodel.guidelines.telling import told

        return told(self)

    def __str__(self) -> str:
        from costmodel.render import render

        return render(self.report(), "table")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from costmodel.render import to_html_fragment

        return to_html_fragment(self.report())


def _order(mark: Mark) -> tuple[str, int, int]:
    return mark.source.path, mark.line, mark.column
