"""ATen operators with windows, weights or statistics: convolutions, norms, pools, attention."""

from __future__ import annotations

from typing import Any

from costmodel.importers.torch.graph import Call, aten


def _window(call: Call, axes: int) -> dict[str, Any]:
    """Strides, pads and dilations as ONNX writes them."""
    given: dict[str, Any] = {}
    if stride := call.ints("stride"):
        given["strides"] = _spread(stride, axes)
    if "dilation" in call.given:
        given["dilations"] = _spread(call.ints("dilation"), axes)
    if isinstance(call["padding"], str):
        given["auto_pad"] = "SAME_UPPER" if call["padding"] == "same" else "VALID"
    else:
        given["pads"] = _spread(call.ints("padding"), axes) * 2
    return given


def _spread(values: list[int], axes: int) -> list[int]:
    return values * axes if len(values) == 1 else values


@aten("conv1d", "conv2d", "conv3d", "convolution", "_convolution", "conv_transpose1d",
      "conv_transpose2d", "conv_transpose3d")  # fmt: skip
def conv(call: Call) -> None:
    axes = call.rank("weight") - 2
    given = _window(call, axes) | {"group": call["groups"]}
    op = "ConvTranspose" if call.get("transposed") or "transpose" in call.kind else "Conv"
    if op == "ConvTranspose":
        given["output_padding"] = _spread(call.ints("output_padding"), axes)
    inputs = [call.tensor("input"), call.tensor("weight")]
    if call["bias"] is not None:
        inputs.append(call.tensor("bias"))
    if call.rank("input") == axes + 1:  # without a batch
        inputs[0] = call.make("Unsqueeze", [inputs[0], call.numbers([0])], f"{call.name}.batch")
        made = call.make(op, inputs, f"{call.name}.one", **given)
        call.make("Squeeze", [made, call.numbers([0])])
        return
    call.make(op, inputs, **given)


@aten("linear")
def linear(call: Call) -> None:
    call.make("aten.linear", [call.tensor(key) for key in ("input", "weight", "bias")])


@aten("batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm")
def batch_norm(call: Call) -> None:
    keys = ("input", "weight", "bias", "running_mean", "running_var")
    call.make("aten.batch_norm", [call.tensor(key) for key in keys])


@aten("instance_norm")
def instance_norm(call: Call) -> None:
    channels = call.shape(call["input"])[1]
    inputs = [call.tensor(key) for key in ("input", "weight", "bias")]
    call.make("GroupNormalization", _given(inputs), num_groups=channels)


@aten("group_norm")
def group_norm(call: Call) -> None:
    inputs = [call.tensor(key) for key in ("input", "weight", "bias")]
    call.make("GroupNormalization", _given(inputs), num_groups=call["num_groups"])


@aten("layer_norm", "rms_norm")
def layer_norm(call: Call) -> None:
    op = "LayerNormalization" if call.kind == "layer_norm" else "RMSNormalization"
    inputs = [call.tensor(key) for key in ("input", "weight", "bias")]
    call.make(op, _given(inputs), axis=-len(call["normalized_shape"]))


def _given(inputs: list[str]) -> list[str]:
    while inputs and not inputs[-1]:
        inputs.pop()
    return inputs


@aten("max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d",
      "max_pool2d_with_indices", "max_pool1d_with_indices", "max_pool3d_with_indices",
      "max_pool3d_with_indices", "lp_pool2d")  # fmt: skip
def pool(call: Call) -> None:
    axes = int(call.kind.partition("pool")[2][0])
    kernel = _spread(call.ints("kernel_size"), axes)
    given = _window(call, axes) | {"kernel_shape": kernel, "ceil_mode": int(call["ceil_mode"])}
    given.setdefault("strides", kernel)
    op = "MaxPool" if call.kind.startswith("max") else "AveragePool"
    if call.kind.endswith("indices"):
        call.parts(op, [call.tensor("self")], 2, **given)
    else:
        call.make(op, [call.tensor("self")], **given)


@aten("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d",
      "_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_max_pool1d",
      "adaptive_max_pool2d", "adaptive_max_pool3d")  # fmt: skip
def adaptive_pool(call: Call) -> None:
    mean, inner = "avg" in call.kind, int(call.kind.partition("pool")[2][0])
    before, after = call.shape(call["self"]), [call.size(v) for v in call["output_size"]]
    axes = range(len(before) - inner, len(before))
    after = _spread(after, inner)
    inputs, outputs = [call.tensor("self")], 1 if mean else 2
    single = [axis for axis, extent in zip(axes, after, strict=True) if extent == 1]
    kept = [axis for axis, extent in zip(axes, after, strict=True) if extent == before[axis]]
    if len(single) == inner and len(before) == inner + 2:
        call.parts("GlobalAveragePool" if mean else "GlobalMaxPool", inputs, outputs)
    elif len(kept) == inner:
        call.parts("Identity", inputs, outputs)
    elif set(single) | set(kept) == set(axes):
        call.parts("ReduceMean" if mean else "ReduceMax", inputs, outputs, axes=single, keepdims=1)
    else:
        call.parts("aten.adaptive_pool", inputs, outputs, out=tuple(after), mean=mean)
    if mean:
        call.same_as(call.graph.names[f"{call.name}.0"])


@aten("scaled_dot_product_attention")
def attention(call: Call) -> None:
    call.make(
        "aten.attention", [call.tensor(key) for key in ("query", "key", "value", "attn_mask")]
    )


@aten("matmul", "bmm", "mm", "mv", "dot", "inner")
def matmul(call: Call) -> None:
    call.make("MatMul", call.every_tensor() if _squared(call) else call.every_tensor() * 2)


def _squared(call: Call) -> bool:
    return len(call.every_tensor()) == 2


@aten("addmm", "baddbmm", "addbmm", "addmv")
def add_matmul(call: Call) -> None:
    factors = [call.tensor(key) for key in list(call.given)[1:3]]
    if call.get("beta", 1) == 0:
        call.make("MatMul", factors)
        return
    made = call.make("MatMul", factors, f"{call.name}.product")
    call.make("Add", [made, call.tensor("self")])


@aten("einsum")
def einsum(call: Call) -> None:
    call.make("Einsum", call.tensors("tensors"), equation=call["equation"])


@aten("embedding")
def embedding(call: Call) -> None:
    call.make("Gather", [call.tensor("weight"), call.tensor("indices")], axis=0)


@aten("softmax", "_softmax", "log_softmax", "_log_softmax")
def softmax(call: Call) -> None:
    call.make("Softmax", [call.tensor("self")])


@aten("lstm", "gru", "rnn_tanh", "rnn_relu")
def recurrent(call: Call) -> None:
    if "params" not in call.given or "data" in call.given:
        call.make(f"aten.packed_{call.kind}", call.every_tensor())
        return
    weights = call.tensors("params")
    call.parts("aten.recurrent", [call.tensor("input"), *weights], 3,
               layers=call["num_layers"], directions=1 + bool(call["bidirectional"]),
               biases=bool(call["has_biases"]))  # fmt: skip
