"""A graph of ``torch.export`` -> the graph of operators that the ONNX importer consumes.

Each call becomes a few nodes by its rule in ``RULES``; calls that change no extents and cost
nothing (casts, copies, dropout) become none, their result is what they were given.  A call
without a rule stays what it is, ``aten.NAME``, which the importer refuses by name.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from costmodel.importers.onnx.nodes import Model, Node
from costmodel.importers.torch.sizes import Sizes

Rule = Callable[["Call"], None]
RULES: dict[str, Rule] = {}
WRAPPERS = frozenset({"wrap_with_set_grad_enabled", "wrap_with_autocast"})


def aten(*names: str) -> Callable[[Rule], Rule]:
    """Register what calls of the ATen operators called *names* become."""

    def add(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, rule))
        return rule

    return add


class Call:
    """One call of an ATen operator: its arguments by the names of its schema."""

    __slots__ = ("given", "graph", "kind", "name", "node", "place")

    def __init__(
        self, graph: Translation, node: Any, kind: str, name: str, given: Mapping[str, Any]
    ) -> None:
        self.graph, self.node, self.kind, self.name = graph, node, kind, name
        self.given, self.place = given, module_path(node)

    def __getitem__(self, key: str) -> Any:
        return self.given[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The argument *key*, or *default* where the operator has none."""
        value = self.given.get(key)
        return default if value is None else value

    # -- what it is given --------------------------------------------------------------------

    def tensor(self, key: str) -> str:
        """The tensor that is argument *key* by its name, "" if it is left out."""
        return self.graph.tensor(self.given.get(key), self)

    def tensors(self, key: str) -> list[str]:
        """The tensors in the list that is argument *key*."""
        return [self.graph.tensor(value, self) for value in self.given[key] or ()]

    def every_tensor(self) -> list[str]:
        """All tensors among the arguments, in their order."""
        return [self.graph.names[n.name] for n in self.node.all_input_nodes
                if n.name in self.graph.names]  # fmt: skip

    def size(self, value: Any) -> Any:
        """A number, given or worked out, as a closed form."""
        return self.graph.size(value)

    def ints(self, key: str) -> list[int]:
        """The whole numbers in the list *key*."""
        value = self.given[key]
        return [value] if isinstance(value, int) else [int(self.size(v)) for v in value or ()]

    def shape(self, value: Any = None) -> tuple[Any, ...]:
        """The extents of an argument, or of what the call makes."""
        return self.graph.shape((self.node if value is None else value).meta["val"])

    def shape_of(self, tensor: Any) -> tuple[Any, ...]:
        """The extents of one of the tensors that the call makes."""
        return self.graph.shape(tensor)

    def rank(self, key: str) -> int:
        """How many axes the tensor *key* has."""
        return len(self.given[key].meta["val"].shape)

    def axis(self, key: str, of: str = "self") -> int:
        """The axis that argument *key* names, counted from the front."""
        axis: int = self.given[key]
        return axis % max(self.rank(of), 1)

    # -- what it makes -----------------------------------------------------------------------

    def same_as(self, name: str) -> None:
        """The call makes nothing new: its result is the tensor *name*."""
        self.graph.names[self.name] = name

    def make(self, op: str, inputs: Iterable[str], out: str | None = None, **given: Any) -> str:
        """A node *op*; it makes the call's result unless *out* names another."""
        made = self.graph.fresh(self.name) if out is None else self.graph.fresh(out)
        self.graph.add(self.place, op, list(inputs), [made], given)
        if out is None:
            self.graph.names[self.name] = made
        return made

    def parts(self, op: str, inputs: Iterable[str], count: int, **given: Any) -> list[str]:
        """A node *op* that makes *count* tensors, which are the call's results."""
        made = [self.graph.fresh(f"{self.name}.{i}") for i in range(count)]
        self.graph.add(self.place, op, list(inputs), made, given)
        for i, part in enumerate(made):
            self.graph.names[f"{self.name}.{i}"] = part
        return made

    def shaped(self, steps: Any = 0) -> None:
        """What has no operator in ONNX: tensors of the shape that torch has worked out.

        *steps* are the operations for each element that is made.
        """
        value = self.node.meta["val"]
        several = isinstance(value, (list, tuple))
        shape = self.graph.shape(value[0] if several else value)
        names = self.parts("aten.shaped", self.every_tensor(), len(value) if several else 1,
                           shape=shape, steps=steps)  # fmt: skip
        if not several:
            self.same_as(names[0])

    def number(self, value: Any) -> str:
        """A constant number."""
        return self._numbers((), [value])

    def numbers(self, values: Iterable[Any]) -> str:
        """A constant list of numbers."""
        found = list(values)
        return self._numbers((len(found),), found)

    def _numbers(self, dims: tuple[int, ...], values: list[Any]) -> str:
        made = self.graph.fresh(f"{self.name}.given")
        sizes = [self.size(v) for v in values]
        real = any(isinstance(v, float) for v in values)
        self.graph.add(
            (), "aten.numbers", [], [made], {"dims": dims, "values": sizes, "real": real}
        )
        return made


