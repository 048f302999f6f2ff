"""Protocol buffer wire format -> fields, without the payload of a single tensor being touched.

A field is met as its number and either its value (numbers) or where its bytes lie, so a file of
any length costs only what its structure costs.  Every length is checked against its message.
"""

from __future__ import annotations

import struct
from typing import Any

from costmodel.importers.onnx.nodes import OnnxError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
MOST_FIELDS = 5_000_000  # in one file; a DenseNet-201 has 30 thousand
LONGEST_NAME = 1_000

Span = tuple[int, int]
Field = tuple[int, int, int, int]  # number, wire type, value or start, end


class Wire:
    """The bytes of a file and how many fields may still be read from them."""

    __slots__ = ("budget", "data")

    def __init__(self, data: Any) -> None:
        self.data, self.budget = data, MOST_FIELDS

    def fields(self, start: int, end: int) -> list[Field]:
        """The fields of the message between *start* and *end*, in file order."""
        data, found, i = self.data, [], start
        try:
            while i < end:
                key = data[i]
                i += 1
                if key >= 128:
                    key, i = self.varint(i - 1)
                kind = key & 7
                if kind == BYTES:
                    size = data[i]
                    i += 1
                    if size >= 128:
                        size, i = self.varint(i - 1)
                    found.append((key >> 3, BYTES, i, i + size))
                    i += size
                elif kind == VARINT:
                    value = data[i]
                    i += 1
                    if value >= 128:
                        value, i = self.varint(i - 1)
                    found.append((key >> 3, VARINT, value, 0))
                elif kind in (FIXED32, FIXED64):
                    size = 4 if kind == FIXED32 else 8
                    found.append((key >> 3, kind, i, i + size))
                    i += size
                else:
                    raise OnnxError(f"this is no ONNX model: wire type {kind} at byte {i - 1}")
        except IndexError:
            raise truncated() from None
        if i > end:
            raise overlong()
        self.spend(len(found))
        return found

    def after(self, i: int) -> int:
        """Where the field at byte *i* ends."""
        self.spend(1)
        key, i = self.varint(i)
        kind = key & 7
        if kind == BYTES:
            size, i = self.varint(i)
            return i + size
        if kind == VARINT:
            return self.varint(i)[1]
        if kind in (FIXED32, FIXED64):
            return i + (4 if kind == FIXED32 else 8)
        raise OnnxError(f"this is no ONNX model: wire type {kind} at byte {i - 1}")

    def spend(self, count: int) -> None:
        """Count *count* fields against what a file may have."""
        self.budget -= count
        if self.budget < 0:
            raise OnnxError(f"the file has more than {MOST_FIELDS:,} fields")

    def varint(self, i: int) -> tuple[int, int]:
        """The number at byte *i*, and where it ends."""
        data = self.data
        value = data[i]
        if value < 128:
            return value, i + 1
        if data[i + 1] < 128:
            return value - 128 + (data[i + 1] << 7), i + 2
        value = shift = 0
        while True:
            byte = data[i]
            i += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & (2**64 - 1), i
            shift += 7
            if shift > 63:
                raise OnnxError(f"this is no ONNX model: a number of over 64 bits at byte {i}")

    def text(self, start: int, end: int) -> str:
        """The bytes there as text; what is no UTF-8 is replaced."""
        return str(self.data[start:end], "utf-8", "replace")

    def name(self, start: int, end: int) -> str:
        """The name there; an error if it is longer than any name is."""
        if end - start > LONGEST_NAME:
            raise OnnxError(f"a name of {end - start:,} bytes")
        name: str = self.data[start:end].decode()
        return name

    def integers(self, field: Field) -> list[int]:
        """The signed integers of a repeated field: one, or many packed."""
        _, kind, start, end = field
        if kind == VARINT:
            return [signed(start)]
        values, i = [], start
        self.budget -= end - start
        if kind != BYTES or self.budget < 0:
            raise OnnxError("a list of numbers is malformed or too long")
        while i < end:
            value, i = self.varint(i)
            values.append(signed(value))
        return values

    def floats(self, field: Field, code: str = "f") -> list[float]:
        """The floats of a repeated field."""
        _, kind, start, end = field
        width = struct.calcsize(code)
        if kind == VARINT or (end - start) % width:
            raise OnnxError("a list of floats is malformed")
        raw = bytes(self.data[start:end])
        return list(struct.unpack(f"<{len(raw) // width}{code}", raw))


def signed(value: int) -> int:
    """A 64-bit varint as the signed integer it stands for."""
    return value - 2**64 if value >= 2**63 else value


def truncated() -> OnnxError:
    """The file is shorter than it says."""
    return OnnxError("the file ends in the middle of a message: it is truncated")


def overlong() -> OnnxError:
    """A message is longer than what holds it."""
    return OnnxError("a message is longer than what holds it: truncated or corrupted")
