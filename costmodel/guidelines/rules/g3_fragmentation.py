"""G3: fragmentation."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.guidelines import Finding, Guideline, guideline
from costmodel.guidelines.regions import Region, regions
from costmodel.guidelines.seen import Seen


@guideline("G3")
class Fragmentation(Guideline):
    """Build a block from few large operators, not from many small ones.

    Why     Each operator is launched and synchronised on its own, and a small one leaves a
            parallel device idle: time = launches · overhead + work / rate.  The counts of a
            network do not show it, so what is measured is its form: the convolutions, products
            and pools between a fork and its join, against those on the longest path.
    Flags   joins with at least ``fragments`` such operators between them and their fork, and
            ``parallel`` times as many as on the longest path; the outermost only.
    Bad     an Inception module: 7 operators in 4 branches, 2 on the longest path
    Good    a residual block: 3 operators, one path
    Limits  A heuristic: the penalty depends on the device (`costmodel analyze --device`).  With
            ``fragments`` = 6 ShuffleNet V2's own stride-2 unit, which has 5, is the measure.
    Source  Ma et al. 2018, arXiv:1807.11164, section 3, G3 and table 3.
    """

    fragments: int = 6
    parallel: float = 1.5

    def check(self, seen: Seen) -> Iterator[Finding]:
        found = [r for r in regions(seen) if self._applies(r)]
        inner = {layer for region in found for layer in region.layers}
        for region in found:
            if region.join in inner:
                continue
            more = region.fragments - region.path
            work = sum(seen.costs[layer].mult_adds for layer in region.layers)
            yield self.finding(
                region.join,
                f"{region.fragments} operators in {region.branches} branches, "
                f"{region.path} on the longest path; {work:,} mult-adds",
                region.excess,
                f"one path of {region.path} operators with the same mult-adds",
                {"launches": more, "calls": more},
            )

    def _applies(self, region: Region) -> bool:
        return region.fragments >= self.fragments and region.excess >= self.parallel
