"""Functions of elements, normalisation and products as ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from costmodel.exporters import refuse
from costmodel.exporters.onnx.emit import Emit
from costmodel.exporters.onnx.ops import emits
from costmodel.ops.window import spread

Names = Sequence[str]
EPSILON = 1e-5

SIMPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}), "leaky_relu": ("LeakyRelu", {"alpha": 0.01}), "elu": ("Elu", {}),
    "sigmoid": ("Sigmoid", {}), "h_sigmoid": ("HardSigmoid", {"alpha": 1 / 6}),
    "h_swish": ("HardSwish", {}), "gelu": ("Gelu", {}), "tanh": ("Tanh", {}), "mish": ("Mish", {}),
    "identity": ("Identity", {}), "constants": ("Identity", {}),
    "drop_path": ("Identity", {}), "dropout": ("Dropout", {}),
    "global_avg_pool": ("GlobalAveragePool", {}), "global_max_pool": ("GlobalMaxPool", {}),
    "add": ("Sum", {}), "mean": ("Mean", {}), "matmul": ("MatMul", {}),
}  # fmt: skip


@emits(*SIMPLE)
def simple(emit: Emit, xs: Names) -> str:
    kind, attributes = SIMPLE[emit.op.kind]
    if kind == "Sum" and len(xs) == 2:
        kind = "Add"
    return str(emit.node(kind, xs, **attributes))


@emits("relu6")
def relu6(emit: Emit, xs: Names) -> str:
    return str(emit.node("Clip", [*xs, emit.real(0.0), emit.real(6.0)]))


@emits("swish")
def swish(emit: Emit, xs: Names) -> str:
    return str(emit.node("Mul", [*xs, emit.node("Sigmoid", xs)]))


@emits("softmax")
def softmax(emit: Emit, xs: Names) -> str:
    return str(emit.node("Softmax", xs, axis=-1 if len(emit.layer.y) <= 3 else 1))


@emits("prelu")
def prelu(emit: Emit, xs: Names) -> str:
    x = emit.layer.xs[0]
    slopes = emit.number(x[1], "c_in") if emit.op.per_channel else 1
    weight = emit.weight("weight", slopes, *[1] * (len(x) - 2), value=0.25)
    return str(emit.node("PRelu", [*xs, weight]))


@emits("multiply")
def multiply(emit: Emit, xs: Names) -> str:
    made = xs[0]
    for x in xs[1:]:
        made = emit.node("Mul", [made, x])
    return made


@emits("layer_scale")
def layer_scale(emit: Emit, xs: Names) -> str:
    x = emit.layer.xs[0]
    axes = 0 if len(x) <= 3 else len(x) - 2
    width = emit.number(x[1] if axes else x[-1], "its channels")
    return str(emit.node("Mul", [*xs, emit.weight("scale", width, *[1] * axes, value=1e-6)]))


@emits("embed")
def embed(emit: Emit, xs: Names) -> str:
    op, (n, length, width) = emit.op, emit.layer.y
    wide = emit.number(width, "its width")
    made = xs[0]
    if op.tokens:
        count = emit.number(op.tokens, "tokens")
        front = emit.weight("tokens", 1, count, wide)
        if n != 1:
            batch = emit.node("Shape", xs, start=0, end=1)
            shape = emit.node("Concat", [batch, emit.integers(count, wide)], axis=0)
            front = emit.node("Expand", [front, shape])
        made = emit.node("Concat", [front, made], axis=1)
    if op.positions:
        long = emit.number(length, "the number of tokens")
        made = emit.node("Add", [made, emit.weight("positions", 1, long, wide)])
    return made if op.tokens or op.positions else str(emit.node("Identity", xs))


@emits("embedding")
def embedding(emit: Emit, xs: Names) -> str:
    op = emit.op
    shape = emit.number(op.rows, "rows"), emit.number(op.width, "width")
    places = emit.node("Cast", xs, to=7)  # 64-bit integers
    return str(emit.node("Gather", [emit.weight("weight", *shape, fan_in=2), places], axis=0))


# -- normalisation -------------------------------------------------------------------------------


@emits("batch_norm")
def batch_norm(emit: Emit, xs: Names) -> str:
    c = emit.number(emit.layer.xs[0][1], "c_in")
    given = [emit.weight("weight", c, value=1.0), emit.weight("bias", c),
             emit.weight("running_mean", c), emit.weight("running_var", c, value=1.0)]  # fmt: skip
    return str(emit.node("BatchNormalization", [*xs, *given], epsilon=EPSILON))


@emits("group_norm")
def group_norm(emit: Emit, xs: Names) -> str:
    c = emit.number(emit.layer.xs[0][1], "c_in")
    given = [emit.weight("weight", c, value=1.0), emit.weight("bias", c)]
    groups = emit.number(emit.op.groups, "groups")
    return str(emit.node("GroupNormalization", [*xs, *given], num_groups=groups, epsilon=EPSILON))


@emits("layer_norm", "rms_norm")
def layer_norm(emit: Emit, xs: Names) -> str:
    op, x = emit.op, emit.layer.xs[0]
    if op.axis == "all":
        return _normalised(emit, xs[0], 1, [emit.number(e, "its extents") for e in x[1:]])
    if len(x) <= 3:
        return _normalised(emit, xs[0], -1, [emit.number(x[-1], "its width")])
    order = [0, *range(2, len(x)), 1]
    last = emit.node("Transpose", xs, perm=order)
    made = _normalised(emit, last, -1, [emit.number(x[1], "c_in")])
    return str(emit.node("Transpose", [made], perm=[0, len(x) - 1, *range(1, len(x) - 1)]))


def _normalised(emit: Emit, x: str, axis: int, shape: list[int]) -> str:
    op = emit.op
    if op.kind == "rms_norm":
        axes = emit.integers(*range(axis, 0) if axis < 0 else range(axis, len(shape) + 1))
        square = emit.node("ReduceMean", [emit.node("Mul", [x, x]), axes])
        root = emit.node("Sqrt", [emit.node("Add", [square, emit.real(EPSILON)])])
        made = emit.node("Div", [x, root])
        scale = [emit.weight("weight", *shape, value=1.0)] if op.affine else []
        return str(emit.node("Mul", [made, *scale])) if scale else made
    given = [x, emit.weight("weight", *shape, value=1.0)]
    if op.affine:
        given.append(emit.weight("bias", *shape))
    return str(emit.node("LayerNormalization", given, axis=axis, epsilon=EPSILON))


@emits("local_response_norm")
def local_response_norm(emit: Emit, xs: Names) -> str:
    size = emit.number(emit.op.size, "size")
    return str(emit.node("LRN", xs, size=size, alpha=1e-4, beta=0.75, bias=1.0))


# -- products ------------------------------------------------------------------------------------


@emits("linear")
def linear(emit: Emit, xs: Names) -> str:
    op, x = emit.op, emit.layer.xs[0]
    out = emit.number(op.out, "out")
    width = emit.number(x[-1] if len(x) <= 3 else x[1], "its width")
    made = xs[0] if len(x) <= 3 else emit.node("Flatten", xs, axis=1)
    weight = emit.weight("weight", out, width, fan_in=width)
    bias = [emit.weight("bias", out)] if op.bias else []
    if len(x) != 3:
        return str(emit.node("Gemm", [made, weight, *bias], transB=1))
    made = emit.node("MatMul", [made, emit.node("Transpose", [weight], perm=[1, 0])])
    return str(emit.node("Add", [made, *bias])) if bias else made


@emits("rbf")
def rbf(emit: Emit, xs: Names) -> str:
    width = emit.number(emit.layer.xs[0][1], "its width")
    centres = emit.weight("centres", emit.number(emit.op.out, "out"), width, fan_in=2)
    apart = emit.node("Sub", [emit.node("Unsqueeze", [*xs, emit.integers(1)]), centres])
    square = emit.node("Mul", [apart, apart])
    return str(emit.node("ReduceSum", [square, emit.integers(-1)], keepdims=0))


@emits("attention")
def attention(emit: Emit, xs: Names) -> str:
    layer, heads = emit.layer, emit.number(emit.op.heads, "heads")
    shapes = list(layer.xs)
    names = list(xs)
    if len(xs) == 1:
        part = emit.number(layer.xs[0][2], "its width") // 3
        shapes = [(*layer.xs[0][:2], part)] * 3
        names = emit.node("Split", xs, 3, axis=2, num_outputs=3)
    cut = []
    for name, shape, order in zip(
        names, shapes, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True
    ):
        apart = (*shape[:2], heads, emit.number(shape[2], "its width") // heads)
        cut.append(emit.node("Transpose", [emit.reshape(name, shape, apart)], perm=order))
    depth = emit.number(shapes[0][2], "its width") // heads
    scores = emit.node("Mul", [emit.node("MatMul", cut[:2]), emit.real(1 / sqrt(depth))])
    if emit.op.window is not None:
        scores = emit.node("Add", [scores, _table(emit, heads, shapes[0][1])])
    made = emit.node("MatMul", [emit.node("Softmax", [scores], axis=-1), cut[2]])
    made = emit.node("Transpose", [made], perm=[0, 2, 1, 3])
    return emit.reshape(made, (*layer.y[:2], heads, depth), layer.y)


def _table(emit: Emit, heads: int, length: Any) -> str:
    """What a window's table of relative positions adds to the scores of each pair."""
    a, b = spread(emit.op.window, 2, "window")
    if {x[1] for x in emit.layer.xs[:2]} != {a * b}:
        raise refuse(emit.layer, f"has a window of {a}×{b} for other numbers of tokens")
    table = emit.weight("table", (2 * a - 1) * (2 * b - 1), heads)
    places = [
        (i // b - j // b + a - 1) * (2 * b - 1) + i % b - j % b + b - 1
        for i in range(a * b) for j in range(a * b)
    ]  # fmt: skip
    rows = emit.node("Gather", [table, emit.constant(places)], axis=0)
    square = emit.node("Reshape", [rows, emit.integers(a * b, a * b, heads)])
    return str(emit.node("Transpose", [square], perm=[2, 0, 1]))
