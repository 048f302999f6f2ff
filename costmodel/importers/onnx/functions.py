"""Functions that a file defines, put in place of the nodes that call them."""

from __future__ import annotations

from costmodel.importers.onnx.nodes import Function, Model, Node, OnnxError

DEEPEST = 32
MOST_NODES = 50_000  # as many as a network may have layers


def inlined(model: Model) -> list[Node]:
    """The nodes of the graph, none of which calls a function of the file."""
    if not model.functions:
        return model.nodes
    found: list[Node] = []
    _expand(model, model.nodes, found, 0)
    return found


def _expand(model: Model, nodes: list[Node], found: list[Node], depth: int) -> None:
    if depth > DEEPEST:
        raise OnnxError(f"functions call each other more than {DEEPEST} deep")
    for node in nodes:
        function = model.functions.get((node.domain, node.op, node.overload))
        if function is None:
            found.append(node)
            if len(found) > MOST_NODES:
                raise OnnxError(f"with its functions the graph has more than {MOST_NODES:,} nodes")
        else:
            _expand(model, _body(node, function, len(found)), found, depth + 1)


def _body(node: Node, function: Function, number: int) -> list[Node]:
    if len(node.inputs) > len(function.inputs) or len(node.outputs) > len(function.outputs):
        raise OnnxError(f"{node.label} does not fit the function it calls")
    prefix = f"{node.name or node.op}.{number}/"
    names = dict.fromkeys(function.inputs, "")
    names.update(zip(function.inputs, node.inputs, strict=False))
    names.update({k: v for k, v in zip(function.outputs, node.outputs, strict=False) if v})
    bound = {**function.defaults, **node.attributes}
    return [inner.renamed(names, prefix, bound) for inner in function.nodes]
