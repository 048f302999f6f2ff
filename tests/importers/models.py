"""Small ONNX files, built with ``onnx.helper`` where the package is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

onnx = pytest.importorskip("onnx", reason="test files are built with the onnx package")
helper, FLOAT, INT64 = onnx.helper, onnx.TensorProto.FLOAT, onnx.TensorProto.INT64


def weight(name: str, *dims: int) -> Any:
    """An initializer whose payload was stripped: extents alone."""
    tensor = onnx.TensorProto()
    tensor.name, tensor.data_type = name, FLOAT
    tensor.dims.extend(dims)
    return tensor


def numbers(name: str, values: Sequence[int], scalar: bool = False) -> Any:
    """An initializer of whole numbers."""
    return helper.make_tensor(name, INT64, [] if scalar else [len(values)], values)


def reals(name: str, values: Sequence[float], scalar: bool = True) -> Any:
    """An initializer of floats."""
    return helper.make_tensor(name, FLOAT, [] if scalar else [len(values)], values)


def save(
    folder: Path,
    nodes: Sequence[Any],
    initializers: Sequence[Any] = (),
    shape: Sequence[Any] = ("batch", 3, "height", "width"),
    output: str = "y",
    opset: int = 17,
    functions: Sequence[Any] = (),
) -> str:
    """The path of a model that computes *output* from ``x`` of that *shape*."""
    x = helper.make_tensor_value_info("x", FLOAT, shape)
    y = helper.make_tensor_value_info(output, FLOAT, None)
    graph = helper.make_graph(list(nodes), "g", [x], [y], list(initializers))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("local", 1)]
    model = helper.make_model(graph, opset_imports=opsets, functions=list(functions))
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return str(path)


def node(op: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> Any:
    """A node named after what it makes."""
    name = f"/{outputs[0]}/{op}"
    return helper.make_node(op, list(inputs), list(outputs), name=name, **attributes)
