"""Repeated stretches of a network -> blocks with arguments.

A block is a stretch of layers that occurs again (``fold_regions``).  The one that saves most lines
is taken first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from costmodel.importers.fold_layers import Line, Slot, continues, members, scope_of
from costmodel.importers.fold_regions import (
    Region,
    between,
    clean_places,
    repeated_regions,
    separate,
)

TRIED = 40  # candidates that are worked out
MOST_BLOCKS = 40
OVERHEAD = 3  # lines that a block costs beside its layers
ACTIVATIONS = frozenset(
    {"relu", "relu6", "swish", "h_swish", "gelu", "leaky_relu", "elu", "mish", "sigmoid"}
)
ARGUMENTS = {"out": "out", "kernel": "kernel", "stride": "stride", "groups": "groups"}


class BlockType:
    """A block: the layers of its first occurrence and what its arguments stand for."""

    def __init__(self, occurrences: Sequence[Sequence[Line]]) -> None:
        self.occurrences = list(occurrences)
        self.name = ""
        self.body = self.occurrences[0]
        self.args: dict[str, tuple[int | str, ...]] = {}  # name -> its value in each occurrence
        self.rules: dict[tuple[int, Slot], str | int] = {}  # place, slot -> what is written
        for place in range(len(self.body)):
            for slot in self.body[place].slots():
                self.rules[place, slot] = self._rule(place, slot)

    def _rule(self, place: int, slot: Slot) -> str | int:
        lines = [occurrence[place] for occurrence in self.occurrences]
        values = tuple(line.slots()[slot] for line in lines)
        if len(set(values)) == 1:
            return values[0]
        for name, incoming in (
            ("c_in", [line.channels for line in lines]), ("d_in", [line.width for line in lines])
        ):  # fmt: skip
            if (text := in_terms(values, name, incoming)) is not None:
                return text
        for name, known in self.args.items():
            if (text := in_terms(values, name, list(known))) is not None:
                return text
        usual = ARGUMENTS.get(slot[0], slot[0])
        if any(isinstance(value, str) for value in values):
            usual = "extent"
        name = unused(usual, self.args)
        self.args[name] = values
        return name

    def rows(self) -> list[tuple[int, int]]:
        """(first occurrence, how many follow it directly with the same arguments)."""
        found: list[tuple[int, int]] = []
        for i, occurrence in enumerate(self.occurrences):
            before = self.occurrences[i - 1] if i else None
            follows = before is not None and continues(occurrence, before)
            if follows and all(v[i] == v[i - 1] for v in self.args.values()):
                found[-1] = (found[-1][0], found[-1][1] + 1)
            else:
                found.append((i, 1))
        return found

    def is_modules(self, held: Mapping[str, int]) -> bool:
        """Whether each occurrence is all that some module of the model does."""
        for occurrence in self.occurrences:
            scoped = sum("/" in line.name for line in occurrence)
            if held.get(scope_of(occurrence)) != scoped:
                return False
        return True

    @property
    def saving(self) -> int:
        """Lines that the block saves."""
        lines = len(self.body)
        written = lines + OVERHEAD + len(self.rows()) + (len(self.args) > 4)
        starts_late = self.body[0].call.kind in ACTIVATIONS
        return len(self.occurrences) * lines - written - starts_late


def in_terms(values: Sequence[Any], name: str, known: Sequence[Any]) -> str | None:
    """*values* as a multiple or a part of *known*, which is called *name*."""
    if all(v == k for v, k in zip(values, known, strict=True)):
        return name
    if any(type(number) is not int or number < 1 for number in (*known, *values)):
        return None
    first, base = values[0], known[0]
    if first % base == 0 and all(
        v == k * (first // base) for v, k in zip(values, known, strict=True)
    ):
        return f"{first // base} * {name}"
    if base % first == 0 and all(
        v * (base // first) == k for v, k in zip(values, known, strict=True)
    ):
        return f"{name} // {base // first}"
    return None


def unused(name: str, taken: Any) -> str:
    """*name*, numbered if it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def find_blocks(lines: Sequence[Line]) -> list[BlockType]:
    """The blocks that save most, no two of which share a layer.

    First those between places where nothing else is alive, which follow each other in a
    sequence; what these leave is looked through for stretches that a shortcut or branch passes.
    """
    regions, free = repeated_regions(lines), bytearray(b"\1") * len(lines)
    found: list[BlockType] = []
    held, clean = members(lines), clean_places(lines)
    for queue in (between(regions, clean), regions):
        heapify(queue)
        while len(found) < MOST_BLOCKS and (best := _best(lines, queue, free, held)) is not None:
            found.append(best)
            for occurrence in best.occurrences:
                start, end = occurrence[0].index, occurrence[-1].index + 1
                free[start:end] = bytes(end - start)
    return found


def _best(
    lines: Sequence[Line], queue: list[Region], free: bytearray, held: Mapping[str, int]
) -> BlockType | None:
    """The block that saves most, among the most promising of the queue."""
    best, most = None, 0
    tried: list[Region] = []
    while queue and len(tried) < TRIED and -3 * queue[0][0] > most:
        promise, length, every = heappop(queue)
        starts = [s for s in every if free.find(0, s, s + length) < 0]
        apart = separate(starts, length)
        if len(apart) < 2:
            continue
        now = (-(len(apart) - 1) * length, length, starts)
        if now[0] > promise:  # blocks taken meanwhile left less of it
            heappush(queue, now)
            continue
        tried.append(now)
        block = BlockType([lines[s : s + length] for s in apart])
        # what the model's author made one module counts half as much again
        saving = block.saving * (3 if block.is_modules(held) else 2)
        if saving > most:
            best, most = block, saving
    for region in tried:
        heappush(queue, region)
    return best
