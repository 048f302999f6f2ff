"""ATen operators that move, pick, join or make elements, and sums over axes."""

from __future__ import annotations

from typing import Any

from costmodel.arith import prod
from costmodel.importers.torch.graph import Call, aten

END = 2**63 - 1


@aten("view", "reshape", "_unsafe_view", "unflatten", "view_as", "reshape_as", "flatten",
      "_reshape_alias", "ravel")  # fmt: skip
def reshape(call: Call) -> None:
    """To the extents that torch has worked out; what it was told may hold a -1."""
    if call.kind == "flatten" and call["start_dim"] == 1 and call["end_dim"] in (-1, _last(call)):
        call.make("Flatten", [call.tensor("self")], axis=1)
        return
    call.make("Reshape", [call.tensor("self"), call.numbers(_target(call))], allowzero=1)


def _last(call: Call) -> int:
    return call.rank("self") - 1


def _target(call: Call) -> list[object]:
    if call.kind in ("view", "reshape", "_unsafe_view"):
        key = "size" if "size" in call.given else "shape"
        return [call.size(v) for v in call[key]]
    return list(call.shape())


@aten("squeeze")
def squeeze(call: Call) -> None:
    call.make("Reshape", [call.tensor("self"), call.numbers(call.shape())], allowzero=1)


@aten("unsqueeze")
def unsqueeze(call: Call) -> None:
    axis = call["dim"] % (call.rank("self") + 1)
    call.make("Unsqueeze", [call.tensor("self"), call.numbers([axis])])


@aten("transpose", "swapaxes", "t", "numpy_T", "mT", "adjoint", "swapdims")
def transpose(call: Call) -> None:
    order = list(range(call.rank("self")))
    if len(order) > 1:
        keys = [key for key in ("dim0", "dim1", "axis0", "axis1") if key in call.given]
        a, b = (call.axis(key) for key in keys) if keys else (len(order) - 2, len(order) - 1)
        order[a], order[b] = order[b], order[a]
    call.make("Transpose", [call.tensor("self")], perm=order)


@aten("permute", "movedim")
def permute(call: Call) -> None:
    rank = call.rank("self")
    if call.kind == "permute":
        order = [axis % rank for axis in call.ints("dims")]
    else:
        order = _moved([a % rank for a in call.ints("source")],
                       [a % rank for a in call.ints("destination")], rank)  # fmt: skip
    call.make("Transpose", [call.tensor("self")], perm=order)


def _moved(source: list[int], to: list[int], rank: int) -> list[int]:
    rest = iter(axis for axis in range(rank) if axis not in source)
    places = dict(zip(to, source, strict=True))
    return [places[i] if i in places else next(rest) for i in range(rank)]


@aten("expand", "expand_as", "broadcast_to")
def expand(call: Call) -> None:
    call.make("Expand", [call.tensor("self"), call.numbers(call.shape())])


@aten("repeat", "tile")
def tile(call: Call) -> None:
    times = [call.size(v) for v in call["repeats" if call.kind == "repeat" else "dims"]]
    inputs, rank = call.tensor("self"), call.rank("self")
    times = [1] * (rank - len(times)) + times
    if len(times) > rank:
        new = call.numbers(range(len(times) - rank))
        inputs = call.make("Unsqueeze", [inputs, new], f"{call.name}.wider")
    call.make("Tile", [inputs, call.numbers(times)])


@aten("cat", "concat", "concatenate")
def concat(call: Call) -> None:
    call.make("Concat", call.tensors("tensors"), axis=call["dim"])


@aten("stack")
def stack(call: Call) -> None:
    axis = call["dim"] % len(call.shape())
    at = call.numbers([axis])
    parts = [call.make("Unsqueeze", [x, at], f"{call.name}.part") for x in call.tensors("tensors")]
    call.make("Concat", parts, axis=axis)


@aten("split", "chunk", "split_with_sizes", "tensor_split", "unsafe_split", "unsafe_chunk",
      "split_copy", "unbind", "unsafe_split_with_sizes")  # fmt: skip
