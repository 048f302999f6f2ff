"""What the structural operators do to extents, for constants and flowing tensors alike."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any, NamedTuple

from costmodel.arith import Dim, Form, compare, exact_div, maximum, minimum, prod
from costmodel.importers.onnx.nodes import Node, OnnxError
from costmodel.importers.onnx.values import Const, axis_in, is_manageable
from costmodel.ops import Shape


class Cut(NamedTuple):
    """One axis of a slice: from start up to stop, every step-th."""

    axis: int
    start: Dim
    stop: Dim
    step: int


def axes_of(node: Node, inputs: Sequence[Any], place: int) -> list[int] | None:
    """The axes of *node*: an attribute in old opsets, input number *place* in new ones."""
    given = inputs[place] if len(inputs) > place else None
    if given is None:
        return node.integers("axes")
    values = given.values if isinstance(given, Const) else None
    if values is None or not all(type(v) is int for v in values):
        raise OnnxError(f"the axes of {node.label} depend on data")
    return list(values)


def placed(axes: Sequence[int], rank: int, node: Node) -> list[int]:
    """*axes* counted from the front."""
    found = [axis_in(axis, rank) for axis in axes]
    if any(axis is None for axis in found):
        raise OnnxError(f"{node.label}: axes {list(axes)} of a tensor of {rank} axes")
    return [axis for axis in found if axis is not None]


def squeezed(shape: Shape, axes: Sequence[int] | None, node: Node) -> Shape:
    """*shape* without the extents of 1 at *axes*, or without any."""
    if axes is None:
        return tuple(extent for extent in shape if not (type(extent) is int and extent == 1))
    gone = placed(axes, len(shape), node)
    for axis in gone:
        if compare(shape[axis], "==", 1) is False:
            raise OnnxError(f"{node.label} squeezes an axis of {shape[axis]}")
    return tuple(extent for axis, extent in enumerate(shape) if axis not in gone)


def unsqueezed(shape: Shape, axes: Sequence[int], node: Node) -> Shape:
    """*shape* with extents of 1 put in, so that they stand at *axes*."""
    rank = len(shape) + len(axes)
    new, rest = placed(axes, rank, node), iter(shape)
    if len(set(new)) < len(new):
        raise OnnxError(f"{node.label} puts two axes into one place")
    return tuple(1 if axis in new else next(rest) for axis in range(rank))


def reshaped(shape: Shape, target: Sequence[Dim], node: Node) -> Shape:
    """The extents that *target* means: 0 keeps an extent, -1 takes what is left."""
    keep = not node.integer("allowzero", 0)
    out = list(target)
    for i, extent in enumerate(out):
        if type(extent) is int and extent == 0 and keep:
            if i >= len(shape):
                raise OnnxError(f"{node.label} keeps extent {i} of a tensor of {len(shape)} axes")
            out[i] = shape[i]
    if not is_manageable(tuple(out)) or not is_manageable(shape):
        raise OnnxError(f"{node.label} makes a shape that is no tensor's")
    left = [i for i, extent in enumerate(out) if type(extent) is int and extent == -1]
    if len(left) > 1 or any(type(e) is int and e < -1 for e in out):
        raise OnnxError(f"{node.label} cannot make the shape {show(out)}")
    if left:
        others = prod(e for i, e in enumerate(out) if i != left[0])
        try:
            out[left[0]] = exact_div(prod(shape), others)
        except (ArithmeticError, ZeroDivisionError):
            raise OnnxError(f"{node.label} cannot make {show(out)} of {show(shape)}") from None
    elif compare(prod(shape), "==", prod(out)) is False:
        raise OnnxError(f"{node.label} cannot make {show(out)} of {show(shape)}")
    return tuple(out)


def cuts(node: Node, shape: Shape, inputs: Sequence[Any]) -> list[Cut]:
    """What a Slice takes of each axis it cuts, clamped to the extents."""
    starts, ends = (_bounds(node, inputs, i, name) for i, name in ((1, "starts"), (2, "ends")))
    axes = axes_of(node, inputs, 3)
    axes = list(range(len(starts))) if axes is None else axes
    steps: Any = inputs[4].values if len(inputs) > 4 and inputs[4] is not None else [1] * len(axes)
    if steps is None or not len(starts) == len(ends) == len(axes) == len(steps):
        raise OnnxError(f"{node.label} does not say where to cut")
    found = []
    for axis, start, end, step in zip(placed(axes, len(shape), node), starts, ends, steps,
                                      strict=True):  # fmt: skip
        if type(step) is not int or step == 0:
            raise OnnxError(f"{node.label} has the step {step}")
        if step < 0:
            count = _backwards(node, shape[axis], start, end, step)
            found.append(Cut(axis, 0, count, -1))
        else:
            extent = shape[axis]
            first, last = clamped(start, extent), clamped(end, extent, is_end=True)
            found.append(Cut(axis, first, last, step))
    return found


def _backwards(node: Node, extent: Dim, start: Dim, end: Dim, step: int) -> Dim:
    whole = compare(start, "<", 0) is not True or start == -1
    if step == -1 and whole and type(end) is int and end < -(2**31):
        return extent
    raise OnnxError(f"{node.label} runs backwards over a part of an axis")


def _bounds(node: Node, inputs: Sequence[Any], place: int, name: str) -> Sequence[Dim]:
    given = inputs[place] if len(inputs) > place else None
    if given is None:
        return node.integers(name) or []
    values = given.values if isinstance(given, Const) else None
    if values is None or any(v is None for v in values):
        raise OnnxError(f"where {node.label} cuts depends on data")
    return list(values)


def clamped(bound: Dim, extent: Dim, is_end: bool = False) -> Dim:
    """A bound of a slice as a position from 0 to *extent*; a negative one counts from the end.

    An extent that is open is taken to be long enough for the slice to hold anything.
    """
    if type(bound) is int:
        if bound >= 2**31 - 1:
            return extent
        if bound == 0:
            return 0
        room = 0 if type(extent) is int else _least(extent)
        if bound < 0:
            inside = -bound <= room or (is_end and room)
            return extent + bound if inside else maximum(0, extent + bound)
        inside = bound <= room or (not is_end and room)
        return bound if inside else minimum(bound, extent)
    if compare(bound, "<", 0) is True:
        return maximum(0, extent + bound)
    return minimum(bound, extent)


def _least(extent: Form) -> int:
    """What an extent is at least that is positive: the common divisor of its terms, 1 or more."""
    whole = all(type(c) is int and all(p > 0 for _, p in m) for m, c in extent.terms.items())
    return gcd(*extent.terms.values()) if whole else 1


def contracted(node: Node, shapes: Sequence[Shape | None]) -> tuple[Shape, Dim | None]:
    """The shape that an Einsum makes, and how many products each element sums up.

    None if it sums none.
    """
    terms, result = _equation(node, shapes)
    extents: dict[str, Dim] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, extent in zip(term, shape or (), strict=True):
            if compare(extents.get(letter, 1), "==", 1) is True:
                extents[letter] = extent
    inner = [letter for letter in extents if letter not in result]
    shape = tuple(extents[letter] for letter in result)
    return shape, prod(extents[letter] for letter in inner) if inner else None


def _equation(node: Node, shapes: Sequence[Shape | None]) -> tuple[list[str], str]:
    """The letters of each input and of the result; an ellipsis becomes capital letters."""
    text = node.word("equation", "").replace(" ", "")
    left, arrow, result = text.partition("->")
    terms = left.split(",")
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in text]
    if len(terms) != len(shapes) or len(terms) > 2:
        raise OnnxError(f"{node.label}: the equation {text!r} on {len(shapes)} inputs")
    dots = 0
    for i, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        if "..." in term:
            dots = len(shape or ()) - len(term) + 3
            terms[i] = term.replace("...", "".join(spare[:dots]))
        if shape is None or len(terms[i]) != len(shape) or not (terms[i] or "a").isalpha():
            raise OnnxError(f"{node.label}: the equation {text!r} on {shape}")
    if not arrow:
        joined = "".join(terms)
        result = "".join(sorted(c for c in set(joined) if joined.count(c) == 1))
    result = result.replace("...", "".join(spare[:dots]))
    if any(c not in "".join(terms) for c in result):
        raise OnnxError(f"{node.label}: the equation {text!r}")
    return terms, result


def show(shape: Sequence[Dim]) -> str:
    """A shape as errors print it."""
    return "(" + ", ".join(map(str, shape)) + ")"
