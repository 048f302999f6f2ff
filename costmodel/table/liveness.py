"""What is alive when, and how long the longest path is."""

from __future__ import annotations

from costmodel.arith import Dim, compare, is_symbolic, maximum, minimum, prod
from costmodel.graph import Graph, Tensor


def peak_memory(graph: Graph) -> Dim:
    """Most activation elements alive at once, in execution order.

    A tensor lives from the layer that makes it to the last that reads it; while a layer runs
    its inputs and its output are all alive.  Views and fused ops share their input's memory.
    """
    fused = graph.spec.assume.fuse
    storage: dict[Tensor, Tensor] = {t: t for t in graph.inputs}
    last: dict[Tensor, int] = dict.fromkeys(graph.inputs, -1)
    for step, layer in enumerate(graph.layers):
        own = layer.output
        if layer.op.is_view or layer.op.kind in fused:
            own = storage[layer.inputs[0]]
        storage[layer.output] = own
        for tensor in (*layer.inputs, layer.output):
            last[storage[tensor]] = step
    if graph.output in storage:
        last[storage[graph.output]] = len(graph.layers)
    dying: dict[int, list[Tensor]] = {}
    for tensor, step in last.items():
        dying.setdefault(step, []).append(tensor)
    alive: Dim = sum(prod(t.shape) for t in graph.inputs)
    peaks: dict[Dim, None] = {alive: None}
    doubtful: dict[Dim, Dim] = {}  # what is alive in layers that may not run at all
    for step, layer in enumerate(graph.layers):
        if storage[layer.output] is layer.output:
            alive = alive + prod(layer.y)
            if is_symbolic(layer.runs):
                doubtful[alive] = layer.runs
            else:
                peaks[alive] = None
        for tensor in dying.get(step, ()):
            alive = alive - prod(tensor.shape)
    sure = maximum(*peaks) if len(peaks) > 1 else next(iter(peaks))
    more = [p * minimum(1, runs) for p, runs in doubtful.items() if not compare(p, "<=", sure)]
    return maximum(sure, *more) if more else sure


def depth(graph: Graph) -> Dim:
    """Convolution and linear layers on the longest path from an input to the output."""
    reached: dict[Tensor, Dim] = dict.fromkeys(graph.inputs, 0)
    for layer in graph.layers:
        before = [reached[tensor] for tensor in layer.inputs]
        longest = before[0] if len(before) == 1 else maximum(*before)
        reached[layer.output] = longest + layer.runs if layer.op.weighted else longest
    return reached.get(graph.output, 0)
