"""An ONNX file -> Model: nodes, inputs, initializers and functions; weights stay on the disk.

Field numbers are those of onnx.proto3 (ONNX 1.23).  Nodes and tensors, of which there are most,
are read in one pass over their bytes; a *tag* is a field's number times eight plus its wire type.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from typing import Any

from costmodel.importers.onnx.functions import MOST_NODES
from costmodel.importers.onnx.nodes import (
    MOST_AXES,
    Function,
    Input,
    Model,
    Node,
    OnnxError,
    Parameter,
    cut,
)
from costmodel.importers.onnx.stored import StoredTensor
from costmodel.importers.onnx.wire import (
    BYTES,
    LONGEST_NAME,
    VARINT,
    Span,
    Wire,
    overlong,
    signed,
    truncated,
)

REPEATED = 400  # bytes of attributes that may well come again
INPUT, OUTPUT, NAME, OP, ATTRIBUTE, DOMAIN, OVERLOAD, METADATA = (
    number * 8 + BYTES for number in (1, 2, 3, 4, 5, 7, 8, 9)
)
ENDS = (INPUT, OUTPUT)
KNOWN = frozenset({NAME, OP, ATTRIBUTE, DOMAIN, OVERLOAD, METADATA})
LONG = 2**20  # bytes that only a node with a large constant has
SCOPES = b"\n\x1apkg.torch.onnx.name_scopes\x12"  # a key of metadata, up to its value's length


def read_model(path: str) -> Model:
    """The model in the file at *path*; only the pages that describe it are read."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise OnnxError(f"{path} is empty")
            whole = size < 2**22
            data = file.read() if whole else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        if isinstance(error, OnnxError):
            raise
        raise OnnxError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from None
    try:
        return _Reader(Wire(data)).model(len(data))
    except IndexError:
        raise OnnxError(f"{path}: {truncated().problem}") from None
    except UnicodeDecodeError:
        raise OnnxError(f"{path}: a name is no UTF-8: corrupted, or no ONNX model") from None
    except OnnxError as error:
        raise OnnxError(f"{path}: {error.problem}") from None


class _Reader:
    def __init__(self, wire: Wire) -> None:
        self.wire, self.data = wire, wire.data
        self.made = Model("ONNX")
        self.known: dict[bytes, Mapping[str, Any]] = {}  # attributes that were read

    def model(self, size: int) -> Model:
        graphs = []
        for number, kind, start, end in self.wire.fields(0, size):
            if kind != BYTES:
                continue
            if number == 7:
                graphs.append((start, end))
            elif number == 8:
                self._opset(start, end)
            elif number == 25:
                self._function(start, end)
        if not graphs:
            raise OnnxError("this is no ONNX model: it has no graph")
        self._graph(*graphs[-1])
        self.made.origin = f"ONNX, opset {self.made.opsets.get('', 0)}"
        return self.made

    def _opset(self, start: int, end: int) -> None:
        domain, version = "", 0
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1 and kind == BYTES:
                domain = self.wire.name(a, b)
            elif number == 2 and kind == VARINT:
                version = a
        self.made.opsets["" if domain == "ai.onnx" else domain] = version

    def _function(self, start: int, end: int) -> None:
        wire, names = self.wire, {1: "", 10: "", 13: ""}
        made = Function([], [], [], {})
        for number, kind, a, b in wire.fields(start, end):
            if kind != BYTES:
                continue
            if number in names:
                names[number] = wire.name(a, b)
            elif number in (4, 5):
                (made.inputs if number == 4 else made.outputs).append(wire.name(a, b))
            elif number == 7:
                made.nodes.append(self._node(a, b))
            elif number == 11:
                made.defaults.update(_attribute(wire, (a, b)))
        domain = "" if names[10] == "ai.onnx" else names[10]
        self.made.functions[domain, names[1], names[13]] = made

    def _graph(self, start: int, end: int) -> None:
        wire, made = self.wire, self.made
        for number, kind, a, b in wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                made.nodes.append(self._node(a, b))
                if len(made.nodes) > MOST_NODES:
                    raise OnnxError(f"the graph has more than {MOST_NODES:,} nodes")
            elif number == 5:
                self._initializer(StoredTensor(wire, a, b))
            elif number == 11:
                made.inputs.append(_input(wire, a, b))
            elif number == 12:
                made.outputs.append(_input(wire, a, b).name)
            elif number == 15:
                for n, _, c, d in wire.fields(a, b):
                    if n == 1:
                        self._initializer(StoredTensor(wire, c, d))

    def _initializer(self, tensor: StoredTensor) -> None:
        if tensor.name in self.made.initializers:
            raise OnnxError(f"two initializers are called {cut(tensor.name)!r}")
        self.made.initializers[tensor.name] = tensor

    def _node(self, i: int, end: int) -> Node:
        """The node there; fields of one tag, which follow each other, are read in one go."""
        wire, data = self.wire, self.data
        if end - i > LONG:
            wire.fields(i, end)  # refuses too many
        inputs: list[str] = []
        outputs: list[str] = []
        spans: list[Span] = []
        texts = {NAME: "", OP: "", DOMAIN: "", OVERLOAD: ""}
        scope = ""
        while i < end:
            tag = data[i]
            if tag in ENDS:
                i = self._names(inputs if tag == INPUT else outputs, tag, i, end)
                continue
            if tag not in KNOWN:
                i = wire.after(i)
                continue
            size = data[i + 1]
            start = i + 2
            if size >= 128:
                size, start = wire.varint(start - 1)
            i = start + size
            if tag == ATTRIBUTE:
                spans.append((start, i))
            elif tag != METADATA:
                texts[tag] = wire.name(start, i)
            elif data[start : start + len(SCOPES)] == SCOPES:
                scope = _scope(wire.text(start + len(SCOPES), i))
        if i != end:
            raise overlong()
        wire.spend(len(inputs) + len(outputs) + len(spans) + 4)
        domain = texts[DOMAIN]
        return Node(texts[OP], inputs, outputs, self._attributes(spans), name=texts[NAME],
                    scope=scope, domain="" if domain == "ai.onnx" else domain,
                    overload=texts[OVERLOAD])  # fmt: skip

    def _names(self, found: list[str], tag: int, i: int, end: int) -> int:
        """Add the names that follow each other under one tag; where they end."""
        data = self.data
        while i < end and data[i] == tag:
            size = data[i + 1]
            i += 2
            if size >= 128:
                size, i = self.wire.varint(i - 1)
                if size > LONGEST_NAME:
                    raise OnnxError(f"a name of {size:,} bytes")
            stop = i + size
            found.append(data[i:stop].decode())
            i = stop
        return i

    def _attributes(self, spans: list[Span]) -> Mapping[str, Any]:
        """Name -> value; where the same bytes stand again, the same mapping."""
        if not spans:
            return {}
        start, end = spans[0][0] - 1, spans[-1][1]
        raw = self.data[start:end] if end - start <= REPEATED else b""
        found = self.known.get(raw) if raw else None
        if found is None:
            found = {}
            for span in spans:
                found.update(_attribute(self.wire, span))
            if raw:
                self.known[raw] = found
        return found


