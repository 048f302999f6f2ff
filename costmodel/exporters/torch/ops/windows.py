"""Convolution, pooling and resizing as PyTorch code."""

from __future__ import annotations

from typing import Any

from costmodel.arith import Dim
from costmodel.exporters import number, refuse, seen_by
from costmodel.exporters.torch.ops import DIMENSIONS, PLAIN, Arg, Code, merged, writes
from costmodel.graph import Layer
from costmodel.ops.window import Axis, axes_of, spread


class Window:
    """The window of a layer, as torch.nn wants it: one number, or one for each axis."""

    def __init__(self, layer: Layer) -> None:
        op, x = layer.op, layer.xs[0]
        given: Any = op
        self.layer, self.op = layer, given
        stride = given.kernel if given.stride is None else given.stride
        dilation = getattr(given, "dilation", 1)
        self.axes: list[Axis] = axes_of(x, op.kind, given.kernel, stride, dilation, given.padding)
        self.same = self.axes[0].pads is None
        if self.same and op.kind == "conv" and all(axis.stride == 1 for axis in self.axes):
            self.axes = [axis._replace(pads=_halves(axis.reach - 1)) for axis in self.axes]
            self.same = False  # at stride 1 its pads are the same numbers at every size

    def each(self, field: str) -> Any:
        """A field, one number if all axes have the same."""
        values = [number(self.layer, getattr(axis, field), field) for axis in self.axes]
        return merged(tuple(values))

    def stride(self) -> Any:
        """The stride of a pool; None where it is the kernel."""
        return None if self.each("stride") == self.each("kernel") else self.each("stride")

    def _pairs(self) -> list[tuple[int, int]]:
        given = [axis.pads or (0, 0) for axis in self.axes]
        return [(number(self.layer, a, "padding"), number(self.layer, b, "padding"))
                for a, b in given]  # fmt: skip

    def _fits(self) -> bool:
        """Whether torch.nn takes the padding as it is: even, and for pools at most half."""
        halves = [axis.kernel // 2 for axis in self.axes]
        pool = self.op.family == "pool"
        return all(
            a == b and not (pool and a > half)
            for (a, b), half in zip(self._pairs(), halves, strict=True)
        )

    def padding(self) -> Any:
        """What the module is given: a number for each axis."""
        if self.same:
            return 0
        return merged(tuple(a for a, _ in self._pairs())) if self._fits() else 0

    def padded(self, fill: str = "0.0", ceil_mode: bool = False) -> tuple[str, tuple[Arg, ...]]:
        """How the module is applied, with the padding that it does not take itself."""
        if self.same or self._fits():
            return PLAIN, ()
        if ceil_mode:
            raise refuse(self.layer, "is padded unevenly and rounds up, which PyTorch cannot do")
        value = "" if fill == "0.0" else f", value={fill}"
        sides = tuple(side for pair in reversed(self._pairs()) for side in pair)
        return "{m}(F.pad({0}, {pads}" + value + "))", (Arg("pads", sides),)

    def transposed(self) -> tuple[Any, Any, str, tuple[Arg, ...]]:
        """Of a transposed convolution: padding, output padding, how it is applied."""
        given = spread(self.op.output_padding, len(self.axes), "output_padding")
        extras = [number(self.layer, extra, "output_padding") for extra in given]
        if self.same:
            crops = [axis.reach - axis.stride for axis in self.axes]
            pads = tuple((max(crop, 0) + 1) // 2 for crop in crops)
            more = tuple(2 * p - crop for p, crop in zip(pads, crops, strict=True))
            return merged(pads), merged(more), PLAIN, ()
        if self._fits():
            return self.padding(), merged(tuple(extras)), PLAIN, ()
        sides = tuple(-side for pair in reversed(self._pairs()) for side in pair)
        return 0, merged(tuple(extras)), "F.pad({m}({0}), {crop})", (Arg("crop", sides),)


def _halves(total: Dim) -> tuple[Dim, Dim]:
    """*total* zeros as those before and those after, the odd one after."""
    return total // 2, total - total // 2


@writes("conv", "conv_transpose")
def conv(layer: Layer, op: Any) -> Code:
    x = layer.xs[0]
    transposed = op.kind == "conv_transpose"
    module = "nn.ConvTranspose" if transposed else "nn.Conv"
    window = Window(layer)
    if transposed:
        padding, extra, apply, values = window.transposed()
    elif window.same:
        module, padding, extra, apply, values = "Conv", 0, 0, PLAIN, ()
    else:
        padding, extra, (apply, values) = window.padding(), 0, window.padded()
    name = f"{module}{DIMENSIONS[len(x)]}"
    parts = () if module.startswith("nn.") else (f"{name}Same",)
    return Code(
        parts[0] if parts else name,
        (
            Arg("c_in", number(layer, x[1], "c_in")),
            Arg("out", number(layer, op.out, "out")),
            Arg("kernel", window.each("kernel")),
            Arg("stride", window.each("stride"), "stride", 1),
            Arg("padding", padding, "padding", 0),
            Arg("output_padding", extra, "output_padding", 0),
            Arg("dilation", window.each("dilation"), "dilation", 1),
            Arg("groups", number(layer, op.groups, "groups"), "groups", 1),
            Arg("bias", op.bias, "bias", True),
        ),
        apply,
        values,
        parts,
    )


@writes("max_pool", "avg_pool")
def pool(layer: Layer, op: Any) -> Code:
    mean = op.kind == "avg_pool"
    window = Window(layer)
    dilation = window.each("dilation")
    if mean and dilation != 1:
        raise refuse(layer, "is dilated, which PyTorch's AvgPool cannot be")
    name = f"{'Avg' if mean else 'Max'}Pool{DIMENSIONS[len(layer.xs[0])]}"
    apply, values = window.padded("0.0" if mean else "float('-inf')", op.ceil_mode)
    args = (
        Arg("kernel", window.each("kernel")),
        Arg("stride", window.stride(), "stride", None),
        Arg("padding", window.padding(), "padding", 0),
        *(() if mean else (Arg("dilation", dilation, "dilation", 1),)),
        Arg("ceil_mode", op.ceil_mode, "ceil_mode", False),
    )
    if window.same:
        return Code(f"{name}Same", args, parts=(f"{name}Same",))
    return Code(f"nn.{name}", args, apply, values)


@writes("global_avg_pool", "global_max_pool", "adaptive_avg_pool", "adaptive_max_pool")
def grid_pool(layer: Layer, op: Any) -> Code:
    kind, x = op.kind, layer.xs[0]
    name = f"nn.Adaptive{'Avg' if 'avg' in kind else 'Max'}Pool{DIMENSIONS[len(x)]}"
    out = spread(op.out, len(x) - 2, "out") if kind.startswith("adaptive") else (1,)
    return Code(name, (Arg("cells", merged(out)),))


@writes("upsample")
def upsample(layer: Layer, op: Any) -> Code:
    rank = len(layer.xs[0])
    modes = {3: "linear", 4: "bilinear", 5: "trilinear"}
    mode = "nearest" if op.mode == "nearest" else modes[rank]
    size = op.out if op.scale is None else op.scale
    each = tuple(number(layer, v, "its size") for v in spread(size, rank - 2, "size"))
    key = "size" if op.scale is None else "scale_factor"
    value = merged(each)
    return Code("nn.Upsample", (Arg(key, value, key), Arg("mode", mode, "mode", "nearest")))


@writes("sparse_conv")
def sparse_conv(layer: Layer, op: Any) -> Code:
    window = Window(layer)
    if window.same:
        raise refuse(layer, "has padding 'same', which only dense convolutions have in PyTorch")
    axes = len(layer.xs[0]) - 2
    apply, values = window.padded()
    c_in = number(layer, layer.xs[0][1], "c_in")
    entries = enumerate(op.connections)
    seen = tuple(seen_by(layer, output, entry, c_in) for output, entry in entries)
    args = (
        Arg("connections", seen), Arg("kernel", window.each("kernel")),
        Arg("stride", window.each("stride"), "stride", 1),
        Arg("padding", window.padding(), "padding", 0),
        Arg("dilation", window.each("dilation"), "dilation", 1),
        Arg("bias", op.bias, "bias", True),
    )  # fmt: skip
    if axes != 2:
        raise refuse(layer, f"has {axes} spatial axes; there is code for two")
    return Code("SparseConv2d", args, apply, values, ("SparseConv2d",))


@writes("subsample")
def subsample(layer: Layer, op: Any) -> Code:
    window = Window(layer)
    axes = len(layer.xs[0]) - 2
    if axes != 2 or window.same:
        raise refuse(layer, "has code only for maps and padding in numbers")
    apply, values = window.padded()
    args = (Arg("c_in", number(layer, layer.xs[0][1], "c_in")),
            Arg("kernel", window.each("kernel")),
            Arg("stride", window.stride(), "stride", None),
            Arg("padding", window.padding(), "padding", 0))  # fmt: skip
    return Code("Subsample", args, apply, values, ("Subsample",))
