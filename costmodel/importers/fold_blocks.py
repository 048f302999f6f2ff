"""Repeated stretches of a network -> blocks with arguments.

The layers between two boundaries (``fold_layers.boundaries``) are an atom; a block is a
sequence of atoms that occurs again.  The one that saves most lines is taken first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from costmodel.importers.fold_layers import Line, Slot, members, scope_of

LONGEST = 48  # atoms in a block
MOST_LINES = 160  # layers in a block
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
            adjacent = before is not None and before[-1].index + 1 == occurrence[0].index
            if adjacent and all(v[i] == v[i - 1] for v in self.args.values()):
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


def find_blocks(lines: Sequence[Line], clean: Sequence[int]) -> list[BlockType]:
    """The blocks that save most, no two of which share a layer."""
    free = [True] * (len(clean) - 1)
    numbers: dict[Any, int] = {}
    atoms = []
    for a, b in pairwise(clean):
        key = tuple(line.token for line in lines[a:b])
        atoms.append(numbers.setdefault(key, len(numbers)))
    found: list[BlockType] = []
    held = members(lines)
    while len(found) < MOST_BLOCKS:
        best, where, most = None, [], 0
        for starts, length in candidates(atoms, free, clean):
            block = BlockType([lines[clean[s] : clean[s + length]] for s in starts])
            saving = 2 * block.saving if block.is_modules(held) else block.saving
            if saving > most:
                best, where, most = block, [(s, length) for s in starts], saving
        if best is None:
            break
        found.append(best)
        for start, length in where:
            free[start : start + length] = [False] * length
    return found


def candidates(
    atoms: Sequence[int], free: Sequence[bool], clean: Sequence[int]
) -> Iterator[tuple[list[int], int]]:
    """Where sequences of atoms that occur again start, the most promising first."""
    places: dict[tuple[int, ...], list[int]] = {}
    for start in range(len(atoms)):
        for length in range(1, min(LONGEST, len(atoms) - start) + 1):
            end = start + length
            if not free[end - 1] or clean[end] - clean[start] > MOST_LINES:
                break
            places.setdefault(tuple(atoms[start:end]), []).append(start)
    promising = []
    for key, starts in places.items():
        apart = _apart(starts, len(key)) if len(starts) > 1 else starts
        size = clean[apart[0] + len(key)] - clean[apart[0]]
        if len(apart) > 1 and size > 1:
            promising.append(((len(apart) - 1) * size, -size, apart, len(key)))
    promising.sort(key=lambda entry: (-entry[0], -entry[1]))
    for _, _, starts, length in promising[:TRIED]:
        yield starts, length


def _apart(starts: Sequence[int], length: int) -> list[int]:
    kept: list[int] = []
    for start in starts:
        if not kept or start >= kept[-1] + length:
            kept.append(start)
    return kept