def _scope(text: str) -> str:
    """The last module in the text of a list of scopes, which ends with the operator itself."""
    scopes = text.partition("[")[2].rsplit(",", 2)
    return scopes[-2].strip(" '\"") if len(scopes) > 1 else ""


def _attribute(wire: Wire, span: Span) -> dict[str, Any]:
    """One attribute; a subgraph is the text ``graph``."""
    name = ""
    value: Any = None
    many: list[Any] = []
    for field in wire.fields(*span):
        number, kind, start, end = field
        if number == 1:
            name = wire.name(start, end)
        elif number == 2:
            value = wire.floats(field)[0]
        elif number == 3 and kind == VARINT:
            value = signed(start)
        elif number == 4:
            value = wire.text(start, min(end, start + LONGEST_NAME))
        elif number == 5:
            value = StoredTensor(wire, start, end)
        elif number in (6, 11):
            value = "graph"
        elif number == 7:
            many += wire.floats(field)
        elif number == 8:
            many += wire.integers(field)
        elif number == 9:
            many.append(wire.text(start, min(end, start + LONGEST_NAME)))
        elif number == 21:
            value = Parameter(wire.name(start, end))
        elif number == 20 and value is None and start in (6, 7, 8) and not many:
            value = many  # an empty list
    value = many or value
    return {} if value is None else {name: value}


def _input(wire: Wire, start: int, end: int) -> Input:
    name, dtype, dims = "", 0, None
    for number, kind, a, b in wire.fields(start, end):
        if number == 1 and kind == BYTES:
            name = wire.name(a, b)
        elif number == 2 and kind == BYTES:
            for what, _, c, d in wire.fields(a, b):
                if what == 1:
                    dtype, dims = _tensor_type(wire, c, d)
    return Input(name, dtype, dims)


def _tensor_type(
    wire: Wire, start: int, end: int
) -> tuple[int, tuple[int | str | None, ...] | None]:
    dtype, dims = 0, None
    for number, kind, a, b in wire.fields(start, end):
        if number == 1 and kind == VARINT:
            dtype = a
        elif number == 2 and kind == BYTES:
            dims = tuple(_dim(wire, c, d) for n, k, c, d in wire.fields(a, b) if n == 1)
            if len(dims) > MOST_AXES:
                raise OnnxError(f"an input has {len(dims)} axes")
    return dtype, dims


def _dim(wire: Wire, start: int, end: int) -> int | str | None:
    for number, kind, a, b in wire.fields(start, end):
        if number == 1 and kind == VARINT:
            return signed(a)
        if number == 2 and kind == BYTES:
            return wire.name(a, b)
    return None
