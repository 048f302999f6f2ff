"""Which convention prints a given number: profile, size, variant, classifier, prefix.

Two papers print 4.1 G and 3.8 G for ResNet-50 and both are right.  ``reconcile`` derives the
number under every convention it knows and says which of them print the given digits, the
plainest first; where none does, which come nearest and what the gap would have to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.reconciliation.report import tell
from costmodel.reconciliation.search import Search, asked
from costmodel.render import Report

__all__ = ["reconcile"]


def reconcile(
    model: str, reported: Mapping[str, str], at: Mapping[str, Any] | None = None,
    variant: str | None = None,
) -> Report:  # fmt: skip
    """The conventions under which *model* has the *reported* values, such as "4.1G".

    What *at* binds is kept; sizes are tried only where it says nothing of them.
    """
    search = Search(model, dict(at or {}), variant)
    found = [(number, search.run(number)) for number in asked(reported)]
    return tell(search, found)
