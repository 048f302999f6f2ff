"""R14: a 1×1 convolution before the pool that could stand behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from costmodel.graph import Layer
from costmodel.guidelines import Finding, Instead, Replaceable, guideline, in_series
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_dense, pair
from costmodel.guidelines.written import ONCE, Written, conv_at, document, layer_text, written_at


@guideline("R14")
class PoolFirst(Replaceable):
    """Pool first, then mix channels: a 1×1 convolution commutes with an average.

    Why     The average of a sum over channels is the sum of the averages, so the two may change
            places, and behind a pool of stride s the convolution has s² times fewer positions.
    Flags   stride-1 1×1 convolutions that feed nothing but a strided pool, where the other order
            takes ``tolerance`` times fewer mult_adds.
    Bad     conv: {out: c_in // 2, kernel: 1}, avg_pool: {kernel: 2}
    Good    avg_pool: {kernel: 2}, conv: {out: c_in // 2, kernel: 1}
    Limits  Equal only for an average directly behind the convolution; with a maximum, a norm or
            an activation between, another function of the same shape.  A convolution that
            narrows leaves the pool more channels to add up; one that widens is R9's too.
    Source  Linearity; the order of ResNet-D's shortcut, He et al. 2018, arXiv:1812.01187,
            section 4; DenseNet's transition has the other, Huang et al. 2016, arXiv:1608.06993.
    """

    tolerance: float = 1.1

    def instead(self, layer: Layer, seen: Seen) -> Instead | None:
        op, pool = layer.op, seen.next_of(layer)
        if pool is None or pool.op.kind not in ("avg_pool", "max_pool") or not _mixes(layer):
            return None
        window: Any = pool.op
        if max(pair(window.stride or window.kernel)) == 1:
            return None
        return Instead(
            f"1×1 to {layer.y[1]} channels before {window.kind}",
            f"{window.kind} on {layer.xs[0][1]} channels first",
            in_series(layer.xs[0], window, op),
            (layer, pool),
        )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        pool = seen.next_of(finding.layer)
        entry = conv_at(finding.layer)
        pooled = written_at(pool.mark) if pool is not None else None
        if entry is None or pooled is None or entry.indent != pooled.indent:
            return
        named = _is_named(pooled, document(finding.mark.source))
        if named or entry.args.get("when") != pooled.args.get("when"):
            return
        first = layer_text(pooled.kind, {**pooled.args, **entry.taken("from")})
        second = layer_text("conv", {k: v for k, v in entry.args.items() if k != "from"})
        yield Rewrite(f"{pooled.kind} before the 1×1 convolution",
                      (entry.edit(first, second), pooled.edit()), ("mult_adds",))  # fmt: skip


def _mixes(layer: Layer) -> bool:
    op: Any = layer.op
    plain = pair(op.kernel) == pair(op.stride) == (1, 1) and op.padding in (0, "same")
    return plain and is_dense(layer)


def _is_named(pooled: Written, lines: list[str]) -> bool:
    """Whether something reads the pool by its name, or it is more than one plain layer."""
    name = pooled.args.get("name", rf"{pooled.kind}\d+")
    reads = re.compile(rf"\bfrom:.*\b{name}\b")
    return any(key in pooled.args for key in (*ONCE, "from")) or any(map(reads.search, lines))