def split(call: Call) -> None:
    axis, parts = call.axis("dim"), call.node.meta["val"]
    sizes = [1 if call.kind == "unbind" else call.shape_of(p)[axis] for p in parts]
    if call.kind != "unbind":
        call.parts("Split", [call.tensor("self"), call.numbers(sizes)], len(parts), axis=axis)
        return
    for i in range(len(parts)):
        made = call.make(
            "Gather", [call.tensor("self"), call.number(i)], f"{call.name}.{i}", axis=axis
        )
        call.graph.names[f"{call.name}.{i}"] = made


@aten("slice", "narrow")
def slice_(call: Call) -> None:
    start = call.size(call.get("start", 0))
    if call.kind == "narrow":
        stop, step = start + call.size(call["length"]), 1
    else:
        stop, step = call.size(call.get("end", END)), call["step"]
    bounds = [[start], [stop], [call.axis("dim")], [step]]
    call.make("Slice", [call.tensor("self"), *map(call.numbers, bounds)])


@aten("select")
def select(call: Call) -> None:
    call.make("Gather", [call.tensor("self"), call.number(call["index"])], axis=call.axis("dim"))


@aten("index_select")
def index_select(call: Call) -> None:
    call.make("Gather", [call.tensor("self"), call.tensor("index")], axis=call.axis("dim"))


@aten("index", "_unsafe_index")
def index(call: Call) -> None:
    places = [i for i, at in enumerate(call["indices"]) if at is not None]
    if len(places) == 1 and call["indices"][places[0]].meta["val"].dtype.is_signed:
        at = call.graph.tensor(call["indices"][places[0]], call)
        call.make("Gather", [call.tensor("self"), at], axis=places[0])
        return
    call.shaped()


MEANS = {"mean": "ReduceMean", "sum": "ReduceSum", "amax": "ReduceMax", "amin": "ReduceMin",
         "max": "ReduceMax", "min": "ReduceMin", "prod": "ReduceProd", "any": "ReduceMax",
         "all": "ReduceMin", "logsumexp": "ReduceLogSumExp", "linalg_vector_norm": "ReduceL2",
         "norm": "ReduceL2", "nansum": "ReduceSum"}  # fmt: skip


@aten(*MEANS)
def reduce(call: Call) -> None:
    if call.kind in ("max", "min") and "other" in call.given:
        call.make(
            "Max" if call.kind == "max" else "Min", [call.tensor("self"), call.tensor("other")]
        )
        return
    dims = call.get("dim", [])
    axes = [dims] if isinstance(dims, int) else list(dims)
    axes = axes or list(range(call.rank("self")))
    given: dict[str, Any] = {"axes": axes, "keepdims": int(bool(call.get("keepdim", False)))}
    x = [call.tensor("self")]
    if isinstance(call.node.meta["val"], (list, tuple)):
        call.parts(MEANS[call.kind], x, 2, **given)
    else:
        call.make(MEANS[call.kind], x, **given)


@aten("argmax", "argmin")
def arg_reduce(call: Call) -> None:
    if call["dim"] is None:
        call.shaped(1)
        return
    op = "ArgMax" if call.kind == "argmax" else "ArgMin"
    call.make(op, [call.tensor("self")], axis=call.axis("dim"), keepdims=int(call["keepdim"]))


SPREADS = {"var": 3, "std": 3, "var_mean": 3, "std_mean": 3}  # operations for each element


@aten(*SPREADS)
def spread(call: Call) -> None:
    """Variance or deviation over some axes: mean, differences, their squares' mean."""
    dims = call.get("dim", [])
    axes = [dims] if isinstance(dims, int) else list(dims) or range(call.rank("self"))
    before = call.shape(call["self"])
    call.shaped(SPREADS[call.kind] * prod(before[axis] for axis in axes))


@aten("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_bilinear2d",
      "upsample_bicubic2d", "upsample_linear1d", "upsample_trilinear3d",
      "_upsample_nearest_exact2d", "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa")  # fmt: skip
def resize(call: Call) -> None:
    mode = "nearest" if "nearest" in call.kind else "cubic" if "cubic" in call.kind else "linear"
    x, scales = call.tensor("input" if "input" in call.given else "self"), _scales(call)
    if scales:
        call.make("Resize", [x, "", call.numbers([1, 1, *scales])], mode=mode)
        return
    call.make("Resize", [x, "", "", call.numbers(call.shape())], mode=mode)


