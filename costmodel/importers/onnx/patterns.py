"""What exporters take apart, put together again: swish, gelu, biases and normalisations.

A pattern is recognised from its last distinctive node; it counts only if nothing else uses what
is computed inside.  The node that stands for it takes the place of its last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.importers.onnx.constants import constant
from costmodel.importers.onnx.nodes import Model, Node, OnnxError, TensorData

Found = tuple[str, list[str], dict[str, Any], list[int]]  # op, inputs, attributes, node numbers


def recognised(nodes: Sequence[Node], model: Model) -> list[Node]:
    """*nodes* with each pattern replaced by one node."""
    from costmodel.importers.onnx.norm_patterns import group_norm, layer_norm

    rules = {
        "Sigmoid": gated, "HardSigmoid": gated, "Erf": gelu, "Clip": hard, "MatMul": biased,
        "Softplus": mish, "Sqrt": layer_norm, "InstanceNormalization": group_norm,
    }  # fmt: skip
    present = [i for i, node in enumerate(nodes) if node.op in rules and not node.domain]
    if not present:
        return list(nodes)
    links = Links(nodes, model)
    for number in present:
        if number in links.gone:
            continue
        try:
            found = rules[nodes[number].op](links, number)
        except (IndexError, OnnxError):
            continue  # a node without inputs or outputs: its handler will say so
        if found:
            links.replace(*found)
    return [n for i, n in enumerate(links.nodes) if i not in links.gone]


class Links:
    """Who makes and who uses each tensor."""

    def __init__(self, nodes: Sequence[Node], model: Model) -> None:
        self.nodes, self.model = list(nodes), model
        self.gone: set[int] = set()
        self.maker: dict[str, int] = {}
        self.users: dict[str, list[int]] = {}
        for number, node in enumerate(nodes):
            for name in node.inputs:
                self.users.setdefault(name, []).append(number)
            for name in node.outputs:
                self.maker[name] = number
        for name in model.outputs:
            self.users.setdefault(name, []).append(-1)

    def replace(self, op: str, inputs: list[str], given: dict[str, Any], parts: list[int]) -> None:
        """Put one node in the place of *parts*."""
        last = max(parts)
        if any(part in self.gone for part in parts):
            return
        self.gone.update(parts)
        self.gone.remove(last)
        self.nodes[last] = self.nodes[last].replaced(op, inputs, given)

    def made_by(self, name: str, *ops: str) -> int | None:
        """The number of the node that makes *name*, if it is one of *ops*."""
        number = self.maker.get(name)
        if number is None or number in self.gone:
            return None
        return number if self.nodes[number].op in ops else None

    def only_user(self, number: int, *ops: str) -> int | None:
        """The one node that uses what node *number* makes, if it is one of *ops*."""
        outputs = self.nodes[number].outputs
        users = self.users.get(outputs[0], []) if outputs else []
        if len(set(users)) != 1 or users[0] < 0 or users[0] in self.gone:
            return None
        return users[0] if self.nodes[users[0]].op in ops else None

    def other(self, number: int, name: str) -> str | None:
        """What node *number* takes beside *name*."""
        inputs = self.nodes[number].inputs
        if len(inputs) != 2 or name not in inputs:
            return None
        return inputs[1] if inputs[0] == name else inputs[0]

    def tensor(self, name: str | None) -> TensorData | None:
        """The constant of the file called *name*."""
        if not name:
            return None
        found = self.model.initializers.get(name)
        if found is None and (number := self.made_by(name, "Constant")) is not None:
            found = self.nodes[number].get("value")
        return found if isinstance(found, TensorData) else None

    def is_number(self, name: str | None) -> bool:
        """Whether *name* is a constant of one element."""
        tensor = self.tensor(name)
        return tensor is not None and tensor.elements == 1

    def number(self, name: str | None) -> float | None:
        """The one element of the constant *name*."""
        tensor = self.tensor(name)
        value = constant(tensor).scalar if tensor is not None and tensor.elements == 1 else None
        return None if value is None else float(value)

    def out(self, number: int) -> str:
        """The tensor that node *number* makes."""
        return self.nodes[number].outputs[0]

    def weights(self, name: str | None) -> bool:
        """Whether *name* is an initializer, perhaps transposed."""
        while name and (number := self.made_by(name, "Transpose", "Identity")) is not None:
            name = self.nodes[number].inputs[0]
        return name in self.model.initializers

    def extents(self, name: str | None) -> tuple[int, ...] | None:
        """The extents of the initializer *name*."""
        tensor = self.model.initializers.get(name or "")
        return tensor.dims if tensor is not None else None


def gated(links: Links, number: int) -> Found | None:
    """x · sigmoid(x) and x · hard_sigmoid(x)."""
    node = links.nodes[number]
    last = links.only_user(number, "Mul")
    if last is None or links.other(last, links.out(number)) != node.inputs[0]:
        return None
    op = "Swish" if node.op == "Sigmoid" else "HardSwish"
    return op, [node.inputs[0]], {}, [number, last]


def mish(links: Links, number: int) -> Found | None:
    """x · tanh(softplus(x))."""
    x = links.nodes[number].inputs[0]
    tanh = links.only_user(number, "Tanh")
    last = links.only_user(tanh, "Mul") if tanh is not None else None
    if tanh is None or last is None or links.other(last, links.out(tanh)) != x:
        return None
    return "Mish", [x], {}, [number, tanh, last]


def gelu(links: Links, number: int) -> Found | None:
    """x/2 · (1 + erf(x/√2)), the factors in any order."""
    scaled = links.made_by(links.nodes[number].inputs[0], "Div", "Mul")
    plus = links.only_user(number, "Add")
    if scaled is None or plus is None or links.only_user(scaled, "Erf") != number:
        return None
    inputs = links.nodes[scaled].inputs
    xs = [name for name in inputs if not links.is_number(name)]
    if len(xs) != 1 or not links.is_number(links.other(plus, links.out(number))):
        return None
    first = links.only_user(plus, "Mul")
    if first is None:
        return None
    x, beside = xs[0], links.other(first, links.out(plus))
    parts = [scaled, number, plus, first]
    if beside == x or links.is_number(beside):
        last = links.only_user(first, "Mul")
        rest = links.other(last, links.out(first)) if last is not None else None
        if last is None or not (links.is_number(rest) if beside == x else rest == x):
            return None
        return "Gelu", [x], {}, [*parts, last]
    half = links.made_by(beside or "", "Mul", "Div")
    if half is None or links.only_user(half, "Mul") != first:
        return None
    if not links.is_number(links.other(half, x)):
        return None
    return "Gelu", [x], {}, [*parts, half]


def hard(links: Links, number: int) -> Found | None:
    """clip(x + 3, 0, 6) / 6, alone or times x."""
    node = links.nodes[number]
    plus = links.made_by(node.inputs[0], "Add")
    if plus is None or links.only_user(plus, "Clip") != number or not _zero_to_six(links, node):
        return None
    xs = [name for name in links.nodes[plus].inputs if links.number(name) != 3]
    if len(xs) != 1:
        return None
    user = links.only_user(number, "Div", "Mul")
    if user is None:
        return None
    beside, parts = links.other(user, links.out(number)), [plus, number, user]
    last = links.only_user(user, "Mul", "Div")
    after = links.other(last, links.out(user)) if last is not None else None
    if links.is_number(beside):
        if last is not None and after == xs[0] and links.nodes[last].op == "Mul":
            return "HardSwish", xs, {}, [*parts, last]
        return "HardSigmoid", xs, {}, parts
    if beside == xs[0] and last is not None and links.is_number(after):
        return "HardSwish", xs, {}, [*parts, last]
    return None


def _zero_to_six(links: Links, node: Node) -> bool:
    if len(node.inputs) > 2:
        return [links.number(name) for name in node.inputs[1:3]] == [0, 6]
    return (node.get("min"), node.get("max")) == (0, 6)


def biased(links: Links, number: int) -> Found | None:
    """x·W + b with W and b learned."""
    node = links.nodes[number]
    if len(node.inputs) != 2 or not links.weights(node.inputs[1]):
        return None
    last = links.only_user(number, "Add")
    bias = links.other(last, links.out(number)) if last is not None else None
    if last is None or bias is None:
        return None
    extents, shape = links.extents(bias), links.extents(node.inputs[1])
    if extents is None or len(extents) != 1 or (shape is not None and shape[-1] != extents[0]):
        return None
    return "MatMul", [*node.inputs, bias], {}, [number, last]
