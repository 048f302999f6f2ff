"""The rewrites that rules propose, as texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_depthwise
from costmodel.guidelines.written import Written, layer_text, written_at

ONCE = ("repeat", "first", "share")  # keys that do not survive being two layers
FRONT, BOTH = ("from",), ("when",)


def simple(layer: Layer) -> Written | None:
    """The entry of a convolution that can be replaced by several layers."""
    entry = written_at(layer.mark)
    if entry is None or entry.kind != "conv" or any(key in entry.args for key in ONCE):
        return None
    return entry


def separable(layer: Layer) -> Iterator[Rewrite]:
    """A depthwise and a 1×1 convolution for a dense one."""
    entry = simple(layer)
    if entry is None:
        return
    a = entry.args
    window = {key: a.get(key) for key in ("kernel", "stride", "padding", "dilation")}
    first = layer_text("conv", {"name": _name(entry, "depthwise"), **_taken(a, FRONT + BOTH),
                                "out": "c_in", **window, "groups": "c_in"})  # fmt: skip
    second = layer_text("conv", {"name": a.get("name"), **_taken(a, BOTH), "out": a["out"],
                                 "kernel": 1, "bias": a.get("bias")})  # fmt: skip
    yield Rewrite("a depthwise and a 1×1 convolution for the dense one",
                  ((entry, (first, second)),), ("mult_adds", "params"))  # fmt: skip


def stacked(layer: Layer) -> Iterator[Rewrite]:
    """Convolutions of 3×3 with ReLU between them for one of 5×5 or more."""
    entry = simple(layer)
    if entry is None or "dilation" in entry.args or "c_in" in entry.args["out"]:
        return
    op: Any = layer.op
    a, times = entry.args, op.kernel // 2
    padding = a.get("padding", "0")
    if padding not in (str(times), "same"):
        return
    items: list[str] = []
    for i in range(times):
        final = i == times - 1
        name = a.get("name") if final else _name(entry, f"part{i + 1}")
        place = FRONT + BOTH if i == 0 else BOTH
        stride = a.get("stride") if i == 0 else None
        items.append(layer_text("conv", {
            "name": name, **_taken(a, place), "out": a["out"], "kernel": 3, "stride": stride,
            "padding": "same" if padding == "same" else 1, "bias": a.get("bias")}))  # fmt: skip
        if not final:
            items.append(layer_text("relu", {"name": _name(entry, f"relu{i + 1}"),
                                             **_taken(a, BOTH)}))  # fmt: skip
    yield Rewrite(f"{times} convolutions of 3×3 for one of {op.kernel}×{op.kernel}",
                  ((entry, tuple(items)),), ("mult_adds", "params"))  # fmt: skip


def ghost(layer: Layer) -> Iterator[Rewrite]:
    """Half of the channels by the convolution, half by a depthwise one of these."""
    entry = simple(layer)
    op: Any = layer.op
    if entry is None or entry.args.get("name", "").endswith("_primary"):
        return
    if op.out % 2 or "groups" in entry.args or BOTH[0] in entry.args:
        return
    a = entry.args
    first = layer_text("conv", {**a, "name": _name(entry, "primary"), "out": f"({a['out']}) // 2"})
    cheap = layer_text("conv", {"name": "cheap", "out": "c_in", "kernel": 3, "padding": 1,
                                "groups": "c_in"})  # fmt: skip
    name = f"name: {a['name']}, " if "name" in a else ""
    join = f"branches: {{{name}join: concat, primary: [], ghost: [{{{cheap}}}]}}"
    yield Rewrite("a ghost module: half of the channels, the rest by a depthwise 3×3 of them",
                  ((entry, (first, join)),), ("mult_adds", "params"))  # fmt: skip


def side_by_side(layer: Layer, pool: Layer) -> Iterator[Rewrite]:
    """A strided convolution beside the pool for a convolution before it."""
    entry, pooled = simple(layer), written_at(pool.mark)
    if entry is None or pooled is None or entry.indent != pooled.indent:
        return
    if "from" in pooled.args or {*ONCE, *BOTH} & {*entry.args, *pooled.args}:
        return
    a, b = dict(entry.args), dict(pooled.args)
    words = [f"{key}: {v}" for key, v in (("name", b.pop("name", "")), ("from", a.pop("from", "")))
             if v]  # fmt: skip
    a.pop("name", None)
    strided = {**a, "out": f"{a['out']} - c_in", "stride": b.get("stride", b.get("kernel"))}
    arms = (
        f"pooled: [{{{layer_text(pooled.kind, b)}}}], strided: [{{{layer_text('conv', strided)}}}]"
    )
    join = f"branches: {{{', '.join([*words, 'join: concat', arms])}}}"
    yield Rewrite("a strided convolution beside the pool, concatenated",
                  ((entry, (join,)), (pooled, ())), ("mult_adds", "params"))  # fmt: skip


def inner_widths(layer: Layer, seen: Seen, groups: int) -> Iterator[Rewrite]:
    """Equal widths on both sides of a convolution between two others, at no more mult-adds.

    The two outer widths, which the rest of the network sees, stay; the inner ones are free.
    """
    before, after = next(seen.sources(layer)), seen.next_of(layer)
    if before is None or after is None or seen.next_of(before) is not layer:
        return
    trio = (before, layer, after)
    if any(x.op.kind != "conv" or is_depthwise(x) for x in trio) or _groups(after) > 1:
        return
    entries = [simple(x) for x in (before, layer)]
    first, second = entries
    if first is None or second is None or _groups(before) > 1 or first.indent != second.indent:
        return
    ops: list[Any] = [x.op for x in trio]
    alike = all(x.op.out == ops[i].out for i in (0, 1) for x in seen.layers  # type: ignore[attr-defined]
                if x.mark.line == trio[i].mark.line)  # fmt: skip
    width = _widest(trio, seen, groups) if alike else None
    if width is None:
        return
    one = layer_text("conv", {**first.args, "out": width})
    group = None if groups == 1 else groups
    two = layer_text("conv", {**second.args, "out": width, "groups": group})
    what = f"{width} channels on both sides, {groups} group{'s' * (groups > 1)}"
    edits = ((first, (one,)), (second, (two,)))
    yield Rewrite(what, edits, ("mem_access",), ("mult_adds",), after.mark.line)


def _widest(trio: tuple[Layer, Layer, Layer], seen: Seen, groups: int) -> int | None:
    """The largest common width, a multiple of 8 if one fits, within the mult-adds of the three."""
    allowed = sum(seen.costs[x].mult_adds for x in trio)
    a, b, c = [x.op for x in trio]
    x = trio[0].xs[0]

    def work(width: int) -> Any:
        first: Any = a._replace(out=width)
        second: Any = b._replace(out=width, groups=groups)
        y = first.out_shape(x)
        z = second.out_shape(y)
        return sum(op.cost(s).mult_adds for op, s in ((first, x), (second, y), (c, z)))

    most: int = max(a.out, b.out)  # type: ignore[attr-defined]
    fitting = [w for w in range(groups, most + 1, groups) if work(w) <= allowed]
    return max(fitting, key=lambda w: (w % 8 == 0, w), default=None)


def _groups(layer: Layer) -> Any:
    return getattr(layer.op, "groups", 1)


def _taken(args: Mapping[str, str], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: args[key] for key in keys if key in args}


def _name(entry: Written, part: str) -> str:
    return f"{entry.args.get('name', f'conv_line{entry.first}')}_{part}"
