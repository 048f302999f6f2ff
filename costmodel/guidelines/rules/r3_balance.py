"""R3: balance of width and depth."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Guideline, guideline
from costmodel.guidelines.seen import Seen
from costmodel.guidelines.trial import half_as_wide, in_place, what_if


@guideline("R3")
class Balance(Guideline):
    """Spread the work over the stages: let width and depth grow together.

    Why     Mult-adds of a stage are depth · width² · h·w: where the grid halves, doubling the
            width keeps them level.  A stage that holds most of them is too wide or too deep for
            its resolution.
    Flags   a stage, of at least ``stages`` at resolutions of their own, with more than ``share``
            of the network's mult_adds.
    Bad     stages of 5 %, 85 % and 10 %
    Good    stages of 25 %, 40 % and 35 %
    Limits  A heuristic; RegNet's best networks put most of the work into the third of four stages.
            No edit of one place restores a balance: the saving told is of the nearest step there,
            the costliest layer of the stage left out, or half as wide where it changes the shape.
    Source  Szegedy et al. 2015, arXiv:1512.00567, section 2, principle 4.
    """

    share: float = 0.7
    stages: int = 3

    def check(self, seen: Seen) -> Iterator[Finding]:
        held: dict[tuple[int, int], int] = {}
        costliest: dict[tuple[int, int], Layer] = {}
        for layer in seen.convs:
            grid = (layer.y[2], layer.y[3])
            cost = seen.costs[layer].mult_adds
            held[grid] = held.get(grid, 0) + cost
            worst = costliest.setdefault(grid, layer)
            if cost > seen.costs[worst].mult_adds:
                costliest[grid] = layer
        for grid, cost in held.items():
            share = cost / seen.mult_adds
            if len(held) >= self.stages and share > self.share:
                yield self.finding(
                    costliest[grid],
                    f"the layers at {grid[0]}×{grid[1]} hold {share:.0%} of the mult-adds",
                    share * len(held),
                    *step(costliest[grid], seen),
                )


def step(layer: Layer, seen: Seen) -> tuple[str, dict[str, int]]:
    """The nearest step towards balance, and what the whole network saves by it."""
    if layer.xs[0] == layer.y:
        gone = {x: in_place() for x in (layer, *seen.quiet_after(layer))}
        if (saved := what_if(seen, gone, whole=True)) is not None:
            return f"a layer less here, {layer.path}", saved
    what, saves = half_as_wide(seen, layer)
    return f"less width here, {what}", saves
