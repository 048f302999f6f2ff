"""ATen operators that work element by element: activations, sums, comparisons, casts."""

from __future__ import annotations

from costmodel.importers.torch.graph import Call, aten

SAME = (
    "to", "_to_copy", "contiguous", "clone", "detach", "alias", "dropout", "feature_dropout",
    "alpha_dropout", "feature_alpha_dropout", "lift_fresh", "lift_fresh_copy", "type_as", "float",
    "half", "positive", "requires_grad", "view_as_real_copy", "resolve_conj", "native_dropout",
    "_autocast_to_full_precision", "_autocast_to_reduced_precision", "lift",
)  # fmt: skip
ACTIVATIONS = {
    "relu": "Relu", "sigmoid": "Sigmoid", "hardsigmoid": "HardSigmoid", "hardswish": "HardSwish",
    "silu": "Swish", "gelu": "Gelu", "tanh": "Tanh", "mish": "Mish", "elu": "Elu", "selu": "Selu",
    "celu": "Celu", "leaky_relu": "LeakyRelu", "softplus": "Softplus", "exp": "Exp", "log": "Log",
    "sqrt": "Sqrt", "reciprocal": "Reciprocal", "abs": "Abs", "neg": "Neg", "erf": "Erf",
    "floor": "Floor", "ceil": "Ceil", "round": "Round", "sign": "Sign", "sin": "Sin", "cos": "Cos",
    "logical_not": "Not", "bitwise_not": "BitwiseNot", "isnan": "IsNaN", "isinf": "IsInf",
    "log_sigmoid": "Softplus", "hardshrink": "Shrink", "softshrink": "Shrink", "tan": "Tan",
    "sinh": "Sinh", "cosh": "Cosh", "asin": "Asin", "acos": "Acos", "atan": "Atan",
    "cumsum": "CumSum", "cumprod": "CumProd", "log2": "Log", "log10": "Log", "log1p": "Log",
    "expm1": "Exp", "exp2": "Exp", "trunc": "Round", "frac": "Round", "softsign": "Softsign",
    "isfinite": "IsInf", "sgn": "Sign", "erfc": "Erf", "asinh": "Asinh", "acosh": "Acosh",
    "atanh": "Atanh", "threshold": "ThresholdedRelu",
}  # fmt: skip
BINARY = {
    "sub": "Sub", "mul": "Mul", "div": "Div", "true_divide": "Div", "pow": "Pow", "eq": "Equal",
    "ne": "Equal", "lt": "Less", "gt": "Greater", "le": "LessOrEqual", "ge": "GreaterOrEqual",
    "maximum": "Max", "minimum": "Min", "logical_and": "And", "logical_or": "Or",
    "logical_xor": "Xor", "bitwise_and": "BitwiseAnd", "bitwise_or": "BitwiseOr",
    "bitwise_xor": "BitwiseXor", "remainder": "Mod", "fmod": "Mod", "floor_divide": "Div",
    "multiply": "Mul", "subtract": "Sub", "divide": "Div", "__and__": "And", "__or__": "Or",
    "atan2": "Div",
}  # fmt: skip


@aten(*SAME)
def same(call: Call) -> None:
    call.same_as(call.every_tensor()[0])


@aten(*ACTIVATIONS)
def activation(call: Call) -> None:
    call.make(ACTIVATIONS[call.kind], call.every_tensor()[:1])


@aten("relu6", "hardtanh", "clamp", "clip", "clamp_min", "clamp_max")
def clamped(call: Call) -> None:
    low, high = (0, 6) if call.kind == "relu6" else (
        call.get("min_val", call.get("min")), call.get("max_val", call.get("max"))
    )  # fmt: skip
    call.make("Clip", [call.tensor("self")], min=_whole(low), max=_whole(high))


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


@aten("prelu", "rrelu")
def prelu(call: Call) -> None:
    op = "PRelu" if call.kind == "prelu" else "LeakyRelu"
    call.make(op, call.every_tensor())


@aten("add", "add_relu")
def add(call: Call) -> None:
    other = call.tensor("other")
    if call.get("alpha", 1) != 1:
        other = call.make("Mul", [other, call.number(call["alpha"])], f"{call.name}.scaled")
    call.make("Add", [call.tensor("self"), other])


@aten("rsub")
def from_number(call: Call) -> None:
    call.make("Sub", [call.tensor("other"), call.tensor("self")])


@aten(*BINARY)
def binary(call: Call) -> None:
    right = "exponent" if "exponent" in call.given else "other"
    call.make(BINARY[call.kind], [call.tensor("self"), call.tensor(right)])


@aten("addcmul", "addcdiv")
def add_product(call: Call) -> None:
    op = "Mul" if call.kind == "addcmul" else "Div"
    product = call.make(op, [call.tensor("tensor1"), call.tensor("tensor2")], f"{call.name}.part")
    call.make("Add", [call.tensor("self"), product])


@aten("lerp")
def between(call: Call) -> None:
    """start + weight·(end - start)."""
    gap = call.make("Sub", [call.tensor("end"), call.tensor("self")], f"{call.name}.gap")
    part = call.make("Mul", [gap, call.tensor("weight")], f"{call.name}.part")
    call.make("Add", [call.tensor("self"), part])


@aten("where")
def where(call: Call) -> None:
    call.make("Where", [call.tensor(key) for key in ("condition", "self", "other")])


@aten("masked_fill")
def masked_fill(call: Call) -> None:
    call.make("Where", [call.tensor(key) for key in ("mask", "value", "self")])


@aten("rsqrt")
def inverse_root(call: Call) -> None:
    root = call.make("Sqrt", [call.tensor("self")], f"{call.name}.root")
    call.make("Reciprocal", [root])


@aten("square")
def square(call: Call) -> None:
    call.make("Pow", [call.tensor("self"), call.number(2)])


@aten("glu")
def glu(call: Call) -> None:
    """The first half of an axis times the sigmoid of the second."""
    halves = [call.graph.fresh(f"{call.name}.{side}") for side in ("left", "right")]
    call.graph.add(call.place, "Split", [call.tensor("self")], halves,
                   {"axis": call.axis("dim"), "num_outputs": 2})  # fmt: skip
    gate = call.make("Sigmoid", halves[1:], f"{call.name}.gate")
    call.make("Mul", [halves[0], gate])
