"""Operators that sample, cut out or put together regions of a map."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.arith import prod
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.elementwise import combine
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.shapes import placed, show
from costmodel.importers.onnx.values import Flow, Value
from costmodel.importers.onnx.window import window
from costmodel.ops import OPS


@handles("GridSample")
def sample(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    grid = inputs[1]
    if grid is None or grid.shape is None:
        build.refuse(node, "a grid of unknown extents")
    xs = [x, build.exactly(node, grid)] if isinstance(grid, Flow) else [x]
    return build.compute(node, xs, (*x.shape[:2], *grid.shape[1:-1]), 7)


@handles("RoiAlign", "MaxRoiPool")
def region_pool(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """As many regions as are listed, each of a fixed size; where they lie does not matter."""
    x = build.exactly(node, build.flow(node, inputs[0]))
    regions = inputs[1]
    if regions is None or regions.shape is None:
        build.refuse(node, "how many regions there are depends on data")
    size = node.integers("pooled_shape") or [
        node.integer(f"output_{side}", 1) for side in ("height", "width")
    ]
    xs = [x, build.exactly(node, regions)] if isinstance(regions, Flow) else [x]
    return build.compute(node, xs, (regions.shape[0], x.shape[1], *size), 7)


@handles("Col2Im")
def folded(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """(n, c·block, places) -> (n, c, ...): blocks added up where they overlap."""
    x = build.exactly(node, build.flow(node, inputs[0]))
    image = build.numbers(node, inputs[1], "its image_shape")
    block = prod(build.numbers(node, inputs[2], "its block_shape"))
    if x.shape[1] % block:
        build.refuse(node, f"blocks of {block} elements in {show(x.shape)}")
    return build.compute(node, [x], (x.shape[0], x.shape[1] // block, *image), 1)


@handles("CenterCropPad")
def centred(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    axes = placed(node.integers("axes") or list(range(len(x.shape))), len(x.shape), node)
    out = list(x.shape)
    for axis, extent in zip(axes, build.numbers(node, inputs[1], "its shape"), strict=True):
        out[axis] = extent
    return build.compute(node, [x], tuple(out))


@handles("AffineGrid")
def grid(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """Each place of the output, times a matrix: (n, 2, 3) -> (n, h, w, 2)."""
    x = build.exactly(node, build.flow(node, inputs[0]))
    n, _, *sides = build.numbers(node, inputs[1], "its size")
    return build.contract(node, [x, x], (n, *sides, len(sides)), len(sides) + 1)


@handles("MaxUnpool")
def unpooled(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    if len(inputs) > 2 and inputs[2] is not None:
        return build.compute(node, [x], tuple(build.numbers(node, inputs[2], "its output_shape")))
    args = window(build, node, x, node.integers("kernel_shape") or [])
    shape = OPS["conv_transpose"](out=x.shape[1], **args).out_shape(x.real)
    return build.compute(node, [x], shape)


@handles("DeformConv")
def deformable(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """A convolution whose taps lie where offsets put them; sampling there is not counted."""
    x = build.exactly(node, build.flow(node, inputs[0]))
    weight = build.const(node, inputs[1], "its weight")
    filters = weight.shape or ()
    args = window(build, node, x, filters[2:])
    groups = node.integer("group", 1)
    shape = OPS["conv"](out=filters[0], groups=groups, **args).out_shape(x.real)
    placing = [build.exactly(node, v) for v in (inputs[2], *inputs[4:5]) if isinstance(v, Flow)]
    made = build.contract(node, [x, *placing], shape, prod(filters[1:]), [weight])
    bias = inputs[3] if len(inputs) > 3 else None
    return made if bias is None else combine(build, node, "Add", [made, _per_channel(bias, made)])


def _per_channel(bias: Value, x: Flow) -> Value:
    if bias is None or bias.shape is None:
        return bias
    return bias._replace(shape=(*bias.shape, *[1] * (len(x.shape) - 2)))
