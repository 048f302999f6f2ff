"""R8: large 1×1 convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.rewriting import Rewrite
from costmodel.guidelines.seen import Seen, is_dense, pair
from costmodel.guidelines.written import BOTH, conv_at, layer_text


@guideline("R8")
class LargePointwise(Guideline):
    """Watch a single 1×1 convolution that holds much of the network.

    Why     Once the spatial convolutions are depthwise, c_in·c_out of the 1×1 layers is where the
            mult_adds are; with g groups and a channel shuffle it is c_in·c_out/g, in a ghost
            module (half of the channels, the rest by a depthwise 3×3 of them) about half.
    Flags   dense 1×1 convolutions with more than ``share`` of the network's mult_adds each.
    Bad     conv: {out: 1024, kernel: 1}                with 15 % of the mult-adds
    Good    conv: {out: 1024, kernel: 1, groups: 2}, channel_shuffle: {groups: 2}
    Limits  Groups cost memory access at equal mult_adds (G2): a last widening layer can also be
            moved behind the global pool, where it costs h·w times less.
    Source  Zhang et al. 2018, arXiv:1707.01083, section 3.1; Howard et al. 2019,
            arXiv:1905.02244, section 5.1 (behind the pool); Han et al. 2020, arXiv:1911.11907.
    """

    share: float = 0.1

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            op: Any = layer.op
            if not is_dense(layer) or max(pair(op.kernel)) > 1:
                continue
            cost = seen.costs[layer]
            share = cost.mult_adds / seen.mult_adds
            if share > self.share:
                even = op.out % 2 == 0 and layer.xs[0][1] % 2 == 0
                better = op._replace(groups=2) if even else op._replace(out=max(1, op.out // 2))
                yield self.finding(
                    layer,
                    f"{layer.xs[0][1]} -> {op.out} channels take {share:.1%} of all mult-adds",
                    share / self.share,
                    "two groups and a channel shuffle" if even else "half the channels",
                    saving([cost], [better.cost(*layer.xs)]),
                )

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        entry = conv_at(finding.layer)
        op: Any = finding.layer.op
        if entry is None or entry.args.get("name", "").endswith("_primary"):
            return
        if op.out % 2 or "groups" in entry.args or BOTH[0] in entry.args:
            return
        a = entry.args
        half = {**a, "name": entry.part("primary"), "out": f"({a['out']}) // 2"}
        cheap = layer_text("conv", {"name": "cheap", "out": "c_in", "kernel": 3, "padding": 1,
                                    "groups": "c_in"})  # fmt: skip
        name = f"name: {a['name']}, " if "name" in a else ""
        join = f"branches: {{{name}join: concat, primary: [], ghost: [{{{cheap}}}]}}"
        what = "a ghost module: half of the channels, the rest by a depthwise 3×3 of them"
        edit = entry.edit(layer_text("conv", half), join)
        yield Rewrite(what, (edit,), ("mult_adds", "params"))
