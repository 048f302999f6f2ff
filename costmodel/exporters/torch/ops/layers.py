"""Functions of elements, weighted layers and normalisation as PyTorch code."""

from __future__ import annotations

from typing import Any

from costmodel.exporters import number, refuse
from costmodel.exporters.torch.ops import DIMENSIONS, PLAIN, Arg, Code, writes
from costmodel.graph import Layer
from costmodel.ops.window import spread

SIMPLE = {
    "relu": "nn.ReLU", "relu6": "nn.ReLU6", "leaky_relu": "nn.LeakyReLU", "elu": "nn.ELU",
    "sigmoid": "nn.Sigmoid", "h_sigmoid": "nn.Hardsigmoid", "swish": "nn.SiLU",
    "h_swish": "nn.Hardswish", "gelu": "nn.GELU", "tanh": "nn.Tanh", "mish": "nn.Mish",
    "identity": "nn.Identity",
}  # fmt: skip


@writes(*SIMPLE)
def simple(layer: Layer, op: Any) -> Code:
    return Code(SIMPLE[op.kind])


@writes("constants")
def constants(layer: Layer, op: Any) -> Code:
    """What a file holds beside its layers is of no use here, but what is learned stays so."""
    if op.learned == 0:
        return Code("nn.Identity")
    held = Arg("learned", number(layer, op.learned, "learned"))
    return Code("Held", (held,), parts=("Held",))


@writes("softmax")
def softmax(layer: Layer, op: Any) -> Code:
    return Code("nn.Softmax", (Arg("axis", -1 if len(layer.y) <= 3 else 1, "dim"),))


@writes("prelu")
def prelu(layer: Layer, op: Any) -> Code:
    slopes = number(layer, layer.xs[0][1], "c_in") if op.per_channel else 1
    return Code("nn.PReLU", (Arg("c_in", slopes, default=1),))


@writes("dropout", "drop_path")
def dropout(layer: Layer, op: Any) -> Code:
    rate = Arg("rate", float(op.rate))
    if op.kind == "dropout":
        return Code("nn.Dropout", (rate,))
    return Code("StochasticDepth", (rate,), parts=("StochasticDepth",))


@writes("linear")
def linear(layer: Layer, op: Any) -> Code:
    x = layer.xs[0]
    width = number(layer, x[-1] if len(x) <= 3 else x[1], "its width")
    args = (Arg("c_in", width), Arg("out", number(layer, op.out, "out")),
            Arg("bias", op.bias, "bias", True))  # fmt: skip
    return Code("nn.Linear", args, PLAIN if len(x) <= 3 else "{m}({0}.flatten(1))")


@writes("rbf")
def rbf(layer: Layer, op: Any) -> Code:
    width = number(layer, layer.xs[0][1], "its width")
    args = (Arg("c_in", width), Arg("out", number(layer, op.out, "out")))
    return Code("Rbf", args, parts=("Rbf",))


@writes("embed")
def embed(layer: Layer, op: Any) -> Code:
    y = layer.y
    length = number(layer, y[1], "the number of tokens") if op.positions else 0
    args = (Arg("width", number(layer, y[2], "its width")),
            Arg("tokens", number(layer, op.tokens, "tokens"), "tokens", 0),
            Arg("length", length, "length", 0))  # fmt: skip
    return Code("Embed", args, parts=("Embed",))


@writes("embedding")
def embedding(layer: Layer, op: Any) -> Code:
    args = (Arg("rows", number(layer, op.rows, "rows")),
            Arg("width", number(layer, op.width, "width")))  # fmt: skip
    return Code("nn.Embedding", args, "{m}({0}.long())")


@writes("layer_scale")
def layer_scale(layer: Layer, op: Any) -> Code:
    x = layer.xs[0]
    width = number(layer, x[-1] if len(x) <= 3 else x[1], "its channels")
    args = (Arg("c_in", width), Arg("axes", max(len(x) - 2, 0) if len(x) > 3 else 0, "axes", 0))
    return Code("LayerScale", args, parts=("LayerScale",))


@writes("attention")
def attention(layer: Layer, op: Any) -> Code:
    heads = Arg("heads", number(layer, op.heads, "heads"))
    if op.window is None:
        return Code("Attention", (heads,), "{m}({all})", parts=("Attention",))
    sides = spread(op.window, 2, "window")
    lengths = {x[1] for x in (layer.xs if len(layer.xs) == 1 else layer.xs[:2])}
    if lengths != {sides[0] * sides[1]}:
        raise refuse(layer, f"has a window of {sides[0]}×{sides[1]} for other numbers of tokens")
    args = (heads, Arg("window", sides))
    return Code("WindowAttention", args, "{m}({all})", parts=("Attention", "WindowAttention"))


@writes("batch_norm")
def batch_norm(layer: Layer, op: Any) -> Code:
    x = layer.xs[0]
    args = (
        Arg("c_in", number(layer, x[1], "c_in")),
        Arg("affine", op.affine, "affine", True),
    )
    return Code(f"nn.BatchNorm{DIMENSIONS.get(len(x), '1d')}", args)


@writes("group_norm")
def group_norm(layer: Layer, op: Any) -> Code:
    args = (Arg("groups", number(layer, op.groups, "groups")),
            Arg("c_in", number(layer, layer.xs[0][1], "c_in")),
            Arg("affine", op.affine, "affine", True))  # fmt: skip
    return Code("nn.GroupNorm", args)


@writes("layer_norm", "rms_norm")
def layer_norm(layer: Layer, op: Any) -> Code:
    x = layer.xs[0]
    affine = Arg("affine", op.affine, "elementwise_affine", True)
    norm = "LayerNorm" if op.kind == "layer_norm" else "RMSNorm"
    if op.axis == "all":
        shape = tuple(number(layer, extent, "its extents") for extent in x[1:])
        return Code(f"nn.{norm}", (Arg("shape", shape), affine))
    if len(x) <= 3:
        return Code(f"nn.{norm}", (Arg("width", number(layer, x[-1], "its width")), affine))
    args = (Arg("c_in", number(layer, x[1], "c_in")), affine)
    return Code(f"Channel{norm}", args, parts=(f"Channel{norm}",))


@writes("local_response_norm")
def local_response_norm(layer: Layer, op: Any) -> Code:
    return Code("nn.LocalResponseNorm", (Arg("size", number(layer, op.size, "size")),))
