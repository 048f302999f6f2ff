"""A graph of operators -> Spec: one pass over the nodes, constants folded, layers appended.

How initializers are accounted for: each layer's params and buffers are those of the
initializers it uses (a folded batch norm is the bias of its convolution); what no layer uses,
such as the exporter's constants for shapes and axes, is held by one last layer ``constants``.
So ``params + buffers`` of the whole network is the number of elements of all initializers.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from costmodel.arith import Dim, symbol
from costmodel.errors import CostModelError, Mark
from costmodel.importers.onnx import (  # noqa: F401  (each registers its operators)
    constants_shape,
    elementwise,
    fused,
    norm,
    products,
    rearrange,
    recurrent,
    window,
)
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.constants import constant, fold
from costmodel.importers.onnx.functions import inlined
from costmodel.importers.onnx.handlers import HANDLERS
from costmodel.importers.onnx.names import axis_symbol, identifier
from costmodel.importers.onnx.nodes import DTYPES, Model, Node, OnnxError, cut
from costmodel.importers.onnx.order import in_order
from costmodel.importers.onnx.patterns import recognised
from costmodel.importers.onnx.products import product_of_constants
from costmodel.importers.onnx.values import Const, Flow, Value, is_manageable, physical, unknown
from costmodel.ops import OPS
from costmodel.spec.assume import Note
from costmodel.spec.expressions import Expression
from costmodel.spec.reader import Map
from costmodel.spec.syntax import Assume, Call, Common, Ref, Spec, SymbolDecl

UNKNOWN = (None, "elementwise", "free")
STANDARD = ("", "ai.onnx", "com.microsoft")
CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})
USUAL = {0: 1, 1: 3}  # the batch and the channels of an input that leaves them open
SIDE = 224  # and any other extent
MOST_VALUES = 5_000_000  # constants that are worked out
SYMBOLIC = 50  # a closed form costs as much as so many integers


class UnmadeError(OnnxError):
    """A node takes what none before it makes."""


def spec_of(model: Model, path: str, unknown_as: str | None = None) -> Spec:
    """The network that *model* describes, its layers in a flat list; *path* is its place.

    ``unknown_as`` says what an operator that is not known counts as: ``elementwise`` (one
    operation an element) or ``free``; without it such an operator is an error.
    Raises OnnxError, naming the node, if the graph is broken or cannot be counted.
    """
    if unknown_as not in UNKNOWN:
        raise OnnxError(f"unknown operators can be elementwise or free, not {unknown_as!r}")
    with uncollected():
        try:
            nodes = inlined(model)
            try:
                return _Importer(path, model, nodes, unknown_as).spec()
            except UnmadeError:
                return _Importer(path, model, in_order(nodes), unknown_as).spec()
        except RecursionError:
            raise OnnxError(f"{path} is nested too deeply") from None


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection: records form few cycles, and looking for some takes a third."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


class _Importer:
    def __init__(
        self, path: str, model: Model, nodes: Sequence[Node], unknown_as: str | None
    ) -> None:
        self.path, self.model, self.unknown_as = path, model, unknown_as
        self.nodes = recognised(nodes, model)
        self.build = Build(path, model, self.nodes)
        self.build.values[""] = None  # an optional input that is left out
        self.symbols: dict[str, SymbolDecl] = {}
        self.forms: dict[str, Dim] = {}
        self.inputs: dict[str, tuple[Expression, ...]] = {}
        self.budget = MOST_VALUES

    def spec(self) -> Spec:
        build = self.build
        self._read_inputs()
        for number, node in enumerate(self.nodes, 1):
            build.mark = Mark(build.source, number, 1)
            self._node(node)
        self._finish()
        mark = Mark(build.source, 1, 1)
        stem = identifier(self.model.name or Path(self.path).stem)
        return Spec(
            path=self.path, model=stem if stem[0].isalpha() else f"m_{stem}",
            about=self._about(), source=Path(self.path).name, symbols=self.symbols, params={},
            reals=frozenset(), variants={}, inputs=self.inputs,
            input_marks=dict.fromkeys(self.inputs, mark), blocks={}, ops={},
            body=tuple(build.calls), read_claims=None, assume=self._assume(),
            root=Map({}, {}, mark),
        )  # fmt: skip

    # -- inputs ------------------------------------------------------------------------------

    def _read_inputs(self) -> None:
        given = [i for i in self.model.inputs if i.name not in self.model.initializers]
        if not given:
            raise OnnxError(f"{self.path}: the graph has no input")
        for symbol_name, default in self.model.defaults.items():
            self._declare(symbol_name, default)
        for number, entry in enumerate(given):
            if not entry.dims:
                if entry.dims is None:
                    raise OnnxError(f"{self.path}: input {cut(entry.name)!r} has no shape")
                self.build.values[entry.name] = unknown(())
                continue
            rank = len(entry.dims)
            if rank > 5:
                raise OnnxError(f"{self.path}: input {cut(entry.name)!r} has {rank} axes")
            shape = tuple(self._extent(d, i, rank, number) for i, d in enumerate(entry.dims))
            real = self.build.one(physical(shape))
            name = "input" if not self.inputs else self.build.names.unused(identifier(entry.name))
            self.inputs[name] = tuple(self.build.expression(str(e)) for e in real)
            flow = Flow(name, real, real if shape == real else shape)
            self.build.values[entry.name] = flow
            self.build.latest = flow if name == "input" else self.build.latest
        if not self.inputs:
            raise OnnxError(f"{self.path}: the graph's inputs are single numbers")

    def _extent(self, dim: int | str | None, axis: int, rank: int, number: int) -> Dim:
        if isinstance(dim, int) and dim > 0:
            if dim >= 2**40:
                raise OnnxError(f"{self.path}: an input has the extent {dim}")
            return dim
        usual = USUAL.get(axis, SIDE)
        if not isinstance(dim, str) or not dim.strip():
            dim = {0: "n", 2: "h", 3: "w"}.get(axis, f"d{axis}") if rank == 4 else f"d{axis}"
            dim = dim if axis or rank == 4 else "n"
            dim = f"{dim}{number}" if number and dim != "n" else dim
        own, name = identifier(dim), axis_symbol(dim, axis, rank)
        if own not in self.forms:
            self._declare(own, self.model.defaults.get(own, str(usual)))
            if name != own and name not in self.symbols:
                self._declare(name, own)
                self.forms[own] = self.forms[name]
        return self.forms[own]

    def _declare(self, name: str, default: str) -> None:
        rule = self.build.expression(default)
        self.symbols[name] = SymbolDecl(name, self.build.mark, rule)
        self.forms[name] = self.build.symbols[name] = symbol(name)

    # -- nodes -------------------------------------------------------------------------------

    def _node(self, node: Node) -> None:
        build, values = self.build, self.build.values
        inputs = [values[x] if x in values else self._initializer(node, x) for x in node.inputs]
        if node.op in CONTROL:
            build.refuse(node, "control flow depends on data, so its cost is no closed form")
        try:
            made = self._made(node, inputs)
        except OnnxError as error:
            raise error.at(build.mark) from None
        except CostModelError as error:
            raise OnnxError(f"{node.label}: {error.problem}", build.mark, error.hint) from None
        except (IndexError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise OnnxError(f"{node.label} is malformed: {error}", build.mark) from error
        parts = made if isinstance(made, list) else [made]
        for i, name in enumerate(node.outputs):
            if not name:
                continue
            if name in values or name in self.model.initializers:
                build.refuse(node, f"{cut(name)!r} has been made before")
            part = values[name] = parts[i] if i < len(parts) else None
            if type(part) is Flow and part.shape is part.real:
                continue
            if part is not None and part.shape and not is_manageable(part.shape):
                build.refuse(node, "its output's extents are no tensor's")

    def _initializer(self, node: Node, name: str) -> Value:
        """The initializer *name*, met for the first time."""
        tensor = self.model.initializers.get(name)
        if tensor is None:
            problem = f"{node.label}: nothing before it makes {cut(name)!r}"
            hint = "no node makes it, or nodes stand in a circle"
            raise UnmadeError(problem, self.build.mark, hint)
        made = self.build.values[name] = constant(tensor, name)
        return made

    def _made(self, node: Node, inputs: Sequence[Value]) -> Any:
        if Flow not in map(type, inputs):
            if node.op == "Split" and not node.domain and inputs:
                return self._split_constant(node, inputs)
            made = fold(node, [x for x in inputs if not isinstance(x, Flow)])
            self._spend(node, made)
            if node.op in ("MatMul", "Gemm", "Einsum") and made.shape and made.real:
                product_of_constants(self.build, node, made, inputs, self.build.latest)
            if made.shape is not None or node.op not in HANDLERS or node.domain not in STANDARD:
                return made
            inputs = self._computed(node, inputs)
        handler = HANDLERS.get(node.op) if node.domain in STANDARD else None
        if handler is not None:
            return handler(self.build, node, inputs)
        if self.unknown_as is None:
            version = self.model.opsets.get(node.domain, 0)
            domain = f" of {cut(node.domain)}" if node.domain else ""
            domain += f", opset {version}" if self.model.opsets else ""
            self.build.refuse(node, f"unknown operator {cut(node.op)}{domain}",
                              "--unknown-as elementwise or free counts it as such")  # fmt: skip
        x = next(x for x in inputs if isinstance(x, Flow))
        self.build.assume(f"{node.label} is counted as {self.unknown_as}")
        if self.unknown_as == "free":
            return self.build.layer(node, "identity", [x], shape=x.shape)
        return self.build.each(node, "other", [x])

    def _spend(self, node: Node, made: Const) -> None:
        """Count the values that were worked out against what one graph may ask for."""
        for value in made.values or ():
            self.budget -= 1 if type(value) is int else SYMBOLIC
        if self.budget < 0:
            self.build.refuse(node, "the graph computes more constants than a network needs")

    def _computed(self, node: Node, inputs: Sequence[Value]) -> list[Value]:
        """*inputs* with the first as a layer's output: it is worked out anew for every input.

        A position encoding that depends on the input's size alone goes through a convolution so.
        """
        x = self.build.const(node, inputs[0] if inputs else None, "its input")
        made = self.build.compute(node, [self.build.latest], x.shape or ())
        return [made, *inputs[1:]]

    def _split_constant(self, node: Node, inputs: Sequence[Value]) -> list[Value]:
        from costmodel.importers.onnx.rearrange import split_sizes
        from costmodel.importers.onnx.shapes import placed

        x = self.build.const(node, inputs[0], "its input")
        shape = tuple(x.shape or ())
        (axis,) = placed([node.integer("axis", 0)], len(shape), node)
        made: list[Value] = []
        start: Dim = 0
        for part in split_sizes(self.build, node, shape[axis], inputs):
            out = unknown((*shape[:axis], part, *shape[axis + 1 :]), x)
            if len(shape) == 1 and x.values is not None and type(part) is int:
                out = out._replace(values=x.values[start : start + part])
            made.append(out)
            start = start + part
        return made

    # -- the end -----------------------------------------------------------------------------

    def _finish(self) -> None:
        build = self.build
        outputs = [build.values.get(name) for name in self.model.outputs]
        flows = [x for x in outputs if isinstance(x, Flow)]
        if not flows:
            raise OnnxError(f"{self.path}: no output depends on the input")
        if not build.calls:
            build.layer(Node("Identity", [], []), "identity", flows[:1])
        last = build.calls[-1].common.name
        rest = self.model.initializer_elements - build.counted
        if flows[0].name != last or rest > 0:
            self._constants(flows[0], *self.model.unheld(max(rest, 0)))

    def _constants(self, x: Flow, learned: int, count: int) -> None:
        """One last layer: the network's output, beside the constants that no layer holds."""
        build = self.build
        mark = build.mark
        common = Common(mark, build.names.unused("constants"), (Ref(x.name, mark),))
        args = {"count": build.expression(str(count))}
        if learned:
            args["learned"] = build.expression(str(learned))
        build.calls.append(Call(common, OPS["constants"], "constants", args))

    def _about(self) -> str:
        model = self.model
        text = f"Imported from {model.origin}; {model.initializer_elements:,} elements"
        text = model.about or f"{text} in initializers."
        free = [name for name, s in self.symbols.items() if s.default and s.default.text.isdigit()]
        if free:
            shown = ", ".join(f"{n} {s.default.text}" for n, s in self.symbols.items()
                              if s.default is not None and n in free)  # fmt: skip
            text += f" Its symbolic extents default to {shown}."
        return text

    def _assume(self) -> Assume:
        dtype = next((DTYPES[i.dtype] for i in self.model.inputs if i.dtype in DTYPES), "float32")
        notes = tuple(Note(text, self.build.mark) for text in self.build.assumed)
        return Assume(dtype=dtype, require=notes)
