"""Normalisation layers and activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.arith import prod
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.constants import elements_of
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.values import Const, Value

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
    return build.each(node, "Clip", [x], steps=2)


@handles("PRelu")
def prelu(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x, slope = build.flow(node, inputs[0]), build.const(node, inputs[1], "its slope")
    count = prod(slope.shape or ())
    x = build.exactly(node, x)
    if count == 1:
        return build.layer(node, "prelu", [x], {"per_channel": False}, weights=[slope], learned=1)
    if len(x.shape) > 1 and count == x.shape[1]:
        return build.layer(node, "prelu", [x], weights=[slope], learned=count)
    return build.each(node, "PRelu", [x], steps=2, learned=count, weights=[slope])


@handles("BatchNormalization")
def batch_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights = [v for v in inputs[1:5] if isinstance(v, Const)]
    if len(weights) < 4:
        build.refuse(node, "its statistics or weights depend on data")
    made = build.layer(node, "batch_norm", [x], weights=weights, learned=4 * x.real[1])
    return [made] + [None] * 4


@handles("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization")
def layer_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
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
        made = build.layer(node, "layer_norm", [flat], {"affine": False})
    else:
        made = build.each(node, node.op, [flat], steps=5, learned=width, weights=weights)
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
    return build.layer(node, "group_norm", [x], {"groups": x.shape[1]}, weights=weights,
                       learned=2 * x.shape[1])  # fmt: skip


@handles("GroupNormalization")
def group_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights = [v for v in inputs[1:3] if isinstance(v, Const)]
    groups = node.integer("num_groups", 1)
    held = sum(prod(w.shape or ()) for w in weights)
    if held == 2 * x.shape[1]:
        return build.layer(node, "group_norm", [x], {"groups": groups}, weights=weights,
                           learned=held)  # fmt: skip
    if not weights:
        return build.layer(node, "group_norm", [x], {"groups": groups, "affine": False})
    return build.each(node, node.op, [x], steps=7, learned=held, weights=weights)


@handles("LRN")
def local_response(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    return build.layer(node, "local_response_norm", [x], {"size": node.integer("size", 5)})


@handles("MeanVarianceNormalization", "LpNormalization")
def statistics(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return build.each(node, node.op, [build.flow(node, inputs[0])], steps=5)


@handles("Identity", "Dropout", "Cast", "CastLike")
def unchanged(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return [build.flow(node, inputs[0]), None]


UNARY = {
    "Abs": 1, "Acos": 1, "Asin": 1, "Atan": 1, "BitwiseNot": 1, "Ceil": 1, "Celu": 4, "Cos": 1,
    "Cosh": 4, "Erf": 1, "Exp": 1, "Floor": 1, "HardTanh": 2, "Hardmax": 2, "IsInf": 1, "IsNaN": 1,
    "Log": 1, "Neg": 1, "Not": 1, "Reciprocal": 1, "Round": 1, "Selu": 4, "Shrink": 2, "Sign": 1,
    "Sin": 1, "Sinh": 4, "Softplus": 3, "Softsign": 3, "Sqrt": 1, "Tan": 1, "ThresholdedRelu": 1,
    "CumSum": 1, "CumProd": 1, "RotaryEmbedding": 3,
    "Acosh": 1, "Asinh": 1, "Atanh": 1, "DequantizeLinear": 2,
    "QuantizeLinear": 3, "DynamicQuantizeLinear": 3,
}  # fmt: skip


@handles(*UNARY)
def unary(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return build.each(node, node.op, [build.flow(node, inputs[0])], steps=UNARY[node.op])


@handles("Trilu")
def masked(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return build.each(node, node.op, [build.exactly(node, build.flow(node, inputs[0]))], steps=0)