def _scales(call: Call) -> list[int]:
    """The factors, if whole numbers were given."""
    found = call.get("scale_factors") or [
        v for k, v in call.given.items() if k.startswith("scales")
    ]
    whole = found and all(v is not None and float(v).is_integer() for v in found)
    return [int(v) for v in found] if whole else []


@aten("pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "replication_pad2d",
      "replication_pad1d", "reflection_pad3d", "replication_pad3d")  # fmt: skip
def pad(call: Call) -> None:
    """ONNX lists the paddings of all axes, first all before, then all after."""
    given = [call.size(v) for v in call["pad" if "pad" in call.given else "padding"]]
    rank = call.rank("self")
    before, after = [0] * rank, [0] * rank
    for i in range(len(given) // 2):
        before[rank - 1 - i], after[rank - 1 - i] = given[2 * i], given[2 * i + 1]
    call.make("Pad", [call.tensor("self"), call.numbers([*before, *after])])


@aten("pixel_shuffle", "pixel_unshuffle")
def pixel_shuffle(call: Call) -> None:
    up = call.kind == "pixel_shuffle"
    factor = call["upscale_factor" if up else "downscale_factor"]
    call.make("DepthToSpace" if up else "SpaceToDepth", [call.tensor("self")], blocksize=factor)


@aten("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(call: Call) -> None:
    call.make("aten.channel_shuffle", [call.tensor("self")], groups=call["groups"])


@aten("roll")
def roll(call: Call) -> None:
    call.make("aten.roll", [call.tensor("self")], shift=call.ints("shifts"))


SHAPED = {  # operations for each element that is made
    "gather": 0, "unfold": 0, "im2col": 0, "col2im": 1, "repeat_interleave": 0, "take_along_dim": 0,
    "grid_sampler": 7, "grid_sampler_2d": 7, "affine_grid_generator": 4, "outer": 1, "cdist": 3,
    "diagonal": 0, "as_strided": 0, "one_hot": 0, "cross": 3, "kron": 1, "ger": 1, "flip": 0,
    "tril": 0, "triu": 0, "sort": 0, "index_put": 0, "_index_put_impl": 0, "scatter": 0,
    "scatter_add": 1, "slice_scatter": 0, "select_scatter": 0, "index_add": 1, "index_copy": 0,
    "masked_scatter": 0,
}  # fmt: skip


@aten(*SHAPED)
def shaped(call: Call) -> None:
    call.shaped(SHAPED[call.kind])


@aten("topk")
def topk(call: Call) -> None:
    inputs = [call.tensor("self"), call.numbers([call.size(call["k"])])]
    call.parts("TopK", inputs, 2, axis=call["dim"])


@aten("copy", "fill", "zero")
def overwritten(call: Call) -> None:
    """In place only: everything replaced, by a tensor or by one number."""
    source = call.tensor("src") if call.kind == "copy" else ""
    if source:
        call.make("Expand", [source, call.numbers(call.shape())])
    else:
        call.same_as(call.tensor("self"))


@aten("full", "zeros", "ones", "empty", "rand", "randn", "full_like", "zeros_like", "ones_like",
      "empty_like", "new_zeros", "new_ones", "new_full", "new_empty", "scalar_tensor", "eye",
      "linspace", "rand_like", "randn_like", "empty_strided", "tril_indices",
      "triu_indices", "bernoulli", "logspace", "new_empty_strided", "empty_permuted",
      "hann_window")  # fmt: skip
def made(call: Call) -> None:
    """A tensor that depends on no data; its elements matter to no cost."""
    call.make("aten.constant", [], shape=call.shape())


@aten("arange")
def arange(call: Call) -> None:
    bounds = [call.get("start", 0), call.get("end"), call.get("step", 1)]
    call.make("Range", [call.number(v) for v in bounds])


@aten("meshgrid")
def meshgrid(call: Call) -> None:
    shape, given = call.shape_of(call.node.meta["val"][0]), call.tensors("tensors")
    for i in range(len(given)):
        name = f"{call.name}.{i}"
        call.graph.names[name] = call.make("aten.shaped", given, name, shape=shape, steps=0)
