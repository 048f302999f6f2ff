"""G1: equal channel widths."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt, prod
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.floor import traffic, traffic_floor
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_depthwise
from costmodel.guidelines.widths import inner_widths


@guideline("G1")
class EqualWidth(Guideline):
    """Give a convolution as many output elements as input elements.

    Why     At fixed mult_adds B the product of the two widths is fixed, so by AM-GM
            mem_access = h·w·(c_in + c_out) + B/(h·w) >= 2·sqrt(h·w·B) + B/(h·w),
            equal only at c_in = c_out (`costmodel bound G1`); with stride s the input is s²
            times larger and the best is c_out = s²·c_in (`costmodel bound G1-strided`).
    Flags   dense and grouped convolutions that move more than ``tolerance`` times the floor.
    Bad     conv: {out: 240, kernel: 1}   after 24 channels
    Good    conv: {out: 76, kernel: 1}    after 76 channels
    Limits  The floor lets a cache hold every map and weight once.  Without the mult_adds fixed
            the rule is false: fewer channels always move less.  A layer on the network's input
            is left alone, for its width is given.
    Source  Ma et al. 2018, arXiv:1807.11164, section 3, G1, for stride 1.
    """

    tolerance: float = 1.1

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            if is_depthwise(layer) or seen.from_input(layer):
                continue
            floor = traffic_floor(layer)
            excess = traffic(layer) / floor
            if excess <= self.tolerance:
                continue
            c_in, c_out = balanced(layer)
            op: Any = layer.op
            x = (layer.xs[0][0], c_in, *layer.xs[0][2:])
            better = op._replace(out=c_out).cost(x)
            yield self.finding(
                layer,
                f"{layer.xs[0][1]} -> {op.out} channels move {float(excess):.2f}× the fewest "
                "elements possible at these mult-adds",
                excess,
                f"{c_in} -> {c_out} channels",
                saving([seen.costs[layer]], [better]),
            )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        op: Any = finding.layer.op
        return inner_widths(finding.layer, seen, op.groups)


def balanced(layer: Layer) -> tuple[int, int]:
    """Whole widths, multiples of the groups, near the balance and not above the product.

    >>> isqrt(24 * 240)
    75
    """
    op: Any = layer.op
    groups, c_in, c_out = op.groups, layer.xs[0][1], op.out
    positions_in, positions_out = prod(layer.xs[0][2:]), prod(layer.y[2:])
    best = isqrt(c_in * c_out * positions_out // positions_in)
    first = max(1, best // groups) * groups
    second = max(1, c_in * c_out // first // groups) * groups
    return first, second
