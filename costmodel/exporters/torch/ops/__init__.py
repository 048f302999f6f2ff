"""What a layer is in PyTorch: the record of its code, and the functions that write it.

Where torch.nn has a class for an operator, that class is used, so that other people's counters
recognise it; where it has none, a class of ``costmodel.exporters.torch.parts`` is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from costmodel.arith import Dim
from costmodel.exporters import check_known
from costmodel.graph import Layer
from costmodel.records import Record
from costmodel.registry import Registry

PLAIN = "{m}({0})"  # how a module is applied to its one input
DIMENSIONS = {3: "1d", 4: "2d", 5: "3d"}  # rank of a map -> the end of its classes' names


class Arg(Record):
    """An argument: what a block calls it, its value, its keyword, the value it has if left out."""

    name: str
    value: Any
    key: str = ""
    default: Any = ...


class Code(Record):
    """An operator: the module it is, if any, and how it is applied.

    In ``apply`` stand ``{m}`` for the module, ``{0}`` ``{1}`` ... for the inputs, ``{all}`` for
    these with commas, and names of ``values``; ``parts`` are the helpers that the code needs.
    """

    module: str = ""
    args: tuple[Arg, ...] = ()
    apply: str = PLAIN
    values: tuple[Arg, ...] = ()
    parts: tuple[str, ...] = ()


Writer = Callable[[Layer, Any], Code]  # a layer and its operator
WRITERS: Registry[Writer] = Registry("PyTorch operator", package=__name__)


def writes(*kinds: str) -> Callable[[Writer], Writer]:
    """File the function that writes operators of these *kinds*."""

    def add(writer: Writer) -> Writer:
        for kind in kinds:
            WRITERS.register(kind)(writer)
        return writer

    return add


def code_of(layer: Layer) -> Code:
    """The code of *layer*; ExportError if there is none."""
    check_known(layer, WRITERS)
    return WRITERS[layer.op.kind](layer, layer.op)


def merged(values: tuple[Dim, ...]) -> Any:
    """One number where all are the same, else the tuple.

    >>> merged((3, 3)), merged((1, 7))
    (3, (1, 7))
    """
    return values[0] if len(set(values)) == 1 else values
