"""torch-scan's summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from costmodel.arith import Dim, prod
from costmodel.profiles import MODULES, Profile, Rule, Seen, profile
from costmodel.profiles.rules import each, per_element, products_on_output_grid


def _taps(seen: Seen) -> Dim:
    """Elements of a window as the tool has them: a kernel given as one number k is k, not k·k."""
    kernel = seen.op.kernel
    return prod(kernel) if isinstance(kernel, (list, tuple)) else kernel


def _cell(seen: Seen) -> Dim:
    """Its guess at an adaptive pool's window: h/o where o divides h, else h mod o + 1."""
    sides = []
    for extent, cells in zip(seen.xs[0][2:], seen.y[2:], strict=True):
        fits = extent // cells - (extent - 1) // cells  # 1 where cells divide the extent, else 0
        rest = extent - extent // cells * cells
        sides.append(fits * (extent // cells) + (1 - fits) * (rest + 1))
    return prod(sides)


def _axes(seen: Seen) -> int:
    return len(seen.xs[0]) - 2


MAX_CELL: Rule = lambda seen: prod(seen.y) * (_cell(seen) - 1)  # noqa: E731 - a table's entry
AVG_CELL: Rule = lambda seen: prod(seen.y) * (_cell(seen) - 1 + _axes(seen))  # noqa: E731 - same


@profile("torchscan")
class Torchscan(Profile):
    """torchscan 0.2.0: its "macs".

    ``crawl_module(model)["totals"]["macs"]``.  Adds 2 for each element of a batch norm (1 without
    weights), k - 1 for each output element of a max pool, k + 1 on maps of an average pool, the
    same of adaptive and global pools with the window they imply.  No bias, activation, softmax or
    other norm.
    Bugs    A window given as one number k counts as k elements, not k·k: a 3×3 max pool 2 for
            each output.  An adaptive pool whose cells do not divide the map gets a window of h
            mod o + 1.  A transposed convolution is counted on the grid of its output, plus 4 for
            each spatial axis.  Functions, matmul and attention are nothing: it hooks modules.
    Limits  That code calls F.max_pool2d is in a spec only as ``assume: written``.  Kernels
            written [3, 3] in a spec stand for a pair in the code.

    Two comparisons for each of 4·5·4 outputs:

    >>> from costmodel.ops import OPS
    >>> Torchscan().alone(OPS["max_pool"](kernel=3, stride=2, padding=1), (1, 4, 9, 7))
    160
    """

    mult_adds = frozenset({"conv", "linear"})
    extras: ClassVar[Mapping[str, Rule]] = {
        "conv_transpose": lambda seen: 4 * len(each(seen.op.kernel, _axes(seen))),
        "batch_norm": per_element(2, 1),
        "max_pool": lambda seen: prod(seen.y) * (_taps(seen) - 1),
        "avg_pool": lambda seen: prod(seen.y) * (_taps(seen) - 1 + _axes(seen)),
        "adaptive_max_pool": MAX_CELL,
        "global_max_pool": MAX_CELL,
        "adaptive_avg_pool": AVG_CELL,
        "global_avg_pool": AVG_CELL,
    }
    ways = MODULES | {"subclass"}

    def counted(self, seen: Seen) -> Dim:
        if seen.op.kind == "conv_transpose" and seen.written in self.ways:
            return products_on_output_grid(seen)
        return super().counted(seen)
