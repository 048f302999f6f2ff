"""A tensor of an ONNX file: its extents are read, its elements only if few and asked for."""

from __future__ import annotations

from math import prod
from typing import Any

from costmodel.importers.onnx.nodes import CODES, FLOATS, MOST_AXES, OnnxError, TensorData, cut
from costmodel.importers.onnx.wire import BYTES, VARINT, Wire, overlong

MOST_VALUES = 4_096  # elements of a constant whose values are read
MOST_FLOATS = 16  # of a float tensor: beyond, it is weights
LARGEST = 2**40
SHORT = 256  # bytes that hold few fields
ODD = 0x85  # a tag of two bytes, or of neither a number nor bytes
DIM, DIMS, DTYPE, NAME = 1 * 8 + VARINT, 1 * 8 + BYTES, 2 * 8 + VARINT, 8 * 8 + BYTES


class StoredTensor(TensorData):
    """A tensor whose elements lie in a file, or were stripped from it."""

    __slots__ = ("_end", "_start", "_wire")

    def __init__(self, wire: Wire, start: int, end: int) -> None:
        data, i, elements = wire.data, start, 1
        dims: list[int] = []
        name, dtype = "", 0
        if end - i < SHORT:
            wire.spend(SHORT // 8)
        else:
            wire.fields(i, end)  # refuses too many
        while i < end:
            tag, value = data[i], data[i + 1]
            if tag & ODD:
                i = wire.after(i)
                continue
            i += 2
            if value >= 128:
                value, i = wire.varint(i - 1)
            if tag == DIM:
                dims.append(value)
                elements *= value
            elif tag == DTYPE:
                dtype = value
            elif tag & BYTES:
                if tag == NAME:
                    name = wire.name(i, i + value)
                elif tag == DIMS:
                    dims += wire.integers((1, BYTES, i, i + value))
                    elements = prod(dims)
                i += value
        if i != end:
            raise overlong()
        if len(dims) > MOST_AXES or (dims and not 0 <= min(dims) <= max(dims) < LARGEST):
            raise OnnxError(f"the tensor {cut(name)!r} has impossible extents {dims[:8]}")
        self.name, self.dtype, self.dims, self.elements = name, dtype, tuple(dims), elements
        self.learned = dtype in FLOATS and elements > 1
        self._wire, self._start, self._end = wire, start, end

    def values(self) -> list[Any] | None:
        """The elements of a small tensor; None if it is large or its payload is not here."""
        count, wire = self.elements, self._wire
        if count > (MOST_FLOATS if self.dtype in FLOATS else MOST_VALUES):
            return None
        if self.dtype not in CODES:
            return None
        code = CODES[self.dtype]
        found: list[Any] = []
        for field in wire.fields(self._start, self._end):
            number, _, start, end = field
            if number == 9:
                if end - start > 8 * MOST_VALUES:
                    return None
                found += wire.floats(field, code)
            elif number in (5, 7, 11):
                found += wire.integers(field)
            elif number in (4, 10):
                found += wire.floats(field, "f" if number == 4 else "d")
        return found if len(found) == count else None
