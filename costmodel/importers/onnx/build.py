"""The spec under construction: layers are appended with names, places and relative arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from costmodel.arith import Dim, Form, prod
from costmodel.errors import CostModelError, Mark, Source
from costmodel.importers.onnx.names import LayerNames
from costmodel.importers.onnx.nodes import Model, Node, OnnxError, cut
from costmodel.importers.onnx.values import Const, Flow, Value, is_manageable, physical, same_shape
from costmodel.importers.spell import relative, spell
from costmodel.ops import OPS, Op, Shape
from costmodel.spec.expressions import Expression, parse
from costmodel.spec.syntax import Call, Common, Ref

_NONE: frozenset[str] = frozenset()


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
        self.counted = 0  # elements that the layers hold as params or buffers
        self.assumed: list[str] = list(model.notes)
        self._held: set[str] = set()  # initializers that some layer holds
        self.windows: dict[tuple[int, ...], Mapping[str, Any]] = {}  # what handlers read of them
        self._shapes: dict[Shape, Shape] = {}
        self._made: dict[Any, tuple[Shape, Mapping[str, Any]]] = {}  # layers that were worked out
        self._ops: dict[Any, tuple[Op, Mapping[str, Any], Mapping[str, Any] | None]] = {}
        self.latest = Flow("input", (), ())  # what the last layer made
        self._views: dict[tuple[str, Shape], str] = {}
        self._shared: dict[tuple[str, frozenset[str], Dim], int] = {}
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
        shapes = [id(x.real) for x in xs]
        key = (kind, *shapes, *args.items()) if args else (kind, *shapes)
        known = self._made.get(key)
        if known is None:
            known = self._made[key] = self._work_out(kind, [x.real for x in xs], args or {})
        real, texts = known
        name = self._append(node, kind, texts, xs, weights, learned)
        self.latest = made = Flow(name, real, real if shape is None else shape)
        return made

    def _work_out(
        self, kind: str, xs: Sequence[Shape], given: Mapping[str, Any]
    ) -> tuple[Shape, Mapping[str, Any]]:
        """The shape that an operator makes, and its arguments as specs hold them."""
        key = (kind, *given.items())
        if key not in self._ops:
            op = OPS[kind](**given)
            written = {k: v for k, v in given.items() if v != op.fields[k]}
            numeric = not any(map(_is_symbolic, written.values()))
            self._ops[key] = op, written, self._texts(written, {}) if numeric else None
        op, held, texts = self._ops[key]
        try:
            real = self.one(op.out_shape(*xs))
        except CostModelError as error:
            raise error.at(self.mark) from None
        return real, self._texts(held, relative(xs[0])) if texts is None else texts

    def one(self, shape: Shape) -> Shape:
        """The one tuple that stands for all equal to *shape*; layers of flows are kept by it."""
        if shape not in self._shapes and not is_manageable(shape):
            raise OnnxError("its output's extents are no tensor's")
        return self._shapes.setdefault(shape, shape)

    def _texts(self, args: Mapping[str, Any], names: Mapping[Dim, str]) -> Mapping[str, Any]:
        return {key: self.text(value, names) for key, value in args.items()}

    def text(self, value: Any, names: Mapping[Dim, str]) -> Any:
        """An argument as specs hold it: expressions for numbers."""
        if isinstance(value, (bool, str)) or value is None:
            return value
        if isinstance(value, (tuple, list)):
            return tuple([self.text(v, names) for v in value])
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
        self, node: Node, kind: str, args: Mapping[str, Any], xs: Sequence[Flow],
        weights: Sequence[Const], learned: int,
    ) -> str:  # fmt: skip
        mark, sources, weight, share = self.mark, _NONE, "", None
        if weights:
            sources = sources.union(*[const.sources for const in weights])
            weight = min(weights[0].sources, default="") if len(sources) <= 4 else ""
            self._held |= sources
        name = self.names.of(node, kind, weight, xs)
        refs: tuple[Ref, ...] | None = None
        if len(xs) > 1 or xs[0].name != self.latest.name:
            refs = tuple([Ref(x.name, mark) for x in xs])
        if learned:
            share = self._share(kind, sources, learned)
        self.calls.append(Call(Common(mark, name, refs, share=share), OPS[kind], kind, args))
        return name

    def _share(self, kind: str, sources: frozenset[str], learned: int) -> str | None:
        index = len(self.calls)
        first = self._shared.setdefault((kind, sources, learned), index) if sources else index
        if first == index:
            self.counted += learned
            return None
        call = self.calls[first]
        key = call.common.share or call.common.name
        self.calls[first] = call._replace(common=call.common._replace(share=key))
        return key

    def each(
        self, node: Node, function: str, xs: Sequence[Flow], consts: Sequence[Const] = ()
    ) -> Flow:
        """Append a *function* of each element of *xs*, the first of which has the output's shape.

        What is learned in *consts* is an operand that the layer holds.
        """
        args: dict[str, Any] = {"function": function}
        if learned := sum(map(self.new, consts)):
            args["learned"] = learned
        made = self.layer(node, "map", xs, args, weights=consts, learned=learned)
        return made._replace(shape=xs[0].shape)

    def compute(
        self, node: Node, xs: Sequence[Flow], shape: Shape, steps: int = 0,
        consts: Sequence[Const] = (),
    ) -> Flow:  # fmt: skip
        """Append what makes a tensor of *shape* by *steps* operations for each element."""
        learned = sum(map(self.new, consts))
        args = {"shape": physical(shape), "steps": steps, "learned": learned}
        return self.layer(node, "compute", xs, args, shape=shape, weights=consts, learned=learned)

    def contract(
        self, node: Node, xs: Sequence[Flow], shape: Shape, inner: Dim,
        consts: Sequence[Const] = (),
    ) -> Flow:  # fmt: skip
        """Append sums of *inner* products of two tensors' elements, of which one may be stored."""
        learned = sum(map(self.new, consts))
        args = {"shape": physical(shape), "inner": inner, "learned": learned}
        return self.layer(node, "contract", xs, args, shape=shape, weights=consts, learned=learned)

    def new(self, const: Const) -> int:
        """The elements of the weights *const* was made from that no layer holds yet."""
        tensors = [self.model.initializers[name] for name in const.sources - self._held]
        return sum(t.elements for t in tensors if t.learned)

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
        return Flow(self._views[key], self.one(shape), x.shape)

    def _target(self, x: Shape, shape: Shape) -> Shape:
        """*shape* with -1 for the extent that is longest to write."""
        names = relative(x)
        odd = [i for i, e in enumerate(shape) if type(e) is Form and e not in names]
        if len(odd) != 1:
            return shape
        return tuple(-1 if i == odd[0] else e for i, e in enumerate(shape))

    def exactly(self, node: Node, x: Flow) -> Flow:
        """*x* in the shape that ONNX gives it."""
        if x.real is x.shape:
            return x
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


def _is_symbolic(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_is_symbolic, value))
    return type(value) is Form
