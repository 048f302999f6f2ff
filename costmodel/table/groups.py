"""Entries grouped into the rows that a person reads: by stage, block, layer or op."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from costmodel.arith import Dim, ascii, is_symbolic, total
from costmodel.errors import UnknownNameError
from costmodel.records import Record
from costmodel.table import Entry

MOST_ROWS = 30  # more lines than this and runs of single layers are shown as one


class Group(Record):
    """Some entries under one name; ``times`` repetitions that cost the same stand as one."""

    name: str
    entries: tuple[Entry, ...]
    times: Dim = 1

    def sum(self, key: str) -> Dim:
        """The quantity *key* of all entries together."""
        if key == "depth":
            return total(e.layer.runs for e in self.entries if e.layer.op.weighted)
        return total(getattr(e, key) for e in self.entries)

    @property
    def ops(self) -> str:
        """What the entries are."""
        kinds = dict.fromkeys(e.layer.op.kind for e in self.entries)
        return next(iter(kinds)) if len(kinds) == 1 else f"{len(kinds)} kinds"


def by_layer(entries: list[Entry]) -> list[Group]:
    """One row a layer."""
    return [Group(entry.layer.path, (entry,), entry.layer.runs) for entry in entries]


def by_op(entries: list[Entry]) -> list[Group]:
    """One row a kind of operator."""
    return _collect(entries, lambda entry: entry.layer.op.kind)


def by_block(entries: list[Entry]) -> list[Group]:
    """One row a block; neighbours of one stage that cost the same are collapsed."""
    collapsed: list[Group] = []
    for group in _joined(_runs(entries, lambda entry: entry.layer.block)):
        last, runs = collapsed[-1] if collapsed else None, group.entries[0].layer.runs
        if last is not None and _alike(last, group):
            first = last.name.partition("..")[0]
            merged = last.entries + group.entries
            number = group.name.rpartition("/")[2]
            collapsed[-1] = Group(f"{first}..{number}", merged, last.times + runs)
        else:
            collapsed.append(Group(group.name, group.entries, runs))
    return collapsed


def by_stage(entries: list[Entry]) -> list[Group]:
    """One row a stage; loose layers between stages share a row."""
    return _joined(_runs(entries, lambda entry: entry.layer.stage))


GROUPINGS: dict[str, Callable[[list[Entry]], list[Group]]] = {
    "layer": by_layer,
    "block": by_block,
    "stage": by_stage,
    "op": by_op,
}


def grouped(entries: list[Entry], by: str) -> list[Group]:
    """The rows of a table of *entries*."""
    if by not in GROUPINGS:
        raise UnknownNameError("grouping", by, GROUPINGS)
    return GROUPINGS[by](entries)


def sort_groups(groups: list[Group], key: str | None, top: int | None) -> list[Group]:
    """*groups* with the costliest in *key* first, all past *top* as one row."""
    if key is not None:
        values = [group.sum(key) for group in groups]
        if any(map(is_symbolic, values)):
            order = sorted(range(len(groups)), key=lambda i: -len(ascii(values[i])))
        else:
            order = sorted(range(len(groups)), key=lambda i: -values[i])
        groups = [groups[i] for i in order]
    if top is not None and len(groups) > top:
        rest = groups[top:]
        entries = tuple(entry for group in rest for entry in group.entries)
        groups = [*groups[:top], Group(f"({len(rest)} more)", entries)]
    return groups


def _runs(entries: Iterable[Entry], key: Callable[[Entry], str]) -> list[Group]:
    """Neighbours with the same key."""
    runs: list[tuple[str, list[Entry]]] = []
    for entry in entries:
        name = key(entry)
        if not runs or runs[-1][0] != name:
            runs.append((name, []))
        runs[-1][1].append(entry)
    return [Group(name, tuple(members)) for name, members in runs]


def _joined(groups: list[Group]) -> list[Group]:
    """Loose layers (their path is one name) next to each other as one row."""
    joined: list[Group] = []
    loose: list[Group] = []

    def flush() -> None:
        if not loose:
            return
        entries = tuple(entry for group in loose for entry in group.entries)
        heavy = [e for e in entries if e.layer.op.weighted] or [entries[0]]
        names = dict.fromkeys(e.layer.path for e in (heavy[0], heavy[-1]))
        joined.append(Group("..".join(names), entries))
        loose.clear()

    for group in groups:
        entry = group.entries[0]
        if len(group.entries) == 1 and entry.layer.path == group.name:
            if loose and _starts_anew(loose, entry):
                flush()
            loose.append(group)
        else:
            flush()
            joined.append(group)
    flush()
    return joined


def _starts_anew(loose: list[Group], entry: Entry) -> bool:
    """A weighted layer after one that changed the resolution begins a new row."""
    if not entry.layer.op.weighted or not any(g.entries[0].layer.op.weighted for g in loose):
        return False
    first = next(g.entries[0] for g in loose if g.entries[0].layer.op.weighted)
    return bool(entry.layer.y[2:] != first.layer.y[2:])


def _alike(last: Group, group: Group) -> bool:
    stage = group.name.partition("/")
    if not stage[1] or last.name.partition("/")[0] != stage[0]:
        return False
    size = len(group.entries)
    return [_fingerprint(e) for e in last.entries[-size:]] == [
        _fingerprint(e) for e in group.entries
    ]


def _fingerprint(entry: Entry) -> tuple[Any, ...]:
    return (entry.layer.op, entry.layer.xs, entry.layer.y)


def _collect(entries: list[Entry], key: Callable[[Entry], str]) -> list[Group]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(key(entry), []).append(entry)
    return [Group(name, tuple(members)) for name, members in found.items()]
