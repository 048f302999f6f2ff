"""The nodes and weights of an ONNX model under construction."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

from costmodel.exporters import number
from costmodel.graph import Layer

Names = Sequence[str]


class Emit:
    """Takes the nodes of one layer after the other."""

    layer: Layer
    op: Any  # the layer's operator

    def __init__(self, filled: bool, seed: int) -> None:
        import numpy

        self.filled, self._random = filled, numpy.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.bytes = 0
        self._known: set[str] = set()
        self._constants: dict[tuple[float, ...], str] = {}
        self._counts: dict[str, int] = {}
        self._weights = ""  # what the names of the layer's weights begin with

    def start(self, layer: Layer, shared: str | None) -> None:
        """Go on to *layer*, which holds the weights of the one at the path *shared*, if any."""
        self.layer, self.op = layer, layer.op
        self._weights = (shared or layer.path).replace("/", ".")

    def node(self, kind: str, inputs: Names, outputs: int = 1, **attributes: Any) -> Any:
        """Append a node; the name of its output, or the names if there are several."""
        from onnx import helper

        base = f"/{self.layer.path}/{kind}"
        count = self._counts[base] = self._counts.get(base, 0) + 1
        name = base if count == 1 else f"{base}_{count - 1}"
        ends = [f"{name}_output_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), ends, name, **attributes))
        return ends[0] if outputs == 1 else ends

    def rename(self, source: str, target: str) -> None:
        """Give the tensor *source* the name *target*, in a copy if it is the model's input."""
        from onnx import helper

        if not any(source in node.output for node in self.nodes):
            self.nodes.append(helper.make_node("Identity", [source], [target], f"/{target}"))
            return
        for node in self.nodes:
            for names in (node.input, node.output):
                for i, name in enumerate(names):
                    if name == source:
                        names[i] = target

    # -- weights -----------------------------------------------------------------------------

    def weight(self, name: str, *shape: int, fan_in: int = 0, value: float = 0.0) -> str:
        """A learned tensor: random with variance 2/*fan_in*, or filled with *value*."""
        import numpy

        full = f"{self._weights}.{name}"
        if full in self._known:
            return full
        self._known.add(full)
        if not self.filled:
            return self._add(full, 1, shape, None)
        self.bytes += 4 * prod(shape)
        if self.bytes >= 2**31:
            return full  # too large for a file, which the caller says
        if fan_in:
            data = self._random.standard_normal(shape, numpy.float32) * sqrt(2 / fan_in)
        else:
            data = numpy.full(shape, value)
        return self._add(full, 1, shape, data.astype(numpy.float32).tobytes())

    def integers(self, *values: int) -> str:
        """A short constant list of whole numbers, the same one for equal lists."""
        return self.constant(values)

    def constant(self, values: Sequence[int] | Sequence[float]) -> str:
        """A constant list of numbers, the same one for equal lists."""
        import numpy

        whole = all(isinstance(value, int) for value in values)
        key = (whole, *values)
        if key not in self._constants:
            name = self._constants[key] = f"constant_{len(self._constants)}"
            data = numpy.array(values, numpy.int64 if whole else numpy.float32).tobytes()
            self._add(name, 7 if whole else 1, (len(values),), data)
        return self._constants[key]

    def real(self, value: float) -> str:
        """A constant number."""
        import numpy

        name = f"number_{value!r}"
        if name not in self._known:
            self._known.add(name)
            self._add(name, 1, (), numpy.float32(value).tobytes())
        return name

    def _add(self, name: str, dtype: int, shape: Sequence[int], data: bytes | None) -> str:
        from onnx import TensorProto

        tensor = TensorProto(name=name, data_type=dtype, dims=shape)
        if data is not None:
            tensor.raw_data = data
        self.initializers.append(tensor)
        return name

    # -- extents -----------------------------------------------------------------------------

    def number(self, value: Any, what: str) -> int:
        """*value* of the current layer if it is a number, else an error."""
        return number(self.layer, value, what)

    def reshape(self, x: str, source: Sequence[Any], target: Sequence[Any]) -> str:
        """*x*, of the extents *source*, under the extents *target*.

        Extents that are free symbols are copied where they stand in the same place, and one
        more is left to be worked out.
        """
        spelled: list[int] = []
        for i, extent in enumerate(target):
            if not isinstance(extent, int) and i < len(source) and extent == source[i]:
                spelled.append(0)
            elif not isinstance(extent, int) and -1 not in spelled:
                spelled.append(-1)
            else:
                spelled.append(self.number(extent, "its extents"))
        return str(self.node("Reshape", [x, self.integers(*spelled)]))
