"""Products of matrices: linear layers, matmul, einsum, attention."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.arith import Dim, compare, exact_div, prod
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
    unknown,
)
from costmodel.ops import Shape


@handles("Gemm")
def gemm(build: Build, node: Node, inputs: Sequence[Value]) -> Flow:
    a, b = inputs[0], inputs[1]
    if not isinstance(a, Flow) or not isinstance(b, Const):
        return fused_matmul(build, node, inputs)
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


@handles("FusedMatMul", "TransposeMatMul")
def fused_matmul(build: Build, node: Node, inputs: Sequence[Value]) -> Flow:
    """A product of factors whose last two axes may be exchanged first, and a sum."""
    a, b = (_turned(build, node, x, side) for x, side in zip(inputs, "AB", strict=False))
    made = matmul(build, node, [a, b])
    if len(inputs) < 3 or inputs[2] is None:
        return made
    from costmodel.importers.onnx.elementwise import combine

    return combine(build, node, "Add", [made, inputs[2]])


def _turned(build: Build, node: Node, x: Value, side: str) -> Value:
    """A factor with its first axis put behind the batch axes, then its last two exchanged."""
    if x is None or x.shape is None or len(x.shape) < 2:
        return x
    order = list(range(len(x.shape)))
    if node.integer(f"transBatch{side}", 0):
        order = [*order[1:-1], 0, order[-1]]
    if node.integer(f"trans{side}", 0):
        order[-2:] = order[-1], order[-2]
    if order == sorted(order):
        return x
    if isinstance(x, Const):
        return unknown(tuple(x.shape[i] for i in order), x)
    return build.layer(node, "permute", [build.exactly(node, x)], {"order": tuple(order)})


@handles("MatMul", "MatMulInteger")
def matmul(build: Build, node: Node, inputs: Sequence[Value]) -> Flow:
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
    shape = (*lead, *([rows[-2]] if len(left) > 1 else []),
             *([columns[-1]] if len(right) > 1 else []))  # fmt: skip
    if isinstance(a, Flow) and isinstance(b, Flow):
        rank = max(len(rows), len(columns), 2)
        xs = [build.as_shape(node, x, (1,) * (rank - len(own)) + own)
              for x, own in ((a, rows), (b, columns))]  # fmt: skip
        return build.layer(node, "matmul", xs, shape=shape)
    xs = [build.exactly(node, x) for x in (a, b) if isinstance(x, Flow)]
    consts = [x for x in (a, b) if isinstance(x, Const)]
    made = build.contract(node, xs, (*lead, rows[-2], columns[-1]), rows[-1], consts)
    return made._replace(shape=shape)


@handles("Einsum")
def einsum(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    shape, inner = contracted(node, [x.shape if x is not None else None for x in inputs])
    xs = [build.exactly(node, x) for x in inputs if isinstance(x, Flow)]
    consts = [x for x in inputs if isinstance(x, Const)]
    if len(inputs) == 2 and inner is not None:
        return build.contract(node, xs, shape, inner, consts)
    return build.compute(node, xs, shape, 1 if inner is None else inner, consts)


@handles("Attention")
def attention(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """softmax(Q·K')·V on (batch, heads, length, width) or (batch, length, heads·width).

    Where several heads of queries share one of keys and values, their queries are lined up.
    """
    if node.domain:
        from costmodel.importers.onnx.fused import packed_attention

        return packed_attention(build, node, inputs)
    if len(inputs) < 3:
        build.refuse(node, "this form of attention is not known")
    if len(inputs) > 4 and inputs[4] is not None:
        build.refuse(node, "a cache of keys and values")
    source = next(x for x in inputs if isinstance(x, Flow))
    q, k, v = (_flowing(build, node, x, source) for x in inputs[:3])
    if len(q.shape) == 4:
        groups = k.shape[0] * k.shape[1]
        length = exact_div(prod(q.shape[:3]), groups)
        shape: Shape = (*q.shape[:3], v.shape[3])
        heads: Dim = 1
    else:
        heads, kept = node.integer("q_num_heads", 0), node.integer("kv_num_heads", 0)
        if heads < 1 or kept < 1 or heads % kept:
            build.refuse(node, "q_num_heads or kv_num_heads is missing, or they do not fit")
        groups, length = k.shape[0], q.shape[1] * (heads // kept)
        shape = (*q.shape[:2], exact_div(heads * v.shape[2], kept))
        heads = kept
    rows = [(q, length), (k, k.shape[-2]), (v, v.shape[-2])]
    parts = [(x, (groups, count, exact_div(prod(x.shape), groups * count))) for x, count in rows]
    xs = [build.as_shape(node, x, part) for x, part in parts]
    made = build.layer(node, "attention", xs, {"heads": heads}, shape=shape)
    return [made, *[None] * (len(node.outputs) - 1)]


def _flowing(build: Build, node: Node, x: Value, source: Flow) -> Flow:
    """*x* as a layer's output: learned queries stand beside what is computed."""
    if isinstance(x, Flow):
        return x
    const = build.const(node, x, "an input")
    return build.compute(node, [source], const.shape or (), 0, [const])


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
    build.contract(node, [source], made.shape or (), inner, weights[1:])
