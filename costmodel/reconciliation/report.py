"""Search results -> Report: what prints the digits, or what comes nearest and why it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.arith import total
from costmodel.reconciliation.conventions import Match
from costmodel.reconciliation.counts import Counts, classifier_of
from costmodel.reconciliation.search import Asked, Search
from costmodel.render import Block, Column, Grid, Heading, Report, Text
from costmodel.render.numbers import count
from costmodel.table.groups import grouped

MOST = 12
CLOSE = 0.02  # a part explains a gap if it is within this fraction of it
CLEAR = 1.0  # how much nearer the first reading must be to be called the likely one


def tell(search: Search, found: Sequence[tuple[Asked, list[Match]]]) -> Report:
    """Everything that was found, number by number."""
    blocks: list[Block] = []
    data = []
    for number, matches in found:
        blocks.append(Heading(f"{search.name}: {number.quantity} = {number.text}"))
        good = bool(matches) and bool(matches[0].way)
        blocks += _matching(matches) if good else _missing(search, number, matches)
        data.append(_data(number, matches, good))
    return Report(blocks, {"model": search.name, "reported": data})


def _matching(matches: list[Match]) -> list[Block]:
    first, others = matches[0], matches[1:]
    same = [m for m in others if m.distance <= first.distance + CLEAR]
    text = f"most likely: {first.convention.words()}: {_how(first)}"
    if same:
        readings = "reading is" if len(same) == 1 else "readings are"
        text += f". {len(same)} more {readings} about as plausible: the digits do not decide"
    lines: list[Block] = [Text(text), _grid(matches[:MOST])]
    if len(matches) > MOST:
        lines.append(Text(f"and {len(matches) - MOST} less likely ones", kind="note"))
    lines.append(Text("score 0 is the plainest reading; each departure from it adds", kind="note"))
    return lines


def _how(match: Match) -> str:
    how = {"exact": "is exactly it", "rounded": "rounds to it",
           "truncated": "cut off, not rounded", "raised": "rounded up"}  # fmt: skip
    return f"{match.value:,} {how[match.way]}"


def _grid(matches: Sequence[Match]) -> Grid:
    columns = [
        Column("convention", "convention", "text", priority=100),
        Column("value", "derived", "text", priority=90),
        Column("off", "off by %", "percent", priority=70),
        Column("way", "digits", "text", priority=80),
        Column("score", "score", "text", priority=50),
        Column("also", "the same number", "text", priority=30),
    ]
    rows = [
        [
            m.convention.words(),
            f"{m.value:,}",
            100 * m.off,
            m.way or "differ",
            f"{m.distance:.2g}",
            ", ".join(m.also),
        ]
        for m in matches
    ]
    return Grid(columns, rows)


def _missing(search: Search, number: Asked, matches: list[Match]) -> list[Block]:
    blocks: list[Block] = [
        Text(f"nothing matches: no convention known here prints {number.text}", kind="warning")
    ]
    if not matches:
        return blocks
    blocks += [Text("the nearest:"), _grid(matches)]
    blocks += [Text(line, kind="note") for line in causes(search, matches[0])]
    return blocks


def causes(search: Search, match: Match) -> list[str]:
    """What the gap to the nearest convention is, and which part of the network is as large."""
    gap = match.value - match.printed.value
    more = "more" if gap > 0 else "less"
    lines = [f"{match.convention.words()} gives {count(abs(gap))} {more} ({match.off:+.2%})"]
    if match.convention.variant is not None or match.convention.size:
        return lines
    table = Counts(search.own).table(match.convention.profile)
    key = match.convention.quantity if match.convention.quantity != "reported" else "mult_adds"
    parts: dict[str, Any] = {}
    last = classifier_of(table.entries)
    if last is not None:
        parts["the classifier"] = getattr(last, key)
    for by in ("stage", "op"):
        for group in grouped(table.entries, by):
            parts[f"{by} {group.name}"] = group.sum(key)
    parts["every bias and normalisation"] = total(e.cost.params for e in table.entries
                                                  if e.layer.op.family == "norm")  # fmt: skip
    like = [f"{name} ({count(value)})" for name, value in parts.items()
            if value and abs(value - abs(gap)) <= CLOSE * abs(gap)]  # fmt: skip
    if like:
        lines.append(f"as large as the gap: {', '.join(like)}")
    else:
        near = min(parts.items(), key=lambda part: abs(part[1] - abs(gap)))
        lines.append(f"no part alone is as large as the gap; nearest is {near[0]} "
                     f"({count(near[1])}): the published network may be another one")  # fmt: skip
    return lines


def _data(number: Asked, matches: list[Match], good: bool) -> dict[str, Any]:
    return {
        "quantity": number.quantity,
        "reported": number.text,
        "matches": [_plain(m) for m in matches] if good else [],
        "nearest": [] if good else [_plain(m) for m in matches],
    }


def _plain(match: Match) -> dict[str, Any]:
    con = match.convention
    return {
        "profile": con.profile,
        "quantity": con.quantity,
        "variant": con.variant,
        "at": dict(con.size),
        "classifier": con.classifier,
        "prefix": con.thousand,
        "unit": con.unit or None,
        "derived": match.value if isinstance(match.value, int) else float(match.value),
        "deviation": round(match.off, 6),
        "digits": match.way or None,
        "score": round(match.distance, 3),
        "also": list(match.also),
    }
