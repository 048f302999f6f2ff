"""G4: element-wise operators."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.seen import Seen, flops_of, is_depthwise
from costmodel.quantities import Cost


@guideline("G4")
class ElementWise(Guideline):
    """Mind operators that move much and compute little: ReLU, addition, depthwise convolution.

    Why     A ReLU moves two elements for each operation and an addition three; a depthwise
            k×k convolution moves 2/k² + 1/(h·w) for each mult-add against 1/c_in + 1/c_out +
            1/(h·w) of a 1×1 convolution (`costmodel list bounds`).
    Flags   lines whose layers together hold more than ``share`` of the network's mem_access and
            at least ``ratio`` times their share of its FLOPs; reported at the layer that moves
            most.
    Bad     a ReLU after an addition after a ReLU
    Good    one activation for each block; `assume: {fuse: [relu]}` where the kernels are fused
    Limits  Batch normalisation is expected to fold into its convolution and left out.
    Source  Ma et al. 2018, arXiv:1807.11164, section 3, G4 and figure 2.
    """

    share: float = 0.05
    ratio: float = 2.0

    def check(self, seen: Seen) -> Iterator[Finding]:
        lines: dict[tuple[int, int], list[Layer]] = {}
        for layer in seen.layers:
            if layer.op.family in ("activation", "elementwise") or is_depthwise(layer):
                lines.setdefault((layer.mark.line, layer.mark.column), []).append(layer)
        for layers in lines.values():
            costs = [seen.costs[layer] for layer in layers]
            moved = sum(cost.mem_access for cost in costs)
            worked = sum(flops_of(cost) for cost in costs)
            share, work = moved / seen.mem_access, worked / seen.flops
            if share <= self.share or share < self.ratio * work:
                continue
            worst = max(layers, key=lambda layer: seen.costs[layer].mem_access)
            yield self.finding(
                worst,
                f"{worst.op.kind}, {len(layers)} times, moves {share:.1%} of all elements for "
                f"{work:.1%} of the FLOPs",
                share / work if work else share / self.share,
                *cure(worst, costs, seen),
            )


def cure(worst: Layer, costs: list[Cost], seen: Seen) -> tuple[str, dict[str, int]]:
    """What takes the traffic away, and what that saves."""
    free = [cost.mem_access for cost in costs if not cost.params]
    if free:
        saved = {"launches": len(free), "mem_access": sum(free)}
        return "fuse it into the convolution before", saved
    alone = {"launches": 1, "calls": 1, **saving([seen.costs[worst]], [])}
    return "leave it out where it can be, this one for example", alone
