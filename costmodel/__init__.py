"""Analytical cost models of convolutional networks: exact, symbolic, checked.

>>> import costmodel as cm
>>> cm.load("resnet50").totals.params
25557032
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.version import __version__ as __version__

if TYPE_CHECKING:
    from costmodel.errors import CostModelError as CostModelError
    from costmodel.network import CostTable as CostTable
    from costmodel.network import Network as Network
    from costmodel.network import load as load
    from costmodel.network import loads as loads

_PUBLIC = {
    "CostModelError": "errors",
    "CostTable": "network",
    "Network": "network",
    "load": "network",
    "loads": "network",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'costmodel' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"costmodel.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, "__version__"])