class Translation:
    """Collects the nodes that calls become."""

    def __init__(self, model: Model, sizes: Sizes) -> None:
        self.model, self.sizes = model, sizes
        self.names: dict[str, str] = {}  # torch's name of a tensor -> ours
        self._made: set[str] = set()
        self._views: dict[str, str] = {}  # a view -> what it is a view of

    def run(self, graph: Any, root: Any) -> list[str]:
        """Translate *graph*, whose inputs have names already; the names of its outputs."""
        for node in graph.nodes:
            if node.op == "call_function":
                self._call(node, root)
            elif node.op == "output":
                return [self.names[n.name] for n in node.all_input_nodes if n.name in self.names]
        return []

    def add(
        self, place: tuple[str, ...], op: str, inputs: list[str], outputs: list[str],
        given: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Append a node that stands in the module at *place*."""
        name = "/" + "/".join((*place, outputs[0]))
        self.model.nodes.append(Node(op, inputs, outputs, given, name=name))

    def fresh(self, name: str) -> str:
        """*name*, numbered if it is taken."""
        made, number = name, 1
        while made in self._made or made in self.model.initializers:
            number += 1
            made = f"{name}:{number}"
        self._made.add(made)
        return made

    def tensor(self, value: Any, call: Call) -> str:
        """An argument as a tensor's name: a tensor, or a number made one."""
        if value is None:
            return ""
        name = getattr(value, "name", None)
        if name in self.names:
            return self.names[name]
        return call.number(value)

    def size(self, value: Any) -> Any:
        """A number, given or worked out, as a closed form; None if it depends on data."""
        return self.sizes.of(value.meta.get("val") if hasattr(value, "meta") else value)

    def shape(self, tensor: Any) -> tuple[Any, ...]:
        """A tensor's extents as closed forms."""
        return tuple(self.sizes.of(extent) for extent in tensor.shape)

    def _call(self, node: Any, root: Any) -> None:
        if node.target is operator.getitem:
            source, index = node.args
            if (part := self.names.get(f"{source.name}.{index}")) is not None:
                self.names[node.name] = part
            return
        kind = kind_of(node.target)
        if kind in WRAPPERS:
            self._inline(node, root)
            return
        if not makes_tensors(node.meta.get("val")):
            return  # arithmetic on sizes, which torch has worked out, and checks
        call = Call(self, node, kind.removesuffix("_"), node.name, arguments(node))
        RULES.get(call.kind, unknown)(call)
        if kind.endswith("_") and not kind.startswith("_"):
            self._changed(call)
        elif call.kind in VIEWS:
            self._views[node.name] = call["self"].name

    def _changed(self, call: Call) -> None:
        """An operator in place: what its target is a view of holds the result from now on."""
        root = call["self"].name
        if root not in self._views:
            self.names[root] = self.names[call.name]
            return
        while root in self._views:
            root = self._views[root]
        inputs = [self.names[root], self.names[call.name]]
        self.names[root] = call.make("aten.assign", inputs, f"{root}.changed")

    def _inline(self, node: Any, root: Any) -> None:
        inner = next(a for a in node.args if getattr(a, "op", "") == "get_attr")
        module = getattr(root, inner.target)
        given = node.args[node.args.index(inner) + 1 :]
        places = [n for n in module.graph.nodes if n.op == "placeholder"]
        for place, value in zip(places, given, strict=True):
            if value.name in self.names:
                self.names[place.name] = self.names[value.name]
        made = self.run(module.graph, module)
        for i, name in enumerate(made):
            self.names[f"{node.name}.{i}"] = name


VIEWS = frozenset({
    "view", "reshape", "slice", "select", "narrow", "transpose", "permute", "t", "unsqueeze",
    "squeeze", "expand", "flatten", "unflatten", "alias", "detach",
})  # fmt: skip


def unknown(call: Call) -> None:
    """An operator without a rule: the importer decides."""
    call.make(f"aten.{call.kind}", call.every_tensor())


def kind_of(target: Any) -> str:
    """The name of an operator without its namespace: conv2d, add_."""
    schema = getattr(target, "_schema", None)
    if schema is not None:
        space, _, name = schema.name.rpartition("::")
        return str(name) if space == "aten" else f"{space}.{name}"
    return str(getattr(target, "__name__", target))


def arguments(node: Any) -> dict[str, Any]:
    """A call's arguments by name, with the defaults of those left out."""
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return dict(node.kwargs)
    found: dict[str, Any] = {}
    for i, argument in enumerate(schema.arguments):
        if i < len(node.args):
            found[argument.name] = node.args[i]
        elif argument.name in node.kwargs:
            found[argument.name] = node.kwargs[argument.name]
        else:
            found[argument.name] = argument.default_value if argument.has_default_value() else None
    return found


def makes_tensors(value: Any) -> bool:
    """Whether a call's result is a tensor or holds one."""
    if isinstance(value, (list, tuple)):
        return any(map(makes_tensors, value))
    return hasattr(value, "shape") and hasattr(value, "dtype")


def module_path(node: Any) -> tuple[str, ...]:
    """The modules that a call stands in, outermost first.

    A module that is called again has ``@1`` after its path.
    """
    stack = node.meta.get("nn_module_stack")
    if not stack:
        return ()
    path = str(list(stack.values())[-1][0]).partition("@")[0]
    return tuple(part for part in path.split(".") if part)
