"""Operator name -> what it becomes; filled by the modules of the families."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.values import Value

Made: TypeAlias = "Value | list[Value]"
Handler = Callable[[Build, Node, Sequence[Value]], Made]
Kept = TypeVar("Kept", bound=Handler)
HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Kept], Kept]:
    """Register what operators called *names* become when an input depends on the data."""

    def add(handler: Kept) -> Kept:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return add
