"""Operators on constants alone: shape arithmetic followed with ints, fractions and closed forms.

What is not followed gives a constant of known extents and unknown values, or of unknown
extents; that is an error only where a layer needs them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import isfinite
from typing import Any

from costmodel import arith
from costmodel.arith import Form, prod
from costmodel.importers.onnx.nodes import FLOATS, Node, OnnxError, TensorData
from costmodel.importers.onnx.values import MOST, Const, axis_in, broadcast, known, unknown

Fold = Callable[[Node, Sequence["Const | None"]], Const]
FOLDS: dict[str, Fold] = {}


def folds(*names: str) -> Callable[[Fold], Fold]:
    """Register how operators called *names* act on constants."""

    def add(rule: Fold) -> Fold:
        FOLDS.update(dict.fromkeys(names, rule))
        return rule

    return add


def constant(tensor: TensorData, initializer: str = "") -> Const:
    """The constant that a tensor of the file is; a float becomes the fraction it is exactly."""
    values: tuple[Any, ...] | None = None
    found = tensor.values()
    if found is not None:
        values = tuple(map(exact, found)) if tensor.dtype in FLOATS else tuple(map(int, found))
    real = tensor.dtype in FLOATS
    if not initializer:
        return Const(tensor.dims, values, real=real)
    return Const(tensor.dims, values, frozenset((initializer,)), tensor.elements, real)


def exact(x: float) -> Any:
    """*x* as an int or a Fraction; None if it is not finite."""
    if not isfinite(x):
        return None
    return int(x) if x.is_integer() else Fraction(x)


def fold(node: Node, inputs: Sequence[Const | None]) -> Const:
    """What *node* makes of constants."""
    rule = FOLDS.get(node.op) if not node.domain else None
    given = [x for x in inputs if x is not None]
    if rule is None:
        return unknown(None, *given)
    try:
        return rule(node, inputs)
    except (ArithmeticError, TypeError, ValueError, IndexError, AttributeError) as error:
        if isinstance(error, OnnxError):
            raise
        return unknown(None, *given)


def elements_of(x: Const | None) -> tuple[Any, ...] | None:
    """The values of *x* if all are known."""
    if x is None or x.values is None or any(v is None for v in x.values):
        return None
    return x.values


def whole(x: Const | None) -> list[int] | None:
    """The values of *x* if all are plain integers."""
    values = elements_of(x)
    return list(values) if values is not None and all(type(v) is int for v in values) else None


@folds("Constant")
def _constant(node: Node, inputs: Sequence[Const | None]) -> Const:
    for name, value in node.attributes.items():
        if name == "value" and isinstance(value, TensorData):
            return constant(value)
        if name in ("value_int", "value_float"):
            return Const((), (exact(value),), real=name == "value_float")
        if name in ("value_ints", "value_floats"):
            return Const((len(value),), tuple(map(exact, value)), real=name == "value_floats")
    return Const(None)


def _truncated(a: Any, b: Any) -> Any:
    if type(a) is int and type(b) is int:
        return a // b if (a < 0) == (b < 0) else -(-a // b)
    return a // b


def _modulo(a: Any, b: Any) -> Any:
    """a mod b; a number mod an extent, as a roll has it, is less than the extent."""
    if type(a) is int and type(b) is Form and arith.compare(b, ">", abs(a)) is not False:
        return a if a >= 0 else a + b
    if type(a) is Form and b == 2:
        return 2 * arith.ceil_div(a, 2) - a  # added to a it makes an even extent: one rounding
    return a % b


def _divided(a: Any, b: Any) -> Any:
    return arith.exact_div(a, b) if type(a) is not int or type(b) is not int else Fraction(a, b)


def _compared(relation: str) -> Callable[[Any, Any], Any]:
    def apply(a: Any, b: Any) -> Any:
        verdict = arith.compare(a, relation, b)
        if verdict is None and relation == "==" and (_is_below_zero(a) or _is_below_zero(b)):
            return 0  # a closed form is a size and so not negative
        return None if verdict is None else int(verdict)

    return apply


def _is_below_zero(x: Any) -> bool:
    return type(x) is int and x < 0


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mul": operator.mul, "Mod": _modulo,
    "Max": arith.maximum, "Min": arith.minimum, "Div": _truncated,
    "Equal": _compared("=="), "Less": _compared("<"), "Greater": _compared(">"),
    "LessOrEqual": _compared("<="), "GreaterOrEqual": _compared(">="),
    "Sum": operator.add, "Mean": lambda a, b: None, "Xor": lambda a, b: int(bool(a) != bool(b)),
    "BitShift": lambda a, b: None, "BitwiseAnd": lambda a, b: None,
    "BitwiseOr": lambda a, b: None, "BitwiseXor": lambda a, b: None,
    "And": lambda a, b: int(bool(a and b)), "Or": lambda a, b: int(bool(a or b)),
    "Pow": lambda a, b: a**b if type(b) is int and 0 <= b <= 8 and type(a) is not Form else None,
}  # fmt: skip


def spread(x: Const, shape: tuple[int, ...]) -> list[Any]:
    """The values of *x* repeated to *shape*."""
    if x.shape is None or x.values is None or not all(type(e) is int for e in (*shape, *x.shape)):
        raise ValueError("unknown")
    if prod(shape) > MOST:
        raise ValueError("many")
    if tuple(x.shape) == tuple(shape):
        return list(x.values)
    own = (1,) * (len(shape) - len(x.shape)) + tuple(x.shape)
    strides, step = [0] * len(own), 1
    for i in reversed(range(len(own))):
        strides[i] = 0 if own[i] == 1 else step
        step *= own[i]
    return [
        x.values[sum(map(operator.mul, index, strides))] for index in product(*map(range, shape))
    ]


@folds(*BINARY)
def _binary(node: Node, inputs: Sequence[Const | None]) -> Const:
    given = [x for x in inputs if x is not None]
    if any(x.shape is None for x in given):
        return unknown(None, *given)
    shape = broadcast(*(x.shape for x in given if x.shape is not None))
    apply = BINARY[node.op]
    if node.op == "Div" and any(x.real for x in given):
        apply = _divided
    try:
        columns = [spread(x, shape) for x in given]
        values = columns[0]
        for column in columns[1:]:
            values = [_applied(apply, a, b) for a, b in zip(values, column, strict=True)]
    except (ValueError, TypeError, ArithmeticError):
        return unknown(shape, *given)
    return known(shape, values, *given)


def _applied(apply: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    return None if a is None or b is None else apply(a, b)


def _unary(rule: Callable[[Any], Any]) -> Fold:
    def apply(node: Node, inputs: Sequence[Const | None]) -> Const:
        (x,) = (x for x in inputs[:1] if x is not None)
        if x.values is None or x.shape is None:
            return unknown(x.shape, x)
        return known(x.shape, [None if v is None else rule(v) for v in x.values], x)

    return apply


@folds("Clip")
def _clipped(node: Node, inputs: Sequence[Const | None]) -> Const:
    x = inputs[0]
    if x is None or x.values is None or x.shape is None:
        return unknown(x.shape if x is not None else None, *[i for i in inputs if i is not None])
    low, high = (
        inputs[i].scalar if len(inputs) > i and inputs[i] is not None else node.get(name)  # type: ignore[union-attr]
        for i, name in ((1, "min"), (2, "max"))
    )
    values: list[Any] = list(x.values)
    if low is not None:
        values = [None if v is None else arith.maximum(v, low) for v in values]
    if high is not None:
        values = [None if v is None else arith.minimum(v, high) for v in values]
    return known(x.shape, values, x)


def _no_value(x: Any) -> Any:
    return None


def _cast(node: Node, inputs: Sequence[Const | None]) -> Const:
    to = node.get("to", 1)
    if to in FLOATS:
        return _unary(lambda v: v)(node, inputs)._replace(real=True)
    if to == 9:
        return _unary(lambda v: int(type(v) is Form or bool(v)))(node, inputs)
    # a closed form is not negative: cutting it off is rounding it down
    whole = _unary(lambda v: arith.floor(v) if type(v) is Form else int(v))
    return whole(node, inputs)._replace(real=False)


def _alike(node: Node, inputs: Sequence[Const | None]) -> Const:
    return _unary(lambda v: v)(node, inputs)


FOLDS.update({
    "Cast": _cast, "CastLike": _alike, "Identity": _alike, "Dropout": _alike,
    "Floor": _unary(arith.floor), "Ceil": _unary(arith.ceil), "Neg": _unary(operator.neg),
    "Abs": _unary(lambda v: abs(v) if type(v) is not Form else v),
    "Not": _unary(lambda v: int(not v)),
    "Sign": _unary(lambda v: (v > 0) - (v < 0)),
    "Round": _unary(lambda v: round(v) if type(v) is not Form else None),
})  # fmt: skip
FOLDS.update(dict.fromkeys(
    ("Acos", "Asin", "Atan", "Tan", "Cosh", "Sinh", "Elu", "Celu", "Selu", "LeakyRelu", "PRelu",
     "Mish", "Swish", "Softplus", "Softsign", "LogSoftmax", "Hardmax", "IsInf", "EyeLike",
     "BitwiseNot", "QuantizeLinear", "DequantizeLinear", "GroupNormalization", "Shrink",
     "InstanceNormalization", "RMSNormalization", "LpNormalization", "CumProd",
     "Sqrt", "Exp", "Log", "Sin", "Cos", "Tanh", "Sigmoid", "Erf", "Relu", "Softmax",
     "Reciprocal", "LayerNormalization", "Gelu", "HardSigmoid", "HardSwish", "IsNaN", "CumSum",
     "Trilu", "BatchNormalization"),
    _unary(_no_value),
))  # fmt: skip


@folds("Concat")
def _concat(node: Node, inputs: Sequence[Const | None]) -> Const:
    given = [x for x in inputs if x is not None]
    shapes = [x.shape for x in given if x.shape is not None]
    if len(shapes) < len(given):
        return unknown(None, *given)
    axis = axis_in(node.integer("axis", 0), len(shapes[0])) or 0
    shape = (*shapes[0][:axis], arith.total(s[axis] for s in shapes), *shapes[0][axis + 1 :])
    if len(shape) == 1 and all(x.values is not None for x in given):
        return known(shape, [v for x in given for v in x.values or ()], *given)
    return unknown(shape, *given)


@folds("Range")
def _range(node: Node, inputs: Sequence[Const | None]) -> Const:
    given = [x for x in inputs if x is not None]
    start, limit, step = (x.scalar for x in given)
    if start is None or limit is None or step is None:
        return unknown(None, *given)
    count = arith.maximum(0, arith.ceil((limit - start) * Fraction(1, step)))
    if type(count) is int and count <= MOST:
        return known((count,), [start + i * step for i in range(count)], *given)
    return unknown((count,), *given)


@folds("Where")
def _where(node: Node, inputs: Sequence[Const | None]) -> Const:
    given = [x for x in inputs if x is not None]
    if any(x.shape is None for x in given):
        return unknown(None, *given)
    shape = broadcast(*(x.shape for x in given if x.shape is not None))
    try:
        rows = list(zip(*(spread(x, shape) for x in given), strict=True))
    except ValueError:
        return unknown(shape, *given)
    return known(shape, [_chosen(*row) for row in rows], *given[1:])


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    if type(a) is type(b) and a == b:
        return a
    return None if condition is None else a if condition else b


@folds("ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin")
def _reduced(node: Node, inputs: Sequence[Const | None]) -> Const:
    x, values = inputs[0], elements_of(inputs[0])
    if x is None or values is None or x.shape is None or len(x.shape) > 1:
        return FOLDS["ReduceMean"](node, inputs)
    rules: dict[str, Callable[[Any], Any]] = {
        "ReduceProd": prod, "ReduceSum": arith.total,
        "ReduceMax": lambda v: arith.maximum(*v), "ReduceMin": lambda v: arith.minimum(*v),
    }  # fmt: skip
    shape = (1,) * len(x.shape) if node.integer("keepdims", 1) else ()
    return known(shape, [rules[node.op](values)], x)
