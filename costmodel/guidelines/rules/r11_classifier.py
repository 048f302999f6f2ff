"""R11: the classifier dominates the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.seen import Seen


@guideline("R11")
class Classifier(Guideline):
    """Pool before the classifier, so that it does not hold most of the parameters.

    Why     A linear layer on a flattened c×h×w map holds h·w times the weights of one on the
            pooled map, each used once: VGG-16 keeps 89 % of its weights there for 0.8 % of its
            mult-adds.
    Flags   linear layers with more than ``share`` of the network's params each.
    Bad     flatten, linear: {out: 4096}           after 512×7×7
    Good    global_avg_pool, linear: {out: 1000}   after 512
    Limits  In a small network of many classes even a pooled classifier exceeds the share; told
            is then what half its features would save, the layer before it left aside.
    Source  Lin et al. 2013, arXiv:1312.4400 (Network in Network), section 3.2.
    """

    share: float = 0.5

    def check(self, seen: Seen) -> Iterator[Finding]:
        for entry in seen.entries:
            layer, share = entry.layer, entry.params / seen.params
            if layer.op.family != "linear" or share <= self.share:
                continue
            work = entry.mult_adds / seen.mult_adds
            pooled = mapped(layer)
            n, width = layer.xs[0][0], pooled or max(1, layer.xs[0][-1] // 2)
            yield self.finding(
                layer,
                f"holds {share:.1%} of the params for {work:.1%} of the mult-adds",
                share / self.share,
                "a global average pool before it" if pooled else f"{width} features before it",
                saving([entry.cost], [layer.op.cost((n, width))]),
            )


def mapped(layer: Layer) -> Any:
    """The channels of the map that was flattened for *layer*; 0 where it was pooled."""
    maker = layer.inputs[0].maker
    while maker is not None and maker.op.kind == "dropout":
        maker = maker.inputs[0].maker
    if maker is None or maker.op.kind != "flatten":
        return 0
    _, c, *positions = maker.xs[0]
    return c if prod(positions) > 1 else 0
