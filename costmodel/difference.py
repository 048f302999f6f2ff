"""Two networks side by side: what differs, and which layers make the difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from costmodel.arith import Dim, ascii, is_symbolic, total
from costmodel.graph import shape_text
from costmodel.network import Network
from costmodel.quantities import QUANTITIES
from costmodel.records import Record
from costmodel.render import Block, Column, Grid, Heading, Report, Text
from costmodel.table import Entry

COMPARED = ("params", "buffers", "mult_adds", "flops", "mem_access", "activations", "peak_memory",
            "depth")  # fmt: skip
MOST_ROWS = 12


KEYS = ("mult_adds", "params", "mem_access")


class Change(Record):
    """A layer that became another, or a kind of layer one network has more often."""

    what: str  # its op and shapes, before and after
    path: str
    times: int  # 0 where it became another; else how much more often the second has it
    cost: Mapping[str, Dim]  # what it adds to the second network's costs


def difference(a: Network, b: Network, profile: str = "paper") -> Report:
    """What *b* has more or less than *a*, in total and by the layers that cause it."""
    tables = [net.table(profile=profile)._table for net in (a, b)]
    rows = [[key, *(getattr(t.totals, key) for t in tables)] for key in COMPARED]
    changes = changed_layers(tables[0].entries, tables[1].entries)
    heading = f"{_title(a)} -> {_title(b)}   profile: {profile}"
    blocks: list[Block] = [Heading(heading), _totals(rows)]
    if changes:
        blocks += [Heading("layers that make the difference", level=2), _layers(changes)]
    else:
        blocks.append(Text("every layer has its equal in the other network"))
    data = {
        "a": a.name, "b": b.name, "profile": profile,
        "totals": {key: {"a": _plain(x), "b": _plain(y), "change": _plain(y - x)}
                   for key, x, y in rows},
        "layers": [{"what": c.what, "path": c.path, "times": c.times,
                    **{k: _plain(v) for k, v in c.cost.items()}} for c in changes],
    }  # fmt: skip
    return Report(blocks, data)


def changed_layers(a: list[Entry], b: list[Entry]) -> list[Change]:
    """Layers of one path that differ, then those without a partner, told apart by what they are.

    The largest change in multiply-adds comes first.
    """
    theirs = {entry.layer.path: entry for entry in b}
    both = {e.layer.path: (e, theirs[e.layer.path]) for e in a if e.layer.path in theirs}
    changes = [
        Change(f"{_what(x)}, then {_what(y)}", path, 0,
               {key: getattr(y, key) - getattr(x, key) for key in KEYS})
        for path, (x, y) in both.items() if _kind(x) != _kind(y)
    ]  # fmt: skip
    first, second = ([e for e in side if e.layer.path not in both] for side in (a, b))
    counts = Counter(map(_kind, second))
    counts.subtract(Counter(map(_kind, first)))
    examples = {_kind(e): e for e in reversed([*first, *second])}
    for kind, times in counts.items():
        if times:
            e = examples[kind]
            costs = {key: times * getattr(e, key) for key in KEYS}
            changes.append(Change(_what(e), e.layer.path, times, costs))
    return sorted(changes, key=_weight, reverse=True)


def _kind(entry: Entry) -> tuple[Any, ...]:
    return entry.layer.op, entry.layer.xs, entry.layer.y


def _what(entry: Entry) -> str:
    shapes = " and ".join(map(shape_text, entry.layer.xs))
    return f"{entry.layer.op.kind} {shapes} -> {shape_text(entry.layer.y)}"


def _weight(change: Change) -> tuple[Any, ...]:
    return tuple(0 if is_symbolic(c) else abs(c) for c in change.cost.values())


def _title(net: Network) -> str:
    shape = "×".join(ascii(dim) for dim in net.graph.inputs[0].shape)
    return f"{net.name}{':' + net.variant if net.variant else ''} ({shape})"


def _totals(rows: list[list[Any]]) -> Grid:
    columns = [Column("quantity", "quantity", "text", priority=100), Column("a", "first", "count"),
               Column("b", "second", "count"), Column("change", "change", "count"),
               Column("percent", "%", "percent")]  # fmt: skip
    return Grid(columns, [[QUANTITIES[k].heading, x, y, y - x, _share(x, y)] for k, x, y in rows])


def _share(x: Dim, y: Dim) -> float | None:
    return None if is_symbolic(x) or is_symbolic(y) or not x else float(100 * (y - x) / x)


def _layers(changes: list[Change]) -> Grid:
    columns = [Column("path", "layer", "text", priority=100),
               Column("times", "times", "text", priority=95),
               Column("mult_adds", "mult-adds", "count", priority=90),
               Column("params", "params", "count", priority=80),
               Column("what", "what changed", "text", priority=85)]  # fmt: skip
    rows = [
        [c.path, f"{c.times:+d}" if c.times else "", c.cost["mult_adds"], c.cost["params"], c.what]
        for c in changes[:MOST_ROWS]
    ]
    rest = changes[MOST_ROWS:]
    if rest:
        sums = [total(c.cost[key] for c in rest) for key in ("mult_adds", "params")]
        rows.append([f"({len(rest)} smaller)", "", *sums, ""])
    return Grid(columns, rows)


def _plain(value: Dim) -> Any:
    return value if isinstance(value, int) else ascii(value)
