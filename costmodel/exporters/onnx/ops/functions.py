"""Reductions and functions of elements without a layer of their own, as ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.exporters import refuse
from costmodel.exporters.onnx.emit import Emit
from costmodel.exporters.onnx.ops import emits

REDUCTIONS = {
    "sum": "ReduceSum", "mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin",
    "prod": "ReduceProd", "l1": "ReduceL1", "l2": "ReduceL2", "square": "ReduceSumSquare",
    "log_sum": "ReduceLogSum", "log_sum_exp": "ReduceLogSumExp",
}  # fmt: skip
TWO = {"sub": "Sub", "div": "Div", "pow": "Pow", "max": "Max", "min": "Min", "add": "Add",
       "multiply": "Mul"}  # fmt: skip
ONE = {name: name.capitalize() for name in (
    "neg", "abs", "round", "exp", "log", "sqrt", "reciprocal", "erf", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "softplus", "softsign", "selu",
    "celu")}  # fmt: skip


@emits("reduce")
def reduce(emit: Emit, xs: Sequence[str]) -> str:
    op = emit.op
    if op.function not in REDUCTIONS:
        raise refuse(emit.layer, f"has no ONNX operator for {op.function}")
    axes = op.axes if isinstance(op.axes, (list, tuple)) else (op.axes,)
    return str(emit.node(REDUCTIONS[op.function], [*xs, emit.integers(*axes)], keepdims=1))


@emits("map")
def map_(emit: Emit, xs: Sequence[str]) -> str:
    op = emit.op
    table = {1: ONE, 2: TWO}.get(len(xs), {})
    if op.function not in table or op.learned != 0:
        raise refuse(emit.layer, f"does not say all that {op.function} takes")
    return str(emit.node(table[op.function], xs))


@emits("expand")
def expand(emit: Emit, xs: Sequence[str]) -> str:
    shapes = zip(emit.layer.y, emit.layer.xs[0], strict=True)
    times = [emit.number(new // old, "its extents") for new, old in shapes]
    return str(emit.node("Tile", [*xs, emit.integers(*times)]))
