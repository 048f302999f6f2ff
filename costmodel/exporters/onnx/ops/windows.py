"""Convolution, pooling and resizing as ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from costmodel.exporters import refuse, seen_by
from costmodel.exporters.onnx.emit import Emit
from costmodel.exporters.onnx.ops import emits
from costmodel.ops.window import Axis, axes_of, spread

Names = Sequence[str]


def window(emit: Emit) -> tuple[list[int], dict[str, Any]]:
    """The kernel of the current layer, and all that ONNX says of a window."""
    op = emit.op
    stride = op.kernel if op.stride is None else op.stride
    dilation = getattr(op, "dilation", 1)
    axes = axes_of(emit.layer.xs[0], op.kind, op.kernel, stride, dilation, op.padding)

    def each(field: str) -> list[int]:
        return [emit.number(getattr(axis, field), field) for axis in axes]

    said: dict[str, Any] = {"kernel_shape": each("kernel"), "strides": each("stride")}
    if set(each("dilation")) != {1}:
        said["dilations"] = each("dilation")
    if axes[0].pads is None:
        said["auto_pad"] = "SAME_UPPER"
    else:
        said["pads"] = _sides(emit, axes)
    return each("kernel"), said


def _sides(emit: Emit, axes: Sequence[Axis]) -> list[int]:
    pairs = [axis.pads or (0, 0) for axis in axes]
    return [emit.number(pair[end], "padding") for end in (0, 1) for pair in pairs]


@emits("conv", "conv_transpose")
def conv(emit: Emit, xs: Names) -> str:
    op = emit.op
    kernel, said = window(emit)
    c_in, out = emit.number(emit.layer.xs[0][1], "c_in"), emit.number(op.out, "out")
    groups = emit.number(op.groups, "groups")
    if op.kind == "conv":
        kind, shape, fan = "Conv", (out, c_in // groups, *kernel), c_in // groups
    else:
        kind, shape, fan = "ConvTranspose", (c_in, out // groups, *kernel), c_in // groups
        extras = spread(op.output_padding, len(kernel), "output_padding")
        said["output_padding"] = [emit.number(extra, "output_padding") for extra in extras]
    weight = emit.weight("weight", *shape, fan_in=fan * prod(kernel))
    bias = [emit.weight("bias", out)] if op.bias else []
    return str(emit.node(kind, [*xs, weight, *bias], group=groups, **said))


@emits("sparse_conv")
def sparse_conv(emit: Emit, xs: Names) -> str:
    op = emit.op
    kernel, said = window(emit)
    c_in = emit.number(emit.layer.xs[0][1], "c_in")
    made = []
    for output, entry in enumerate(op.connections):
        seen = seen_by(emit.layer, output, entry, c_in)
        some = emit.node("Gather", [*xs, emit.integers(*seen)], axis=1)
        fan_in = len(seen) * prod(kernel)
        weight = emit.weight(f"convs.{output}.weight", 1, len(seen), *kernel, fan_in=fan_in)
        bias = [emit.weight(f"convs.{output}.bias", 1)] if op.bias else []
        made.append(emit.node("Conv", [some, weight, *bias], **said))
    return str(emit.node("Concat", made, axis=1))


@emits("max_pool", "avg_pool")
def pool(emit: Emit, xs: Names) -> str:
    op = emit.op
    _, said = window(emit)
    if op.ceil_mode and emit.layer.y != op._replace(ceil_mode=False).out_shape(*emit.layer.xs):
        said["ceil_mode"] = 1  # only where it matters: shape inference rounds up too often
    if op.kind == "max_pool":
        return str(emit.node("MaxPool", xs, **said))
    return str(emit.node("AveragePool", xs, count_include_pad=1, **said))


@emits("subsample")
def subsample(emit: Emit, xs: Names) -> str:
    kernel, said = window(emit)
    c = emit.number(emit.layer.xs[0][1], "c_in")
    mean = emit.node("AveragePool", xs, count_include_pad=1, **said)
    ones = [1] * len(kernel)
    total = emit.node("Mul", [mean, emit.real(float(prod(kernel)))])
    scaled = emit.node("Mul", [total, emit.weight("coefficient", c, *ones, value=1.0)])
    return str(emit.node("Add", [scaled, emit.weight("shift", c, *ones)]))


@emits("adaptive_avg_pool", "adaptive_max_pool")
def adaptive(emit: Emit, xs: Names) -> str:
    op = emit.op
    extents = [emit.number(e, "the extents of its input") for e in emit.layer.xs[0][2:]]
    cells = [emit.number(c, "out") for c in spread(op.out, len(extents), "out")]
    mean = op.kind == "adaptive_avg_pool"
    if all(c == 1 for c in cells):
        return str(emit.node("GlobalAveragePool" if mean else "GlobalMaxPool", xs))
    if any(e % c for e, c in zip(extents, cells, strict=True)):
        raise refuse(emit.layer, "has cells of different sizes, which ONNX has no operator for",
                     "choose an input size that out divides")  # fmt: skip
    sides = [e // c for e, c in zip(extents, cells, strict=True)]
    kind = "AveragePool" if mean else "MaxPool"
    return str(emit.node(kind, xs, kernel_shape=sides, strides=sides))


@emits("upsample")
def upsample(emit: Emit, xs: Names) -> str:
    op = emit.op
    count = len(emit.layer.xs[0]) - 2
    axes = list(range(2, 2 + count))
    if op.mode == "nearest":
        how: dict[str, Any] = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric",
               "nearest_mode": "floor"}  # fmt: skip
    else:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    if op.scale is None:
        sizes = [emit.number(size, "out") for size in spread(op.out, count, "out")]
        return str(emit.node("Resize", [*xs, "", "", emit.integers(*sizes)], axes=axes, **how))
    scales = [emit.number(scale, "scale") for scale in spread(op.scale, count, "scale")]
    given = emit.constant([float(scale) for scale in scales])
    return str(emit.node("Resize", [*xs, "", given], axes=axes, **how))
