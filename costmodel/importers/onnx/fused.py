"""Operators of com.microsoft: what onnxruntime's optimisers and quantisers fuse others into."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.arith import exact_div, total
from costmodel.importers.onnx import regions  # noqa: F401  (registers its operators)
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.elementwise import combine
from costmodel.importers.onnx.handlers import HANDLERS, Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.norm import ACTIVATIONS, layer_norm
from costmodel.importers.onnx.products import fused_matmul, gemm, linear, matmul
from costmodel.importers.onnx.rearrange import concat
from costmodel.importers.onnx.values import Const, Flow, Value
from costmodel.importers.onnx.window import conv, global_pool, pool


def given(inputs: Sequence[Value], place: int) -> Value:
    """Input number *place*, None if it is left out."""
    return inputs[place] if len(inputs) > place else None


def plus(build: Build, node: Node, x: Flow, *others: Value) -> Flow:
    """*x* and what else is given, added one by one."""
    for other in others:
        if other is not None:
            x = combine(build, node, "Add", [x, other])
    return x


def activated(build: Build, node: Node, x: Flow) -> Flow:
    """*x* through the activation that *node* names, if it names one."""
    word = node.word("activation", "")
    if not word:
        return x
    if word == "Clip":
        limits = list(node.get("activation_params") or [])
        kind = "relu6" if limits == [0, 6] else ""
    else:
        kind = ACTIVATIONS.get(word, "")
    if kind:
        return build.layer(node, kind, [x], shape=x.shape)
    return build.each(node, "clip" if word == "Clip" else "other", [x])


@handles("FusedConv")
def fused_conv(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    made = conv(build, node, inputs[:3])
    return activated(build, node, plus(build, node, made, given(inputs, 3)))


@handles("FusedGemm")
def fused_gemm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return activated(build, node, gemm(build, node, inputs))


@handles("FusedMatMulActivation")
def matmul_activated(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return activated(build, node, fused_matmul(build, node, inputs[:2]))


@handles("BiasGelu", "BiasSoftmax", "BiasDropout", "BiasAdd")
def biased(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """A sum of all that is given; then gelu or softmax."""
    many = 2 if node.op in ("BiasGelu", "BiasSoftmax") else 3
    made = plus(build, node, build.flow(node, inputs[0]), *inputs[1:many])
    kind = {"BiasGelu": "gelu", "BiasSoftmax": "softmax"}.get(node.op)
    return build.layer(node, kind, [made], shape=made.shape) if kind else [made, None]


@handles("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def skip_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """norm(x + skip + bias); the fourth output is the sum itself."""
    simple = node.op == "SkipSimplifiedLayerNormalization"
    bias = given(inputs, 3 if simple else 4)
    added = plus(build, node, build.flow(node, inputs[0]), inputs[1], bias)
    op = "RMSNormalization" if simple else "LayerNormalization"
    weights = [given(inputs, 2), None if simple else given(inputs, 3)]
    made = layer_norm(build, node.replaced(op, node.inputs, {}), [added, *weights])
    return [made[0], None, None, added]


@handles("QLinearAdd", "QLinearMul")
def quantised_sum(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """Each tensor is followed by its scale and zero point."""
    op = node.op.removeprefix("QLinear")
    return combine(build, node, op, [x for x in (inputs[0], inputs[3]) if x is not None])


@handles("QLinearConcat")
def quantised_concat(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return concat(build, node, inputs[2::3])


@handles("QLinearSigmoid", "QLinearLeakyRelu", "QLinearSoftmax", "QLinearReduceMean")
def quantised_one(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    op = node.op.removeprefix("QLinear")
    return HANDLERS[op](build, node.replaced(op, node.inputs, node.attributes), inputs[:1])


@handles("QLinearAveragePool", "QLinearGlobalAveragePool")
def quantised_pool(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    if node.integer("channels_last", 0):
        build.refuse(node, "channels in the last axis")
    rule = pool if node.op == "QLinearAveragePool" else global_pool
    return rule(build, node, inputs[:1])


@handles("QGemm")
def quantised_gemm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return gemm(build, node, [inputs[0], inputs[3], given(inputs, 6)])


@handles("DynamicQuantizeMatMul", "MatMulIntegerToFloat")
def matmul_to_float(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    made = matmul(build, node, inputs[:2])
    return plus(build, node, made, given(inputs, 4 if node.op == "DynamicQuantizeMatMul" else 6))


@handles("QAttention")
def packed_attention(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """One product makes q, k and v side by side; then softmax(Q·K')·V for each head."""
    x, weight = build.flow(node, inputs[0]), build.const(node, inputs[1], "its weight")
    if given(inputs, 4 if node.op == "Attention" else 8) is not None:
        build.refuse(node, "a cache of keys and values")
    width, out = weight.shape or (0, 0)
    made = linear(build, node, x, weight, width, out, given(inputs, 2))
    sizes = node.integers("qkv_hidden_sizes") or [exact_div(out, 3)] * 3
    if total(sizes) != out or len(sizes) != 3:
        build.refuse(node, f"q, k and v of {sizes} channels out of {out}")
    parts, start = [], 0
    for size in sizes:
        args = {"start": start, "stop": start + size, "axis": len(made.real) - 1}
        parts.append(build.layer(node, "slice", [made], args))
        start += size
    return [build.layer(node, "attention", parts, {"heads": node.integer("num_heads", 1)}), None]


@handles("MultiHeadAttention")
def attention(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """softmax(Q·K')·V on tokens whose heads lie side by side, after their biases."""
    if len(inputs) < 3 or any(x is None or len(x.shape or ()) != 3 for x in inputs[:3]):
        build.refuse(node, "queries, keys and values that are packed or cached")
    if given(inputs, 6) is not None:
        build.refuse(node, "a cache of keys and values")
    parts = [build.exactly(node, build.flow(node, x)) for x in inputs[:3]]
    if isinstance(bias := given(inputs, 3), Const):
        parts = [build.each(node, "add", [x], [bias]) for x in parts]
    heads = node.integer("num_heads", 1)
    return [build.layer(node, "attention", parts, {"heads": heads}), None, None]
