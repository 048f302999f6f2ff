"""How what lint found is told to people, to CI and to programs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.errors import Mark
from costmodel.guidelines import SAVED, Finding, Guideline
from costmodel.guidelines.outcome import Outcome, Place
from costmodel.quantities import QUANTITIES
from costmodel.render import Block, Column, Grid, Heading, Text
from costmodel.render.findings import Finding as Told
from costmodel.render.findings import Findings
from costmodel.render.numbers import count

MOST_PLACES = 40  # places told one by one
MOST_CALLERS = 6  # rows or calls told for one place


def told(outcome: Outcome) -> Findings:
    """The report of *outcome*."""
    places = outcome.places
    blocks: list[Block] = [Heading(f"{outcome.name}: guidelines")]
    for place in places[:MOST_PLACES]:
        head, *further = _lines(place, outcome)
        blocks += [Text(head), *(Text(line, kind="note") for line in further)]
    if len(places) > MOST_PLACES:
        blocks.append(Text(f"and {len(places) - MOST_PLACES} more places", kind="note"))
    if places:
        blocks.append(_summary(outcome))
    alone = "; a saving is that of one fix alone, those in the table added up" * bool(places)
    blocks.append(Text(sentence(outcome) + alone, kind="note"))
    if outcome.device is not None:
        from costmodel.guidelines.timing import LABEL

        blocks.append(Text(f"time on {outcome.device.name}: {LABEL}", kind="note"))
    found = tuple(_told(place, outcome.name) for place in places)
    return Findings(blocks, as_json(outcome), found, "costmodel lint")


def sentence(outcome: Outcome) -> str:
    """What was found, in numbers.

    "18 rules, 3 findings at 2 places; 1 silenced by # noqa"
    """
    quiet = f"; {len(outcome.silenced)} silenced by # noqa" if outcome.silenced else ""
    rules = many(len(outcome.rules), "rule")
    if not outcome.findings:
        return f"{rules}, nothing found{quiet}"
    findings, places = many(len(outcome.findings), "finding"), many(len(outcome.places), "place")
    return f"{rules}, {findings} at {places}{quiet}"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The findings as data."""
    graph = outcome.seen.graph
    return {
        "model": outcome.name,
        "variant": graph.variant,
        "at": {name: graph.binding[name] for name in graph.spec.symbols},
        "rules": [rule.code for rule in outcome.rules],
        "findings": [_data(finding, outcome) for finding in outcome.findings],
        "summary": outcome.counts(),
        "silenced": len(outcome.silenced),
        **({"device": outcome.device.name} if outcome.device else {}),
    }


def _data(f: Finding, outcome: Outcome) -> dict[str, Any]:
    data = {"code": f.code, "path": f.path, "file": shown(f.mark), "line": f.mark.line,
            "column": f.mark.column, "message": f.message, "excess": round(f.excess, 6),
            "fix": f.fix, "saves": dict(f.saves)}  # fmt: skip
    if f.layer.calls:
        data["calls"] = [{"file": shown(m), "line": m.line, "column": m.column}
                         for m in f.layer.calls]  # fmt: skip
    time = outcome.saved_time(f)
    return data if time is None else {**data, "saves_microseconds": round(1e6 * time, 3)}


def _lines(place: Place, outcome: Outcome) -> Iterator[str]:
    """What is wrong; what would cure it; where the layers come from."""
    worst, times = place.worst, len(place.findings)
    layers = f"×{times}: {worst.path} …" if times > 1 else f"{worst.path}:"
    mark = place.mark
    yield f"{shown(mark)}:{mark.line}:{mark.column}: {place.code} {layers} {worst.message}"
    if worst.fix:
        time = outcome.saved_time(worst)
        yield "  fix: " + "; ".join(
            part
            for part in (
                worst.fix,
                f"changes: {saved_text(worst.saves)}" if worst.saves else "",
                "" if time is None else f"time {-1e6 * time:+.1f} µs (modelled)",
            )
            if part
        )
    if callers := place.callers():
        yield f"  from {_callers(mark, callers)}"


def _callers(mark: Mark, callers: Mapping[Mark, list[Finding]]) -> str:
    words = []
    for caller, findings in callers.items():
        file = "" if caller.source.path == mark.source.path else f"{shown(caller)}:"
        times = f" ×{len(findings)}" if len(findings) > 1 else ""
        words.append(f"{file}{caller.line} {findings[0].layer.stage}{times}")
    more = f", and {len(words) - MOST_CALLERS} more" if len(words) > MOST_CALLERS else ""
    return f"line{'s' * (len(words) > 1)} {', '.join(words[:MOST_CALLERS])}{more}"


def _summary(outcome: Outcome) -> Grid:
    columns = [Column("rule", "rule", "text", priority=100),
               Column("title", "", "text", priority=80),
               Column("places", "places", "text", priority=70),
               Column("layers", "layers", "text", priority=60),
               Column("worst", "worst ×", "ratio", priority=90)]  # fmt: skip
    columns += [
        Column(q, f"saves {QUANTITIES[q].heading}", "count", priority=40 - i)
        for i, q in enumerate(SAVED)
    ]
    found = outcome.counts()
    return Grid(columns, [_row(rule, outcome) for rule in outcome.rules if rule.code in found])


def _row(rule: Guideline, outcome: Outcome) -> list[Any]:
    mine = [finding for finding in outcome.findings if finding.code == rule.code]
    places = sum(place.code == rule.code for place in outcome.places)
    saved = [sum(f.saves.get(q, 0) for f in mine) or None for q in SAVED]
    return [rule.code, rule.title, places, len(mine), max(f.excess for f in mine), *saved]


def _told(place: Place, network: str) -> Told:
    worst, mark = place.worst, place.mark
    more = f" (and {len(place.findings) - 1} more here)" if len(place.findings) > 1 else ""
    text = worst.message + (f"; fix: {worst.fix}" if worst.fix else "") + more
    related = tuple((f"called here: {path}", shown(m), m.line, m.column)
                    for path, m in place.related())  # fmt: skip
    return Told(worst.code, "warning", worst.path, network, text, shown(mark), mark.line,
                mark.column, related)  # fmt: skip


def many(number: int, what: str) -> str:
    """A number of things.

    >>> many(1, "rule"), many(2, "rule")
    ('1 rule', '2 rules')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def shown(mark: Mark) -> str:
    """The file of a place as people write it: from here, if it lies below."""
    path = mark.source.path
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if near.startswith("..") or path.startswith("<") else near


def saved_text(saves: Mapping[str, int]) -> str:
    """What is saved, in words; a loss counts as such."""
    words = [
        f"{QUANTITIES[q].heading if q in QUANTITIES else q} {'+' * (v < 0)}{count(-v)}"
        for q, v in saves.items()
    ]
    return ", ".join(words)
