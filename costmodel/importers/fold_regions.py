"""Stretches of a network that take one tensor and give one, and occur again.

What else is alive beside them does not matter: a shortcut around a stretch, another branch, a
map that a decoder takes later.  So each branch of an HRNet folds, and the encoder of a U-Net.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from costmodel.importers.fold_layers import Line

LONGEST = 120  # layers in a block

Region = tuple[int, int, list[int]]  # minus the layers it may save, its length, its starts


def repeated_regions(lines: Sequence[Line]) -> list[Region]:
    """The stretches that occur again."""
    tokens = _numbered(lines)
    places: dict[tuple[int, int], list[int]] = {}
    for start in range(len(lines)):
        for key in _regions_at(start, lines, tokens):
            places.setdefault(key, []).append(start)
    return promising((starts, length) for (length, _), starts in places.items())


def promising(stretches: Iterable[tuple[list[int], int]]) -> list[Region]:
    """Those that occur twice or more."""
    found = []
    for starts, length in stretches:
        if len(starts) > 1 and len(apart := separate(starts, length)) > 1:
            found.append((-(len(apart) - 1) * length, length, starts))
    return found


def clean_places(lines: Sequence[Line]) -> set[int]:
    """Where nothing is alive but what the layer before makes, or at first the input."""
    inputs = [line.index for line in lines if any(isinstance(s, str) for s in line.sources)]
    reach = max(inputs, default=-1)  # up to where what was made earlier is used
    found = {0}
    for i in range(1, len(lines) + 1):
        reach = max(reach, lines[i - 2].last_use) if i > 1 else reach
        if reach < i:
            found.add(i)
    return found


def between(regions: Sequence[Region], places: Collection[int]) -> list[Region]:
    """The stretches that start and end at one of *places*."""
    return promising(
        ([s for s in starts if s in places and s + length in places], length)
        for _, length, starts in regions
    )


def separate(starts: Sequence[int], length: int) -> list[int]:
    """Those of *starts* whose stretches do not overlap, from the first on."""
    kept: list[int] = []
    for start in starts:
        if not kept or start >= kept[-1] + length:
            kept.append(start)
    return kept


def _numbered(lines: Sequence[Line]) -> list[int]:
    numbers: dict[object, int] = {}
    return [numbers.setdefault(line.token, len(numbers)) for line in lines]


def _regions_at(start: int, lines: Sequence[Line], tokens: Sequence[int]) -> list[tuple[int, int]]:
    """(length, what it is) of each stretch from *start* on that takes and gives one tensor."""
    found: list[tuple[int, int]] = []
    outside: int | str | None = None
    content, reach = 0, 0  # reach: up to where what is made inside is used
    for i in range(start, min(len(lines), start + LONGEST)):
        offsets = []
        for source in lines[i].sources:
            if isinstance(source, int) and source >= start:
                offsets.append(i - source)
            elif outside in (None, source):
                outside = source
                offsets.append(0)
            else:
                return found
        content = hash((content, tokens[i], *offsets))
        if i > start:
            reach = max(reach, lines[i - 1].last_use)
            if reach <= i:
                found.append((i - start + 1, content))
    return found
