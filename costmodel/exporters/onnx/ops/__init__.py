"""What a layer is in ONNX: the functions that append its nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from costmodel.exporters import check_known
from costmodel.exporters.onnx.emit import Emit
from costmodel.registry import Registry

Writer = Callable[[Emit, Sequence[str]], str]  # takes the names of the inputs, gives the output's
WRITERS: Registry[Writer] = Registry("ONNX operator", package=__name__)


def emits(*kinds: str) -> Callable[[Writer], Writer]:
    """File the function that appends the nodes of operators of these *kinds*."""

    def add(writer: Writer) -> Writer:
        for kind in kinds:
            WRITERS.register(kind)(writer)
        return writer

    return add


def node_of(emit: Emit, xs: Sequence[str]) -> str:
    """Append the nodes of the current layer; the name of its output."""
    check_known(emit.layer, WRITERS)
    return WRITERS[emit.layer.op.kind](emit, xs)
