"""R6: factorisable kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Instead, Replaceable, guideline, in_series
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_dense, pair
from costmodel.guidelines.written import BOTH, FRONT, conv_at, layer_text


@guideline("R6")
class Factorise(Replaceable):
    """Stack 3×3 convolutions instead of one larger kernel.

    Why     n layers of 3×3 see 2n + 1 positions and hold 9·n·C² weights against (2n + 1)²·C²:
            18/25 for a 5×5, 27/49 for a 7×7 (`costmodel list bounds`).  With unequal widths it
            pays only where the middle width is below 25·c_in·c_out / (9·(c_in + c_out)).
    Flags   dense, square, odd kernels of 5 and more whose stack saves ``tolerance`` times the
            mult_adds, computed with the layer's own widths and stride.
    Bad     conv: {out: 64, kernel: 5, padding: 2}
    Good    conv: {out: 64, kernel: 3, padding: 1}, relu, conv: {out: 64, kernel: 3, padding: 1}
    Limits  The functions differ: one more nonlinearity, a lower rank.  The stack writes more
            activations.  On few input channels, a stem's three, it saves nothing.
    Source  Simonyan & Zisserman 2014, arXiv:1409.1556, section 2.3; Szegedy et al. 2015,
            arXiv:1512.00567, section 3.1.
    """

    tolerance: float = 1.1

    def instead(self, layer: Layer, seen: Seen) -> Instead | None:
        op: Any = layer.op
        height, width = pair(op.kernel)
        if not is_dense(layer) or height != width or height < 5 or height % 2 == 0:
            return None
        first = op._replace(kernel=3, padding=1, dilation=1)
        stack = [first, *[first._replace(stride=1)] * (height // 2 - 1)]
        costs = in_series(layer.xs[0], *stack)
        return Instead(f"a {height}×{width} kernel", f"{len(stack)} convolutions of 3×3", costs)

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        entry = conv_at(finding.layer)
        if entry is None or "dilation" in entry.args or "c_in" in entry.args["out"]:
            return
        op: Any = finding.layer.op
        a, times = entry.args, pair(op.kernel)[0] // 2
        padding = a.get("padding", "0")
        if padding not in (str(times), "same"):
            return
        both = {"out": a["out"], "kernel": 3, "padding": "same" if padding == "same" else 1,
                "bias": a.get("bias"), **entry.taken(*BOTH)}  # fmt: skip
        items = []
        for i in range(1, times):
            place = {"stride": a.get("stride"), **entry.taken(*FRONT)} if i == 1 else {}
            items.append(layer_text("conv", {"name": entry.part(f"part{i}"), **both, **place}))
            relu = {"name": entry.part(f"relu{i}"), **entry.taken(*BOTH)}
            items.append(layer_text("relu", relu))
        items.append(layer_text("conv", {"name": a.get("name"), **both}))
        yield Rewrite(f"{times} convolutions of 3×3 for one of {op.kernel}×{op.kernel}",
                      (entry.edit(*items),), ("mult_adds", "params"))  # fmt: skip
