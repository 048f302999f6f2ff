"""G2: few groups."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import Any

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.floor import square_root, traffic, weights
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_depthwise
from costmodel.guidelines.widths import inner_widths


@guideline("G2")
class GroupCount(Guideline):
    """Use no more groups in a convolution than it needs.

    Why     At fixed mult_adds B and best widths mem_access = 2·sqrt(h·w·B·g) + B/(h·w): the maps
            grow as sqrt(g) (`costmodel bound G2-optimum`).
    Flags   grouped convolutions, depthwise ones apart, that move more than ``tolerance`` times
            what the dense convolution of the same mult_adds and the same ratio of widths moves.
    Bad     conv: {out: 240, kernel: 1, groups: 8}   after 240 channels
    Good    conv: {out: 84, kernel: 1}               after 84 channels
    Limits  At fixed widths the opposite holds: groups take weights away.  The rule compares
            networks of equal mult_adds, and says nothing of accuracy.
    Source  Ma et al. 2018, arXiv:1807.11164, section 3, G2 and table 2.
    """

    tolerance: float = 1.25

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            op: Any = layer.op
            if op.groups == 1 or is_depthwise(layer):
                continue
            maps = prod(layer.xs[0]) + prod(layer.y)
            dense = maps / square_root(op.groups) + weights(layer)
            excess = Fraction(traffic(layer)) / dense
            if excess <= self.tolerance:
                continue
            c_in = max(1, int(layer.xs[0][1] / square_root(op.groups)))
            c_out = max(1, layer.xs[0][1] * op.out // (op.groups * c_in))
            x = (layer.xs[0][0], c_in, *layer.xs[0][2:])
            better = op._replace(out=c_out, groups=1).cost(x)
            yield self.finding(
                layer,
                f"{op.groups} groups move {float(excess):.2f}× what one group of the same "
                "mult-adds moves",
                excess,
                f"{c_in} -> {c_out} channels in one group",
                saving([seen.costs[layer]], [better]),
            )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        return inner_widths(finding.layer, seen, 1)
