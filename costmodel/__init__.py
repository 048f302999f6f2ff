"""Analytical cost models of convolutional networks: exact, symbolic, checked.

>>> import costmodel as cm
>>> cm.load("resnet50").totals.params
25557032
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.version import __version__ as __version__

if TYPE_CHECKING:
    from costmodel.claims.check import check
    from costmodel.derive.library import named as bound
    from costmodel.difference import difference as diff
    from costmodel.errors import CostModelError
    from costmodel.guidelines.linting import lint
    from costmodel.network import CostTable, Network, from_torch, load, loads
    from costmodel.reconciliation import reconcile

__all__ = [
    "CostModelError",
    "CostTable",
    "Network",
    "bound",
    "check",
    "diff",
    "from_torch",
    "lint",
    "load",
    "loads",
    "reconcile",
]
_PUBLIC = {
    "CostModelError": ("errors", "CostModelError"),
    "CostTable": ("network", "CostTable"),
    "Network": ("network", "Network"),
    "bound": ("derive.library", "named"),
    "check": ("claims", "check"),
    "diff": ("difference", "difference"),
    "from_torch": ("network", "from_torch"),
    "lint": ("guidelines.linting", "lint"),
    "load": ("network", "load"),
    "loads": ("network", "loads"),
    "reconcile": ("reconciliation", "reconcile"),
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'costmodel' has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _PUBLIC[name]
    return getattr(import_module(f"costmodel.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
