"""Nodes in an order in which each finds its inputs made."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.importers.onnx.nodes import Node


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """*nodes* as they stand if each follows what it needs, else sorted; a circle's nodes last.

    >>> a, b = Node("Relu", ["x"], ["a"]), Node("Exp", ["a"], ["b"])
    >>> [node.op for node in in_order([b, a])]
    ['Relu', 'Exp']
    """
    maker = {name: i for i, node in enumerate(nodes) for name in node.outputs if name}
    waits = [{maker[name] for name in node.inputs if name in maker} for node in nodes]
    if all(not needs or max(needs) < i for i, needs in enumerate(waits)):
        return list(nodes)
    users: dict[int, list[int]] = {}
    for i, needs in enumerate(waits):
        for before in needs:
            users.setdefault(before, []).append(i)
    left = [len(needs) for needs in waits]
    ready = [i for i in reversed(range(len(nodes))) if not left[i]]
    found: list[int] = []
    while ready:
        found.append(number := ready.pop())
        for user in reversed(users.get(number, [])):
            left[user] -= 1
            if not left[user]:
                ready.append(user)
    circle = set(range(len(nodes))) - set(found)
    return [nodes[i] for i in [*found, *sorted(circle)]]
