"""Operators that move, pick or rename elements."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.arith import Dim, ceil_div, compare, prod, total
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.constants import elements_of
from costmodel.importers.onnx.constants_shape import shape_of
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.shapes import (
    axes_of,
    cuts,
    placed,
    reshaped,
    show,
    squeezed,
    unsqueezed,
)
from costmodel.importers.onnx.values import Const, Flow, Value, broadcast, is_one, same, same_shape


@handles("Shape")
def shape(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return shape_of(node, build.flow(node, inputs[0]).shape)


@handles("Size")
def size(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return Const((), (prod(build.flow(node, inputs[0]).shape),))


@handles("Reshape")
def reshape(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    target = inputs[1] if len(inputs) > 1 else None
    extents = node.integers("shape") or build.numbers(node, target, "its shape")
    return x._replace(shape=reshaped(x.shape, extents, node))


@handles("Flatten")
def flatten(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    axis = node.integer("axis", 1) % (len(x.shape) + 1)
    out = (prod(x.shape[:axis]), prod(x.shape[axis:]))
    if axis == 1 and same_shape(x.real, x.shape) and not same_shape(out, x.shape):
        return build.layer(node, "flatten", [x])
    return x._replace(shape=out)


@handles("Squeeze")
def squeeze(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    return x._replace(shape=squeezed(x.shape, axes_of(node, inputs, 1), node))


@handles("Unsqueeze")
def unsqueeze(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    return x._replace(shape=unsqueezed(x.shape, axes_of(node, inputs, 1) or [], node))


@handles("Transpose")
def transpose(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    rank = len(x.shape)
    order = placed(node.integers("perm") or list(range(rank))[::-1], rank, node)
    if sorted(order) != list(range(rank)):
        build.refuse(node, f"perm {order} does not name each axis once")
    out = tuple(x.shape[i] for i in order)
    wide = [i for i in order if not is_one(x.shape[i])]
    if wide == sorted(wide):
        return x._replace(shape=out)  # only extents of 1 move: nothing does
    return build.layer(node, "permute", [build.exactly(node, x)], {"order": tuple(order)})


@handles("Concat", "ConcatFromSequence")
def concat(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    flows = [x for x in inputs if isinstance(x, Flow)]
    rank = len(flows[0].shape)
    (axis,) = placed([node.integer("axis", 1)], rank, node)
    if len(inputs) == 1:
        return flows[0]
    if len(flows) < len(inputs):
        return _with_constants(build, node, axis, inputs)
    if any(len(x.shape) != rank for x in flows):
        build.refuse(node, "its inputs have different ranks")
    xs = [build.exactly(node, x) for x in flows]
    names = tuple(x.name for x in xs)
    for length in range(len(names) - 1, 1, -1):
        # A concat that goes on from where an earlier one ended takes what that one made:
        # as many elements are read, and DenseNets become one layer repeated.
        if (before := build.joined(axis, names[:length])) is not None:
            xs = [before, *xs[length:]]
            break
    made = build.layer(node, "concat", xs, {"axis": axis})
    build.remember(axis, names, made)
    return made


def _with_constants(build: Build, node: Node, axis: int, inputs: Sequence[Value]) -> Flow:
    flows = [x for x in inputs if isinstance(x, Flow)]
    consts = [build.const(node, x, "a part") for x in inputs if isinstance(x, Const)]
    x = flows[0]
    learned = sum({c.sources: c.learned for c in consts}.values())
    added = total(c.shape[axis] for c in consts if c.shape)
    front = isinstance(inputs[-1], Flow) and len(flows) == 1
    if front and len(x.shape) == 3 and axis == 1 and same(learned, added * x.shape[2]):
        args = {"tokens": added, "positions": False}
        return build.layer(node, "embed", [build.exactly(node, x)], args, weights=consts,
                           learned=learned)  # fmt: skip
    extent = total(f.shape[axis] for f in flows) + added
    shape = (*x.shape[:axis], extent, *x.shape[axis + 1 :])
    xs = [build.exactly(node, f) for f in flows]
    learned = sum(build.new(c) for c in consts)
    return build.make(node, "Concat", xs, shape, learned=learned, weights=consts)


@handles("Split")
def split(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    (axis,) = placed([node.integer("axis", 0)], len(x.shape), node)
    parts = split_sizes(build, node, x.shape[axis], inputs)
    made: list[Value] = []
    start: Dim = 0
    for part in parts:
        args = {"start": start, "stop": start + part, "axis": axis}
        whole = len(parts) == 1
        made.append(x if whole else build.layer(node, "slice", [x], args))
        start = start + part
    return made


def split_sizes(build: Build, node: Node, extent: Dim, inputs: Sequence[Value]) -> list[Dim]:
    """The extents of a Split's parts along its axis."""
    given = inputs[1] if len(inputs) > 1 else None
    if given is not None:
        return build.numbers(node, given, "its split")
    sizes = node.integers("split")
    if sizes is not None:
        return list(sizes)
    count = node.integer("num_outputs", len(node.outputs))
    if not 1 <= count <= 10_000:
        build.refuse(node, f"a split into {count} parts")
    part = ceil_div(extent, count)
    return [part] * (count - 1) + [extent - part * (count - 1)]


