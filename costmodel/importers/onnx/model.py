"""An ONNX file as plain records: its nodes, inputs, initializers and functions."""

from __future__ import annotations

import mmap
import os
from functools import cached_property
from typing import Any, NamedTuple

from costmodel.importers.onnx.nodes import MOST_AXES, Node, TensorData, attribute, cut, name_at
from costmodel.importers.onnx.wire import BYTES, VARINT, OnnxError, Span, Wire, signed

MOST_NODES = 50_000  # as many as a network may have layers


class Input(NamedTuple):
    """A tensor that the graph is given: its name, type, and extents (int, name or None)."""

    name: str
    dtype: int
    dims: tuple[int | str | None, ...] | None


class Function(NamedTuple):
    """An operator defined in the file by other operators."""

    inputs: list[str]
    outputs: list[str]
    nodes: list[Node]
    defaults: dict[str, Any]


class Model:
    """What a file holds, as far as counting needs it."""

    def __init__(self, wire: Wire, size: int) -> None:
        self.wire = wire
        self.opsets: dict[str, int] = {}
        self.functions: dict[tuple[str, str, str], Function] = {}
        graphs = []
        for number, kind, start, end in wire.fields(0, size):
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
        self.nodes: list[Node] = []
        self.initializers: dict[str, TensorData] = {}
        self.inputs: list[Input] = []
        self.outputs: list[str] = []
        self._graph(*graphs[-1])

    @property
    def opset(self) -> int:
        """The version of the standard operators it uses."""
        return self.opsets.get("", 0)

    @cached_property
    def initializer_elements(self) -> int:
        """Elements of all initializers: weights, buffers and the exporter's own constants."""
        return sum(tensor.elements for tensor in self.initializers.values())

    def _opset(self, start: int, end: int) -> None:
        domain, version = "", 0
        for number, kind, a, b in self.wire.fields(start, end):
            if number == 1 and kind == BYTES:
                domain = name_at(self.wire, a, b)
            elif number == 2 and kind == VARINT:
                version = a
        self.opsets["" if domain == "ai.onnx" else domain] = version

    def _function(self, start: int, end: int) -> None:
        wire, names = self.wire, {1: "", 10: "", 13: ""}
        made = Function([], [], [], {})
        for number, kind, a, b in wire.fields(start, end):
            if kind != BYTES:
                continue
            if number in names:
                names[number] = name_at(wire, a, b)
            elif number in (4, 5):
                (made.inputs if number == 4 else made.outputs).append(name_at(wire, a, b))
            elif number == 7:
                made.nodes.append(Node(wire, (a, b)))
            elif number == 11:
                name, value = attribute(wire, (a, b), {})
                made.defaults[name] = value
        domain = "" if names[10] == "ai.onnx" else names[10]
        self.functions[domain, names[1], names[13]] = made

    def _graph(self, start: int, end: int) -> None:
        wire = self.wire
        for number, kind, a, b in wire.fields(start, end):
            if kind != BYTES:
                continue
            if number == 1:
                self.nodes.append(Node(wire, (a, b)))
                if len(self.nodes) > MOST_NODES:
                    raise OnnxError(f"the graph has more than {MOST_NODES:,} nodes")
            elif number == 5:
                self._initializer((a, b))
            elif number == 11:
                self.inputs.append(_input(wire, a, b))
            elif number == 12:
                self.outputs.append(_input(wire, a, b).name)
            elif number == 15:
                for n, _, c, d in wire.fields(a, b):
                    if n == 1:
                        self._initializer((c, d))

    def _initializer(self, span: Span) -> None:
        tensor = TensorData(self.wire, span)
        if tensor.name in self.initializers:
            raise OnnxError(f"two initializers are called {cut(tensor.name)!r}")
        self.initializers[tensor.name] = tensor


def _input(wire: Wire, start: int, end: int) -> Input:
    name, dtype, dims = "", 0, None
    for number, kind, a, b in wire.fields(start, end):
        if number == 1 and kind == BYTES:
            name = name_at(wire, a, b)
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
            return name_at(wire, a, b)
    return None


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
        return Model(Wire(data), len(data))
    except OnnxError as error:
        raise OnnxError(f"{path}: {error.problem}") from None
