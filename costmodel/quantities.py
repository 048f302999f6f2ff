"""What is counted, in which unit, under which one name."""

from __future__ import annotations

from collections.abc import Iterable

from costmodel.arith import Dim, total
from costmodel.records import Record


class Quantity(Record):
    """One countable thing: its key everywhere, its heading, its unit and its meaning."""

    key: str
    heading: str
    unit: str
    meaning: str


QUANTITIES: dict[str, Quantity] = {
    q.key: q
    for q in (
        Quantity("params", "params", "elements", "learned elements"),
        Quantity("buffers", "buffers", "elements", "stored but not learned"),
        Quantity("mult_adds", "mult-adds", "count", "multiply-accumulates"),
        Quantity("flops", "FLOPs", "count", "2 x mult-adds + other counted scalar operations"),
        Quantity("mem_access", "mem access", "elements", "elements read + written, each once"),
        Quantity("mem_bytes", "mem access (bytes)", "bytes", "mem access times the dtype's size"),
        Quantity("activations", "activations", "elements", "outputs of conv, linear and matmul"),
        Quantity("peak_memory", "peak memory", "elements", "most activations alive at once"),
        Quantity("depth", "depth", "count", "conv/linear layers on the longest path"),
        Quantity("intensity", "intensity", "FLOPs/byte", "FLOPs per byte moved"),
    )
}


class Cost:
    """Exact counts of one layer, or of many summed.

    ``scalar_ops`` holds every arithmetic operation that is not part of a multiply-add;
    a profile decides which of them it counts.

    >>> (Cost(mult_adds=3, reads=2) + Cost(mult_adds=4, writes=5)).mem_access
    7
    """

    __slots__ = ("activations", "buffers", "mult_adds", "params", "reads", "scalar_ops", "writes")

    def __init__(
        self,
        *,
        params: Dim = 0,
        buffers: Dim = 0,
        mult_adds: Dim = 0,
        scalar_ops: Dim = 0,
        reads: Dim = 0,
        writes: Dim = 0,
        activations: Dim = 0,
    ) -> None:
        self.params, self.buffers = params, buffers
        self.mult_adds, self.scalar_ops = mult_adds, scalar_ops
        self.reads, self.writes = reads, writes
        self.activations = activations

    @property
    def mem_access(self) -> Dim:
        """Elements read plus elements written."""
        return self.reads + self.writes

    def __add__(self, other: Cost) -> Cost:
        return Cost.sum((self, other))

    def __mul__(self, times: Dim) -> Cost:
        return Cost(**{name: getattr(self, name) * times for name in Cost.__slots__})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cost) and all(
            getattr(self, name) == getattr(other, name) for name in Cost.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # mutable by design of __slots__, never a key

    def __repr__(self) -> str:
        counts = ((name, getattr(self, name)) for name in Cost.__slots__)
        return f"Cost({', '.join(f'{n}={v}' for n, v in counts if not isinstance(v, int) or v)})"

    @staticmethod
    def sum(costs: Iterable[Cost]) -> Cost:
        """All *costs* together."""
        costs = list(costs)
        return Cost(**{n: total(getattr(c, n) for c in costs) for n in Cost.__slots__})
