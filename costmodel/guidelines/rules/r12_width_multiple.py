"""R12: widths that are not multiples of 8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.arith import ceil_div
from costmodel.guidelines import Finding, Guideline, guideline
from costmodel.guidelines.seen import Seen


@guideline("R12")
class WidthMultiple(Guideline):
    """Choose channel counts that are multiples of 8.

    Why     Vector units and matrix tiles work on 8 (or 16, 32) channels at a time: a width of 58
            takes the time of 64 and uses 91 % of it.
    Flags   convolutions whose output channels are no multiple of ``multiple``, from ``least``
            channels on.
    Bad     conv: {out: 58, kernel: 1}
    Good    conv: {out: "round_to(58, 8)", kernel: 1}
    Limits  The unit depends on device, layout and element type; a classifier's classes are given.
    Source  Howard et al. 2019, arXiv:1905.02244, and the `make_divisible` of its code; NVIDIA,
            Deep Learning Performance Guide, "Channels in and out".
    """

    multiple: int = 8
    least: int = 9

    def check(self, seen: Seen) -> Iterator[Finding]:
        final = seen.weighted[-1] if seen.weighted else None
        for layer in seen.convs:
            op: Any = layer.op
            if layer is final or op.out < self.least or op.out % self.multiple == 0:
                continue
            full = ceil_div(op.out, self.multiple) * self.multiple
            yield self.finding(
                layer,
                f"{op.out} channels fill {op.out / full:.0%} of {full}",
                full / op.out,
                f"{full} channels, or {full - self.multiple}",
            )
