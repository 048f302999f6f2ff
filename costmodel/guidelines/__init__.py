"""Design rules that look at an analysed network and say what a fix would save.

A rule is a module of ``rules`` with a ``Guideline`` under ``@GUIDELINES.register("CODE")``.
Its docstring is its manual page; its fields are its thresholds, which ``--set`` and
``[tool.costmodel.lint.CODE]`` of pyproject.toml change.  Adding the module is all there is to do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from costmodel.errors import Mark
from costmodel.graph import Layer
from costmodel.quantities import Cost
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
    saves: Mapping[str, int] = {}  # quantity -> what the fix takes off this layer

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


GUIDELINES: Registry[type[Guideline]] = Registry("guideline", package=f"{__name__}.rules")


def guideline(code: str) -> Any:
    """Register a rule under its code."""

    def add(cls: type[Guideline]) -> type[Guideline]:
        cls.code = code
        heading = (sys.modules[cls.__module__].__doc__ or "").partition("\n")[0]
        cls.title = heading.partition(": ")[2].rstrip(".")
        return GUIDELINES.register(code)(cls)

    return add


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
