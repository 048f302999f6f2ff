"""Rewrites that give the convolutions inside a block other widths, for G1 and G2.

What lies between two convolutions that the rest of the network sees is free: the widths of the
first two of three.  Where they are arguments of the block, given as numbers, the row or the call
that gives them is rewritten.  Else, where all uses of the lines have the same widths, the new one
is written as a number; and where the block is used with several, the expression as written is
scaled, alike for all uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import lcm
from typing import Any

from costmodel.errors import Mark
from costmodel.graph import Layer
from costmodel.guidelines import in_series
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_depthwise
from costmodel.guidelines.written import Edit, Written, conv_at, document, layer_text
from costmodel.spec.expressions import Expression
from costmodel.spec.syntax import Branches, Call, Item, Repeat, Spec, Stages, Value

SCALES = range(64, 0, -1)  # sixteenths of the width as written
Trio = tuple[Any, Any, Any]  # layers, whose operators are convolutions


def inner_widths(layer: Layer, seen: Seen, groups: int) -> Iterator[Rewrite]:
    """Equal widths on both sides of a convolution between two others, at no more mult-adds.

    The two outer widths, which the rest of the network sees, stay.
    """
    trio = trio_of(layer, seen)
    if trio is None:
        return
    first, second = conv_at(trio[0]), conv_at(layer)
    alike = [trio_of(x, seen) for x in seen.layers if x.mark is layer.mark]
    trios = [t for t in alike if t and [x.mark for x in t] == [x.mark for x in trio]]
    if first is None or second is None or first.indent != second.indent or len(trios) < len(alike):
        return
    if groups == trio[1].op.groups:
        yield from _at_the_call((first, second), trio, trios, seen, groups)
    if width := _common(trios, seen, groups):
        yield _rewrite(first, second, trio, str(width), groups)
        return
    text = next((t for t in (second.args["out"], first.args["out"]) if not _in(t)), None)
    if text is not None:
        whole = [t[1 if text == second.args["out"] else 0].op.out for t in trios]
        unit = lcm(8, groups)
        for scale in SCALES:
            widths = [w * scale // (16 * unit) * unit for w in whole]
            if all(w and _fits(t, seen, groups, w) for t, w in zip(trios, widths, strict=True)):
                base = text if text.isidentifier() else f"({text})"
                new = f"{base} * {scale} // {16 * unit} * {unit}"
                yield _rewrite(first, second, trio, new, groups)
                return


def trio_of(layer: Layer, seen: Seen) -> Trio | None:
    """The convolution *layer* with the one before and the one after, if only they meet it."""
    before, after = next(seen.sources(layer)), seen.next_of(layer)
    if before is None or after is None or seen.next_of(before) is not layer:
        return None
    trio: Trio = (before, layer, after)
    if any(x.op.kind != "conv" or is_depthwise(x) for x in trio):
        return None
    return trio if before.op.groups == after.op.groups == 1 else None  # type: ignore[attr-defined]


def _rewrite(first: Written, second: Written, trio: Trio, width: str, groups: int) -> Rewrite:
    group = None if groups == 1 else second.args["groups"]
    one = layer_text("conv", {**first.args, "out": width})
    two = layer_text("conv", {**second.args, "out": width, "groups": group})
    what = f"{width} channels on both sides, {groups} group{'s' * (groups > 1)}"
    return Rewrite(what, (first.edit(one), second.edit(two)), ("mem_access",), ("mult_adds",),
                   trio[2].mark.line)  # fmt: skip


def _at_the_call(
    entries: tuple[Written, Written], trio: Trio, trios: list[Trio], seen: Seen, groups: int
) -> Iterator[Rewrite]:
    """Other numbers in the row or call that gives both widths as arguments."""
    calls = trio[1].calls
    mine = [t for t in trios if t[1].calls[-1:] == calls[-1:]]
    width = _common(mine, seen, groups)
    if not calls or width is None:
        return
    values = given(seen.graph.spec, calls[-1])
    names = dict.fromkeys(entry.args["out"] for entry in entries)
    found = [values.get(name) for name in names]
    lines = document(calls[-1].source)
    edits: dict[int, str] = {}
    for value in sorted((v for v in found if isinstance(v, Expression)), key=_from_right):
        number, start = value.mark.line, value.mark.column - 1
        line = edits.get(number, lines[number - 1])
        end = start + len(value.text)
        if value.text.isdigit() and line[start:end] == value.text:
            edits[number] = line[:start] + str(width) + line[end:]
            found.remove(value)
    if not found:
        what = " and ".join(f"{name}: {width}" for name in names)
        yield Rewrite(f"{what} on line {calls[-1].line}",
                      tuple(Edit(n, n, (line,)) for n, line in edits.items()),
                      ("mem_access",), ("mult_adds",))  # fmt: skip


def _from_right(value: Expression) -> int:
    return -value.mark.column


def given(spec: Spec, mark: Mark) -> Mapping[str, Value]:
    """What the call or the row at *mark* gives its block."""
    waiting: list[Item] = [*spec.body, *(x for b in spec.blocks.values() for x in b.body)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Call) and item.common.mark is mark:
            return item.args
        if isinstance(item, Stages):
            for row in item.rows:
                if row.mark is mark:
                    return {k: v for k, v in row.values.items() if k not in item.args}
        elif isinstance(item, Branches):
            waiting += [x for arm in item.arms for x in arm.body]
        elif isinstance(item, Repeat):
            waiting += item.body
    return {}


def _common(trios: list[Trio], seen: Seen, groups: int) -> int | None:
    """The largest width that serves all, a multiple of 8 if one fits; None if they differ."""
    if len({(t[0].op.out, t[1].op.out) for t in trios}) > 1:
        return None
    most = max(trios[0][0].op.out, trios[0][1].op.out)
    fitting = [
        w for w in range(groups, most + 1, groups) if all(_fits(t, seen, groups, w) for t in trios)
    ]
    return max(fitting, key=lambda w: (w % 8 == 0, w), default=None)


def _fits(trio: Trio, seen: Seen, groups: int, width: int) -> bool:
    """Whether the three take no more mult-adds with this inner width."""
    first, second, third = [layer.op for layer in trio]
    new = (first._replace(out=width), second._replace(out=width, groups=groups), third)
    work = sum(cost.mult_adds for cost in in_series(trio[0].xs[0], *new))
    return bool(work <= sum(seen.costs[layer].mult_adds for layer in trio))


def _in(text: str) -> bool:
    """Whether an expression speaks of the incoming shape, which another place does not share."""
    return re.search(r"\b[nchwd]_in\b", text) is not None
