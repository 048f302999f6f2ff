"""ptflops with the backend ``aten``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim
from costmodel.profiles import Profile, Rule, Seen, profile
from costmodel.profiles.fvcore import is_fused_attention
from costmodel.profiles.rules import bias


@profile("ptflops-aten")
class PtflopsAten(Profile):
    """ptflops 0.7.5, backend aten: mult-adds, biases.

    ``get_model_complexity_info(model, size, backend="aten")``: one for each output element of a
    convolution or linear layer with a bias; no norm, activation or pool.  It counts the operators
    that run, so classes do not matter.
    Bugs    Fused attention is dropped: the operator that runs on a CPU has no rule.

    >>> from costmodel.ops import OPS
    >>> PtflopsAten().alone(OPS["linear"](out=10), (1, 84))
    850
    """

    extras: ClassVar[Mapping[str, Rule]] = {"conv": bias, "linear": bias}

    def counted(self, seen: Seen) -> Dim:
        return 0 if is_fused_attention(seen) else super().counted(seen)
