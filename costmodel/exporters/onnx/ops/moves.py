"""What joins, cuts and moves tensors, as ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.exporters import refuse
from costmodel.exporters.onnx.emit import Emit
from costmodel.exporters.onnx.ops import emits
from costmodel.ops.window import pads, spread

Names = Sequence[str]
END = 2**63 - 1  # of an axis, however long


@emits("concat")
def concat(emit: Emit, xs: Names) -> str:
    return str(emit.node("Concat", xs, axis=emit.op.axis))


@emits("slice")
def slice_(emit: Emit, xs: Names) -> str:
    op, x = emit.op, emit.layer.xs[0]
    axis = op.axis % len(x)
    stop = END if op.stop is None or op.stop == x[axis] else emit.number(op.stop, "stop")
    return cut(
        emit, xs[0], axis, emit.number(op.start, "start"), stop, emit.number(op.step, "step")
    )


def cut(emit: Emit, x: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    """A part of one axis of *x*."""
    given = [emit.integers(value) for value in (start, stop, axis, step)]
    return str(emit.node("Slice", [x, *given]))


@emits("flatten")
def flatten(emit: Emit, xs: Names) -> str:
    layer = emit.layer
    if emit.op.start % len(layer.xs[0]) == 1:
        return str(emit.node("Flatten", xs, axis=1))
    return emit.reshape(xs[0], layer.xs[0], layer.y)


@emits("reshape")
def reshape(emit: Emit, xs: Names) -> str:
    return emit.reshape(xs[0], emit.layer.xs[0], emit.layer.y)


@emits("permute", "transpose")
def permute(emit: Emit, xs: Names) -> str:
    op = emit.op
    order = list(range(len(emit.layer.y)))
    if op.kind == "permute":
        order = [int(i) for i in op.order]
    else:
        a, b = (axis % len(order) for axis in op.axes)
        order[a], order[b] = b, a
    return str(emit.node("Transpose", xs, perm=order))


@emits("roll")
def roll(emit: Emit, xs: Names) -> str:
    x = emit.layer.xs[0]
    axes = range(2, len(x)) if len(x) > 3 else (1,)
    made = xs[0]
    for axis, shift in zip(axes, spread(emit.op.shift, len(axes), "shift"), strict=True):
        by = emit.number(shift, "shift") % emit.number(x[axis], "its extents")
        if by:
            ends = [cut(emit, made, axis, -by, END), cut(emit, made, axis, 0, -by)]
            made = emit.node("Concat", ends, axis=axis)
    return made if made != xs[0] else str(emit.node("Identity", xs))


@emits("channel_shuffle")
def channel_shuffle(emit: Emit, xs: Names) -> str:
    return _dealt(emit, xs[0], emit.layer.xs[0], emit.number(emit.op.groups, "groups"))


def _dealt(emit: Emit, x: str, shape: Sequence[Any], groups: int) -> str:
    """The channels of *x* as ``groups`` rows, read column by column."""
    c = emit.number(shape[1], "c_in")
    if any(not isinstance(extent, int) for extent in shape):
        rows = emit.node("Reshape", [x, emit.integers(0, groups, c // groups, -1)])
        turned = emit.node("Transpose", [rows], perm=[0, 2, 1, 3])
        return str(emit.node("Reshape", [turned, emit.node("Shape", [x])]))
    rows = emit.reshape(x, shape, (shape[0], groups, c // groups, *shape[2:]))
    order = [0, 2, 1, *range(3, len(shape) + 1)]
    return emit.reshape(emit.node("Transpose", [rows], perm=order), (), shape)


@emits("depth_to_space", "space_to_depth")
def pixels(emit: Emit, xs: Names) -> str:
    layer = emit.layer
    if len(layer.y) != 4:
        raise refuse(layer, "has an ONNX operator only for maps of two axes")
    factor = emit.number(emit.op.factor, "factor")
    if emit.op.kind == "depth_to_space":
        return str(emit.node("DepthToSpace", xs, blocksize=factor, mode="CRD"))
    made = emit.node("SpaceToDepth", xs, blocksize=factor)  # a pixel's channels together
    return _dealt(emit, made, layer.y, factor * factor)  # a channel's pixels together


@emits("zero_pad")
def zero_pad(emit: Emit, xs: Names) -> str:
    pairs = [pair or (0, 0) for pair in pads(emit.op.padding, len(emit.layer.y) - 2)]
    sides = [
        emit.number(pair[end], "padding") for end in (0, 1) for pair in ((0, 0), (0, 0), *pairs)
    ]
    return str(emit.node("Pad", [*xs, emit.integers(*sides)]))


@emits("pad_channels")
def pad_channels(emit: Emit, xs: Names) -> str:
    op, x = emit.op, emit.layer.xs[0]
    made = xs[0]
    for axis, stride in enumerate(spread(op.stride, len(x) - 2, "stride"), 2):
        if stride != 1:
            made = cut(emit, made, axis, 0, END, emit.number(stride, "stride"))
    more = emit.number(op.out - x[1], "its channels")
    sides = [0] * (2 * len(x))
    sides[len(x) + 1] = more
    return str(emit.node("Pad", [made, emit.integers(*sides)]))
