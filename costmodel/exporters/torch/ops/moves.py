"""What joins, cuts and moves tensors, as PyTorch code."""

from __future__ import annotations

from typing import Any

from costmodel.exporters import number, refuse
from costmodel.exporters.torch.ops import Arg, Code, writes
from costmodel.graph import Layer
from costmodel.ops.window import pads, spread


@writes("add", "multiply", "mean")
def join(layer: Layer, op: Any) -> Code:
    count = len(layer.inputs)
    sign = " * " if op.kind == "multiply" else " + "
    text = sign.join(f"{{{i}}}" for i in range(count))
    return Code(apply=f"({text}) / {count}" if op.kind == "mean" else text)


@writes("concat")
def concat(layer: Layer, op: Any) -> Code:
    return Code(apply="torch.cat([{all}], {axis})", values=(Arg("axis", op.axis),))


@writes("matmul")
def matmul(layer: Layer, op: Any) -> Code:
    return Code(apply="{0} @ {1}")


@writes("slice")
def slice_(layer: Layer, op: Any) -> Code:
    x = layer.xs[0]
    axis = op.axis % len(x)
    start = number(layer, op.start, "start")
    whole = op.stop is None or op.stop == x[axis]
    stop = None if whole else number(layer, op.stop, "stop")
    step = number(layer, op.step, "step")
    values = (Arg("start", start), Arg("stop", stop), Arg("step", step))
    at = "slice({start}, {stop}, {step})" if step != 1 else "slice({start}, {stop})"
    return Code(apply=f"{{0}}[{':, ' * axis}{at}]", values=values[: 3 if step != 1 else 2])


@writes("flatten")
def flatten(layer: Layer, op: Any) -> Code:
    return Code("nn.Flatten", (Arg("start", op.start, default=1),))


@writes("reshape")
def reshape(layer: Layer, op: Any) -> Code:
    rest = [number(layer, extent, "its extents") for extent in layer.y[1:]]
    values = tuple(Arg(f"extent{i}", extent) for i, extent in enumerate(rest, 1))
    names = ", ".join(["-1", *(f"{{{arg.name}}}" for arg in values)])
    return Code(apply=f"{{0}}.reshape({names})", values=values)


@writes("permute")
def permute(layer: Layer, op: Any) -> Code:
    return Code(apply="{0}.permute({order})", values=(Arg("order", tuple(op.order)),))


@writes("transpose")
def transpose(layer: Layer, op: Any) -> Code:
    a, b = op.axes
    return Code(apply=f"{{0}}.transpose({a}, {b})")


@writes("roll")
def roll(layer: Layer, op: Any) -> Code:
    dims = tuple(range(2, len(layer.y))) if len(layer.y) > 3 else (1,)
    shifts = tuple(number(layer, s, "shift") for s in spread(op.shift, len(dims), "shift"))
    values = (Arg("shift", shifts), Arg("axes", dims))
    return Code(apply="{0}.roll({shift}, {axes})", values=values)


@writes("channel_shuffle")
def channel_shuffle(layer: Layer, op: Any) -> Code:
    return Code("nn.ChannelShuffle", (Arg("groups", number(layer, op.groups, "groups")),))


@writes("depth_to_space", "space_to_depth")
def pixel_shuffle(layer: Layer, op: Any) -> Code:
    if len(layer.y) != 4:
        raise refuse(layer, "has code only for maps of two axes")
    name = "nn.PixelShuffle" if op.kind == "depth_to_space" else "nn.PixelUnshuffle"
    return Code(name, (Arg("factor", number(layer, op.factor, "factor")),))


@writes("zero_pad")
def zero_pad(layer: Layer, op: Any) -> Code:
    pairs = pads(op.padding, len(layer.y) - 2)
    sides = tuple(number(layer, s, "padding") for pair in reversed(pairs) for s in pair or ())
    return Code(apply="F.pad({0}, {pads})", values=(Arg("pads", sides),))


@writes("pad_channels")
def pad_channels(layer: Layer, op: Any) -> Code:
    x = layer.xs[0]
    more = number(layer, op.out - x[1], "its channels")
    steps = spread(op.stride, len(x) - 2, "stride")
    at = ", ".join([":", ":", *(f"::{number(layer, s, 'stride')}" for s in steps)])
    sides = (*[0] * (2 * len(steps) + 1), more)
    return Code(apply=f"F.pad({{0}}[{at}], {{pads}})", values=(Arg("pads", sides),))
