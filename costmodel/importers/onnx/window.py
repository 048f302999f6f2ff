"""Convolutions, pools and what else slides or samples over a map."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from costmodel.arith import Dim, compare, divides, floor, prod
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.shapes import axes_of, placed, show
from costmodel.importers.onnx.values import Const, Flow, Value, same


def pair(values: Sequence[int] | None, axes: int, usual: int) -> Any:
    """One number where all axes have the same, else a list."""
    found = list(values) if values else [usual] * axes
    return found[0] if len(set(found)) == 1 else tuple(found)


def padding(build: Build, node: Node, axes: int) -> Any:
    """The padding of a window as specs write it."""
    auto = node.word("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        return "same"
    pads = node.integers("pads")
    if auto == "VALID" or not pads:
        return 0
    if len(pads) != 2 * axes:
        build.refuse(node, f"pads has {len(pads)} numbers for {axes} axes")
    return sides([(pads[i], pads[i + axes]) for i in range(axes)])


def sides(pairs: Sequence[tuple[Dim, Dim]]) -> Any:
    """[before, after] of each axis, written as short as it goes."""
    if all(same(a, b) for a, b in pairs):
        firsts = [a for a, _ in pairs]
        return firsts[0] if all(same(f, firsts[0]) for f in firsts) else tuple(firsts)
    return tuple(pairs)


def window(build: Build, node: Node, x: Flow, kernel: Sequence[int]) -> dict[str, Any]:
    """The arguments that every sliding window has; those left at their defaults too."""
    axes = len(x.shape) - 2
    if not 1 <= axes <= 3 or len(kernel) != axes:
        build.refuse(node, f"a window of {list(kernel)} on an input of shape {show(x.shape)}")
    key = (id(node.attributes), *kernel)  # where files repeat attributes, nodes share them
    if key not in build.windows:
        build.windows[key] = {
            "kernel": pair(kernel, axes, 1),
            "stride": pair(node.integers("strides"), axes, 1),
            "padding": padding(build, node, axes),
            "dilation": pair(node.integers("dilations"), axes, 1),
        }
    return dict(build.windows[key])


@handles("Conv")
def conv(build: Build, node: Node, inputs: Sequence[Value]) -> Flow:
    x = build.exactly(node, build.flow(node, inputs[0]))
    if isinstance(inputs[1], Flow):
        return _by_flow(build, node, x, inputs[1])
    weight = build.const(node, inputs[1], "its weight")
    bias = inputs[2] if len(inputs) > 2 else None
    shape = weight.shape or ()
    group = node.integer("group", 1)
    if len(shape) != len(x.shape) or compare(shape[1] * group, "==", x.shape[1]) is False:
        build.refuse(node, f"weights of {shape} in {group} groups on {show(x.shape)}")
    args = window(build, node, x, shape[2:])
    args |= {"out": shape[0], "groups": group, "bias": bias is not None}
    learned = prod(shape) + (shape[0] if bias is not None else 0)
    return build.layer(node, "conv", [x], _ordered(args), weights=_weights(weight, bias),
                       learned=learned)  # fmt: skip


@handles("QLinearConv", "ConvInteger")
def quantised_conv(build: Build, node: Node, inputs: Sequence[Value]) -> Flow:
    """Scales and zero points are left to ``constants``."""
    if node.op == "ConvInteger":
        return conv(build, node, inputs[:2])
    return conv(build, node, [inputs[0], inputs[3], *inputs[8:9]])


def _ordered(args: dict[str, Any]) -> dict[str, Any]:
    order = ("out", "kernel", "stride", "padding", "output_padding", "dilation", "groups", "bias")
    return {key: args[key] for key in order if key in args}


def _weights(weight: Const, bias: Value) -> list[Const]:
    return [weight, bias] if isinstance(bias, Const) else [weight]


def _by_flow(build: Build, node: Node, x: Flow, weight: Flow) -> Flow:
    """A convolution whose weights were computed from the input (dynamic convolution)."""
    weight = build.exactly(node, weight)
    axes = len(x.shape) - 2
    kernel = weight.shape[2:]
    if not all(type(k) is int for k in kernel):
        build.refuse(node, "its kernel has no fixed extents")
    args = window(build, node, x, kernel)
    from costmodel.ops import OPS

    op = OPS["conv"](out=weight.shape[0], groups=node.integer("group", 1), **args)
    y = op.out_shape(x.real)
    return build.contract(node, [x, weight], y, weight.shape[1] * prod(kernel[:axes]))


@handles("ConvTranspose")
def conv_transpose(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    weight = build.const(node, inputs[1], "its weight")
    bias = inputs[2] if len(inputs) > 2 else None
    shape = weight.shape or ()
    if len(shape) != len(x.shape) or not same(shape[0], x.shape[1]):
        build.refuse(node, f"weights of {shape} on {show(x.shape)}")
    group, axes = node.integer("group", 1), len(x.shape) - 2
    out = shape[1] * group
    args = window(build, node, x, shape[2:])
    extra = node.integers("output_padding")
    if (target := node.integers("output_shape")) is not None:
        args["padding"], extra = _to_fit(build, node, x, target, args)
    args |= {"out": out, "output_padding": pair(extra, axes, 0), "groups": group,
             "bias": bias is not None}  # fmt: skip
    learned = prod(shape) + (out if bias is not None else 0)
    return build.layer(node, "conv_transpose", [x], _ordered(args),
                       weights=_weights(weight, bias), learned=learned)  # fmt: skip


def _to_fit(
    build: Build, node: Node, x: Flow, target: list[int], args: dict[str, Any]
) -> tuple[Any, list[int]]:
    from costmodel.ops import OPS

    full = OPS["conv_transpose"](**{**args, "padding": 0, "out": 1}).out_shape(x.real)[2:]
    total = [f - t for f, t in zip(full, target[-len(full) :], strict=True)]
    if not all(type(t) is int for t in total):
        build.refuse(node, "output_shape on an input of unknown size")
    pads = [(max(t, 0) // 2, max(t, 0) - max(t, 0) // 2) for t in total]
    return sides(pads), [max(-t, 0) for t in total]


@handles("MaxPool", "AveragePool", "LpPool")
def pool(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    args = window(build, node, x, node.integers("kernel_shape") or [])
    args["ceil_mode"] = bool(node.integer("ceil_mode", 0))
    kind = "max_pool" if node.op == "MaxPool" else "avg_pool"
    args["stride"] = args["stride"] if args["stride"] != args["kernel"] else None
    return [build.layer(node, kind, [x], args), None]


@handles("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    kind = "global_max_pool" if node.op == "GlobalMaxPool" else "global_avg_pool"
    return build.layer(node, kind, [x])


REDUCTIONS = {
    "ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceMin": "min",
    "ReduceProd": "prod", "ReduceL1": "l1", "ReduceL2": "l2", "ReduceLogSum": "log_sum",
    "ReduceLogSumExp": "log_sum_exp", "ReduceSumSquare": "square",
}  # fmt: skip


@handles(*REDUCTIONS)
def reduce(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    rank = len(x.shape)
    axes = axes_of(node, inputs, 1)
    if not axes:
        if axes == [] and node.integer("noop_with_empty_axes", 0):
            return x
        axes = list(range(rank))
    gone = sorted(set(placed(axes, rank, node)))
    kept = tuple(1 if i in gone else e for i, e in enumerate(x.shape))
    shape = kept if node.integer("keepdims", 1) else tuple(
        e for i, e in enumerate(x.shape) if i not in gone
    )  # fmt: skip
    pools = {"ReduceMean": "global_avg_pool", "ReduceMax": "global_max_pool"}
    if node.op in pools and rank in (4, 5) and gone == list(range(2, rank)):
        made = build.layer(node, pools[node.op], [build.exactly(node, x)])
        return made._replace(shape=shape)
    return _reduced(build, node, x, gone, REDUCTIONS[node.op])._replace(shape=shape)


def _reduced(build: Build, node: Node, x: Flow, axes: Sequence[int], function: str) -> Flow:
    x = build.exactly(node, x)
    first = len(x.real) - len(x.shape)
    placed_axes = tuple(axis + first for axis in axes)
    return build.layer(node, "reduce", [x], {"axes": placed_axes, "function": function})


@handles("ArgMax", "ArgMin")
def arg_reduce(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.flow(node, inputs[0])
    (axis,) = placed([node.integer("axis", 0)], len(x.shape), node)
    end = (1,) if node.integer("keepdims", 1) else ()
    shape = (*x.shape[:axis], *end, *x.shape[axis + 1 :])
    return _reduced(build, node, x, [axis], "arg")._replace(shape=shape)


@handles("Resize", "Upsample")
def resize(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    target, scales = _target(build, node, x, inputs)
    if all(map(same, target, x.shape)):
        return x
    if not all(same(a, b) for a, b in zip(target[:2], x.shape[:2], strict=True)):
        return build.compute(node, [x], tuple(target), 1)
    mode = "nearest" if node.word("mode", "nearest") == "nearest" else "bilinear"
    if node.word("mode", "nearest") == "cubic":
        build.assume("cubic interpolation is counted as bilinear")
    if all(type(s) is int for s in scales[2:]):
        return build.layer(node, "upsample", [x], {"scale": pair(scales[2:], 0, 1), "mode": mode})
    return build.layer(node, "upsample", [x], {"out": tuple(target[2:]), "mode": mode})


def _target(
    build: Build, node: Node, x: Flow, inputs: Sequence[Value]
) -> tuple[list[Dim], list[Any]]:
    rank = len(x.shape)
    axes = placed(node.integers("axes") or list(range(rank)), rank, node)
    sizes = inputs[3] if len(inputs) > 3 else None
    if sizes is not None:
        target = list(x.shape)
        wanted = build.numbers(node, sizes, "its size")
        if node.word("keep_aspect_ratio_policy", "stretch") != "stretch":
            wanted = _in_proportion(build, node, [x.shape[axis] for axis in axes], wanted)
        for axis, extent in zip(axes, wanted, strict=True):
            target[axis] = extent
        scales: list[Any] = []
        for extent, old in zip(target, x.shape, strict=True):
            times = divides(old, extent) is True
            scales.append(extent // old if times else None)
        return target, scales
    given = inputs[2] if len(inputs) > 2 else inputs[1] if len(inputs) > 1 else None
    numbers = build.numbers(node, given, "its scale") if given else node.get("scales", [])
    scales = [1] * rank
    if len(numbers) != len(axes):
        build.refuse(node, f"{len(numbers)} scales for {len(axes)} axes")
    for axis, scale in zip(axes, numbers, strict=True):
        scales[axis] = _tidy(scale)
    return [(e * s) // 1 for e, s in zip(x.shape, scales, strict=True)], scales


def _in_proportion(build: Build, node: Node, old: list[Any], new: list[Any]) -> list[Any]:
    """Extents that keep the proportions of *old*, none larger or none smaller than *new*."""
    if not all(type(extent) is int for extent in (*old, *new)):
        build.refuse(node, "proportions of an input of unknown size")
    larger = node.word("keep_aspect_ratio_policy", "") == "not_smaller"
    ratios = [Fraction(b, a) for a, b in zip(old, new, strict=True)]
    scale = max(ratios) if larger else min(ratios)
    return [floor(extent * scale + Fraction(1, 2)) for extent in old]


def _tidy(scale: Any) -> Any:
    fraction = Fraction(scale) if isinstance(scale, (int, float, Fraction)) else scale
    if isinstance(fraction, Fraction):
        return fraction.numerator if fraction.denominator == 1 else fraction
    return fraction


@handles("Pad")
def pad(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    rank = len(x.shape)
    numbers: list[Any] = list(node.integers("pads") or [])
    if not numbers:
        numbers = build.numbers(node, inputs[1] if len(inputs) > 1 else None, "its padding")
    given = inputs[3] if len(inputs) > 3 else None
    chosen = build.numbers(node, given, "axes") if given else list(range(rank))
    axes = placed(chosen, rank, node)
    if len(numbers) != 2 * len(axes):
        build.refuse(node, f"{len(numbers)} paddings for {len(axes)} axes")
    pairs: list[tuple[Dim, Dim]] = [(0, 0)] * rank
    for i, axis in enumerate(axes):
        pairs[axis] = (numbers[i], numbers[i + len(axes)])
    if all(same(p, 0) for both in pairs for p in both):
        return x
    outer = all(same(p, 0) for both in pairs[:2] for p in both)
    negative = any(compare(p, "<", 0) is True for both in pairs for p in both)
    if outer and not negative and 3 <= rank <= 5:
        return build.layer(node, "zero_pad", [x], {"padding": sides(pairs[2:])})
    shape = tuple(e + a + b for e, (a, b) in zip(x.shape, pairs, strict=True))
    return build.compute(node, [x], shape)


@handles("DepthToSpace", "SpaceToDepth")
def depth_space(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    kind = "depth_to_space" if node.op == "DepthToSpace" else "space_to_depth"
    return build.layer(node, kind, [x], {"factor": node.integer("blocksize", 1)})
