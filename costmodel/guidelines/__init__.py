"""Design rules that look at an analysed network and say what a fix would save.

A rule is a module of ``rules`` with a ``Guideline`` under ``@guideline("CODE")``.  Its docstring
is its manual page; its fields are its thresholds, which ``--set`` and
``[tool.costmodel.lint.CODE]`` of pyproject.toml change.  Adding the module is all there is to do:
``rules/r5_cheap_activation.py`` is one to copy where one layer is judged, ``rules/r7_separable.py``
where something cheaper can stand in the place of a convolution.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from costmodel.errors import Mark
from costmodel.graph import Layer
from costmodel.ops import Op, Shape
from costmodel.quantities import QUANTITIES, Cost
from costmodel.records import Record
from costmodel.registry import Registry

if TYPE_CHECKING:
    from costmodel.guidelines.rewriting import Rewrite
    from costmodel.guidelines.seen import Seen

SAVED = ("params", "mult_adds", "flops", "mem_access", "activations")


class Finding(Record):
    """One layer that goes against one rule."""

    code: str
    layer: Layer
    message: str
    excess: float  # how far beyond what the rule calls best; 1 would be best
    fix: str = ""
    saves: Mapping[str, int] = {}  # quantity -> what the fix takes off

    @property
    def path(self) -> str:
        """The layer's path."""
        return self.layer.path

    @property
    def mark(self) -> Mark:
        """The layer's place in the spec."""
        return self.layer.mark


class Guideline(Record):
    """A rule; its public fields are numbers that a user may set."""

    code: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def check(self, seen: Seen) -> Iterator[Finding]:
        """Every layer of the network that goes against the rule."""
        raise NotImplementedError

    def rewrites(self, finding: Finding, seen: Seen) -> Iterator[Rewrite]:
        """Edits of the spec that may cure *finding*; none unless overridden."""
        return iter(())

    def finding(
        self,
        layer: Layer,
        message: str,
        excess: Any,
        fix: str = "",
        saves: Mapping[str, int] | None = None,
    ) -> Finding:
        """A finding of this rule."""
        return Finding(self.code, layer, message, float(excess), fix, saves or {})


class Instead(Record):
    """What could do the work of some layers: both in words, and what it would cost."""

    now: str
    then: str
    costs: list[Cost]
    layers: tuple[Layer, ...] = ()  # what it replaces, where that is more than the one layer


class Replaceable(Guideline):
    """A rule that flags what takes ``tolerance`` times as much as something in its place."""

    measure: ClassVar[str] = "mult_adds"

    tolerance: float = 1.1

    def instead(self, layer: Layer, seen: Seen) -> Instead | None:
        """What could stand in the place of the convolution *layer*, if anything."""
        raise NotImplementedError

    def check(self, seen: Seen) -> Iterator[Finding]:
        for layer in seen.convs:
            other = self.instead(layer, seen)
            if other is None:
                continue
            costs = [seen.costs[x] for x in other.layers or (layer,)]
            old = sum(getattr(cost, self.measure) for cost in costs)
            new = sum(getattr(cost, self.measure) for cost in other.costs)
            if new and old >= self.tolerance * new:
                yield self.finding(
                    layer,
                    f"{other.now}: {old / new:.2f}× the {QUANTITIES[self.measure].heading} of "
                    f"{other.then}",
                    old / new,
                    other.then,
                    saving(costs, other.costs),
                )


GUIDELINES: Registry[type[Guideline]] = Registry("guideline", package=f"{__name__}.rules")


def guideline(code: str) -> Any:
    """Register a rule under its code."""

    def add(cls: type[Guideline]) -> type[Guideline]:
        cls.code = code
        heading = (sys.modules[cls.__module__].__doc__ or "").partition("\n")[0]
        cls.title = heading.partition(": ")[2].rstrip(".")
        return GUIDELINES.register(code)(cls)

    return add


def in_series(x: Shape, *ops: Op) -> list[Cost]:
    """The costs of *ops* applied one after the other to a tensor of shape *x*.

    >>> from costmodel.ops.conv import Conv
    >>> [c.mult_adds for c in in_series((1, 8, 4, 4), Conv(out=2, kernel=1), Conv(out=8, kernel=1))]
    [256, 256]
    """
    return list(_in_series(x, ops))


@lru_cache(maxsize=4096)  # the layers of a repeated block are alike
def _in_series(x: Shape, ops: tuple[Op, ...]) -> tuple[Cost, ...]:
    costs = []
    for op in ops:
        costs.append(op.cost(x))
        x = op.out_shape(x)
    return tuple(costs)


def saving(before: Iterable[Cost], after: Iterable[Cost]) -> dict[str, int]:
    """What replacing layers of cost *before* by layers of cost *after* takes off.

    FLOPs here count every scalar operation, as the profile ``full`` does.

    >>> saving([Cost(mult_adds=9, reads=4)], [Cost(mult_adds=5, writes=1)])
    {'mult_adds': 4, 'flops': 8, 'mem_access': 3}
    """
    old, new = Cost.sum(before), Cost.sum(after)
    off = {name: _count(old, name) - _count(new, name) for name in SAVED}
    return {name: count for name, count in off.items() if count}


def _count(cost: Cost, name: str) -> Any:
    return 2 * cost.mult_adds + cost.scalar_ops if name == "flops" else getattr(cost, name)
