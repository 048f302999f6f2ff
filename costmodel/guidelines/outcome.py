"""What lint found, and how it is told to people, to CI and to programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from costmodel.errors import Mark
from costmodel.guidelines import SAVED, Finding, Guideline
from costmodel.guidelines.devices import Device
from costmodel.guidelines.seen import Seen
from costmodel.quantities import QUANTITIES
from costmodel.records import Record
from costmodel.render import Block, Column, Grid, Heading, Text
from costmodel.render.findings import Finding as Told
from costmodel.render.findings import Findings
from costmodel.render.numbers import count

MOST_PLACES = 40  # places told one by one


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
    def places(self) -> list[list[Finding]]:
        """The findings of one rule at one place in the spec, together, the worst first."""
        grouped: dict[tuple[str, str, int, int], list[Finding]] = {}
        for f in self.findings:
            key = (f.code, f.mark.source.path, f.mark.line, f.mark.column)
            grouped.setdefault(key, []).append(f)
        return [sorted(group, key=lambda f: -f.excess) for group in grouped.values()]

    def report(self) -> Findings:
        """The outcome as a report."""
        blocks: list[Block] = [Heading(f"{self.name}: guidelines")]
        blocks += [Text(self._line(group)) for group in self.places[:MOST_PLACES]]
        if len(self.places) > MOST_PLACES:
            blocks.append(Text(f"and {len(self.places) - MOST_PLACES} more places", kind="note"))
        if self.findings:
            blocks.append(self._summary())
        blocks.append(Text(self.sentence, kind="note"))
        if self.device is not None:
            from costmodel.guidelines.timing import LABEL

            blocks.append(Text(f"time on {self.device.name}: {LABEL}", kind="note"))
        told = tuple(_told(group, self.name) for group in self.places)
        return Findings(blocks, self.as_json(), told, "costmodel lint")

    @property
    def sentence(self) -> str:
        """One sentence with every count."""
        count, places = len(self.findings), len(self.places)
        quiet = f"; {len(self.silenced)} silenced by # noqa" if self.silenced else ""
        rules = _many(len(self.rules), "rule")
        if not count:
            return f"{rules}, nothing found{quiet}"
        return (f"{rules}, {_many(count, 'finding')} at {_many(places, 'place')}{quiet}; a saving "
                "is that of the layers named, each alone")  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """The findings as data."""
        graph = self.seen.graph
        symbols = {name: graph.binding[name] for name in graph.spec.symbols}
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.code] = counts.get(finding.code, 0) + 1
        return {
            "model": self.name,
            "variant": graph.variant,
            "at": symbols,
            "rules": [rule.code for rule in self.rules],
            "findings": [self._data(finding) for finding in self.findings],
            "summary": counts,
            "silenced": len(self.silenced),
            **({"device": self.device.name} if self.device else {}),
        }

    def _saved_time(self, f: Finding) -> float | None:
        """Microseconds that a fix saves on the device, if one is named."""
        if self.device is None:
            return None
        from costmodel.guidelines.timing import saved_seconds

        width = self.seen.entries[0].bytes_per_element
        return round(1e6 * saved_seconds(f.saves, self.device, width), 3)

    def _line(self, group: Sequence[Finding]) -> str:
        worst, mark = group[0], group[0].mark
        times = f" (worst of {len(group)} layers)" if len(group) > 1 else ""
        text = f"{shown(mark)}:{mark.line}:{mark.column}: {worst.code} {worst.path}{times}: "
        text += worst.message
        if worst.fix:
            text += f"\n    fix: {worst.fix}"
            if worst.saves:
                text += f"; changes: {saved_text(worst.saves)}"
            if time := self._saved_time(worst):
                text += f"; time {-time:+.1f} µs (modelled)"
        return text

    def _data(self, f: Finding) -> dict[str, Any]:
        data = {"code": f.code, "path": f.path, "file": shown(f.mark), "line": f.mark.line,
                "column": f.mark.column, "message": f.message, "excess": round(f.excess, 6),
                "fix": f.fix, "saves": dict(f.saves)}  # fmt: skip
        time = self._saved_time(f)
        return data if time is None else {**data, "saves_microseconds": time}

    def _summary(self) -> Grid:
        columns = [Column("rule", "rule", "text", priority=100),
                   Column("title", "", "text", priority=80),
                   Column("places", "places", "text", priority=70),
                   Column("layers", "layers", "text", priority=60),
                   Column("worst", "worst ×", "ratio", priority=90)]  # fmt: skip
        columns += [
            Column(q, f"saves {QUANTITIES[q].heading}", "count", priority=40 - i)
            for i, q in enumerate(SAVED)
        ]
        return Grid(columns, [self._row(rule) for rule in self.rules if self._of(rule)])

    def _of(self, rule: Guideline) -> list[Finding]:
        return [finding for finding in self.findings if finding.code == rule.code]

    def _row(self, rule: Guideline) -> list[Any]:
        mine = self._of(rule)
        places = sum(group[0].code == rule.code for group in self.places)
        saved = [sum(f.saves.get(q, 0) for f in mine) or None for q in SAVED]
        worst = max(f.excess for f in mine)
        return [rule.code, rule.title, places, len(mine), worst, *saved]


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def shown(mark: Mark) -> str:
    """The file of a place as people write it: from here, if it lies below."""
    path = mark.source.path
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if near.startswith("..") or path.startswith("<") else near


def saved_text(saves: Any) -> str:
    """What is saved, in words; a loss counts as such."""
    words = [
        f"{QUANTITIES[q].heading if q in QUANTITIES else q} {_signed(-v)}" for q, v in saves.items()
    ]
    return ", ".join(words)


def _signed(value: int) -> str:
    return f"{'+' if value > 0 else ''}{count(value)}"


def _told(group: Sequence[Finding], network: str) -> Told:
    worst, mark = group[0], group[0].mark
    more = f" (and {len(group) - 1} more here)" if len(group) > 1 else ""
    text = worst.message + (f"; fix: {worst.fix}" if worst.fix else "") + more
    return Told(worst.code, "warning", worst.path, network, text, shown(mark), mark.line,
                mark.column)  # fmt: skip
