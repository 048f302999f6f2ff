"""R7: dense convolutions where separable ones serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.proposals import separable
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_dense, pair
from costmodel.quantities import Cost


@guideline("R7")
class Separable(Guideline):
    """Split a dense k×k convolution into a depthwise and a 1×1 convolution.

    Why     The pair costs 1/c_out + 1/k² of the dense one, in mult_adds at any stride and in
            weights: 8 to 9 times less for a 3×3 from 72 output channels on.
    Flags   dense k×k convolutions, k > 1, not on the network's input, that cost ``tolerance``
            times the pair or more.
    Bad     conv: {out: 128, kernel: 3, padding: 1}
    Good    conv: {out: c_in, kernel: 3, padding: 1, groups: c_in}, conv: {out: 128, kernel: 1}
    Limits  The pair moves more elements for each mult-add (G4), so time falls less than counts
            do; accuracy pays a little.  It saves nothing for one output channel.
    Source  Howard et al. 2017, arXiv:1704.04861, section 3.1.
    """

    tolerance: float = 4.0

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            op: Any = layer.op
            if not is_dense(layer) or max(pair(op.kernel)) == 1 or seen.from_input(layer):
                continue
            after = separated(op, layer.xs[0])
            excess = seen.costs[layer].mult_adds / sum(cost.mult_adds for cost in after)
            if excess >= self.tolerance:
                height, width = pair(op.kernel)
                yield self.finding(
                    layer,
                    f"a dense {height}×{width} convolution costs {excess:.2f}× the separable one",
                    excess,
                    f"depthwise {height}×{width}, then 1×1 to {op.out} channels",
                    saving([seen.costs[layer]], after),
                )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        return separable(finding.layer)


def separated(op: Any, x: tuple[Any, ...]) -> list[Cost]:
    """The costs of the depthwise and the 1×1 convolution that replace *op*."""
    depthwise = op._replace(out=x[1], groups=x[1], bias=False)
    pointwise = op._replace(kernel=1, stride=1, padding=0, dilation=1)
    return [depthwise.cost(x), pointwise.cost(depthwise.out_shape(x))]
