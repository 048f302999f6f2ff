"""Published numbers as claims, checked: what a paper, a README or a document says of a network.

A claim stands in the ``claims:`` of a spec or in a file of its own (``specs/claims/*.yaml``)
with modules of its own.  ``check`` reads every claim under some paths, derives each value
from the network's formulas and says which hold.
"""

from __future__ import annotations

from costmodel.claims.check import check
from costmodel.claims.outcome import Outcome
from costmodel.claims.record import Claim, Verdict

__all__ = ["Claim", "Outcome", "Verdict", "check"]
