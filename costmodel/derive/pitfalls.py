"""What people get wrong about a layer like this one, said before they do.

To add a remark, write a function under ``@remark`` that returns it where it applies.  The
numbers that each mistake gives are in ``slips``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from costmodel.arith import ascii, compare, exact_div, prod
from costmodel.graph import Layer
from costmodel.table import Entry

WORTH_SAYING = 1.05  # times the least
REMARKS: list[Callable[[Entry], str | None]] = []


def remark(say: Callable[[Entry], str | None]) -> Callable[[Entry], str | None]:
    """Add a remark to the list."""
    REMARKS.append(say)
    return say


def remarks(entry: Entry) -> list[str]:
    """Every remark that applies to the layer."""
    return [text for say in REMARKS if (text := say(entry))]


def _field(layer: Layer, name: str, default: Any = 1) -> list[Any]:
    value = getattr(layer.op, name, default)
    return list(value) if isinstance(value, tuple | list) else [value]


def _exceeds_one(layer: Layer, name: str) -> bool:
    numbers = [v for v in _field(layer, name) if not isinstance(v, str) and v is not None]
    return any(compare(v, ">", 1) is True for v in numbers)


@remark
def _stride(entry: Entry) -> str | None:
    layer = entry.layer
    if not layer.op.weighted or layer.op.kind == "conv_transpose":
        return None
    if not _exceeds_one(layer, "stride"):
        return None
    return "the stride acts through h_out and w_out alone: nothing is divided by it again"


@remark
def _grid(entry: Entry) -> str | None:
    layer = entry.layer
    if layer.op.kind not in ("conv", "max_pool", "avg_pool") or len(layer.xs[0]) != 4:
        return None
    stride = _field(layer, "stride")
    for axis, (x, y) in enumerate(zip(layer.xs[0][2:], layer.y[2:], strict=True)):
        s = stride[axis % len(stride)]
        if s is not None and isinstance(x, int) and isinstance(s, int) and x != y * s:
            name = "hw"[axis]
            return f"{name}_out is {y}, not {name}_in/stride = {ascii(exact_div(x, 1))}/{s}"
    return None


@remark
def _transposed(entry: Entry) -> str | None:
    if entry.layer.op.kind != "conv_transpose":
        return None
    return "transposed: each input element meets every tap, so the grid is the input's"


@remark
def _groups(entry: Entry) -> str | None:
    layer = entry.layer
    if not layer.op.weighted or not _exceeds_one(layer, "groups"):
        return None
    (groups,) = _field(layer, "groups")
    if groups == layer.xs[0][1]:
        return "depthwise: one filter for each channel, k*k*C weights and not k*k*C*C"
    return (f"the weights hold c_in/groups channels already: divided by {ascii(groups)} once, "
            "in params and in mult-adds")  # fmt: skip


@remark
def _dilation(entry: Entry) -> str | None:
    if not entry.layer.op.weighted or not _exceeds_one(entry.layer, "dilation"):
        return None
    return "dilation adds no taps: it acts through h_out and w_out alone"


@remark
def _products(entry: Entry) -> str | None:
    layer = entry.layer
    if layer.op.kind != "conv":
        return None
    if getattr(layer.op, "bias", False):
        return "mult-adds are weights * positions; params * positions would count the bias too"
    return "mult-adds = params * h_out * w_out, as there is no bias"


@remark
def _one_by_one(entry: Entry) -> str | None:
    layer = entry.layer
    if not layer.op.weighted or layer.op.kind == "conv_transpose" or layer.op.kind == "repeated":
        return None
    outputs = prod(layer.y)
    length = exact_div(entry.cost.mult_adds, outputs)
    bias = bool(getattr(layer.op, "bias", False))
    exact = outputs * (2 * length - 1 + bias)
    return (f"one by one, {ascii(length)} products and {ascii(length - 1)} additions"
            f"{' and the bias' if bias else ''} an output: {ascii(exact)} operations; "
            "2 * mult-adds is the usual count")  # fmt: skip


@remark
def _norm(entry: Entry) -> str | None:
    if entry.layer.op.kind != "batch_norm":
        return None
    return ("scale and shift are learned (2 C params), mean and variance are stored (2 C buffers); "
            "folded into the layer before, it costs nothing")  # fmt: skip


@remark
def _pool(entry: Entry) -> str | None:
    kinds = {"max_pool": "comparisons", "avg_pool": "additions"}
    if entry.layer.op.kind not in kinds:
        return None
    return (f"k*k*C {kinds[entry.layer.op.kind]} a position, each channel by itself: "
            "no mult-adds, and never C*C")  # fmt: skip


@remark
def _attention(entry: Entry) -> str | None:
    if "attention" not in entry.layer.op.kind:
        return None
    return ("Q*K and A*V take L*L*D mult-adds each: quadratic in the length; "
            "a causal mask needs half, and is not what is counted here")  # fmt: skip


@remark
def _moved(entry: Entry) -> str | None:
    if not entry.layer.op.weighted:
        return None
    return "mem access counts elements, each tensor once: a lower bound, not bytes"


@remark
def _balance(entry: Entry) -> str | None:
    layer = entry.layer
    read, made = prod(layer.xs[0]), prod(layer.y)
    if not layer.op.weighted or not (isinstance(read, int) and isinstance(made, int)):
        return None
    if layer.op.kind == "conv" and layer.op.__dict__.get("groups", 1) == layer.xs[0][1]:
        return None  # a depthwise layer has no choice of channels
    excess = (read + made) / (2 * (read * made) ** 0.5)
    if excess < WORTH_SAYING:
        return None
    return (f"{read} elements in and {made} out are {excess:.2f} times the least at these mult-adds"
            ": G1")  # fmt: skip
