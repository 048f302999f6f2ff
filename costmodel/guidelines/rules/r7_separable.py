"""R7: dense convolutions where separable ones serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Instead, Replaceable, guideline, in_series
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_dense, pair
from costmodel.guidelines.written import BOTH, FRONT, conv_at, layer_text


@guideline("R7")
class Separable(Replaceable):
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

    def instead(self, layer: Layer, seen: Seen) -> Instead | None:
        op: Any = layer.op
        height, width = pair(op.kernel)
        if not is_dense(layer) or max(height, width) == 1 or seen.from_input(layer):
            return None
        c_in = layer.xs[0][1]
        depthwise = op._replace(out=c_in, groups=c_in, bias=False)
        pointwise = op._replace(kernel=1, stride=1, padding=0, dilation=1)
        return Instead(
            f"a dense {height}×{width} convolution",
            f"a depthwise {height}×{width} and a 1×1 to {op.out} channels",
            in_series(layer.xs[0], depthwise, pointwise),
        )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        entry = conv_at(finding.layer)
        if entry is None:
            return
        a, both = entry.args, entry.taken(*BOTH)
        window = entry.taken("kernel", "stride", "padding", "dilation")
        first = layer_text("conv", {"name": entry.part("depthwise"), **entry.taken(*FRONT), **both,
                                    "out": "c_in", **window, "groups": "c_in"})  # fmt: skip
        second = layer_text("conv", {"name": a.get("name"), **both, "out": a["out"], "kernel": 1,
                                     "bias": a.get("bias")})  # fmt: skip
        yield Rewrite("a depthwise and a 1×1 convolution for the dense one",
                      (entry.edit(first, second),), ("mult_adds", "params"))  # fmt: skip
