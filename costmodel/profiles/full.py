"""Every arithmetic operation."""

from __future__ import annotations

from costmodel.arith import Dim
from costmodel.profiles import Profile, Seen, profile


@profile("full")
class Full(Profile):
    """Every scalar operation: bias, norm, activation, pooling and elementwise included.

    A multiply-add weighs two, every other operation one, as each op's documentation counts it.
    """

    weight = 2

    def extra(self, seen: Seen) -> Dim:
        return seen.cost.scalar_ops
