"""R6: factorisable kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.proposals import stacked
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_dense, pair
from costmodel.ops import Op
from costmodel.quantities import Cost


@guideline("R6")
class Factorise(Guideline):
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

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            op: Any = layer.op
            height, width = pair(op.kernel)
            if not is_dense(layer) or height != width or height < 5 or height % 2 == 0:
                continue
            after = stack(op, layer.xs[0])
            excess = seen.costs[layer].mult_adds / sum(cost.mult_adds for cost in after)
            if excess >= self.tolerance:
                yield self.finding(
                    layer,
                    f"a {height}×{width} kernel costs {excess:.2f}× the mult-adds of "
                    f"{len(after)} of 3×3",
                    excess,
                    f"{len(after)} convolutions of 3×3",
                    saving([seen.costs[layer]], after),
                )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        return stacked(finding.layer)


def stack(op: Any, x: tuple[Any, ...]) -> list[Cost]:
    """The costs of 3×3 layers that see what *op* sees, the stride in the first."""
    layer: Op = op._replace(kernel=3, padding=1, dilation=1)
    costs = []
    for _ in range(pair(op.kernel)[0] // 2):
        costs.append(layer.cost(x))
        x = layer.out_shape(x)
        layer = layer._replace(stride=1)
    return costs
