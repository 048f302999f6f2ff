"""R4: pooling kinds by position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.guidelines import Finding, Guideline, guideline, saving
from costmodel.guidelines.seen import Seen, pair
from costmodel.ops import OPS, Op


@guideline("R4")
class PoolingKind(Guideline):
    """Pool with the maximum among the features, with the average before the classifier.

    Why     A maximum keeps the strongest response while features are searched for; at the end
            the average sums up what was found and is less moved by a single one.
    Flags   strided average pools with convolutions after them, and maximum pools that feed the
            classifier.
    Bad     avg_pool: {kernel: 2, stride: 2} between two convolutions
    Good    max_pool: {kernel: 2, stride: 2} there, global_avg_pool at the end
    Limits  A rule of thumb about accuracy; the costs hardly differ.  DenseNet's transitions
            average and ShuffleNet V1's shortcuts do.
    Source  The design principles of the CNN documents, principle 5; Szegedy et al. 2015,
            arXiv:1512.00567, section 5 (pooling in the features).
    """

    def check(self, seen: Seen) -> Iterator[Finding]:
        last = max((seen.order[layer] for layer in seen.convs), default=-1)
        for layer in seen.layers:
            op: Any = layer.op
            among = seen.order[layer] < last
            if op.kind == "avg_pool" and among and max(pair(op.stride or op.kernel)) > 1:
                better: Op = OPS["max_pool"](**op.__dict__)
            elif op.kind == "global_max_pool" and not among:
                better = OPS["global_avg_pool"]()
            else:
                continue
            where = "among the features" if among else "at the classifier"
            saved = saving([seen.costs[layer]], [better.cost(*layer.xs)])
            yield self.finding(layer, f"{op.kind} {where}", 1, better.kind, saved)
