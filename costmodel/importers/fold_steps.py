"""The entries of a folded network's list: layers, and blocks that follow each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from costmodel.importers.fold_blocks import BlockType
from costmodel.importers.fold_layers import Line, continues, entry, scope_of


class Step:
    """One entry of the network's list: a layer, or a block some times, perhaps then another."""

    __slots__ = ("block", "first", "lines", "name", "then", "times")

    def __init__(
        self, lines: Sequence[Line], block: BlockType | None, first: int = 0, times: int = 1
    ) -> None:
        self.lines, self.block, self.first, self.times = lines, block, first, times
        self.then: BlockType | None = None
        self.name = ""

    @property
    def args(self) -> dict[str, int | str]:
        """The block's arguments here."""
        found = self.block.args if self.block is not None else {}
        return {key: values[self.first] for key, values in found.items()}

    @property
    def source(self) -> int | str | None:
        """The layer or input that a block takes."""
        return entry(self.lines)

    @property
    def goes_on(self) -> bool:
        """Whether it takes what stands before it, so that nobody need say so."""
        start = self.lines[0].index
        return self.source == (start - 1 if start else "input")

    def follows(self, before: Step) -> bool:
        """Whether it goes on from what *before* makes."""
        return self.source == before.lines[-1].index


def alike(step: Step, other: Step) -> bool:
    """Whether two entries can be rows of one table."""
    return step.block is other.block and step.then is other.then


def paired(steps: Sequence[Step]) -> list[Step]:
    """One block and then another some times, where that occurs again, made one step."""
    pairs: dict[tuple[str, str], int] = {}
    for a, b in pairwise(steps):
        if a.block is not None and b.block is not None and a.goes_on and _fits(a, b):
            key = (a.block.name, b.block.name)
            pairs[key] = pairs.get(key, 0) + 1
    out: list[Step] = []
    for step in steps:
        before = out[-1] if out else None
        if before is not None and before.block is not None and step.block is not None:
            key = (before.block.name, step.block.name)
            fits = before.goes_on and _fits(before, step)
            if before.then is None and fits and pairs.get(key, 0) > 1:
                both = Step([*before.lines, *step.lines], before.block, before.first,
                            step.times + 1)  # fmt: skip
                both.then = step.block
                out[-1] = both
                continue
        out.append(step)
    return out


def _fits(a: Step, b: Step) -> bool:
    """Whether *b* can follow *a* in one row of a table."""
    return a.times == 1 and a.block is not b.block and not b.args and continues(b.lines, a.lines)


def step_name(step: Step, held: Mapping[str, int]) -> str:
    """The layer's name; of blocks the module that they make up together, or the first does."""
    if step.block is None:
        return step.lines[0].name
    scope = scope_of(step.lines)
    if held.get(scope) != sum("/" in line.name for line in step.lines):
        scope = scope_of(step.lines[: len(step.block.body)])
    return scope or step.block.name
