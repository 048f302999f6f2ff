"""R12: widths that are not multiples of 8."""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm
from typing import Any

from costmodel.arith import ceil_div, round_to
from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.seen import Seen, is_depthwise
from costmodel.guidelines.trial import in_place, what_if


@guideline("R12")
class WidthMultiple(Guideline):
    """Choose channel counts that are multiples of 8.

    Why     Vector units and matrix tiles work on 8 (or 16, 32) channels at a time: a width of 58
            takes the time of 64 and uses 91 % of it.
    Flags   convolutions whose output channels are no multiple of ``multiple``, from ``least``
            channels on; a depthwise one has the width of what it reads, and is not flagged.
    Bad     conv: {out: 58, kernel: 1}
    Good    conv: {out: "round_to(58, 8)", kernel: 1}
    Limits  The unit depends on device, layout and element type; a classifier's classes are given.
            The saving is that of the nearest multiple with all layers that follow from it; where
            the width is tied to another layer's, by an addition or a split, that of this one.
    Source  Howard et al. 2019, arXiv:1905.02244, and the `make_divisible` of its code; NVIDIA,
            Deep Learning Performance Guide, "Channels in and out".
    """

    multiple: int = 8
    least: int = 9

    def check(self, seen: Seen) -> Iterator[Finding]:
        final = seen.weighted[-1] if seen.weighted else None
        for layer in seen.convs:
            op: Any = layer.op
            if layer is final or is_depthwise(layer) or op.out < self.least:
                continue
            if op.out % self.multiple == 0:
                continue
            full = ceil_div(op.out, self.multiple) * self.multiple
            unit = lcm(self.multiple, op.groups)
            near = op._replace(out=round_to(op.out, unit))
            saved = what_if(seen, {layer: in_place(near)})
            tied = " here, and in what it is joined with" if saved is None else ""
            if saved is None:
                saved = saving([seen.costs[layer]], [near.cost(*layer.xs)])
            yield self.finding(
                layer,
                f"{op.out} channels fill {op.out / full:.0%} of {full}",
                full / op.out,
                f"{near.out} channels{tied}",
                saved,
            )
