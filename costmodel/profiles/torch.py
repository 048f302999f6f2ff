"""PyTorch's own FlopCounterMode."""

from __future__ import annotations

from costmodel.profiles import Profile, profile


@profile("torch")
class Torch(Profile):
    """torch 2.14's flop_counter: twice the mult-adds.

    ``torch.utils.flop_counter.FlopCounterMode().get_total_flops()``: two for each multiply-add of
    convolution, linear, matmul and attention; nothing else.
    Bugs    On the CPU it misses attention, as the operator that runs has no rule
            (pytorch/pytorch#195460), and nn.MultiheadAttention whole under no_grad (the fused
            fast path); this profile counts both, as it does on the GPU, on ``meta`` and with
            ``sdpa_kernel(MATH)``.

    Two for each of 2·2·3 products of 2·2 inputs, on the grid of the input:

    >>> from costmodel.ops import OPS
    >>> Torch().alone(OPS["conv_transpose"](out=1, kernel=2, stride=2, bias=True), (1, 3, 2, 2))
    96
    """

    weight = 2
