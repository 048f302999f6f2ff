"""The spec under construction: layers are appended with names, places and relative arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from costmodel.arith import Dim, Form, prod
from costmodel.errors import CostModelError, Mark, Source
from costmodel.importers.onnx.model import Model
from costmodel.importers.onnx.names import LayerNames, op_name
from costmodel.importers.onnx.nodes import FLOATS, Node, cut
from costmodel.importers.onnx.values import Const, Flow, Value, physical, same_shape
from costmodel.importers.onnx.wire import OnnxError
from costmodel.importers.spell import in_names, relative, spell
from costmodel.ops import OPS, REQUIRED, Shape
from costmodel.spec.expressions import Expression, parse
from costmodel.spec.syntax import Call, Common, CustomOp, Ref

LETTERS = "abcdefghijkl"


class NodeSource(Source):
    """A graph as a text whose line i is node i; a line is made when an error shows it."""

    def __init__(self, path: str, nodes: Sequence[Node]) -> None:
        super().__init__(path, "")
        self.nodes = nodes

    def line(self, number: int) -> str:
        """Node *number* (from 1) in a line."""
        if not 1 <= number <= len(self.nodes):
            return ""
        node = self.nodes[number - 1]
        return f"{cut(', '.join(node.outputs))} = {cut(node.op)}({cut(', '.join(node.inputs))})"


class Build:
    """Collects the layers that nodes become; handlers call its methods."""

    def __init__(self, path: str, model: Model, nodes: Sequence[Node]) -> None:
        self.model, self.nodes = model, nodes
        self.source = NodeSource(path, nodes)
        self.mark = Mark(self.source, 1, 1)
        self.names = LayerNames(nodes)
        self.symbols: dict[str, Dim] = {}  # what the extents of the inputs are made of
        self.values: dict[str, Value] = {}
        self.calls: list[Call] = []
        self.ops: dict[str, CustomOp] = {}
        self.counted = 0  # elements that the layers hold as params or buffers
        self.assumed: list[str] = []
        self._held: set[str] = set()  # initializers that some layer holds
        self._known: dict[Any, Any] = {}
        self._views: dict[tuple[str, Shape], str] = {}
        self._shared: dict[tuple[str, frozenset[str]], int] = {}
        self._joined: dict[tuple[int, tuple[str, ...]], Flow] = {}

    # -- layers ------------------------------------------------------------------------------

    def layer(
        self,
        node: Node,
        kind: str,
        xs: Sequence[Flow],
        args: Mapping[str, Any] | None = None,
        *,
        shape: Shape | None = None,
        weights: Sequence[Const] = (),
        learned: int = 0,
    ) -> Flow:
        """Append the operator *kind* applied to *xs* as they are; *shape* is what ONNX calls it.

        Its params and buffers are *learned* elements, made from *weights*.
        """
        given = dict(args or {})
        op = OPS[kind](**given)
        try:
            real = op.out_shape(*[x.real for x in xs])
        except CostModelError as error:
            raise error.at(self.mark) from None
        texts = self._texts(op.fields, given, xs[0].real)
        name = self._append(node, kind, OPS[kind], texts, xs, weights, learned)
        return Flow(name, real, real if shape is None else shape)

    def _texts(self, fields: Mapping[str, Any], given: Mapping[str, Any], x: Shape) -> Any:
        if not given:
            return {}
        if any(map(_symbolic, given.values())):
            return self._written(fields, given, relative(x))
        key = (id(fields), *given.items())  # the same numbers are written the same way
        if key not in self._known:
            self._known[key] = self._written(fields, given, {})
        return self._known[key]

    def _written(self, fields: Mapping[str, Any], given: Mapping[str, Any], names: Any) -> Any:
        return {
            key: self.text(value, names)
            for key, value in given.items()
            if fields.get(key, REQUIRED) is REQUIRED or value != fields[key]
        }

    def text(self, value: Any, names: Mapping[Dim, str]) -> Any:
        """An argument as specs hold it: expressions for numbers."""
        if isinstance(value, (bool, str)) or value is None:
            return value
        if isinstance(value, (tuple, list)):
            return tuple(self.text(v, names) for v in value)
        if type(value) is int:
            return self.expression(str(value))
        rule = self.expression(spell(value, names))
        incoming = {name: extent for extent, name in names.items()}
        if rule.evaluate({**self.symbols, **incoming}) != value:
            raise OnnxError(f"{rule.text} is not sure to be a whole number", self.mark)
        return rule

    def expression(self, text: str) -> Expression:
        """The expression that *text* is, standing at the current node."""
        return parse(text, self.mark)

    def _append(
        self, node: Node, kind: str, target: Any, args: Mapping[str, Any], xs: Sequence[Flow],
        weights: Sequence[Const], learned: int,
    ) -> str:  # fmt: skip
        sources = frozenset().union(*(w.sources for w in weights))
        weight = next((name for w in weights for name in w.sources), "")
        before = [x.name for x in xs]
        name = self.names.of(node, kind, weight if len(sources) <= 4 else "", before)
        refs: tuple[Ref, ...] | None = tuple(Ref(x.name, self.mark) for x in xs)
        last = self.calls[-1].common.name if self.calls else "input"
        if len(xs) == 1 and xs[0].name == last:
            refs = None
        share = self._share(kind, sources, learned, len(self.calls)) if learned else None
        self._held |= sources
        self.calls.append(Call(Common(self.mark, name, refs, share=share), target, kind, args))
        return name

    def _share(self, kind: str, sources: frozenset[str], learned: int, index: int) -> str | None:
        first = self._shared.setdefault((kind, sources), index) if sources else index
        if first == index:
            self.counted += learned
            return None
        call = self.calls[first]
        key = call.common.share or call.common.name
        self.calls[first] = call._replace(common=call.common._replace(share=key))
        return key

    # -- operators that the spec defines itself ----------------------------------------------

    def each(
        self, node: Node, kind: str, xs: Sequence[Flow], *, steps: int = 1,
        learned: int = 0, weights: Sequence[Const] = (),
    ) -> Flow:  # fmt: skip
        """Append *steps* operations for each element of the first input, whose shape it keeps."""
        x = xs[0] if 2 <= len(xs[0].real) <= 5 else self.tokens(node, xs[0])
        rank = len(x.real)
        dims = [self.expression(name or "") for name in in_names(rank)]
        count = " * ".join(str(name) for name in in_names(rank))
        costs = {"scalar_ops": f"{steps} * {count}" if steps > 1 else count} if steps else {}
        args: dict[str, Any] = {}
        if learned:
            costs["params"], args["learned"] = "learned", REQUIRED
        kind = op_name(kind, rank) + ("_learned" if learned else "")
        target = self._define(kind, len(xs), args, dims, costs)
        given = {"learned": self.expression(str(learned))} if learned else {}
        name = self._append(node, target.name, target, given, [x, *xs[1:]], weights, learned)
        return Flow(name, x.real, xs[0].shape)

    def make(
        self, node: Node, kind: str, xs: Sequence[Flow], shape: Shape, *,
        costs: Mapping[str, str] | None = None, args: Mapping[str, Dim] | None = None,
        learned: int = 0, weights: Sequence[Const] = (),
    ) -> Flow:  # fmt: skip
        """Append an operator that makes a tensor of *shape*; *costs* may use ``out`` and *args*.

        ``out`` stands for the output's elements.
        """
        real = physical(shape)
        letters = LETTERS[: len(real)]
        given: dict[str, Dim] = {**dict(zip(letters, real, strict=True)), **(args or {})}
        if learned:
            given["learned"], costs = learned, {**(costs or {}), "params": "learned"}
        made = " * ".join(letters)
        written = {key: rule.replace("out", made) for key, rule in (costs or {}).items()}
        dims = [self.expression(letter) for letter in letters]
        required = dict.fromkeys(given, REQUIRED)
        target = self._define(op_name(kind, len(real)), len(xs), required, dims, written)
        names = relative(xs[0].real)
        texts = {key: self.text(value, names) for key, value in given.items()}
        name = self._append(node, target.name, target, texts, xs, weights, learned)
        return Flow(name, real, shape)

    def new(self, const: Const) -> int:
        """The elements of the weights *const* was made from that no layer holds yet."""
        tensors = [self.model.initializers[name] for name in const.sources - self._held]
        return sum(t.elements for t in tensors if t.dtype in FLOATS and t.elements > 1)

    def _define(
        self, name: str, inputs: int, args: Mapping[str, Any], shape: Sequence[Expression],
        costs: Mapping[str, str],
    ) -> CustomOp:  # fmt: skip
        if inputs > 1:
            name = f"{name}_{inputs}"
        number = 1
        while True:
            tried = name if number == 1 else f"{name}_v{number}"
            known = self.ops.get(tried)
            if known is None:
                rules = {key: self.expression(rule) for key, rule in costs.items()}
                known = CustomOp(tried, self.mark, dict(args), tuple(shape), rules, inputs)
                self.ops[tried] = known
                return known
            texts = {key: rule.text for key, rule in known.costs.items()}
            if texts == dict(costs) and known.args.keys() == args.keys():
                return known
            number += 1

    # -- earlier concats ---------------------------------------------------------------------

    def joined(self, axis: int, names: tuple[str, ...]) -> Flow | None:
        """What an earlier concat made of these layers, if there was one."""
        return self._joined.get((axis, names))

    def remember(self, axis: int, names: tuple[str, ...], made: Flow) -> None:
        """Let later concats go on from this one."""
        self._joined[axis, names] = made

    # -- views -------------------------------------------------------------------------------

    def as_shape(self, node: Node, x: Flow, shape: Shape) -> Flow:
        """*x* as a layer's input of exactly *shape*: a reshape is appended if it has another."""
        shape = tuple(shape)
        if x.real is shape or same_shape(x.real, shape):
            return x
        key = (x.name, shape)
        if key not in self._views:
            target = self._target(x.real, shape)
            self._views[key] = self.layer(node, "reshape", [x], {"shape": target}).name
        return Flow(self._views[key], shape, x.shape)

    def _target(self, x: Shape, shape: Shape) -> Shape:
        """*shape* with -1 for the extent that is longest to write."""
        names = relative(x)
        odd = [i for i, e in enumerate(shape) if type(e) is Form and e not in names]
        if len(odd) != 1:
            return shape
        return tuple(-1 if i == odd[0] else e for i, e in enumerate(shape))

    def exactly(self, node: Node, x: Flow) -> Flow:
        """*x* in the shape that ONNX gives it."""
        return self.as_shape(node, x, physical(x.shape))

    def tokens(self, node: Node, x: Flow) -> Flow:
        """*x* with its last axis kept and at most three axes."""
        last = x.shape[-1] if x.shape else 1
        if 2 <= len(x.real) <= 3 and same_shape(x.real[-1:], (last,)):
            return x
        shape = physical(x.shape)
        if len(shape) > 3:
            shape = (shape[0], prod(shape[1:-1]), shape[-1])
        return self.as_shape(node, x, shape)

    # -- refusals ----------------------------------------------------------------------------

    def refuse(self, node: Node, problem: str, hint: str = "") -> NoReturn:
        """An error that names *node* and its place."""
        raise OnnxError(f"{node.label}: {problem}", self.mark, hint)

    def flow(self, node: Node, value: Value, what: str = "its input") -> Flow:
        """*value*, which must depend on the network's input."""
        if not isinstance(value, Flow):
            self.refuse(node, f"{what} is a constant or missing")
        return value

    def const(self, node: Node, value: Value, what: str) -> Const:
        """*value*, which must be a constant of known extents."""
        if not isinstance(value, Const) or value.shape is None:
            self.refuse(node, f"{what} is no constant of known extents")
        return value

    def numbers(self, node: Node, value: Value, what: str) -> list[Any]:
        """The elements of a constant, all of which must be known."""
        if not isinstance(value, Const) or value.values is None or None in value.values:
            self.refuse(node, f"{what} depends on data or on weights that are not in the file")
        return list(value.values)

    def assume(self, text: str) -> None:
        """Note what was taken for granted."""
        if text not in self.assumed:
            self.assumed.append(text)


def _symbolic(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_symbolic, value))
    return type(value) is Form
