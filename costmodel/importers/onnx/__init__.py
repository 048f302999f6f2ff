"""ONNX -> Spec: one pass over the nodes, constants folded, layers appended as they come.

The reader needs no ``onnx`` package and no weights: extents alone make the costs.

How the file's initializers are accounted for: each layer's params and buffers are those of the
initializers it uses (a folded batch norm is the bias of its convolution); what no layer uses,
such as the exporter's constants for shapes and axes, is held by one last layer ``constants``.
So ``params + buffers`` of the whole network is the number of elements of all initializers.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from costmodel.arith import Dim, symbol
from costmodel.errors import CostModelError, Mark
from costmodel.importers.onnx import (  # noqa: F401  (each registers its operators)
    constants_shape,
    elementwise,
    norm,
    products,
    rearrange,
    window,
)
from costmodel.importers.onnx.build import Build
from costmodel.importers.onnx.constants import constant, fold
from costmodel.importers.onnx.functions import inlined
from costmodel.importers.onnx.handlers import HANDLERS
from costmodel.importers.onnx.model import Model, read_model
from costmodel.importers.onnx.names import axis_symbol, identifier
from costmodel.importers.onnx.nodes import DTYPES, Node, cut
from costmodel.importers.onnx.patterns import recognised
from costmodel.importers.onnx.products import product_of_constants
from costmodel.importers.onnx.values import Const, Flow, Value, is_manageable, physical, unknown
from costmodel.importers.onnx.wire import OnnxError
from costmodel.ops import REQUIRED
from costmodel.spec.expr_eval import constant as always
from costmodel.spec.expr_parser import Parsed
from costmodel.spec.expressions import Expression
from costmodel.spec.reader import Map
from costmodel.spec.syntax import Assume, Call, Common, CustomOp, Ref, Spec, SymbolDecl

UNKNOWN = (None, "elementwise", "free")
STANDARD = ("", "ai.onnx", "com.microsoft")
CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})
USUAL = {0: 1, 1: 3}  # the batch and the channels of an input that leaves them open
SIDE = 224  # and any other extent


def load_onnx(path: str, unknown_as: str | None = None) -> Spec:
    """The network in the ONNX file at *path*, its layers in a flat list.

    ``unknown_as`` says what an operator that is not known counts as: ``elementwise`` (one
    operation an element) or ``free``; without it such an operator is an error.
    Raises OnnxError, naming the node, if the file is broken or cannot be counted.
    """
    if unknown_as not in UNKNOWN:
        raise OnnxError(f"unknown operators can be elementwise or free, not {unknown_as!r}")
    collects = gc.isenabled()
    try:
        gc.disable()  # records form few cycles: looking for some costs a third of the time
        return _Importer(path, read_model(path), unknown_as).spec()
    except RecursionError:
        raise OnnxError(f"{path} is nested too deeply") from None
    finally:
        if collects:
            gc.enable()


def initializer_elements(path: str) -> int:
    """Elements of all initializers of the file at *path*."""
    return read_model(path).initializer_elements


class _Importer:
    def __init__(self, path: str, model: Model, unknown_as: str | None) -> None:
        self.path, self.model, self.unknown_as = path, model, unknown_as
        self.nodes = recognised(inlined(model), model)
        self.build = Build(path, model, self.nodes)
        self.symbols: dict[str, SymbolDecl] = {}
        self.forms: dict[str, Dim] = {}
        self.inputs: dict[str, tuple[Expression, ...]] = {}

    def spec(self) -> Spec:
        build = self.build
        self._read_inputs()
        for number, node in enumerate(self.nodes, 1):
            build.mark = Mark(build.source, number, 1)
            self._node(node)
        self._finish()
        mark = Mark(build.source, 1, 1)
        stem = identifier(Path(self.path).stem)
        return Spec(
            path=self.path, model=stem if stem[0].isalpha() else f"m_{stem}",
            about=self._about(), source=Path(self.path).name, symbols=self.symbols, params={},
            reals=frozenset(), variants={}, inputs=self.inputs,
            input_marks=dict.fromkeys(self.inputs, mark), blocks={}, ops=build.ops,
            body=tuple(build.calls), read_claims=None, assume=self._assume(),
            root=Map({}, {}, mark),
        )  # fmt: skip

    # -- inputs ------------------------------------------------------------------------------

    def _read_inputs(self) -> None:
        given = [i for i in self.model.inputs if i.name not in self.model.initializers]
        if not given:
            raise OnnxError(f"{self.path}: the graph has no input")
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
            real = physical(shape)
            name = "input" if not self.inputs else self.build.names.unused(identifier(entry.name))
            self.inputs[name] = tuple(self.build.expression(str(e)) for e in real)
            self.build.values[entry.name] = Flow(name, real, shape)
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
            self._declare(own, str(usual))
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
        build = self.build
        inputs: list[Value] = []
        for name in node.inputs:
            if name and name not in build.values:
                if (tensor := self.model.initializers.get(name)) is not None:
                    build.values[name] = constant(tensor, name)
                    inputs.append(build.values[name])
                    continue
                build.refuse(node, f"nothing before it makes {cut(name)!r}",
                             "its nodes are in no order, or in a circle")  # fmt: skip
            inputs.append(build.values[name] if name else None)
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
        values = made if isinstance(made, list) else [made]
        if not all(is_manageable(v.shape) for v in values if v is not None and v.shape):
            build.refuse(node, "its output's extents are no tensor's")
        for i, name in enumerate(node.outputs):
            if name in build.values or name in self.model.initializers:
                build.refuse(node, f"{cut(name)!r} has been made before")
            if name:
                build.values[name] = values[i] if i < len(values) else None

    def _made(self, node: Node, inputs: Sequence[Value]) -> Any:
        given = [x for x in inputs if x is not None]
        if all(isinstance(x, Const) for x in given):
            if node.op == "Split" and not node.domain and given:
                return self._split_constant(node, inputs)
            made = fold(node, [x for x in inputs if not isinstance(x, Flow)])
            if node.op in ("MatMul", "Gemm", "Einsum") and made.shape and made.real:
                source = next(x for x in self.build.values.values() if isinstance(x, Flow))
                product_of_constants(self.build, node, made, inputs, source)
            if made.shape is not None or node.op not in HANDLERS or node.domain not in STANDARD:
                return made
            inputs = self._computed(node, inputs)
        handler = HANDLERS.get(node.op) if node.domain in STANDARD else None
        if handler is not None:
            return handler(self.build, node, inputs)
        if self.unknown_as is None:
            version = self.model.opsets.get(node.domain, 0)
            domain = f" of {cut(node.domain)}" if node.domain else ""
            self.build.refuse(node, f"unknown operator {cut(node.op)}{domain}, opset {version}",
                              "--unknown-as elementwise or free counts it as such")  # fmt: skip
        x = next(x for x in given if isinstance(x, Flow))
        self.build.assume(f"{node.label} is counted as {self.unknown_as}")
        if self.unknown_as == "free":
            return self.build.layer(node, "identity", [x], shape=x.shape)
        return self.build.each(node, node.op, [x])

    def _computed(self, node: Node, inputs: Sequence[Value]) -> list[Value]:
        """*inputs* with the first as a layer's output: it is worked out anew for every input.

        A position encoding that depends on the input's size alone goes through a convolution so.
        """
        x = self.build.const(node, inputs[0] if inputs else None, "its input")
        source = next(v for v in self.build.values.values() if isinstance(v, Flow))
        made = self.build.make(node, "Computed", [source], x.shape or (), costs={"reads": "0"})
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
        if not flows or not build.calls:
            raise OnnxError(f"{self.path}: no output depends on the input")
        last = build.calls[-1].common.name
        rest = self.model.initializer_elements - build.counted
        if flows[0].name != last or rest > 0:
            self._constants(flows[0], max(rest, 0))

    def _constants(self, x: Flow, count: int) -> None:
        """One last layer: the network's output, beside the constants that no layer holds."""
        build = self.build
        real = x.real if len(x.real) <= 5 else build.tokens(self.nodes[-1], x).real
        letters = ["n_in", "c_in", "h_in", "w_in", "d_in"][: len(real)]
        letters[-1] = "d_in"
        number = build.expression
        zero = {key: number("0") for key in ("reads", "writes")}
        op = CustomOp("constants", build.mark, {"count": REQUIRED}, tuple(map(number, letters)),
                      {"buffers": number("count"), **zero}, 1)  # fmt: skip
        build.ops["constants"] = op
        common = Common(build.mark, build.names.unused("constants"), (Ref(x.name, build.mark),))
        build.calls.append(Call(common, op, "constants", {"count": number(str(count))}))

    def _about(self) -> str:
        model = self.model
        text = f"Imported from ONNX, opset {model.opset}; {model.initializer_elements:,} elements"
        text += " in initializers."
        free = [name for name, s in self.symbols.items() if s.default and s.default.text.isdigit()]
        if free:
            shown = ", ".join(f"{n} {s.default.text}" for n, s in self.symbols.items()
                              if s.default is not None and n in free)  # fmt: skip
            text += f" Its symbolic extents default to {shown}."
        return " ".join([text, *(f"Assumed: {a}." for a in self.build.assumed)])

    def _assume(self) -> Assume:
        dtype = next((DTYPES[i.dtype] for i in self.model.inputs if i.dtype in DTYPES), "float32")
        notes = tuple(
            Expression(text, self.build.mark, Parsed(always(None), frozenset()))
            for text in self.build.assumed
        )
        return Assume(dtype=dtype, require=notes)
