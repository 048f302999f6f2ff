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
from costmodel.importers.onnx.values import (
    Const,
    Flow,
    Value,
    broadcast,
    is_one,
    physical,
    same,
    same_shape,
    unknown,
)


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
    axis = node.integer("axis", 1)
    axis = axis + len(x.shape) if axis < 0 else axis
    if not 0 <= axis <= len(x.shape):
        build.refuse(node, f"axis {node.get('axis')} of {show(x.shape)}")
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
    inputs = [x for x in inputs if not _is_empty(x, axis)]
    if len(inputs) == 1:
        return flows[0]
    if len(flows) < len(inputs):
        return _with_constants(build, node, axis, inputs)
    if {len(x.shape) for x in flows} != {rank}:
        build.refuse(node, "its inputs have different ranks")
    xs = [x if x.real is x.shape else build.exactly(node, x) for x in flows]
    names = tuple([x.name for x in xs])
    for length in range(len(names) - 1, 1, -1):
        # A concat that goes on from where an earlier one ended takes what that one made:
        # as many elements are read, and DenseNets become one layer repeated.
        if (before := build.joined(axis, names[:length])) is not None:
            xs = [before, *xs[length:]]
            break
    made = build.layer(node, "concat", xs, {"axis": real_axis(xs[0], axis)})
    made = of_rank(made, flows[0])
    build.remember(axis, names, made)
    return made


def _is_empty(x: Value, axis: int) -> bool:
    return isinstance(x, Const) and len(x.shape or ()) > axis and same((x.shape or ())[axis], 0)


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
    return build.compute(node, xs, shape, 0, consts)


@handles("Split")
def split(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    (axis,) = placed([node.integer("axis", 0)], len(x.shape), node)
    parts = split_sizes(build, node, x.shape[axis], inputs)
    made: list[Value] = []
    start: Dim = 0
    for part in parts:
        args = {"start": start, "stop": start + part, "axis": real_axis(x, axis)}
        whole = len(parts) == 1
        if same(part, 0):
            made.append(unknown((*x.shape[:axis], 0, *x.shape[axis + 1 :])))
            continue
        made.append(x if whole else of_rank(build.layer(node, "slice", [x], args), x))
        start = start + part
    return made


def real_axis(x: Flow, axis: int) -> int:
    """*axis* of what ONNX calls *x*, in the layer that makes it with two axes or more."""
    return axis + len(x.real) - len(x.shape)


def of_rank(made: Flow, x: Flow) -> Flow:
    """*made*, which has as many axes as ONNX says that *x* has."""
    rank = len(x.shape)
    return made if len(made.shape) == rank else made._replace(shape=made.real[-rank:])


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
            x = build.compute(node, [x], x.shape)
            continue
        if compare(cut.start, "<", cut.stop) is False:
            return unknown((*x.shape[: cut.axis], 0, *x.shape[cut.axis + 1 :]))
        args = {"start": cut.start, "stop": None if same(cut.stop, extent) else cut.stop,
                "axis": real_axis(x, cut.axis), "step": cut.step}  # fmt: skip
        x = of_rank(build.layer(node, "slice", [x], args), x)
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
            args = {"start": place, "stop": place + 1, "axis": real_axis(x, axis)}
            return build.layer(node, "slice", [x], args)._replace(shape=out)
        everything = values is not None and values == tuple(range(len(values)))
        if values is not None and everything and same(data.shape[axis], len(values)):
            return x._replace(shape=out)
        xs = [x, build.exactly(node, at)] if isinstance(at, Flow) else [x]
        args = {"count": prod(at.shape), "axis": real_axis(x, axis)}
        return build.layer(node, "take", xs, args, shape=out)
    index = build.exactly(node, build.flow(node, at))
    if axis == 0 and len(data.shape) == 2 and build.new(data) == prod(data.shape):
        rows, width = data.shape
        return build.layer(node, "embedding", [index], {"rows": rows, "width": width}, shape=out,
                           weights=[data], learned=rows * width)  # fmt: skip
    return build.compute(node, [index], out, 0, [data])


@handles("GatherElements", "GatherND", "ScatterND", "ScatterElements", "Scatter", "TopK",
         "Compress")  # fmt: skip
def picked(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    xs = [build.exactly(node, x) for x in inputs if isinstance(x, Flow)]
    data, at = inputs[0], inputs[1]
    if data is None or data.shape is None or at is None or at.shape is None:
        build.refuse(node, "an input of unknown extents")
    if node.op.startswith("Scatter"):
        return build.compute(node, xs, data.shape)
    if node.op == "GatherElements":
        return build.compute(node, xs, at.shape)
    if node.op == "TopK":
        (axis,) = placed([node.integer("axis", -1)], len(data.shape), node)
        (k,) = build.numbers(node, at, "its k")
        out = (*data.shape[:axis], k, *data.shape[axis + 1 :])
        return [build.compute(node, xs, out), build.compute(node, xs, out)]
    if node.op != "GatherND" or type(at.shape[-1]) is not int:
        build.refuse(node, "its output's extents depend on data")
    batch = node.integer("batch_dims", 0)
    out = (*at.shape[:-1], *data.shape[batch + at.shape[-1] :])
    return build.compute(node, xs, out)


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
    rank = len(physical(out))
    x = build.as_shape(node, x, (1,) * (rank - len(x.shape)) + tuple(x.shape))
    return build.layer(node, "expand", [x], {"shape": physical(out)}, shape=out)


@handles("OneHot")
def one_hot(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    (depth,) = build.numbers(node, inputs[1], "its depth")
    rank = len(x.shape) + 1
    (axis,) = placed([node.integer("axis", -1)], rank, node)
    out = (*x.shape[:axis], depth, *x.shape[axis:])
    return build.compute(node, [build.exactly(node, x)], out)


@handles("ReverseSequence", "EyeLike", "Bernoulli", "RandomNormalLike", "RandomUniformLike")
def like(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    return build.compute(node, [x], x.shape)


@handles("Unique", "NonZero", "NonMaxSuppression")
def refused(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    build.refuse(node, "its output's extents depend on data")
