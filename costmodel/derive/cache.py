"""Traffic of a convolution against the size S of the on-chip memory: a bracket with a proof.

Lower end.  Cut an execution into runs of S transfers.  In one run at most 2S inputs and
weights are at hand (S resident, S fetched) and at most 2S outputs are worked on (S left
resident, S stored).  For one kernel tap the multiply-adds are points (position, c_out, c_in)
with projections into the outputs O, the tap's weights W_t and the inputs I_t it reads, so by
Loomis and Whitney there are at most sqrt(|O| |W_t| |I_t|) of them.  Summed over taps, with
Cauchy and Schwarz and because each input element is read through at most
R = ceil(k_h/s_h)*ceil(k_w/s_w) taps,

    sum sqrt(|O| |W_t| |I_t|) <= sqrt(|O| * sum|W_t| * R*|I|) <= sqrt(2S * R * S*S)

since |W| + |I| <= 2S makes |W| |I| <= S*S.  B multiply-adds so need at least
B/sqrt(2 R S**3) - 1 whole runs of S transfers: B/sqrt(2 R S) - S.  Groups are sums of such
terms, which by Hoelder obey the same bound.  B counts no tap on padding, which needs no
transfer.  And each used input, each weight and each output moves at least once.

Upper end.  A tiling that an S-element memory can hold, found by trying all tile sizes of a
grid: outputs stay, input patches and weights stream by channel; or the weights stay whole and
the input streams by rows; or the input stays whole and the filters stream.

Source  Hong & Kung 1981; Irony, Toledo & Tiskin 2004 (the runs); Loomis & Whitney 1949.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

from costmodel.arith import is_symbolic
from costmodel.arith.roots import whole_root
from costmodel.derive.padding import exact_mult_adds, padding_before
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
    lower = max(_compulsory(loops), _loomis_whitney(exact_mult_adds(layer), loops, size))
    options = [(traffic, how) for traffic, need, how in _tilings(loops, size) if need <= size]
    upper, how = min(options, default=(None, "no tiling fits"))
    return Bracket(layer.path, size, lower, upper, how)


def _reuse(loops: _Loops) -> int:
    return prod(-(-k // s) for k, s in zip(loops.kernel, loops.stride, strict=True))


def _loomis_whitney(mult_adds: int, loops: _Loops, size: int) -> int:
    # B/sqrt(2RS) - S, rounded down by rounding the root up
    root = whole_root(2 * _reuse(loops) * size * 10**12, 2) + 1
    return max(0, mult_adds * 10**6 // root - size)


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
    """The bracket of the whole network for each on-chip size."""
    graph = getattr(model, "graph", model)
    layers = [layer for layer in graph.layers if layer.op.kind in ("conv", "linear")]
    rows = []
    for size in sizes:
        parts = [bracket(layer, size) for layer in layers]
        uppers = [p.upper for p in parts]
        upper = None if None in uppers else sum(u for u in uppers if u is not None)
        rows.append([size, sum(p.lower for p in parts), upper])
    columns = [Column("size", "on chip (elements)", "count"), Column("lower", "at least", "count"),
               Column("upper", "at most", "count")]  # fmt: skip
    blocks: list[Block] = [
        Heading(f"{graph.spec.model}: traffic against on-chip memory"),
        Grid(columns, rows, caption="elements moved by convolutions and linear layers"),
        Text("lower: Loomis-Whitney on runs of S transfers, and each element once; upper: the best "
             "tiling tried that fits", kind="note"),
    ]  # fmt: skip
    keys = ("size", "lower", "upper")
    return Report(blocks, [dict(zip(keys, row, strict=True)) for row in rows])
