"""The rewrite that makes one dense convolution of an expansion and a depthwise one.

Where only some uses of a block are to be fused, the block gets a condition on its input's width,
which is narrow where a network begins: ``let: {fused: c_in <= 24}``.  The layers as they were
stay, under ``not fused``, so that the later stages do not change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, pair
from costmodel.guidelines.written import (
    FRONT,
    ONCE,
    Edit,
    Written,
    conv_at,
    document,
    following,
    layer_text,
    quoted,
)

NAME = "fused"  # of the condition


def fused(
    chain: Sequence[Layer], flagged: Sequence[Layer], seen: Seen, lowers: tuple[str, ...]
) -> Rewrite | None:
    """One dense convolution for *chain*, from the expansion to the depthwise convolution.

    *flagged* are the expansions that are to go; other uses of the same lines stay.
    """
    expansion, depthwise = chain[0], chain[-1]
    first, lines = conv_at(expansion), document(expansion.mark.source)
    if first is None:
        return None
    quiet, twins = _until_depthwise(lines, first)
    depth = len(expansion.calls)
    written = {entry.first for entry in (first, *quiet, *twins)}
    if any(layer.marks[depth].line not in written for layer in chain):
        return None
    if depthwise.mark.line not in {twin.first for twin in twins} or not _plain(quiet, twins):
        return None
    own = first.args.get("when")
    uses = [x for x in seen.layers if x.mark is expansion.mark]
    what = "one dense convolution for the expansion and the depthwise one"
    if {*uses} <= {*flagged}:
        out = [entry.edit() for entry in (first, *quiet)]
        stays = f"not ({own})" if own else None
        edits = [*out, *(twin.edit(*_both(first, twin, own, stays)) for twin in twins)]
    else:
        others = [x for x in uses if x not in flagged and _kernel(x, seen) == (3, 3)]
        narrow = min((x.xs[0][1] for x in others), default=None)
        mine = [x.xs[0][1] for x in flagged if x in uses]
        widest = max((c for c in mine if narrow is None or c < narrow), default=0)
        kernel = twins[0].args["kernel"]
        small = None if kernel.isdigit() else f"{kernel} == 3"
        let = _let(lines, first, _all(f"c_in <= {widest}", small, own))
        if let is None or expansion.xs[0][1] > widest:
            return None
        out = [entry.edit(_under(entry, f"not {NAME}")) for entry in (first, *quiet)]
        both = [twin.edit(*_both(first, twin, NAME, f"not {NAME}")) for twin in twins]
        edits = [let, *out, *both]
        what += f", up to {widest} channels"
    return Rewrite(what, tuple(edits), lowers)


def _until_depthwise(lines: Sequence[str], first: Written) -> tuple[list[Written], list[Written]]:
    """The entries between, and the grouped convolutions: one, or one for each `when`."""
    quiet: list[Written] = []
    twins: list[Written] = []
    for entry in following(lines, first):
        if entry.kind == "conv" and "groups" in entry.args:
            twins.append(entry)
        elif twins:
            break
        else:
            quiet.append(entry)
    return quiet, twins


def _plain(quiet: Sequence[Written], twins: Sequence[Written]) -> bool:
    """Whether nothing but a chain is written there."""
    entries = (*quiet, *twins)
    odd = any(key in entry.args for entry in entries for key in (*ONCE, *FRONT))
    alone = len(twins) == 1 or all("when" in twin.args for twin in twins)
    return alone and not odd and all(entry.kind != "conv" for entry in quiet)


def _both(first: Written, twin: Written, when: str | None, stays: str | None) -> list[str]:
    """The dense convolution, and before it the depthwise one where that is still needed."""
    window = twin.taken("kernel", "stride", "padding", "bias")
    dense = {"name": twin.args.get("name"), **first.taken(*FRONT), "out": first.args["out"],
             **window, "when": _all(twin.args.get("when"), when)}  # fmt: skip
    kept = [] if stays is None else [_under(twin, stays)]
    return [*kept, layer_text("conv", dense)]


def _under(entry: Written, condition: str) -> str:
    return layer_text(entry.kind, {**entry.args, "when": _all(entry.args.get("when"), condition)})


def _all(*conditions: str | None) -> str | None:
    """Conditions that must hold together, as one."""
    given = [c for c in conditions if c]
    return " and ".join(f"({c})" if " or " in c or " if " in c else c for c in given) or None


def _kernel(expansion: Layer, seen: Seen) -> Any:
    """The kernel of the convolution that reads an expansion."""
    reader: Any = seen.next_of(expansion)
    return pair(reader.op.kernel) if reader is not None and reader.op.kind == "conv" else None


def _let(lines: Sequence[str], first: Written, condition: str | None) -> Edit | None:
    """The edit that gives the block its condition.

    None where the expansion is not the first layer of a block, or the block has one already.
    """
    at = first.first - 1  # the line before, from 1
    head = lines[at - 1] if at else ""
    indent = len(head) - len(head.lstrip(" "))
    if head.strip() != "layers:" or not indent or "from" in first.args:
        return None
    top = at
    while top > 1 and lines[top - 2].startswith(" " * indent):
        top -= 1
    block = [line.partition("#") for line in lines[top - 1 : at]]
    if any(re.search(rf"\b{NAME}\b", text) for text, *_ in block):
        return None
    rule = f"{NAME}: {quoted(condition or '')}"
    for number, (text, mark, comment) in enumerate(block, top):
        if not text.startswith(" " * indent + "let:"):
            continue
        if text.rstrip().endswith("}"):
            line = f"{text.rstrip()[:-1]}, {rule}}}  {mark}{comment}"
            return Edit(number, number, (line.rstrip(),))
        if text.strip() != "let:":
            return None
        last = number
        while lines[last].startswith(" " * (indent + 1)):
            last += 1
        return Edit(last + 1, last, (" " * (indent + 2) + rule,))
    return Edit(at, at - 1, (f"{' ' * indent}let: {{{rule}}}",))
