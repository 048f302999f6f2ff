"""Reductions and functions of elements without a layer of their own, as PyTorch code."""

from __future__ import annotations

from typing import Any

from costmodel.exporters import refuse
from costmodel.exporters.torch.ops import Arg, Code, writes
from costmodel.graph import Layer

REDUCTIONS = {
    "sum": "{0}.sum({axes}, True)", "mean": "{0}.mean({axes}, True)",
    "max": "{0}.amax({axes}, True)", "min": "{0}.amin({axes}, True)",
    "l1": "{0}.norm(1, {axes}, True)", "l2": "{0}.norm(2, {axes}, True)",
    "square": "{0}.square().sum({axes}, True)", "log_sum": "{0}.sum({axes}, True).log()",
    "log_sum_exp": "{0}.logsumexp({axes}, True)",
}  # fmt: skip
TWO = {
    "sub": "{0} - {1}", "div": "{0} / {1}", "pow": "{0} ** {1}", "mod": "{0} % {1}",
    "max": "torch.maximum({0}, {1})", "min": "torch.minimum({0}, {1})",
    "add": "{0} + {1}", "multiply": "{0} * {1}",
}  # fmt: skip
ONE = {
    "neg": "-{0}",
    "softplus": "F.softplus({0})", "softsign": "F.softsign({0})", "selu": "F.selu({0})",
    "celu": "F.celu({0})",
    **{name: f"{{0}}.{name}()" for name in (
        "abs", "round", "exp", "log", "sqrt", "reciprocal", "erf", "sin", "cos", "tan", "asin",
        "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh")},
}  # fmt: skip


@writes("reduce")
def reduce(layer: Layer, op: Any) -> Code:
    if op.function not in REDUCTIONS:
        raise refuse(layer, f"has no code for {op.function}")
    axes = tuple(op.axes) if isinstance(op.axes, (list, tuple)) else (op.axes,)
    return Code(apply=REDUCTIONS[op.function], values=(Arg("axes", axes),))


@writes("map")
def map_(layer: Layer, op: Any) -> Code:
    count = len(layer.xs)
    table = {1: ONE, 2: TWO}.get(count, {})
    if op.function not in table or op.learned != 0:
        raise refuse(layer, f"does not say all that {op.function} takes")
    return Code(apply=table[op.function])


@writes("expand")
def expand(layer: Layer, op: Any) -> Code:
    times = tuple(new // old for new, old in zip(layer.y, layer.xs[0], strict=True))
    if not all(isinstance(t, int) for t in times):
        raise refuse(layer, "needs its extents as numbers", "bind them with --at")
    return Code(apply="{0}.repeat({times})", values=(Arg("times", times),))
