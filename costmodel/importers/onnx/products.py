"""Products of matrices: linear layers, matmul, einsum, attention."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.arith import Dim, compare, prod
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.shapes import contracted, show
from costmodel.importers.onnx.values import (
    Const,
    Flow,
    Value,
    broadcast,
    is_one,
    same_shape,
)
from costmodel.ops import Shape


@handles("Gemm")
def gemm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    a, b = inputs[0], inputs[1]
    if not isinstance(a, Flow) or not isinstance(b, Const):
        if node.integer("transA", 0) or node.integer("transB", 0):
            build.refuse(node, "a transposed product of two computed tensors")
        return _product(build, node, a, b)
    shape = b.shape or ()
    if len(shape) != 2 or len(a.shape) != 2:
        build.refuse(node, f"weights of {shape} on {show(a.shape)}")
    out, width = shape if node.integer("transB", 0) else shape[::-1]
    if node.integer("transA", 0):
        a = build.layer(node, "permute", [build.exactly(node, a)], {"order": (1, 0)})
    bias = inputs[2] if len(inputs) > 2 else None
    return linear(build, node, a, b, width, out, bias)


def linear(
    build: Build, node: Node, x: Flow, weight: Const, width: Dim, out: Dim, bias: Value
) -> Flow:
    """A linear layer on the last axis of *x*."""
    if compare(x.shape[-1], "==", width) is False:
        build.refuse(node, f"weights for {width} channels on {show(x.shape)}")
    flat = build.tokens(node, x)
    added = isinstance(bias, Const) and bias.shape is not None and prod(bias.shape) == out
    weights = [weight, bias] if added and isinstance(bias, Const) else [weight]
    learned = width * out + (out if added else 0)
    made = build.layer(node, "linear", [flat], {"out": out, "bias": added}, weights=weights,
                       learned=learned, shape=(*x.shape[:-1], out))  # fmt: skip
    if bias is None or added:
        return made
    from costmodel.importers.onnx.elementwise import combine

    return combine(build, node, "Add", [made, bias])


@handles("MatMul", "FusedMatMul", "MatMulInteger")
def matmul(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    a, b = inputs[0], inputs[1]
    bias = inputs[2] if len(inputs) > 2 and node.op == "MatMul" else None
    if isinstance(a, Flow) and isinstance(b, Const) and b.shape is not None:
        shape = b.shape
        while len(shape) > 2 and is_one(shape[0]):
            shape = shape[1:]
        if len(shape) == 2:
            return linear(build, node, a, b, shape[0], shape[1], bias)
    return _product(build, node, a, b)


@handles("QLinearMatMul")
def quantised_matmul(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return matmul(build, node, [inputs[0], inputs[3]])


def _product(build: Build, node: Node, a: Value, b: Value) -> Flow:
    """A product of which one side or none is learned, with any leading axes."""
    shapes = []
    for value in (a, b):
        if value is None or value.shape is None:
            build.refuse(node, "a factor of unknown extents")
        shapes.append(tuple(value.shape))
    left, right = shapes
    if not left or not right:
        build.refuse(node, "a product with a single number")
    rows = left if len(left) > 1 else (1, *left)
    columns = right if len(right) > 1 else (*right, 1)
    if compare(rows[-1], "==", columns[-2]) is False:
        build.refuse(node, f"{left} times {right}")
    lead = broadcast(rows[:-2], columns[:-2])
    full = (*lead, rows[-2], columns[-1])
    shape = (*lead, *([rows[-2]] if len(left) > 1 else []),
             *([columns[-1]] if len(right) > 1 else []))  # fmt: skip
    if isinstance(a, Flow) and isinstance(b, Flow):
        if len(rows) > 2 and same_shape(rows[:-2], columns[:-2]):
            xs = [build.as_shape(node, a, rows), build.as_shape(node, b, columns)]
            return build.layer(node, "matmul", xs, shape=shape)
        xs = [build.exactly(node, a), build.exactly(node, b)]
    else:
        xs = [build.exactly(node, x) for x in (a, b) if isinstance(x, Flow)]
    weight = next((x for x in (a, b) if isinstance(x, Const)), None)
    made = build.make(
        node, "MatMul", xs, full, costs={"mult_adds": "inner * out", "activations": "out"},
        args={"inner": rows[-1]}, learned=build.new(weight) if weight is not None else 0,
        weights=[weight] if weight is not None else [],
    )  # fmt: skip
    return made._replace(shape=shape)


@handles("Einsum")
def einsum(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    shape, inner = contracted(node, [x.shape if x is not None else None for x in inputs])
    xs = [build.exactly(node, x) for x in inputs if isinstance(x, Flow)]
    consts = [x for x in inputs if isinstance(x, Const)]
    if len(inputs) == 2 and inner is not None:
        costs = {"mult_adds": "inner * out", "activations": "out"}
    else:
        costs = {"scalar_ops": "inner * out"}
    return build.make(node, "Einsum", xs, shape, costs=costs, args={"inner": inner or 1},
                      learned=sum(build.new(c) for c in consts), weights=consts)  # fmt: skip


@handles("Attention", "MultiHeadAttention")
def attention(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """softmax(Q·K')·V on (batch, heads, length, width) or (batch, length, heads·width)."""
    if node.domain or len(inputs) < 3:
        build.refuse(node, "this form of attention is not known")
    q, k, v = (build.flow(node, x) for x in inputs[:3])
    shape: Shape
    if len(inputs) > 4 and inputs[4] is not None:
        build.refuse(node, "a cache of keys and values")
    heads, kept = node.integer("q_num_heads", 0), node.integer("kv_num_heads", 0)
    if len(q.shape) == 4:
        heads, kept, width, deep = q.shape[1], k.shape[1], q.shape[3], v.shape[3]
        length, shape = q.shape[2], (*q.shape[:3], deep)
    else:
        if heads < 1 or kept < 1:
            build.refuse(node, "q_num_heads and kv_num_heads are missing")
        width, deep, length = q.shape[2] // heads, v.shape[2] // kept, q.shape[1]
        shape = (q.shape[0], length, heads * deep)
    scores = q.shape[0] * heads * length * k.shape[-2]
    xs = [build.exactly(node, x) for x in (q, k, v)]
    args = {"scores": scores, "widths": width + deep}
    costs = {"mult_adds": "scores * widths", "scalar_ops": "6 * scores",
             "activations": "scores + out"}  # fmt: skip
    made = build.make(node, "Attention", xs, shape, costs=costs, args=args)
    return [made, *[None] * (len(node.outputs) - 1)]


def product_of_constants(
    build: Build, node: Node, made: Const, inputs: Sequence[Value], source: Flow
) -> None:
    """A product that is worked out anew for every input, though it depends on none.

    It is a layer beside the others, so that its multiply-adds are counted.
    """
    weights = [x for x in inputs if isinstance(x, Const)]
    if node.op == "Einsum":
        inner = contracted(node, [w.shape for w in weights])[1]
    else:
        shape = build.const(node, inputs[0], "a factor").shape or ()
        inner = shape[-2 if node.integer("transA", 0) else -1]
    if inner is None:
        return
    build.make(node, "ProductOfConstants", [source], made.shape or (),
               costs={"mult_adds": "inner * out", "activations": "out", "reads": "inner"},
               args={"inner": inner}, learned=sum(build.new(w) for w in weights[1:]),
               weights=weights[1:])  # fmt: skip
