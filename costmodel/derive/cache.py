"""Traffic of a convolution against the size S of the on-chip memory: a bracket.

Lower end: the larger of what moves at least once (each input that a tap reads, each weight,
each output) and what runs of transfers must move (``capacity``, with its proof).

Upper end.  A tiling that an S-element memory can hold, found by trying all tile sizes of a
grid: outputs stay, input patches and weights stream by channel; or the weights stay whole and
the input streams by rows; or the input stays whole and the filters stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

from costmodel.arith import is_symbolic
from costmodel.derive.capacity import least_traffic, reuse, traffic_bound
from costmodel.derive.padding import exact_mult_adds, padding_before
from costmodel.derive.result import Bound
from costmodel.errors import BindingError
from costmodel.graph import Layer
from costmodel.ops.window import axes_of
from costmodel.render import Block, Column, Grid, Heading, Report, Text


class Bracket(NamedTuple):
    """The traffic lies between *lower* and *upper* elements; *upper* None: S is too small."""

    name: str
    size: int
    lower: int
    upper: int | None
    tiling: str


class _Loops(NamedTuple):
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    n: int
    c_in: int
    c_out: int
    groups: int
    inner: tuple[int, ...]
    outer: tuple[int, ...]
    weights: int
    before: tuple[int, ...]  # padding before each axis


def _loops(layer: Layer) -> _Loops:
    op: Any = layer.op
    x, y = layer.xs[0], layer.y
    if any(map(is_symbolic, (*x, *y))):
        raise BindingError("a bracket needs a number for every symbol", hint="bind them with --at")
    params = op.forward(layer.xs, y).params
    if op.kind == "linear":
        rows = prod(x[:-1])
        return _Loops((1, 1), (1, 1), (1, 1), 1, x[-1], y[-1], 1, (1, rows), (1, rows), params,
                      (0, 0))  # fmt: skip

    def pair(value: Any) -> tuple[int, ...]:
        return tuple(value) if isinstance(value, tuple | list) else (value,) * (len(x) - 2)

    axes = axes_of(x, "conv", op.kernel, op.stride, op.dilation, op.padding)
    before = tuple(int(padding_before(axis)) for axis in axes)
    return _Loops(
        pair(op.kernel), pair(op.stride), pair(op.dilation), x[0], x[1], y[1], op.groups,
        tuple(x[2:]), tuple(y[2:]), params, before,
    )  # fmt: skip


def bracket(layer: Layer, size: int) -> Bracket:
    """What moves between a memory of *size* elements and the rest while *layer* runs."""
    if layer.op.kind not in ("conv", "linear"):
        raise BindingError(f"{layer.op.kind} has no bracket: only conv and linear do")
    loops = _loops(layer)
    reused = prod(
        reuse(*axis) for axis in zip(loops.kernel, loops.stride, loops.dilation, strict=True)
    )
    lower = max(_compulsory(loops), least_traffic(exact_mult_adds(layer), reused, size))
    options = [(traffic, how) for traffic, need, how in _tilings(loops, size) if need <= size]
    upper, how = min(options, default=(None, "no tiling fits"))
    return Bracket(layer.path, size, lower, upper, how)


def lower_bound(layer: Layer, size: Any) -> Bound:
    """The lower end as a bound with its proof; symbols may stay free, *size* too.

    Raises BindingError for a layer that is no convolution or linear layer, and for symbols
    where a stride or a dilation may skip inputs.
    """
    op: Any = layer.op
    if op.kind not in ("conv", "linear"):
        raise BindingError(f"{op.kind} has no bracket: only conv and linear do")
    x, y = layer.xs[0], layer.y
    if not any(map(is_symbolic, (*x, *y))):
        loops = _loops(layer)
        axes = list(zip(loops.kernel, loops.stride, loops.dilation, strict=True))
        return traffic_bound(layer.path, exact_mult_adds(layer), axes, _compulsory(loops), size)
    axes = [(1, 1, 1)]
    if op.kind == "conv":
        steps = axes_of(x, "conv", op.kernel, op.stride, op.dilation, op.padding)
        axes = [(axis.kernel, axis.stride, axis.dilation) for axis in steps]
    if any(axis[1:] != (1, 1) for axis in axes):
        raise BindingError(f"{layer.path} may skip inputs", hint="bind its symbols with --at")
    moved = op.forward(layer.xs, y).mem_access
    return traffic_bound(layer.path, exact_mult_adds(layer), axes, moved, size)


def _compulsory(loops: _Loops) -> int:
    """Inputs that some tap reads, weights and outputs, once each."""
    used = prod(len(_read(loops, axis)) for axis in range(len(loops.inner)))
    return loops.n * (loops.c_in * used + loops.c_out * prod(loops.outer)) + loops.weights


def _read(loops: _Loops, axis: int) -> set[int]:
    """The places along one axis that some tap of some position reads."""
    starts = range(-loops.before[axis], loops.inner[axis], loops.stride[axis])
    taps = range(0, loops.dilation[axis] * loops.kernel[axis], loops.dilation[axis])
    places = {p + r for p in starts[: loops.outer[axis]] for r in taps}
    return {p for p in places if 0 <= p < loops.inner[axis]}


def _sides(extent: int) -> list[int]:
    tried = {extent}
    side = 1
    while side < extent:
        tried.add(side)
        side = side * 2 if side < 8 else side * 3 // 2
    return sorted(tried)


def _tilings(loops: _Loops, size: int) -> Iterator[tuple[int, int, str]]:
    """(traffic, elements needed on chip, how)."""
    n, groups = loops.n, loops.groups
    c_in, c_out = loops.c_in // groups, loops.c_out // groups
    taps, made = prod(loops.kernel), n * loops.c_out * prod(loops.outer)
    everything = n * loops.c_in * prod(loops.inner) + loops.weights + made
    reach = loops.dilation[0] * (loops.kernel[0] - 1) + 1
    rows = min(reach, loops.inner[0]) * prod(loops.inner[1:])
    held = loops.weights + rows * loops.c_in + 1
    yield everything, held, "weights stay, the input streams by rows"
    whole = loops.c_in * prod(loops.inner)
    if n == 1:
        yield everything, whole + taps * c_in + 2, "the input stays, filters stream"
    for height in _sides(loops.outer[0]):
        for width in _sides(prod(loops.outer[1:])) if len(loops.outer) == 2 else [1]:
            patch, fetched = _patches(loops, (height, width))
            tiles = -(-loops.outer[0] // height) * -(-prod(loops.outer[1:]) // width)
            for out in _sides(c_out):
                need = height * width * out + patch + taps * out
                if need > size:
                    break
                passes = -(-c_out // out)
                inputs = n * groups * c_in * passes * fetched
                weights = n * tiles * (loops.weights)
                yield inputs + weights + made, need, f"tiles of {height}x{width}x{out} outputs"


def _patches(loops: _Loops, tile: tuple[int, int]) -> tuple[int, int]:
    """The largest input patch of one channel, and all patches of a channel together."""
    largest, fetched = 1, 1
    for i, extent in enumerate(loops.outer):
        side = tile[i] if i < len(tile) else extent
        reach = loops.dilation[i] * (loops.kernel[i] - 1) + 1
        patch = min((side - 1) * loops.stride[i] + reach, loops.inner[i])
        largest *= patch
        fetched *= patch * -(-extent // side)
    return largest, fetched


def traffic(model: Any, sizes: list[int]) -> Report:
    """The bracket of the whole network for each on-chip size; of one size also layer by layer."""
    graph = getattr(model, "graph", model)
    layers = [layer for layer in graph.layers if layer.op.kind in ("conv", "linear")]
    rows, found = [], []
    for size in sizes:
        parts = [bracket(layer, size) for layer in layers]
        uppers = [p.upper for p in parts if p.upper is not None]
        upper = sum(uppers) if len(uppers) == len(parts) else None
        rows.append([size, sum(p.lower for p in parts), upper])
        found.append([{"layer": p.name, "lower": p.lower, "upper": p.upper, "tiling": p.tiling}
                      for p in parts])  # fmt: skip
    ends = [Column("lower", "at least", "count", 8), Column("upper", "at most", "count", 8)]
    blocks: list[Block] = [
        Heading(f"{graph.spec.model}: traffic against on-chip memory"),
        Grid([Column("size", "on chip (elements)", "count", 9), *ends], rows,
             caption="elements moved by convolutions and linear layers"),
    ]  # fmt: skip
    if len(sizes) == 1:
        each = [list(part.values()) for part in found[0]]
        columns = [Column("layer", "layer", priority=9), *ends, Column("tiling", "at most by")]
        blocks.append(Grid(columns, each, caption=f"layer by layer, {sizes[0]} elements on chip"))
    blocks.append(
        Text("lower: Loomis-Whitney on runs of transfers, and each element once; upper: the best "
             "tiling tried that fits", kind="note")
    )  # fmt: skip
    keys = ("size", "lower", "upper")
    data = [{**dict(zip(keys, row, strict=True)), "layers": parts}
            for row, parts in zip(rows, found, strict=True)]  # fmt: skip
    return Report(blocks, data)
