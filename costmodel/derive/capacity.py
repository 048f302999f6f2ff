"""The least traffic between a memory of S elements and the rest, with its proof as data.

Cut an execution into runs of T transfers.  The multiply-adds of a run are points (image,
position, group, c_out, c_in, tap); an output, a weight and a read each fix all indices but
some, and every index is fixed by two of the three, so there are at most
sqrt(outputs*weights*reads) of them.  An input is read through at most R taps.  And the
outputs, weights and inputs of a run together are at most 2S + T: inputs and weights were
resident or are fetched, outputs were resident, are fetched, are resident at the end or stored.

Source  Hong & Kung 1981 and Irony, Toledo & Tiskin 2004 (runs); Loomis & Whitney 1949 and
        Chung, Graham, Frankl & Shearer 1986 (projections); re-derived here for convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd
from typing import Any

from costmodel.arith import is_symbolic, prod
from costmodel.arith.rational import ratio
from costmodel.arith.roots import power, whole_root
from costmodel.derive.algebra import domain_of, fresh
from costmodel.derive.proof import Step
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled

ARRAYS = {
    "outputs": ["image", "position", "group", "c_out"],
    "weights": ["tap", "group", "c_out", "c_in"],
    "reads": ["tap", "image", "position", "group", "c_in"],
}
MULTIPLES = (4, 2, 1)  # of S, for the transfers of a run; 4 is best where S is small


def reuse(kernel: Any, stride: Any, dilation: Any) -> Any:
    """Through how many taps along one axis an input may be read.

    Taps r and r' read the same place of different positions only if (r - r')*dilation is a
    multiple of the stride.

    >>> reuse(3, 1, 1), reuse(3, 2, 1), reuse(3, 2, 2)
    (3, 2, 3)
    """
    if stride == 1 or kernel == 1:
        return kernel
    apart = stride // gcd(stride, dilation)
    return -(-kernel // apart)


def least_traffic(mult_adds: int, reused: int, size: int) -> int:
    """B*T/sqrt(R*((2S + T)/3)**3) - T for the best T tried, rounded down; at least 0."""
    return max(0, *(_least(mult_adds, reused, size, t) for t in MULTIPLES))


def _least(mult_adds: int, reused: int, size: int, t: int) -> int:
    root = whole_root(reused * ((2 + t) * size) ** 3 * 10**12 // 27, 2) + 1
    return mult_adds * t * size * 10**6 // root - t * size


def traffic_bound(
    name: str, mult_adds: Any, axes: list[tuple[Any, Any, Any]], once: Any, size: Any
) -> Bound:
    """The bound as an answer with steps.

    *axes* are (kernel, stride, dilation) of each; *once* are the elements that move at least
    once; *size* is S.
    """
    t = MULTIPLES[0]
    if not any(map(is_symbolic, (mult_adds, size))):
        reused = prod(reuse(*axis) for axis in axes)
        t = max(MULTIPLES, key=lambda m: _least(mult_adds, reused, size, m))
    steps, value = _steps(mult_adds, axes, size, t)
    bound = f"Max({spelled(value)}, {spelled(once)})"
    steps.append(Step("once", f"traffic >= {spelled(once)}",
                      "each weight, each output and each input that a tap reads moves once at "
                      "least",
                      {"right": spelled(once), "reached": bound}))  # fmt: skip
    loops = {
        "arrays": ARRAYS, "axes": [[spelled(x) for x in axis] for axis in axes],
        "mult_adds": spelled(mult_adds), "once": spelled(once), "capacity": spelled(size),
    }  # fmt: skip
    return Bound(
        f"traffic of {name}", [f"{spelled(size)} elements on chip"], (), bound, {},
        ["each multiply-add is done once, in any order; taps on padding are not counted",
         "what is on chip may be any elements; a transfer moves one"],
        "loomis-whitney", "proved", steps, {"objective": "traffic", "given": [], "loops": loops},
        domain_of([mult_adds, once, size, *(x for axis in axes for x in axis)]),
        question="minimize",
    )  # fmt: skip


def _steps(
    mult_adds: Any, axes: list[tuple[Any, Any, Any]], size: Any, t: int
) -> tuple[list[Step], Any]:
    reused, transfers = prod(reuse(*axis) for axis in axes), t * size
    outputs, weights, reads, inputs = (fresh(n) for n in ("outputs", "weights", "reads", "inputs"))
    half = ratio(1, 2)
    points = power(outputs * weights * reads, half)
    steps = [_upper("loomis-whitney", "points", points, "every index is fixed by two of the three "
                    "arrays", arrays=ARRAYS)]  # fmt: skip
    once = power(reused * outputs * weights * inputs, half)
    steps.append(_upper("reuse", "points", once, f"an input is read through at most "
                        f"{spelled(reused)} taps", reads=spelled(reused * inputs)))  # fmt: skip
    limit = (2 + t) * size
    top = power(reused * (limit / 3 if is_symbolic(limit) else ratio(limit, 3)) ** 3, half)
    names = ["outputs", "weights", "inputs"]
    steps.append(_upper("run", "points", top, "by AM-GM their product is largest where all three "
                        f"are equal, and together they are at most {spelled(limit)} in a run of "
                        f"{spelled(transfers)} transfers", terms=names, limit=spelled(limit),
                        transfers=spelled(transfers)))  # fmt: skip
    least = transfers * mult_adds * power(top, -1) - transfers
    steps.append(Step("runs", f"traffic >= {spelled(least)}",
                      f"all runs but the last are of {spelled(transfers)} transfers, and together "
                      f"they do {spelled(mult_adds)} multiply-adds",
                      {"left": "traffic", "relation": ">=", "right": spelled(least),
                       "transfers": spelled(transfers)}))  # fmt: skip
    return steps, least


def _upper(kind: str, left: str, right: Any, because: str, **data: Any) -> Step:
    text = spelled(right)
    sides: Mapping[str, Any] = {"left": left, "relation": "<=", "right": text}
    return Step(kind, f"{left} <= {text}", because, {**sides, **data})
