"""Tensors and operators of an ONNX file; weights stay on the disk, attributes are read when asked.

Field numbers are those of onnx.proto3 (ONNX 1.23).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.importers.onnx.wire import BYTES, VARINT, Field, OnnxError, Span, Wire, signed

MOST_VALUES = 4_096  # elements of a constant whose values are read
MOST_FLOATS = 16  # of a float tensor: beyond, it is weights
LONGEST_NAME = 1_000
MOST_AXES = 32

# data type -> struct code
CODES = {1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I",
         13: "Q"}  # fmt: skip
FLOATS = frozenset({1, 10, 11, 16, 17, 18, 19, 20})
DTYPES = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16", 3: "int8"}


class TensorData:
    """A tensor of the file: its name, type, extents, and where its elements would be."""

    __slots__ = ("_spans", "dims", "dtype", "name", "wire")

    def __init__(self, wire: Wire, span: Span) -> None:
        self.wire, self.name, self.dtype = wire, "", 0
        dims: list[int] = []
        self._spans: list[Field] = []
        for field in wire.fields(*span):
            number, kind, start, end = field
            if number == 1:
                dims += wire.integers(field)
            elif number == 2 and kind == VARINT:
                self.dtype = start
            elif number == 8 and kind == BYTES:
                self.name = name_at(wire, start, end)
            elif number in (4, 5, 7, 9, 10, 11):
                self._spans.append(field)
        if len(dims) > MOST_AXES or any(not 0 <= extent < 2**40 for extent in dims):
            raise OnnxError(f"the tensor {cut(self.name)!r} has impossible extents {dims[:8]}")
        self.dims = tuple(dims)

    @property
    def elements(self) -> int:
        """How many elements its extents hold."""
        count = 1
        for extent in self.dims:
            count *= extent
        return count

    def values(self) -> list[Any] | None:
        """The elements of a small tensor; None if it is large or its payload is not here."""
        count, wire = self.elements, self.wire
        if count > (MOST_FLOATS if self.dtype in FLOATS else MOST_VALUES):
            return None
        if self.dtype not in CODES:
            return None
        code = CODES[self.dtype]
        found: list[Any] = []
        for field in self._spans:
            number, _, start, end = field
            if number == 9:
                if end - start > 8 * MOST_VALUES:
                    return None
                found += wire.floats(field, code)
            elif number in (5, 7, 11):
                found += wire.integers(field)
            else:
                found += wire.floats(field, "f" if number == 4 else "d")
        return found if len(found) == count else None


class Node:
    """One operator: what it is, what it takes and makes; its attributes are read when asked for."""

    __slots__ = (
        "_attributes", "_read", "_scopes", "bound", "domain", "inputs", "name", "op", "outputs",
        "overload", "wire",
    )  # fmt: skip

    def __init__(self, wire: Wire, span: Span | None) -> None:
        self.wire = wire
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.name = self.op = self.domain = self.overload = ""
        self._attributes: list[Span] = []
        self._scopes: list[Span] = []
        self._read: dict[str, Any] | None = None
        self.bound: Mapping[str, Any] = {}  # the attributes of the function it stands in
        for number, kind, start, end in wire.fields(*span) if span else ():
            if kind != BYTES:
                continue
            if number == 1:
                self.inputs.append(name_at(wire, start, end))
            elif number == 2:
                self.outputs.append(name_at(wire, start, end))
            elif number == 3:
                self.name = name_at(wire, start, end)
            elif number == 4:
                self.op = name_at(wire, start, end)
            elif number == 5:
                self._attributes.append((start, end))
            elif number == 7:
                self.domain = name_at(wire, start, end)
            elif number == 8:
                self.overload = name_at(wire, start, end)
            elif number == 9:
                self._scopes.append((start, end))
        if self.domain == "ai.onnx":
            self.domain = ""

    @classmethod
    def made(
        cls, op: str, inputs: list[str], like: Node, attributes: Mapping[str, Any] | None = None
    ) -> Node:
        """A node that stands for several of the file's, the last of which is *like*."""
        node = cls(like.wire, None)
        node.op, node.inputs, node.outputs, node.name = op, inputs, like.outputs, like.name
        node._scopes, node._read = like._scopes, dict(attributes or {})
        return node

    def renamed(self, names: Mapping[str, str], prefix: str, bound: Mapping[str, Any]) -> Node:
        """A copy inside an inlined function: its tensors under the caller's names."""
        node = Node(self.wire, None)
        node.op, node.domain, node.overload = self.op, self.domain, self.overload
        node.inputs = [names.get(name, prefix + name) if name else "" for name in self.inputs]
        node.outputs = [names.get(name, prefix + name) if name else "" for name in self.outputs]
        node.name, node.bound = prefix + self.name, bound
        node._attributes, node._scopes = self._attributes, self._scopes
        return node

    @property
    def attributes(self) -> dict[str, Any]:
        """Name -> value; a subgraph is the text ``graph``."""
        if self._read is None:
            self._read = {}
            for span in self._attributes:
                self._read.update(self._attribute(span))
        return self._read

    def _attribute(self, span: Span) -> dict[str, Any]:
        """One attribute; equal bytes are read once, unless a function's caller gives the value."""
        if self.bound or span[1] - span[0] > 100:
            name, value = attribute(self.wire, span, self.bound)
            return {} if value is None else {name: value}
        raw = bytes(self.wire.data[span[0] : span[1]])
        known = self.wire.known
        if raw not in known:
            name, value = attribute(self.wire, span, self.bound)
            known[raw] = {} if value is None else {name: value}
        return known[raw]

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
        if not isinstance(value, list) or not all(isinstance(v, int) for v in value):
            raise OnnxError(f"attribute {name} of {self.label} is not a list of whole numbers")
        return value

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

    @property
    def scope(self) -> str:
        """The module it belongs to, where the dynamo exporter noted it."""
        for span in self._scopes:
            pair = {n: (a, b) for n, _, a, b in self.wire.fields(*span)}
            if 1 in pair and self.wire.text(*pair[1]) == "pkg.torch.onnx.name_scopes":
                scopes = self.wire.text(*pair.get(2, (0, 0))).strip("[]").split(",")
                return scopes[-2].strip(" '\"") if len(scopes) > 1 else ""
        return ""


