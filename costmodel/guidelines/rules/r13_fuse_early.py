"""R13: early expansions that a dense convolution serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Instead, Replaceable, guideline, in_series
from costmodel.guidelines.fusing import fused
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_depthwise, pair


@guideline("R13")
class FuseEarly(Replaceable):
    """Where maps are large and narrow, one dense 3×3 instead of expansion and depthwise.

    Why     An inverted residual from c to e channels writes its expanded map and reads it again;
            c·e + 9·e weights become 9·c·e.  Where e·h·w elements stand against few channels the
            map is what moves, and a dense convolution needs one launch for two.
    Flags   widening 1×1 convolutions that feed nothing but a depthwise 3×3 whose output has at
            least 1/``early`` of the image's height, where the two with what lies between move
            ``tolerance`` times the mem_access of the dense one.
    Bad     conv: {out: 96, kernel: 1}, conv: {out: 96, kernel: 3, groups: 96}    after 16×112×112
    Good    conv: {out: 96, kernel: 3}                                            there
    Limits  It pays in params and mult_adds, up to 9 times, which is why only early layers are
            flagged.  A rewrite keeps the later ones as they are; with `--device` one that takes
            more time there is not offered.
    Source  Tan & Le 2021, arXiv:2104.00298, section 3 (Fused-MBConv); its table 4 fuses the
            stages up to a stride of 8.
    """

    measure = "mem_access"

    tolerance: float = 1.5
    early: int = 8

    def instead(self, layer: Layer, seen: Seen) -> Instead | None:
        chain = chain_of(layer, seen)
        if not chain or chain[-1].y[2] * self.early < seen.graph.inputs[0].shape[2]:
            return None
        op: Any = chain[-1].op
        return Instead(
            f"1×1 to {op.out} channels and a depthwise 3×3",
            f"one dense 3×3 to {op.out} channels",
            in_series(layer.xs[0], op._replace(groups=1)),
            chain,
        )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        chain = chain_of(finding.layer, seen)
        flagged = [found.layer for found in self.check(seen)]
        made = fused(chain, flagged, seen, (self.measure,))
        return iter(() if made is None else (made,))


def chain_of(layer: Layer, seen: Seen) -> tuple[Layer, ...]:
    """The layers from an expansion to the depthwise 3×3 that alone reads it, or none."""
    op: Any = layer.op
    end: Any = seen.next_of(layer)
    if op.groups > 1 or max(pair(op.kernel)) > 1 or op.out <= layer.xs[0][1] or end is None:
        return ()
    if not is_depthwise(end) or pair(end.op.kernel) != (3, 3) or end.op.out != end.xs[0][1]:
        return ()
    return (layer, *seen.quiet_after(layer), end)
