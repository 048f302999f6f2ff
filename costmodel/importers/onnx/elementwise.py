"""Sums, products and comparisons of tensors, with constants that are learned or merely numbers."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.arith import prod
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.handlers import Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.values import (
    Const,
    Flow,
    Value,
    broadcast,
    is_one,
    physical,
    same,
    same_shape,
)
from costmodel.ops import Shape

JOINS = {"Add": "add", "Sum": "add", "Mul": "multiply", "Mean": "mean"}
FUNCTIONS = {
    "Add": "add", "Sum": "add", "Mean": "add", "Mul": "multiply", "Sub": "sub", "Div": "div",
    "Pow": "pow", "Mod": "mod", "Max": "max", "Min": "min", "Where": "select", "PRelu": "prelu",
    "And": "logic", "Or": "logic", "Xor": "logic", "BitShift": "logic", "BitwiseAnd": "logic",
    "BitwiseOr": "logic", "BitwiseXor": "logic",
}  # fmt: skip
BINARY = (
    "Add", "Sum", "Mul", "Mean", "Sub", "Div", "Pow", "Max", "Min", "Mod", "Equal", "Less",
    "Greater", "LessOrEqual", "GreaterOrEqual", "And", "Or", "Xor", "BitShift", "BitwiseAnd",
    "BitwiseOr", "BitwiseXor", "Where",
)  # fmt: skip


@handles(*BINARY)
def binary(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    return combine(build, node, node.op, [x for x in inputs if x is not None])


def combine(build: Build, node: Node, op: str, inputs: Sequence[Value]) -> Flow:
    """*op* on tensors and constants, element by element."""
    flows = [x for x in inputs if isinstance(x, Flow)]
    consts = [x for x in inputs if isinstance(x, Const)]
    shapes = [x.shape for x in flows] + [x.shape for x in consts if x.shape is not None]
    if len(shapes) < len(inputs):
        build.refuse(node, "a constant of unknown extents")
    shape = broadcast(*shapes)
    made = flows[0] if len(flows) == 1 else join(build, node, op, flows)
    for const in consts:
        made = with_constant(build, node, op, made, const)
    if not same_shape(made.shape, shape) and prod(made.shape) is not prod(shape):
        if same(prod(made.shape), prod(shape)):
            return made._replace(shape=shape)
        build.refuse(node, f"inputs of {' and '.join(map(str, shapes))}")
    return made._replace(shape=shape)


def join(build: Build, node: Node, op: str, flows: Sequence[Flow]) -> Flow:
    """*op* on tensors that all depend on the input."""
    shape = broadcast(*(x.shape for x in flows))
    if all(same_shape(x.shape, shape) for x in flows):
        first = flows[0]
        xs = [build.as_shape(node, x, first.real) for x in flows]
    else:
        xs = [_padded(build, node, x, len(shape)) for x in flows]
    if op in JOINS:
        return build.layer(node, JOINS[op], xs, shape=shape)
    function = FUNCTIONS.get(op, "compare")
    if any(not same_shape(x.real, xs[0].real) for x in xs):
        return build.layer(node, "map", xs, {"function": function}, shape=shape)
    return build.each(node, function, xs)._replace(shape=shape)


def _padded(build: Build, node: Node, x: Flow, rank: int) -> Flow:
    shape = physical((1,) * (rank - len(x.shape)) + tuple(x.shape))
    return build.as_shape(node, x, shape)


def with_constant(build: Build, node: Node, op: str, x: Flow, const: Const) -> Flow:
    """*op* on *x* and a constant."""
    own = const.shape or ()
    shape = broadcast(x.shape, own)
    if op in ("Add", "Sub") and const.scalar == 0 and prod(own) == 1:
        return x._replace(shape=shape)
    if op in ("Mul", "Div") and const.scalar == 1 and prod(own) == 1:
        return x._replace(shape=shape)
    if not _same_count(x.shape, shape):
        return build.compute(node, [build.exactly(node, x)], shape, 1, [const])
    if op == "Mul" and const.learned and const.learned == prod(own):
        scaled = _scaled(build, node, x, const)
        if scaled is not None:
            return scaled._replace(shape=shape)
    if op == "Add" and const.learned == prod(own) and _is_positions(x, own):
        return build.layer(node, "embed", [build.exactly(node, x)], {"positions": True},
                           weights=[const], learned=const.learned)  # fmt: skip
    return build.each(node, FUNCTIONS.get(op, "compare"), [x], [const])._replace(shape=shape)


def _same_count(a: Shape, b: Shape) -> bool:
    return same_shape(tuple(e for e in a if not is_one(e)), tuple(e for e in b if not is_one(e)))


def _is_positions(x: Flow, own: Shape) -> bool:
    ranks = len(x.shape) == len(own) == 3
    return ranks and is_one(own[0]) and same_shape(own[1:], x.shape[1:])


def _scaled(build: Build, node: Node, x: Flow, const: Const) -> Flow | None:
    """A learned number for each channel: axis 1 of maps, the last axis of vectors and tokens."""
    own = tuple(const.shape or ())
    rank, width = len(x.shape), const.learned
    padded = (1,) * (rank - len(own)) + own
    places = [i for i, e in enumerate(padded) if not is_one(e)]
    if len(places) != 1 or not same(x.shape[places[0]], width):
        return None
    if places[0] == rank - 1 and rank > 1:
        return build.layer(node, "layer_scale", [build.tokens(node, x)], weights=[const],
                           learned=width)  # fmt: skip
    if places[0] == 1 and rank >= 4:
        return build.layer(node, "layer_scale", [build.exactly(node, x)], weights=[const],
                           learned=width)  # fmt: skip
    return None
