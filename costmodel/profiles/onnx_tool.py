"""onnx-tool, on the file that PyTorch exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim, exact_div, prod
from costmodel.profiles import Profile, Rule, Seen, profile
from costmodel.profiles.rules import bias, each, per_input, per_output, rows

DIVIDE, EXP, LOG, SQRT = 4, 32, 43, 24
TANH = 2 * (EXP + 2 + DIVIDE)  # its tanh counts every element twice
ERF = 0
BATCH_NORM = 1 + SQRT + DIVIDE + 1 + 1


def _batch_norm(seen: Seen) -> Dim:
    """Folded into a convolution before it, which then has a bias; else a division and a root."""
    before = seen.sources[0] if seen.sources else None
    if before is None or before.kind != "conv":
        return BATCH_NORM * prod(seen.y)
    return 0 if before.bias else prod(seen.y)


def _mean_of_map(seen: Seen) -> Dim:
    """GlobalAveragePool: an addition for each element, a division; ReduceMean: no division."""
    return prod(seen.xs[0]) + (0 if seen.written == "mean" else DIVIDE * prod(seen.y))


def _window(seen: Seen) -> Dim:
    """Every element of every window."""
    return prod(seen.y) * prod(each(seen.op.kernel, len(seen.y) - 2))


def _cells(seen: Seen) -> Dim:
    """The window pool that the export turns an adaptive one into: its cells divide the map."""
    sides = [extent // cells for extent, cells in zip(seen.xs[0][2:], seen.y[2:], strict=True)]
    return prod(seen.y) * prod(sides)


def _slice(seen: Seen) -> Dim:
    """Of x.chunk: an addition and a division for all parts, a multiplication for each edge."""
    if seen.written != "chunk":
        return 0
    return 1 + (1 + DIVIDE if seen.op.start == 0 else 0)


def _join(each_input: int, once: int = 0) -> Rule:
    """So many operations for each input but the first, and *once* more."""
    return lambda seen: (each_input * (len(seen.xs) - 1) + once) * prod(seen.y)


@profile("onnx-tool")
class OnnxTool(Profile):
    """onnx-tool 1.0.1 on PyTorch's export: instructions.

    ``graph.macs`` of what ``torch.onnx.export`` (2.14, TorchScript exporter, opset 17,
    evaluation) makes of the network: its "MACs" are x86 instructions.  A multiply-add, addition,
    multiplication or comparison is 1, a division 4, a root 24, exp and sigmoid 32, tanh 76, for
    each element; so SiLU is 33, hard swish 5, hard sigmoid 4, ReLU6 2, GELU 7, softmax 36.  Pools
    cost every element of every window, a global one its input and a division for each map;
    upsampling is 0, bilinear 4. The export folds a batch norm into the convolution before it,
    which then has a bias; one that has no convolution before it (DenseNet) costs 31 for each
    element.
    Bugs    Sigmoid is counted as its exp alone, tanh twice, erf not at all.  A transposed
            convolution costs each *output* element the weights of one input channel.  What the
            numbers stand for: ThanatosShinji/onnx-tool#7.
    Limits  A convolution that feeds a batch norm is taken to feed nothing else.  LRN, adaptive
            pools whose cells do not divide the map and nn.ChannelShuffle cannot be exported; LRN
            is counted as its LRN node would be.  params are PyTorch's, not the folded file's.

    32 for each of 63 elements:

    >>> from costmodel.ops import OPS
    >>> OnnxTool().alone(OPS["sigmoid"](), (1, 1, 9, 7))
    2016
    """

    extras: ClassVar[Mapping[str, Rule]] = {
        "conv": bias,
        "conv_transpose": bias,
        "linear": bias,
        "batch_norm": _batch_norm,
        "layer_norm": lambda seen: 7 * prod(seen.y) + (1 + SQRT + DIVIDE) * rows(seen.y),
        "group_norm": per_output(9),
        "local_response_norm": lambda seen: (DIVIDE + EXP + 1 + seen.op.size) * prod(seen.y),
        "relu": per_output(1),
        "relu6": per_output(2),
        "leaky_relu": per_output(2),
        "prelu": per_output(2),
        "elu": per_output(1 + EXP + 2),
        "sigmoid": per_output(EXP),
        "h_sigmoid": per_output(4),
        "swish": per_output(EXP + 1),
        "h_swish": per_output(5),
        "gelu": per_output(DIVIDE + ERF + 3),
        "tanh": per_output(TANH),
        "mish": per_output(EXP + 1 + LOG + TANH + 1),
        "softmax": per_output(EXP + DIVIDE),
        "max_pool": _window,
        "avg_pool": _window,
        "global_avg_pool": _mean_of_map,
        "global_max_pool": per_input(1),
        "adaptive_avg_pool": _cells,
        "adaptive_max_pool": _cells,
        "upsample": lambda seen: 0 if seen.op.mode == "nearest" else 4 * prod(seen.y),
        "add": _join(1),
        "multiply": _join(1),
        "mean": _join(1, DIVIDE),
        "layer_scale": per_output(1),
        "slice": _slice,
    }

    def counted(self, seen: Seen) -> Dim:
        if seen.op.kind == "conv_transpose":
            weights = seen.op.weights(seen.xs[0])
            return exact_div(weights, seen.xs[0][1]) * prod(seen.y)
        return super().counted(seen)
