"""Graph -> ONNX: a model with random weights, or with none.

Nodes are named after the layers' paths and weights after PyTorch's, so that what a trained
``costmodel export --to torch`` holds fits in.  Free symbols become ``dim_param``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.arith import ascii
from costmodel.errors import CostModelError
from costmodel.exporters import ExportError, Traced, trace
from costmodel.exporters.onnx.emit import Emit
from costmodel.exporters.onnx.ops import node_of
from costmodel.graph import Graph, Tensor
from costmodel.version import __version__

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 21  # the first whose GroupNormalization has a weight for each channel
IR_VERSION = 10
MOST_BYTES = 2**31 - 2**20  # of a protobuf message, less some for the nodes
WEIGHTS = ("random", "none")


def to_onnx(graph: Graph, name: str = "", weights: str = "random", seed: int = 0) -> ModelProto:
    """The network as an ONNX model whose weights are ``random`` or ``none``.

    Without weights the model holds their extents only: it can be counted and drawn, not run.
    CostModelError for what ONNX cannot express, and without the ``onnx`` package.
    """
    return write_model(trace(graph), name or graph.spec.model, weights, seed)


def write_model(traced: Traced, name: str, weights: str = "random", seed: int = 0) -> ModelProto:
    """The ONNX model of the network *traced*."""
    try:
        from onnx import helper
    except ImportError:
        raise CostModelError("this needs ONNX", hint="pip install onnx") from None
    if weights not in WEIGHTS:
        raise ExportError(f"weights are random or none, not {weights!r}")
    emit = Emit(weights == "random", seed)
    names: dict[int, str] = {}
    shapes: dict[str, Tensor] = {}
    for i, tensor in enumerate(traced.inputs):
        names[id(tensor)] = "input" if i == 0 else f"input{i}"
    for layer in traced.layers:
        emit.start(layer, traced.shares.get(layer.path))
        made = names[id(layer.output)] = node_of(emit, [names[id(t)] for t in layer.inputs])
        if all(isinstance(extent, int) for extent in layer.y):
            shapes[made] = layer.output
        if emit.bytes > MOST_BYTES:
            raise ExportError("the weights are more than the 2 GiB of an ONNX file",
                              layer.mark, "--weights none leaves them out")  # fmt: skip
    inputs = [_value(names[id(tensor)], tensor) for tensor in traced.inputs]
    outputs = []
    for i, tensor in enumerate(traced.outputs):
        ending = f"output{i or ''}"
        emit.rename(names[id(tensor)], ending)
        outputs.append(_value(ending, tensor))
        shapes.pop(names[id(tensor)], None)
    known = [_value(inner, tensor) for inner, tensor in shapes.items()]
    graph = helper.make_graph(emit.nodes, name, inputs, outputs, emit.initializers,
                              value_info=known)  # fmt: skip
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
        producer_name="costmodel", producer_version=__version__,
    )  # fmt: skip


def _value(name: str, tensor: Tensor) -> Any:
    from onnx import TensorProto, helper

    shape = [extent if isinstance(extent, int) else ascii(extent) for extent in tensor.shape]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
