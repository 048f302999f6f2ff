"""The mistakes people make when they count a layer by hand, each as the number it gives.

Read from public threads; the H numbers are those of the survey the list was drawn from.  To
add a slip, write a generator under ``@slip``: it yields (quantity, value, what was done).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import prod
from typing import Any, NamedTuple

Found = Iterator[tuple[str, Any, str]]


class Facts(NamedTuple):
    """One layer in plain numbers."""

    kind: str
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    c_in: int
    c_out: int
    groups: int
    bias: int
    n: int
    inner: tuple[int, ...]  # the input's extents
    outer: tuple[int, ...]  # the output's
    true: dict[str, int]

    @property
    def taps(self) -> int:
        """Kernel taps."""
        return prod(self.kernel)

    @property
    def weights(self) -> int:
        """Weights without bias."""
        return self.taps * self.c_in * self.c_out // self.groups

    @property
    def length(self) -> int:
        """Products summed for one output element."""
        other = self.c_out if self.kind == "conv_transpose" else self.c_in
        return self.taps * other // self.groups

    @property
    def positions(self) -> int:
        """Output positions, all images together."""
        return self.n * prod(self.outer)

    @property
    def weighted(self) -> bool:
        """Whether the layer has weights and products."""
        return self.kind in ("conv", "conv_transpose", "linear")


class Slip(NamedTuple):
    """One way to go wrong."""

    code: str
    title: str
    numbers: Callable[[Facts], Found]


SLIPS: list[Slip] = []


def slip(code: str, title: str) -> Callable[[Callable[[Facts], Found]], Callable[[Facts], Found]]:
    """Add a slip to the list."""

    def add(numbers: Callable[[Facts], Found]) -> Callable[[Facts], Found]:
        SLIPS.append(Slip(code, title, numbers))
        return numbers

    return add


@slip("H1", "n multiplications and n - 1 additions counted one by one")
def _exact(f: Facts) -> Found:
    if f.weighted:
        outputs = f.positions * f.c_out
        yield "flops", (2 * f.length - 1 + f.bias) * outputs, "2n - 1 + bias for each output"
        yield "flops", (2 * f.length - 1) * outputs, "2n - 1 for each output, the bias left out"
        yield "flops", (2 * f.length - f.bias) * outputs, "the sign of the bias is reversed"
        yield "flops", (2 * f.length + 1) * outputs, "2n + 1 for each output"


@slip("H2", "n + 1 operations for a dot product of length n")
def _n_plus_one(f: Facts) -> Found:
    if f.weighted:
        outputs = f.positions * f.c_out
        yield "flops", (f.length + 1) * outputs, "n + 1 for each output"
        yield "flops", f.length + 1, "n + 1 for one output, the outputs left out"


@slip("H3", "divided by the stride again, or the stride left out")
def _stride(f: Facts) -> Found:
    if f.weighted and prod(f.stride) > 1:
        true = f.true["mult_adds"]
        yield "mult_adds", Fraction(true, prod(f.stride)), "divided by both strides again"
        yield "mult_adds", Fraction(true, f.stride[0]), "divided by the stride once more"
        yield "mult_adds", f.weights * f.n * prod(f.inner), "counted on the input grid"


@slip("H4", "the input grid divided by the stride instead of the output grid")
def _grid(f: Facts) -> Found:
    if f.weighted and f.inner:
        low = prod(x // s for x, s in zip(f.inner, f.stride, strict=True))
        high = prod(-(-x // s) for x, s in zip(f.inner, f.stride, strict=True))
        bare = prod((x - k) // s + 1
                    for x, k, s in zip(f.inner, f.kernel, f.stride, strict=True))  # fmt: skip
        yield "mult_adds", f.weights * f.n * low, "input // stride positions: padding ignored"
        yield "mult_adds", f.weights * f.n * high, "ceil(input / stride) positions"
        yield "mult_adds", f.weights * f.n * bare, "positions worked out without padding"
        near = Fraction(prod(f.inner), prod(f.stride))
        yield "mult_adds", f.weights * f.n * near, "input / stride positions, not rounded"


@slip("H5", "a transposed convolution counted on the output grid, or with channels swapped")
def _transposed(f: Facts) -> Found:
    if f.kind == "conv_transpose":
        made = f.positions * f.c_out * f.bias
        yield "mult_adds", f.weights * f.positions, "counted on the output grid"
        yield "mult_adds", f.weights * f.positions + made, "on the output grid, bias included"
        swapped = f.taps * f.c_in * f.c_in // f.groups
        yield "mult_adds", swapped * f.n * prod(f.inner), "input channels taken for output channels"
        twice = Fraction(f.weights, f.groups)
        yield "mult_adds", twice * f.n * prod(f.inner), "divided by the groups twice"


@slip("H6", "groups ignored or divided twice")
def _groups(f: Facts) -> Found:
    if f.weighted and f.groups > 1:
        for key in ("params", "mult_adds"):
            plain = f.weights if key == "params" else f.true[key]
            yield key, plain * f.groups, "the groups ignored"
            yield key, Fraction(plain, f.groups), "divided by the groups twice"


@slip("H7", "a depthwise convolution counted with C * C")
def _depthwise(f: Facts) -> Found:
    if f.weighted and f.groups == f.c_in > 1:
        dense = f.taps * f.c_in * f.c_in
        yield "params", dense, "k*k*C*C instead of k*k*C"
        yield "mult_adds", dense * f.positions, "k*k*C*C instead of k*k*C at each position"


@slip("H8", "dilation taken to add taps")
def _dilation(f: Facts) -> Found:
    if f.weighted and prod(f.dilation) > 1:
        reach = [d * (k - 1) + 1 for d, k in zip(f.dilation, f.kernel, strict=True)]
        widened = f.c_in * f.c_out // f.groups * prod(reach)
        yield "mult_adds", f.true["mult_adds"] * prod(f.dilation), "multiplied by the dilation"
        yield "mult_adds", widened * f.positions, "the holes of the kernel counted as taps"
        yield "params", widened, "the holes of the kernel counted as weights"


@slip("H9", "mult-adds as params times positions")
def _shortcut(f: Facts) -> Found:
    if f.weighted:
        full = f.weights + f.c_out
        yield "mult_adds", f.true["params"] * f.positions, "params * positions, bias included"
        yield "mult_adds", full * f.positions, "a bias counted as a mult-add"
        yield "mult_adds", f.true["params"] * f.n * prod(f.inner), "params * positions of the input"


@slip("H10", "weights without the input channels, or the bias forgotten or invented")
def _weights(f: Facts) -> Found:
    if f.weighted:
        yield "params", f.taps * f.c_out, "the input channels left out"
        yield "params", f.taps * f.c_out + f.c_out, "the input channels left out, with bias"
        yield "params", f.weights, "the bias forgotten"
        yield "params", f.weights + f.c_out, "a bias that the layer does not have"
        yield "params", f.weights + 1, "one bias for all outputs"
        yield "params", f.taps * f.c_in * f.c_in // f.groups, "output channels taken as input's"


@slip("H11", "batch-norm parameters or operations counted by another rule")
def _norm(f: Facts) -> Found:
    if f.kind == "batch_norm":
        yield "params", 4 * f.c_out, "running mean and variance counted as learned"
        yield "params", f.c_out, "only the scale counted"
        for times in (1, 2, 4):
            yield "flops", times * f.positions * f.c_out, f"{times} operations for each element"


@slip("H12", "pooling counted like a convolution")
def _pool(f: Facts) -> Found:
    if f.kind in ("max_pool", "avg_pool"):
        area = f.taps * f.positions
        yield "mult_adds", area * f.c_in * f.c_in, "k*k*C*C at each position"
        yield "mult_adds", area * f.c_in, "k*k*C at each position: comparisons, not mult-adds"
        both = area * f.c_in + f.c_in * f.c_in * f.positions
        yield "mult_adds", both, "as a separable convolution"


@slip("H13", "attention without its L*L term, or halved for causality")
def _attention(f: Facts) -> Found:
    if "attention" in f.kind:
        n, length, width = f.n, f.inner[0], f.c_out
        pair = n * length * length * width
        yield "mult_adds", pair, "only one of Q*K and A*V"
        yield "mult_adds", 2 * n * length * width, "linear in the length: L*L left out"
        yield "mult_adds", 4 * pair, "4*D*L*L: FLOPs taken for mult-adds"
        yield "mult_adds", f.true["mult_adds"] - pair, "causal attention counted as half"


@slip("H14", "another resolution: the stride placed elsewhere")
def _placed(f: Facts) -> Found:
    if f.weighted and f.inner:
        each = f.weights * f.n
        for shift, what in ((2, "halved too late"), (Fraction(1, 2), "halved too early")):
            moved = [Fraction(x) * shift for x in f.outer]
            yield "mult_adds", each * prod(moved), f"the resolution is {what}"
        for side in (7, 8, 14, 16, 28, 32, 56, 64, 112, 128, 224, 256):
            yield "mult_adds", each * side**2, f"counted at {side} x {side} positions"
        yield "mult_adds", 0, "the layer was left out"


@slip("H15", "a binary prefix on a count")
def _prefix(f: Facts) -> Found:
    for key, true in f.true.items():
        for power, unit in ((1, "k"), (2, "M"), (3, "G")):
            small, large = Fraction(1000**power), Fraction(1024**power)
            yield key, true * small / large, f"divided by 1024^{power}, told in {unit}"
            yield key, true * large / small, f"1024^{power} taken for 1 {unit}"


@slip("H16", "several images, crops or passes in one number")
def _images(f: Facts) -> Found:
    for key in ("mult_adds", "flops", "mem_access", "activations"):
        for times in (2, 3, 4, 5, 8, 10, 16, 30, 32, 64, 128, 256):
            yield key, times * f.true.get(key, 0), f"{times} images, crops or passes"


@slip("H17", "scaled by the area of the image from another size")
def _area(f: Facts) -> Found:
    if f.weighted and f.inner and f.true["mult_adds"]:
        each, area = f.weights * f.n, prod(f.inner)
        for side in (112, 128, 160, 192, 224, 256, 288, 299, 320, 384, 448, 512):
            ratio = Fraction(side * side, area)
            yield "mult_adds", each * prod(f.outer) * ratio, f"scaled by area to {side} x {side}"


@slip("H18", "FLOPs and mult-adds confused, or the factor 2 the wrong way round")
def _factor_two(f: Facts) -> Found:
    true = f.true["mult_adds"]
    yield "mult_adds", 2 * true, "FLOPs: twice the mult-adds"
    yield "flops", true, "mult-adds: half the FLOPs"
    yield "mult_adds", Fraction(true, 2), "mult-adds taken for twice the FLOPs"
    yield "flops", 4 * true, "doubled twice"


@slip("H19", "another width: halved, doubled or rounded")
def _width(f: Facts) -> Found:
    if f.weighted:
        for key, each in (("params", 1), ("mult_adds", f.positions)):
            for shift, what in ((2, "doubled"), (Fraction(1, 2), "halved")):
                yield key, f.weights * each * shift, f"one channel count {what}"
                yield key, f.weights * each * shift**2, f"both channel counts {what}"
        for step in (4, 8, 16):
            out = max(step, (f.c_out + step // 2) // step * step)
            inn = max(step, (f.c_in + step // 2) // step * step)
            both = Fraction(f.weights, f.c_in * f.c_out) * inn * out
            yield "params", both, f"channels rounded to multiples of {step}"
            yield "mult_adds", both * f.positions, f"channels rounded to multiples of {step}"


@slip("H20", "memory access by another definition")
def _memory(f: Facts) -> Found:
    if f.weighted and f.inner:
        image, made = f.n * f.c_in * prod(f.inner), f.positions * f.c_out
        again = prod(f.inner) * f.n * f.c_in * f.taps * f.c_out
        yield "mem_access", again + made + f.weights, "the input read anew for each tap and filter"
        yield "mem_access", 4 * f.true["mem_access"], "bytes of float32, not elements"
        yield "mem_access", 2 * image + f.weights, "input channels counted on both sides"
        yield "mem_access", image + made, "the weights left out"
        same = f.n * (f.c_in + f.c_out) * prod(f.inner) + f.weights
        yield "mem_access", same, "one resolution for input and output"
