"""What ONNX has no operator for: each becomes layers or, of constants, a constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.arith import exact_div, prod
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.constants import folds
from costmodel.importers.onnx.elementwise import combine
from costmodel.importers.onnx.handlers import HANDLERS, Made, handles
from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.products import linear as linear_layer
from costmodel.importers.onnx.values import Const, Flow, Value, known, unknown

Given = Sequence["Const | None"]


@folds("aten.numbers")
def numbers(node: Node, inputs: Given) -> Const:
    """Numbers that torch has worked out."""
    made = known(node.attributes["dims"], node.attributes["values"])
    return made._replace(real=node.attributes["real"])


@folds("aten.constant", "aten.shaped")
def constant(node: Node, inputs: Given) -> Const:
    """A tensor of whose elements nobody needs to know."""
    return unknown(node.attributes["shape"], *[x for x in inputs if x is not None])


@folds("aten.assign", "aten.roll", "aten.channel_shuffle", "aten.batch_norm")
def alike(node: Node, inputs: Given) -> Const:
    given = [x for x in inputs if x is not None]
    return unknown(given[0].shape, *given)


@handles("aten.linear")
def linear(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x, weight, bias = inputs
    if isinstance(weight, Const) and weight.shape is not None and isinstance(x, Flow):
        out, width = weight.shape
        flat = build.tokens(_outside(node), x)
        return linear_layer(build, node, flat._replace(shape=x.shape), weight, width, out, bias)
    turned = HANDLERS["Transpose"](build, _turning(node), [weight])
    made = HANDLERS["MatMul"](build, node, [x, turned])  # type: ignore[list-item]
    return made if bias is None else combine(build, node, "Add", [made, bias])  # type: ignore[list-item]


def _outside(node: Node) -> Node:
    """*node* in the module around its own: a view before a layer does not take its name."""
    place, _, name = node.name.rpartition("/")
    return Node("Reshape", node.inputs, node.outputs, name=f"{place.rpartition('/')[0]}/{name}")


def _turning(node: Node) -> Node:
    return node.replaced("Transpose", node.inputs[1:2], {"perm": [1, 0]})


@handles("aten.batch_norm")
def batch_norm(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """With running statistics; without them the batch's own are taken, which nothing stores."""
    x = build.exactly(node, build.flow(node, inputs[0]))
    affine, held = ([v for v in part if isinstance(v, Const)] for part in (inputs[1:3], inputs[3:]))
    if not held:
        return build.compute(node, [x], x.shape, 6, affine)
    args = {} if affine else {"affine": False}
    learned = sum(prod(v.shape or ()) for v in affine)
    return build.layer(node, "batch_norm", [x], args, weights=[*affine, *held],
                       learned=learned + 2 * x.real[1])  # fmt: skip


@handles("aten.attention")
def attention(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """softmax(Q·K' + mask)·V over the last two axes of each; all before are batch and heads.

    Where several heads of queries share one of keys and values, their queries are lined up.
    """
    source = next(x for x in inputs if isinstance(x, Flow))
    q, k, v = (_flowing(build, node, x, source) for x in inputs[:3])
    shape = (*q.shape[:-1], v.shape[-1])
    groups = prod(k.shape[:-2])
    rows = [exact_div(prod(q.shape[:-1]), groups), k.shape[-2], v.shape[-2]]
    xs = [
        build.as_shape(node, x, (groups, count, x.shape[-1]))
        for x, count in zip((q, k, v), rows, strict=True)
    ]
    return build.layer(node, "attention", xs, shape=shape)


def _flowing(build: Build, node: Node, value: Value, source: Flow) -> Flow:
    """*value* as a layer's output, even if it is learned and the same for every input."""
    if isinstance(value, Flow):
        return value
    held = build.const(node, value, "its input")
    return build.compute(node, [source], held.shape or (), 0, [held])


@handles("aten.adaptive_pool")
def adaptive_pool(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    out, mean = node.attributes["out"], node.attributes["mean"]
    args = {"out": out[0] if len(set(out)) == 1 else out}
    return [
        build.layer(node, "adaptive_avg_pool" if mean else "adaptive_max_pool", [x], args),
        None,
    ]


@handles("aten.recurrent")
def recurrent(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """LSTM, GRU or plain recurrence: each step multiplies input and state by the weights.

    The weights of a layer and direction are (gates·state, input) and (gates·state, state), then
    the biases; an LSTM that projects its state has one more.
    """
    x = build.exactly(node, build.flow(node, inputs[0]))
    weights = [build.const(node, v, "a weight") for v in inputs[1:]]
    get = node.attributes
    if len(weights) != get["layers"] * get["directions"] * (4 if get["biases"] else 2):
        build.refuse(node, "a recurrence with projected states is not known")
    matrices = [w.shape or () for w in weights if len(w.shape or ()) == 2]
    width = matrices[-1][1] * get["directions"]
    inner = sum(map(prod, matrices)) // width  # each layer's gates times (input + state)
    return [build.contract(node, [x], (*x.shape[:-1], width), inner, weights), None, None]


@handles("aten.roll")
def roll(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    shift = node.attributes["shift"]
    args = {"shift": shift[0] if len(set(shift)) == 1 else tuple(shift)}
    return build.layer(node, "roll", [build.exactly(node, build.flow(node, inputs[0]))], args)


@handles("aten.channel_shuffle")
def channel_shuffle(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    x = build.exactly(node, build.flow(node, inputs[0]))
    return build.layer(node, "channel_shuffle", [x], {"groups": node.integer("groups", 1)})


@handles("aten.shaped")
def shaped(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """Elements picked, moved or combined; torch has worked out where to."""
    xs = [build.exactly(node, x) for x in inputs if isinstance(x, Flow)]
    consts = [x for x in inputs if isinstance(x, Const)]
    made = build.compute(node, xs, _shape(build, node), node.attributes["steps"], consts)
    return [made] * len(node.outputs)


@handles("aten.assign")
def assign(build: Build, node: Node, inputs: Sequence[Value]) -> Made:
    """A tensor of which a part was overwritten: from now on it depends on what was put in."""
    whole, part = inputs
    if isinstance(whole, Flow) or not isinstance(part, Flow) or whole is None:
        return whole
    return build.compute(node, [build.exactly(node, part)], whole.shape or ())


def _shape(build: Build, node: Node) -> tuple[Any, ...]:
    shape: tuple[Any, ...] = node.attributes["shape"]
    if any(extent is None for extent in shape):
        build.refuse(node, "its output's extents depend on data")
    return shape
