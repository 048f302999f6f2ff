"""Recurrent layers: the same products for each step of a sequence."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.values import Const, Value

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


@handles(*GATES)
def recurrent(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """(length, batch, width) -> (length, directions, batch, hidden), and the last states.

    Each step multiplies the input and the state with the weights of every gate; what the gates
    do with each other, element by element, is not counted.
    """
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights, states = (build.const(node, w, "a weight").shape or () for w in inputs[1:3])
    if len(x.shape) != 3 or len(weights) != 3 or len(states) != 3:
        build.refuse(node, f"weights of {weights} and {states}")
    directions, rows, width = weights
    hidden = states[2]
    if rows != GATES[node.op] * hidden:
        build.refuse(node, f"weights of {weights} for {hidden} states")
    shape = (x.shape[0], directions, x.shape[1], hidden)
    last = (directions, x.shape[1], hidden)
    if node.integer("layout", 0):
        shape, last = (*x.shape[:2], directions, hidden), (x.shape[0], directions, hidden)
    consts = [v for v in inputs[1:4] if isinstance(v, Const)]
    made = build.contract(node, [x], shape, GATES[node.op] * (width + hidden), consts)
    if not any(node.outputs[1:]):
        return made
    state = build.compute(node, [made], last)
    return [made, state, state]
