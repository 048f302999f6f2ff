"""R5: cheap activations."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.seen import Seen
from costmodel.ops import OPS

CHEAPER = {  # activation -> the piecewise one, transcendental functions for each element
    "swish": ("h_swish", 1),  # exp
    "sigmoid": ("h_sigmoid", 1),  # exp
    "gelu": ("h_swish", 1),  # erf
    "elu": ("relu", 1),  # exp
    "mish": ("h_swish", 3),  # exp, log, tanh
}


@guideline("R5")
class CheapActivation(Guideline):
    """Use piecewise activations on large maps: h_swish for swish, h_sigmoid for sigmoid.

    Why     An exponential counts as one scalar operation, like an addition, but has no short
            hardware path and is approximated anew in low precision; relu6(x + 3)/6 needs none
            and is exact in every precision.
    Flags   swish, sigmoid, mish, gelu and elu on maps of at least ``elements`` elements.
    Bad     swish     on 16×112×112
    Good    h_swish   on 16×112×112
    Limits  Nonlinearities cost little next to convolutions, and with a fused kernel nothing.
    Source  Howard et al. 2019, arXiv:1905.02244, section 5.2.
    """

    elements: int = 10_000

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.layers:
            cost = seen.costs[layer]
            if layer.op.kind not in CHEAPER or cost.writes < self.elements:
                continue
            other, functions = CHEAPER[layer.op.kind]
            saved = saving([cost], [OPS[other]().cost(*layer.xs)])
            yield self.finding(
                layer,
                f"{layer.op.kind} takes {functions * cost.writes:,} transcendental functions, "
                f"{other} none",
                cost.writes / self.elements,
                other,
                {"transcendentals": functions * cost.writes, **saved},
            )
