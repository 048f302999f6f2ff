"""Multiply-adds that touch the image: taps that fall on padding left out, as closed forms."""

from __future__ import annotations

from typing import Any

from costmodel.arith import Dim, compare, exact_div, is_symbolic, maximum, prod, total
from costmodel.graph import Graph, Layer
from costmodel.ops.window import Axis, axes_of


def taps_inside(axis: Axis) -> Dim:
    """Pairs of an output position and a tap that falls inside the input.

    Tap r of position p reads p*stride - before + r*dilation, so it is inside for
    ceil((before - r*dilation)/stride) <= p <= floor((extent - 1 + before - r*dilation)/stride).

    >>> taps_inside(Axis("width", 5, kernel=3, stride=1, dilation=1, pads=(1, 1)))  # 2+3+3+3+2
    13
    """
    before = padding_before(axis)
    positions = axis.positions()
    counts = []
    for r in range(axis.kernel):
        ahead = before - r * axis.dilation
        first = maximum(0, -(-ahead // axis.stride))
        count = _last(axis, ahead, positions) - first + 1
        counts.append(count if is_symbolic(count) else max(0, count))
    return total(counts)


def padding_before(axis: Axis) -> Dim:
    """The padding before; for ``same`` half of what is needed, rounded down."""
    if axis.pads is not None:
        return axis.pads[0]
    needed = (axis.positions() - 1) * axis.stride + axis.reach - axis.extent
    return maximum(0, needed) // 2


def _last(axis: Axis, ahead: Dim, positions: Dim) -> Dim:
    inside = axis.extent - 1 + ahead
    if axis.pads is not None:
        # The smaller of two floors is the floor of the smaller: both have the same divisor.
        end = axis.extent + axis.pads[0] + axis.pads[1] - axis.reach
        if compare(end, "<=", inside) is True:
            return positions - 1
        if compare(end, ">=", inside) is True:
            return inside // axis.stride
    last = inside // axis.stride
    if compare(last, "<=", positions - 1) is True:
        return last
    return -maximum(-last, 1 - positions)


def exact_mult_adds(layer: Layer) -> Dim:
    """The layer's multiply-adds without those on padding; of other layers than conv unchanged."""
    op, x = layer.op, layer.xs[0]
    if op.kind != "conv":
        return op.forward(layer.xs, layer.y).mult_adds
    fields: Any = op
    axes = axes_of(x, "conv", fields.kernel, fields.stride, fields.dilation, fields.padding)
    channels = exact_div(x[1], fields.groups) * fields.out
    return channels * x[0] * prod(taps_inside(axis) for axis in axes)


def exact_padding(graph: Graph) -> dict[str, Dim]:
    """For each layer with multiply-adds, those that do not fall on padding."""
    return {layer.path: exact_mult_adds(layer) for layer in graph.layers if layer.op.weighted}