@handles("Slice")
def slice_(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    for cut in cuts(node, x.shape, inputs):
        extent = x.shape[cut.axis]
        if cut.step == 1 and same(cut.start, 0) and same(cut.stop, extent):
            continue
        x = build.exactly(node, x)
        if cut.step < 0:
            x = build.each(node, "Flip", [x], steps=0)
            continue
        if compare(cut.start, "<", cut.stop) is False:
            build.refuse(node, f"it takes nothing of axis {cut.axis} of {show(x.shape)}")
        args = {"start": cut.start, "stop": None if same(cut.stop, extent) else cut.stop,
                "axis": cut.axis, "step": cut.step}  # fmt: skip
        x = build.layer(node, "slice", [x], args)
    return x


@handles("Gather")
def gather(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    data, at = inputs[0], inputs[1]
    if data is None or at is None or data.shape is None or at.shape is None:
        build.refuse(node, "an input of unknown extents")
    (axis,) = placed([node.integer("axis", 0)], len(data.shape), node)
    out = (*data.shape[:axis], *at.shape, *data.shape[axis + 1 :])
    if isinstance(data, Flow):
        x = build.exactly(node, data)
        values = elements_of(at) if isinstance(at, Const) else None
        if values is not None and len(values) == 1:
            place = values[0]
            if compare(place, "<", 0) is True:
                place = place + data.shape[axis]
            args = {"start": place, "stop": place + 1, "axis": axis}
            return build.layer(node, "slice", [x], args)._replace(shape=out)
        everything = values is not None and values == tuple(range(len(values)))
        if values is not None and everything and same(data.shape[axis], len(values)):
            return x._replace(shape=out)
        xs = [x, build.exactly(node, at)] if isinstance(at, Flow) else [x]
        return build.make(node, "Gather", xs, out)
    index = build.exactly(node, build.flow(node, at))
    return build.make(node, "Embedding", [index], out, learned=build.new(data), weights=[data])


@handles("GatherElements", "GatherND", "ScatterND", "ScatterElements", "Scatter", "TopK",
         "Compress")  # fmt: skip
def picked(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    xs = [build.exactly(node, x) for x in inputs if isinstance(x, Flow)]
    data, at = inputs[0], inputs[1]
    if data is None or data.shape is None or at is None or at.shape is None:
        build.refuse(node, "an input of unknown extents")
    if node.op.startswith("Scatter"):
        return build.make(node, node.op, xs, data.shape)
    if node.op == "GatherElements":
        return build.make(node, node.op, xs, at.shape)
    if node.op == "TopK":
        (axis,) = placed([node.integer("axis", -1)], len(data.shape), node)
        (k,) = build.numbers(node, at, "its k")
        out = (*data.shape[:axis], k, *data.shape[axis + 1 :])
        return [build.make(node, node.op, xs, out), build.make(node, "TopKPlaces", xs, out)]
    if node.op != "GatherND" or type(at.shape[-1]) is not int:
        build.refuse(node, "its output's extents depend on data")
    batch = node.integer("batch_dims", 0)
    out = (*at.shape[:-1], *data.shape[batch + at.shape[-1] :])
    return build.make(node, node.op, xs, out)


@handles("Expand", "Tile")
def repeated(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    target = build.numbers(node, inputs[1], "its shape")
    if node.op == "Tile":
        if len(target) != len(x.shape):
            build.refuse(node, f"{len(target)} repetitions for {len(x.shape)} axes")
        out = tuple(e * t for e, t in zip(x.shape, target, strict=True))
    else:
        out = broadcast(x.shape, tuple(target))
    if same(prod(out), prod(x.shape)):
        return x._replace(shape=out)
    return build.make(node, node.op, [build.exactly(node, x)], out)


@handles("ReverseSequence", "EyeLike", "Bernoulli", "RandomNormalLike", "RandomUniformLike")
def like(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return build.each(node, node.op, [build.exactly(node, build.flow(node, inputs[0]))], steps=0)


@handles("Unique", "NonZero", "NonMaxSuppression")
def refused(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    build.refuse(node, "its output's extents depend on data")
