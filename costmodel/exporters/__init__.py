"""Graph -> a runnable model with random weights, in somebody else's format.

An exporter has one function for each operator (``torch.ops``, ``onnx.ops``); what an operator is
connected to comes from the graph.  What a spec defines by formulas has no code, so it is refused.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from costmodel.arith import Dim, ascii, is_symbolic
from costmodel.errors import CostModelError
from costmodel.graph import Graph, Layer, Tensor
from costmodel.graph.builder import Builder
from costmodel.graph.scope import Scope
from costmodel.ops import Op
from costmodel.records import Record
from costmodel.spec.custom import FormulaOp
from costmodel.spec.syntax import Common, CustomOp, Value

FORMULAS = ("is defined by formulas, which say nothing of its code",
            "only built-in operators can be exported")  # fmt: skip
OPAQUE = {  # operators that a spec says too little of to run, and what it does not say
    "compute": "stands for a computation that is not known",
    "contract": "does not say which elements it multiplies",
    "take": "does not say which places it takes",
}


class ExportError(CostModelError, ValueError):
    """A layer that the wanted format cannot hold."""


class Traced(Record):
    """A network to export: its layers, the blocks that made them, the weights they share."""

    inputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    output: Tensor
    calls: Mapping[str, str] = {}  # the path of a block's use -> the block's name
    shares: Mapping[str, str] = {}  # a layer's path -> that of the layer whose weights it holds

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """The network's output, then what no layer uses: auxiliary heads end so."""
        used = {id(tensor) for layer in self.layers for tensor in layer.inputs}
        ends = [layer.output for layer in self.layers if id(layer.output) not in used]
        return self.output, *[end for end in ends if end is not self.output]


def trace(graph: Graph) -> Traced:
    """*graph* walked once more, to note which block made each layer and what is shared."""
    recorder = _Recorder(graph.spec, graph.binding)
    walked = recorder.run(graph.variant)
    for layer in walked.layers:
        if is_symbolic(layer.runs) or layer.runs != 1:
            raise refuse(layer, f"runs {ascii(layer.runs)} times", "bind the count with --at")
    return Traced(walked.inputs, walked.layers, walked.output, recorder.calls, recorder.shares)


class _Recorder(Builder):
    """A builder that notes where blocks are used and under which key layers share weights."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.calls: dict[str, str] = {}
        self.shares: dict[str, str] = {}
        self._first: dict[str, str] = {}

    def block(
        self,
        name: str,
        args: Mapping[str, Value],
        common: Common,
        scope: Scope,
        path: str,
        current: Tensor,
    ) -> Tensor:
        self.calls[path] = name
        return super().block(name, args, common, scope, path, current)

    def layer(
        self,
        target: type[Op] | CustomOp,
        args: Mapping[str, Value],
        common: Common,
        scope: Scope,
        path: str,
        sources: tuple[Tensor, ...],
    ) -> Tensor:
        key = scope.share_key(common.share, path)
        if key is not None and self._first.setdefault(key, path) != path:
            self.shares[path] = self._first[key]
        return super().layer(target, args, common, scope, path, sources)


def refuse(layer: Layer, why: str, hint: str = "") -> ExportError:
    """The error to raise for a layer that cannot be exported: it names layer and operator."""
    return ExportError(f"{layer.path}: {layer.op.kind} {why}", layer.mark, hint)


def check_known(layer: Layer, written: Container[str]) -> None:
    """ExportError if no more than the cost of *layer* is known, or its kind is not *written*."""
    if isinstance(layer.op, FormulaOp):
        raise refuse(layer, *FORMULAS)
    if layer.op.kind not in written:
        raise refuse(layer, OPAQUE.get(layer.op.kind, "has no code here"))


def seen_by(layer: Layer, output: int, entry: Any, c_in: int) -> tuple[int, ...]:
    """The input maps that an output of a sparse convolution sees; if only counted, the next."""
    if isinstance(entry, (list, tuple)):
        return tuple(entry)
    return tuple(sorted((output + i) % c_in for i in range(number(layer, entry, "connections"))))


def number(layer: Layer, value: Dim, what: str) -> int:
    """*value* if it is a number; an error that names *what* depends on a free symbol."""
    if isinstance(value, int):
        return int(value)
    raise refuse(layer, f"needs {what} as a number, not {ascii(value)}", "bind it with --at")
