"""A network as a graph of operators: what the importers of ONNX and PyTorch both make.

Nothing here knows of files.  A ``Model`` holds nodes in an order in which each finds its inputs
made; tensors go by names.  Operators are those of the ONNX standard (domain ``""``), with their
attributes; what a node takes is the name of an input of the network, of an initializer, or of an
earlier node's output, or ``""`` for an optional input that is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from costmodel.errors import CostModelError

MOST_AXES = 32
# data type -> struct code
CODES = {1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I",
         13: "Q"}  # fmt: skip
FLOATS = frozenset({1, 10, 11, 16, 17, 18, 19, 20})
DTYPES = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16", 3: "int8"}


class OnnxError(CostModelError, ValueError):
    """A file is no ONNX model, or a graph asks for what cannot be counted."""


class TensorData:
    """A constant tensor: its name, ONNX data type (1 is float32, 7 int64) and extents.

    ``learned`` says whether a layer that takes it holds it as params; usually those are the
    real tensors of two elements or more.
    """

    __slots__ = ("_values", "dims", "dtype", "elements", "learned", "name")

    def __init__(
        self, name: str, dtype: int, dims: Sequence[int], values: Sequence[Any] | None = None,
        learned: bool | None = None,
    ) -> None:  # fmt: skip
        self.name, self.dtype, self.dims = name, dtype, tuple(dims)
        self.elements = 1  # how many it has
        for extent in self.dims:
            self.elements *= extent
        self.learned = dtype in FLOATS and self.elements > 1 if learned is None else learned
        self._values = values

    def values(self) -> list[Any] | None:
        """Its elements in order; None if nobody knows them, as of weights."""
        return None if self._values is None else list(self._values)


class Parameter(NamedTuple):
    """Stands for an attribute of the function that a node stands in."""

    name: str


class Node:
    """One operator: what it is, what it takes and makes, and where it stands in the model.

    ``name`` may be a path of modules (``/layer1/layer1.0/conv1/Conv``); where it is none,
    ``scope`` is the module's path (``layer1.0.conv1``) if that is known.  ``attributes`` hold
    numbers, texts, lists of these, TensorData, or the text ``graph``, and are never changed.
    """

    __slots__ = (
        "attributes", "domain", "inputs", "name", "op", "outputs", "overload", "scope",
    )  # fmt: skip

    def __init__(
        self, op: str, inputs: list[str], outputs: list[str],
        attributes: Mapping[str, Any] | None = None, *, name: str = "", scope: str = "",
        domain: str = "", overload: str = "",
    ) -> None:  # fmt: skip
        self.op, self.inputs, self.outputs = op, inputs, outputs
        self.attributes: Mapping[str, Any] = {} if attributes is None else attributes
        self.name, self.scope, self.domain, self.overload = name, scope, domain, overload

    def replaced(self, op: str, inputs: list[str], attributes: Mapping[str, Any]) -> Node:
        """A node that makes what this one makes and stands for several of the graph."""
        return Node(op, inputs, self.outputs, attributes, name=self.name, scope=self.scope)

    def renamed(self, names: Mapping[str, str], prefix: str, given: Mapping[str, Any]) -> Node:
        """A copy inside an inlined function: its tensors under the caller's names.

        ``given`` are the function's attributes at this call.
        """
        attributes = {
            key: given.get(value.name) if type(value) is Parameter else value
            for key, value in self.attributes.items()
        }
        return Node(
            self.op,
            [names.get(name, prefix + name) if name else "" for name in self.inputs],
            [names.get(name, prefix + name) if name else "" for name in self.outputs],
            {key: value for key, value in attributes.items() if value is not None},
            name=prefix + self.name, scope=self.scope, domain=self.domain, overload=self.overload,
        )  # fmt: skip

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute *name*, or *default*."""
        return self.attributes.get(name, default)

    def integer(self, name: str, default: int) -> int:
        """The attribute *name*, a whole number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise OnnxError(f"attribute {name} of {self.label} is not a whole number")
        return value

    def integers(self, name: str) -> list[int] | None:
        """The attribute *name*, a list of whole numbers, or None."""
        value = self.attributes.get(name)
        if value is None:
            return None
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, int) for v in value):
            raise OnnxError(f"attribute {name} of {self.label} is not a list of whole numbers")
        return list(value)

    def word(self, name: str, default: str) -> str:
        """The attribute *name*, a text."""
        value = self.attributes.get(name, default)
        if not isinstance(value, str):
            raise OnnxError(f"attribute {name} of {self.label} is not a text")
        return value

    @property
    def label(self) -> str:
        """What errors call it."""
        name = self.name or (self.outputs[0] if self.outputs else "")
        domain = f"{self.domain}." if self.domain else ""
        return f"node {cut(name)!r} ({cut(domain + self.op)})"


class Input(NamedTuple):
    """A tensor that the network is given: its name, data type, and extents.

    An extent is a number, the name of a symbol, or None where it is left open; None for all of
    them if even their number is unknown.
    """

    name: str
    dtype: int
    dims: tuple[int | str | None, ...] | None


class Function(NamedTuple):
    """An operator defined by other operators."""

    inputs: list[str]
    outputs: list[str]
    nodes: list[Node]
    defaults: dict[str, Any]


class Model:
    """A network as its importer reads it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin  # what it was written with: "ONNX", "PyTorch 2.14"
        self.nodes: list[Node] = []
        self.inputs: list[Input] = []
        self.outputs: list[str] = []
        self.initializers: dict[str, TensorData] = {}
        self.opsets: dict[str, int] = {}  # domain -> version
        self.functions: dict[tuple[str, str, str], Function] = {}  # by domain, name, overload
        self.name = ""  # of the network; its place's if empty
        self.about = ""  # what the spec says of it
        self.defaults: dict[str, str] = {}  # symbol -> a number, or another symbol's name
        self.notes: list[str] = []  # what was taken for granted in reading it

    @property
    def initializer_elements(self) -> int:
        """Elements of all initializers: weights, buffers and the exporter's own constants."""
        return sum(tensor.elements for tensor in self.initializers.values())

    def unheld(self, count: int) -> tuple[int, int]:
        """How many of the *count* elements that no layer holds are params, and how many buffers."""
        return 0, count


def cut(text: str) -> str:
    """*text* short enough for a message, and printable."""
    shown = "".join(c if c.isprintable() else "?" for c in text[:80])
    return shown if len(text) <= 80 else shown[:77] + "..."
