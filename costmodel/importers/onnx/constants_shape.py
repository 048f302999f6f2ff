"""Structural operators on constants: their elements picked, repeated and put into other shapes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

from costmodel.arith import ceil_div
from costmodel.importers.onnx.constants import constant, elements_of, folds, spread, whole
from costmodel.importers.onnx.nodes import Node, TensorData
from costmodel.importers.onnx.shapes import (
    axes_of,
    contracted,
    cuts,
    placed,
    reshaped,
    squeezed,
    unsqueezed,
)
from costmodel.importers.onnx.values import MOST, Const, axis_in, broadcast, known, unknown

Given = Sequence["Const | None"]


def _moved(x: Const, shape: Any) -> Const:
    return unknown(shape, x) if x.values is None else known(shape, x.values, x)


def _first(inputs: Given) -> Const:
    if inputs[0] is None or inputs[0].shape is None:
        raise ValueError("unknown")
    return inputs[0]


@folds("Shape")
def _shape(node: Node, inputs: Given) -> Const:
    shape = _first(inputs).shape or ()
    return shape_of(node, shape)


def shape_of(node: Node, shape: Sequence[Any]) -> Const:
    """What a Shape node makes of a tensor of that *shape*."""
    end = node.get("end")
    part = tuple(shape)[slice(node.integer("start", 0), end)]
    return Const((len(part),), part)


@folds("Size")
def _size(node: Node, inputs: Given) -> Const:
    return Const((), (prod(_first(inputs).shape or ()),))


@folds("Reshape")
def _reshape(node: Node, inputs: Given) -> Const:
    x, target = _first(inputs), elements_of(inputs[1])
    if target is None:
        return unknown(None, x)
    return _moved(x, reshaped(x.shape or (), target, node))


@folds("Flatten")
def _flatten(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    shape, axis = x.shape or (), node.integer("axis", 1)
    return _moved(x, (prod(shape[:axis]), prod(shape[axis:])))


@folds("Squeeze")
def _squeeze(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    return _moved(x, squeezed(x.shape or (), axes_of(node, inputs, 1), node))


@folds("Unsqueeze")
def _unsqueeze(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    return _moved(x, unsqueezed(x.shape or (), axes_of(node, inputs, 1) or [], node))


@folds("Transpose")
def _transpose(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    shape = x.shape or ()
    order = placed(node.integers("perm") or list(range(len(shape)))[::-1], len(shape), node)
    out = tuple(shape[i] for i in order)
    if x.values is None or not all(type(e) is int for e in shape):
        return unknown(out, x)
    return known(out, _picked(x, [range(e) for e in shape], order), x)


def _picked(x: Const, ranges: Sequence[Sequence[int]], order: Sequence[int]) -> list[Any]:
    shape, values = x.shape or (), x.values or ()
    strides = [prod(shape[i + 1 :]) for i in range(len(shape))]
    return [
        values[sum(i * strides[axis] for i, axis in zip(index, order, strict=True))]
        for index in product(*(ranges[axis] for axis in order))
    ]


@folds("Slice")
def _slice(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    shape = list(x.shape or ())
    ranges = [range(e) if type(e) is int else range(0) for e in shape]
    exact = x.values is not None and all(type(e) is int for e in shape)
    for cut in cuts(node, tuple(shape), inputs):
        shape[cut.axis] = ceil_div(cut.stop - cut.start, abs(cut.step))
        bounds = (cut.start, cut.stop)
        if exact and all(type(b) is int for b in bounds):
            ranges[cut.axis] = ranges[cut.axis][cut.start : cut.stop][:: cut.step]
            shape[cut.axis] = len(ranges[cut.axis])
        else:
            exact = False
    if not exact:
        return unknown(tuple(shape), x)
    return known(tuple(shape), _picked(x, ranges, range(len(shape))), x)


@folds("Gather")
def _gather(node: Node, inputs: Given) -> Const:
    x, at = _first(inputs), inputs[1]
    if at is None or at.shape is None:
        return unknown(None, x)
    shape = x.shape or ()
    axis = axis_in(node.integer("axis", 0), len(shape)) or 0
    out = (*shape[:axis], *at.shape, *shape[axis + 1 :])
    picks = whole(at)
    if x.values is None or picks is None or not all(type(e) is int for e in shape):
        return unknown(out, x, at)
    ranges: list[Sequence[int]] = [range(e) for e in shape]
    ranges[axis] = [i % shape[axis] for i in picks]
    return known(out, _picked(x, ranges, range(len(shape))), x, at)


@folds("Expand")
def _expand(node: Node, inputs: Given) -> Const:
    x, target = _first(inputs), elements_of(inputs[1])
    if target is None:
        return unknown(None, x)
    shape = broadcast(x.shape or (), target)
    try:
        return known(shape, spread(x, shape), x)
    except (ValueError, TypeError):
        return unknown(shape, x)


@folds("Tile")
def _tile(node: Node, inputs: Given) -> Const:
    x, times = _first(inputs), elements_of(inputs[1])
    shape = x.shape or ()
    if times is None or len(times) != len(shape):
        return unknown(None, x)
    out = tuple(e * t for e, t in zip(shape, times, strict=True))
    if len(shape) == 1 and x.values is not None and type(times[0]) is int and times[0] < 4_096:
        return known(out, x.values * times[0], x)
    return unknown(out, x)


@folds("MatMul", "Gemm")
def _matmul(node: Node, inputs: Given) -> Const:
    given = [x for x in inputs if x is not None]
    shapes = [x.shape for x in given[:2] if x.shape is not None and len(x.shape) > 1]
    if len(shapes) < 2:
        return unknown(None, *given)
    a, b = (
        (*s[:-2], s[-1], s[-2]) if node.integer(key, 0) else s
        for key, s in zip(("transA", "transB"), shapes, strict=True)
    )
    return unknown((*broadcast(a[:-2], b[:-2]), a[-2], b[-1]), *given)


@folds("Einsum")
def _einsum(node: Node, inputs: Given) -> Const:
    given = [x for x in inputs if x is not None]
    return unknown(contracted(node, [x.shape for x in given])[0], *given)


@folds("GatherND")
def _gather_nd(node: Node, inputs: Given) -> Const:
    x, at = _first(inputs), inputs[1]
    if at is None or not at.shape or type(at.shape[-1]) is not int:
        return unknown(None, x)
    tail = (x.shape or ())[node.integer("batch_dims", 0) + at.shape[-1] :]
    return unknown((*at.shape[:-1], *tail), x, at)


@folds("GatherElements")
def _gather_elements(node: Node, inputs: Given) -> Const:
    x, at = _first(inputs), inputs[1]
    return unknown(at.shape if at is not None else None, x)


@folds("ArgMax", "ArgMin")
def _largest(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    shape = x.shape or ()
    (axis,) = placed([node.integer("axis", 0)], len(shape), node)
    kept = (1,) if node.integer("keepdims", 1) else ()
    return unknown((*shape[:axis], *kept, *shape[axis + 1 :]), x)


@folds("ReduceMean", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp")
def _reduced(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    shape = x.shape or ()
    axes = placed(axes_of(node, inputs, 1) or list(range(len(shape))), len(shape), node)
    keep = node.integer("keepdims", 1)
    out = [1 if i in axes else e for i, e in enumerate(shape) if keep or i not in axes]
    return unknown(tuple(out), x)


@folds("ScatterND", "ScatterElements", "Scatter", "Resize", "Upsample")
def _scattered(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    given = [i for i in inputs if i is not None]
    if node.op not in ("Resize", "Upsample"):
        return unknown(x.shape, *given)
    sizes = elements_of(inputs[3]) if len(inputs) > 3 else None
    if sizes is not None:
        return unknown(sizes, x)
    scales = elements_of(inputs[2] if len(inputs) > 2 else inputs[1])
    if scales is None:
        return unknown(None, x)
    return unknown(tuple((e * s) // 1 for e, s in zip(x.shape or (), scales, strict=True)), x)


@folds("NonZero")
def _nonzero(node: Node, inputs: Given) -> Const:
    x, values = _first(inputs), whole(inputs[0])
    if values is None or len(x.shape or ()) != 1:
        return unknown(None, x)
    found = [i for i, v in enumerate(values) if v]
    return known((1, len(found)), found, x)


@folds("Pad")
def _pad(node: Node, inputs: Given) -> Const:
    x = _first(inputs)
    pads = elements_of(inputs[1]) if len(inputs) > 1 else None
    shape = x.shape or ()
    if pads is None or len(pads) != 2 * len(shape):
        return unknown(None, x)
    return unknown(tuple(e + pads[i] + pads[i + len(shape)] for i, e in enumerate(shape)), x)


@folds("ConstantOfShape")
def _filled(node: Node, inputs: Sequence[Const | None]) -> Const:
    shape = elements_of(inputs[0])
    if shape is None:
        return unknown(None)
    tensor = node.get("value")
    value = constant(tensor).scalar if isinstance(tensor, TensorData) else 0
    count = prod(shape)
    return known(shape, [value] * count) if type(count) is int and count <= MOST else Const(shape)