def attribute(wire: Wire, span: Span, bound: Mapping[str, Any]) -> tuple[str, Any]:
    """The name and the value of one attribute."""
    name = ""
    value: Any = None
    many: list[Any] = []
    for field in wire.fields(*span):
        number, kind, start, end = field
        if number == 1:
            name = name_at(wire, start, end)
        elif number == 2:
            value = wire.floats(field)[0]
        elif number == 3 and kind == VARINT:
            value = signed(start)
        elif number == 4:
            value = wire.text(start, min(end, start + LONGEST_NAME))
        elif number == 5:
            value = TensorData(wire, (start, end))
        elif number in (6, 11):
            value = "graph"
        elif number == 7:
            many += wire.floats(field)
        elif number == 8:
            many += wire.integers(field)
        elif number == 9:
            many.append(wire.text(start, min(end, start + LONGEST_NAME)))
        elif number == 21:
            value = bound.get(wire.text(start, end))
        elif number == 20 and value is None and start in (6, 7, 8) and not many:
            value = many  # an empty list
    return name, many or value


def name_at(wire: Wire, start: int, end: int) -> str:
    """The name there; an error if it is longer than any name is."""
    if end - start > LONGEST_NAME:
        raise OnnxError(f"a name of {end - start:,} bytes")
    return bytes(wire.data[start:end]).decode("utf-8", "replace")


def cut(text: str) -> str:
    """*text* short enough for a message, and printable."""
    shown = "".join(c if c.isprintable() else "?" for c in text[:80])
    return shown if len(text) <= 80 else shown[:77] + "..."
