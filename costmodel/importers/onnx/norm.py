"""Normalisation layers and activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.arith import Dim, prod
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.constants import elements_of
from costmodel.importers.onnx.elementwise import combine
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.values import Const, Flow, Value, unknown

ACTIVATIONS = {
    "Relu": "relu", "LeakyRelu": "leaky_relu", "Elu": "elu", "Sigmoid": "sigmoid",
    "HardSigmoid": "h_sigmoid", "HardSwish": "h_swish", "Swish": "swish", "Gelu": "gelu",
    "Tanh": "tanh", "Mish": "mish", "Softmax": "softmax", "LogSoftmax": "softmax",
    "QuickGelu": "swish", "Silu": "swish", "FastGelu": "gelu",
}  # fmt: skip


@handles(*ACTIVATIONS)
def activation(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    return build.layer(node, ACTIVATIONS[node.op], [x], shape=x.shape)


@handles("SwiGLU")
def gated(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    gate = build.layer(node, "swish", [x], shape=x.shape)
    return combine(build, node, "Mul", [v for v in (gate, *inputs[1:2]) if v is not None])


@handles("Clip")
def clip(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    limits: list[Any] = [node.get("min"), node.get("max")]
    for i in (1, 2):
        if len(inputs) > i and isinstance(inputs[i], Const):
            values = elements_of(inputs[i])  # type: ignore[arg-type]
            limits[i - 1] = values[0] if values else None
    if limits == [0, 6]:
        return build.layer(node, "relu6", [x], shape=x.shape)
    if limits == [0, None]:
        return build.layer(node, "relu", [x], shape=x.shape)
    return build.each(node, "clip", [x])


@handles("PRelu")
def prelu(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    if isinstance(inputs[1], Flow):
        return combine(build, node, "PRelu", [x, inputs[1]])
    slope = build.const(node, inputs[1], "its slope")
    count = prod(slope.shape or ())
    if count == 1:
        return build.layer(node, "prelu", [x], {"per_channel": False}, weights=[slope], learned=1)
    if len(x.shape) > 1 and count == x.shape[1]:
        return build.layer(node, "prelu", [x], weights=[slope], learned=count)
    return build.each(node, "prelu", [x], [slope])


@handles("BatchNormalization")
def batch_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights = [v for v in inputs[1:5] if isinstance(v, Const)]
    if len(weights) < 4:
        build.refuse(node, "its statistics or weights depend on data")
    made = build.layer(node, "batch_norm", [x], weights=weights, learned=4 * x.real[1])
    return [made] + [None] * 4


@handles("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization")
def layer_norm(build: Build, node: Node, inputs: Sequence[Value]) -> list[Value]:
    x = build.flow(node, inputs[0])
    rank = len(x.shape)
    axis = node.integer("axis", -1) % rank if rank else 0
    weights = [v for v in inputs[1:3] if isinstance(v, Const)]
    width = prod(x.shape[axis:])
    if axis < rank - 1:
        flat = build.as_shape(node, x, (prod(x.shape[:axis]), width))
    else:
        flat = build.tokens(node, x)
    if len(weights) == 2:
        made = build.layer(node, "layer_norm", [flat], weights=weights, learned=2 * width)
    elif not weights:
        kind = "layer_norm" if node.op == "LayerNormalization" else "rms_norm"
        made = build.layer(node, kind, [flat], {"affine": False})
    elif node.op != "LayerNormalization":
        made = build.layer(node, "rms_norm", [flat], weights=weights, learned=width)
    else:
        made = build.layer(node, "layer_norm", [flat], {"affine": False})
        made = build.layer(node, "layer_scale", [made], weights=weights, learned=width)
    return [made._replace(shape=x.shape), None, None]


@handles("ChannelLayerNorm")
def channel_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """The pieces of a layer norm over axis 1 of a map, put together by ``onnx_patterns``."""
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights = [v for v in inputs[1:3] if isinstance(v, Const)]
    args = {} if weights else {"affine": False}
    return build.layer(node, "layer_norm", [x], args, weights=weights,
                       learned=2 * x.real[1] if weights else 0)  # fmt: skip


@handles("InstanceNormalization")
def instance_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights = [v for v in inputs[1:3] if isinstance(v, Const)]
    return grouped(build, node, x, x.shape[1], weights)


@handles("GroupNormalization")
def group_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights = [v for v in inputs[1:3] if isinstance(v, Const)]
    return grouped(build, node, x, node.integer("num_groups", 1), weights)


def grouped(build: Build, node: Node, x: Flow, groups: Dim, weights: Sequence[Const]) -> Flow:
    """A group norm that holds its weights, unless they are others' too or not one a channel.

    Exporters give norms without weights constants of ones and zeros, which they all share.
    """
    held = sum(map(build.new, weights))
    if held == 2 * x.shape[1]:
        return build.layer(node, "group_norm", [x], {"groups": groups}, weights=weights,
                           learned=held)  # fmt: skip
    made = build.layer(node, "group_norm", [x], {"groups": groups, "affine": False})
    for function, weight in zip(("multiply", "add"), weights, strict=False):
        if build.new(weight):
            made = build.each(node, function, [made], [weight])
    return made


@handles("LRN")
def local_response(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    return build.layer(node, "local_response_norm", [x], {"size": node.integer("size", 5)})


@handles("MeanVarianceNormalization", "LpNormalization")
def statistics(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    return build.compute(node, [x], x.shape, 5)


@handles("Identity", "Dropout", "Cast", "CastLike", "BitCast")
def unchanged(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return [inputs[0], None]


UNARY = {
    **{name: name.lower() for name in (
        "Abs", "Acos", "Asin", "Atan", "Celu", "Cos", "Cosh", "Erf", "Exp", "Log", "Neg",
        "Reciprocal", "Round", "Selu", "Shrink", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt",
        "Tan", "CumSum", "CumProd", "Acosh", "Asinh", "Atanh",
    )},
    "Ceil": "round", "Floor": "round", "Sign": "round", "HardTanh": "clip", "Hardmax": "compare",
    "IsInf": "compare", "IsNaN": "compare", "Not": "logic", "BitwiseNot": "logic",
    "ThresholdedRelu": "threshold", "RotaryEmbedding": "rotate", "QuantizeLinear": "quantize",
    "DynamicQuantizeLinear": "quantize", "DequantizeLinear": "dequantize",
}  # fmt: skip


@handles(*UNARY)
def unary(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    made = build.each(node, UNARY[node.op], [build.flow(node, inputs[0])])
    if node.op == "DynamicQuantizeLinear":
        return [made, unknown(()), unknown(())]  # scale and zero point
    return made


@handles("Trilu")
def masked(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    return build.compute(node, [x], x.shape)
