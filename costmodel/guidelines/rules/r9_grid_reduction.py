"""R9: grid reduction in the costly order."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, pair
from costmodel.guidelines.written import BOTH, ONCE, conv_at, layer_text, written_at


@guideline("R9")
class GridReduction(Guideline):
    """Do not widen at full resolution what is pooled right after.

    Why     On a d×d map a convolution to 2k filters and then a pool costs 2·d²·k², the pool
            first 2·(d/2)²·k², a quarter, but through a bottleneck (R1).  A stride-2 convolution
            to k filters beside a pool of k channels gives the same shape without either.
    Flags   stride-1 convolutions that widen and feed nothing but a strided pool.
    Bad     conv: {out: 640, kernel: 3} then max_pool: {kernel: 3, stride: 2}   after 320 channels
    Good    branches of conv: {out: 320, kernel: 3, stride: 2} and max_pool, concatenated
    Limits  The saving assumes that the pool passes the layer's input channels.
    Source  Szegedy et al. 2015, arXiv:1512.00567, section 5 and figure 10; the paper says
            "reducing the computational cost by a quarter" where it is to a quarter.
    """

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            op: Any = layer.op
            following = seen.next_of(layer)
            if following is None or following.op.kind not in ("max_pool", "avg_pool"):
                continue
            pool: Any = following.op
            stride, c_in = pool.stride or pool.kernel, layer.xs[0][1]
            widens = op.out > c_in and c_in % op.groups == 0 and (op.out - c_in) % op.groups == 0
            if max(pair(stride)) == 1 or max(pair(op.stride)) > 1 or not widens:
                continue
            strided = op._replace(out=op.out - c_in, stride=stride).cost(*layer.xs)
            before = [seen.costs[layer], seen.costs[following]]
            yield self.finding(
                layer,
                f"{c_in} -> {op.out} channels are computed at {prod(layer.y[2:]):,} positions "
                f"and pooled to {prod(following.y[2:]):,}",
                prod(layer.y[2:]) / prod(following.y[2:]),
                f"a strided convolution to {op.out - c_in} channels beside the pool",
                saving(before, [strided, pool.cost(*layer.xs)]),
            )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        pool = seen.next_of(finding.layer)
        entry = conv_at(finding.layer)
        pooled = written_at(pool.mark) if pool is not None else None
        if entry is None or pooled is None or entry.indent != pooled.indent:
            return
        if "from" in pooled.args or {*ONCE, *BOTH} & {*entry.args, *pooled.args}:
            return
        a, b = dict(entry.args), dict(pooled.args)
        names = (("name", b.pop("name", "")), ("from", a.pop("from", "")))
        words = [f"{key}: {value}" for key, value in names if value]
        a.pop("name", None)
        a |= {"out": f"{a['out']} - c_in", "stride": b.get("stride", b.get("kernel", "2"))}
        arms = f"pooled: [{{{layer_text(pooled.kind, b)}}}], strided: [{{{layer_text('conv', a)}}}]"
        join = f"branches: {{{', '.join([*words, 'join: concat', arms])}}}"
        yield Rewrite("a strided convolution beside the pool, concatenated",
                      (entry.edit(join), pooled.edit()), ("mult_adds", "params"))  # fmt: skip
