"""Counting conventions: what a number includes, said once and named.

A profile sees one layer at a time, as what it is (``kind``, ``family``, fields), the shapes
around it and its exact ``Cost``, and answers with the multiply-adds and the further scalar
operations that the convention counts.  One file holds one convention; its docstring is what
``costmodel list profiles`` prints.

Tools that watch PyTorch run a network also see *how* its code writes a layer: ``F.relu`` and
``nn.ReLU`` are one layer and two counts.  A layer's ``way`` says that; the usual way is a module
of the standard class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, ClassVar, NamedTuple, TypeAlias

from costmodel.arith import Dim
from costmodel.quantities import Cost
from costmodel.registry import Registry

Shape: TypeAlias = tuple[Dim, ...]

WAYS = {
    "module": "a module of the standard class: nn.ReLU",
    "function": "a function, no module: F.relu",
    "mean": "the tensor's own method: x.mean([2, 3]) for a global average pool",
    "subclass": "a module of a class derived from the standard one: timm's Conv2dSame",
    "container": "such a module with modules inside it: timm's BatchNormAct2d",
    "again": "a module that is called again later: the one nn.ReLU of a ResNet block",
    "channels_last": "such a module behind a permute: ConvNeXt's nn.LayerNorm, nn.Linear for a 1x1",
    "chunk": "x.chunk(2), whose extents an exported file works out as it runs",
}


MODULES = frozenset({"module", "again", "channels_last"})  # exactly of a standard class


class Seen(NamedTuple):
    """One layer, as a profile sees it."""

    op: Any  # an ops.Op: kind, family and fields
    xs: tuple[Shape, ...]
    y: Shape
    cost: Cost
    path: str = ""
    last: bool = False  # the last weighted layer of the network: its classifier, if linear
    sources: tuple[Any, ...] = ()  # the ops that made the inputs; None for the network's own
    way: str = "module"  # one of WAYS, as far as the spec says

    @property
    def written(self) -> str:
        """How the layer is written, one of WAYS: what no class of torch.nn does is a subclass.

        Its strided convolutions and its pools refuse padding "same", its LayerNorm needs the
        channels last.
        """
        op = self.op
        if self.way != "module":
            return self.way
        same = getattr(op, "padding", 0) == "same"
        own = same and (op.family == "pool" or op.stride not in (1, [1, 1], (1, 1)))
        own = own or (op.kind == "layer_norm" and len(self.xs[0]) > 3)
        return "subclass" if own else "module"


Rule: TypeAlias = Callable[[Seen], Dim]


class Profile:
    """A convention as data: whose multiply-adds count, and what is added to them.

    ``mult_adds`` names op families; ``extras`` gives, for an op kind or else its family, the
    operations added to the multiply-adds; ``ways`` are the ways of writing a layer that the
    tool notices; ``weight`` is how often its one number (``reported``) counts a multiply-add.
    """

    name: ClassVar[str]
    mult_adds: ClassVar[frozenset[str]] = frozenset({"conv", "linear", "matmul"})
    extras: ClassVar[Mapping[str, Rule]] = {}
    ways: ClassVar[frozenset[str]] = frozenset(WAYS)
    weight: ClassVar[int] = 1

    def counted(self, seen: Seen) -> Dim:
        """The multiply-adds of one layer that the convention counts."""
        if seen.op.family not in self.mult_adds or seen.written not in self.ways:
            return 0
        return seen.cost.mult_adds

    def extra(self, seen: Seen) -> Dim:
        """The further operations of one layer that the convention counts."""
        rule = self.extras.get(seen.op.kind) or self.extras.get(seen.op.family)
        return rule(seen) if rule is not None and seen.written in self.ways else 0

    def params(self, seen: Seen) -> Dim:
        """The params of one layer that the convention counts."""
        return seen.cost.params

    def reported(self, mult_adds: Dim, extra: Dim) -> Dim:
        """The one number that the tool or table the profile is named after would print."""
        return self.weight * mult_adds + extra

    def alone(self, op: Any, *xs: Shape, **more: Any) -> Dim:
        """The one number for a network that is the single layer *op*."""
        y = op.out_shape(*xs)
        seen = Seen(op, xs, y, op.forward(xs, y), **more)
        return self.reported(self.counted(seen), self.extra(seen))


PROFILES: Registry[type[Profile]] = Registry("profile", package=__name__)


def profile(name: str) -> Callable[[type[Profile]], type[Profile]]:
    """Register a convention under *name*."""

    def add(cls: type[Profile]) -> type[Profile]:
        cls.name = name
        return PROFILES.register(name)(cls)

    return add


class Written(NamedTuple):
    """How the code behind a network writes some of its layers."""

    op: str  # their kind
    way: str  # one of WAYS
    at: str = "*"  # a pattern of their paths: features/*/act
    variants: tuple[str, ...] = ("*",)  # patterns of the names of variants


def way_of(written: Iterable[Written], kind: str, path: str, variant: str | None) -> str:
    """How a layer is written, by the first rule that fits it.

    >>> rules = [Written("relu", "function", at="*/last"), Written("relu", "again", at="b*")]
    >>> [way_of(rules, "relu", path, None) for path in ("b1/last", "b1/first", "stem")]
    ['function', 'again', 'module']
    """
    for rule in written:
        fits = rule.op == kind and fnmatchcase(path, rule.at)
        if fits and any(fnmatchcase(variant or "", pattern) for pattern in rule.variants):
            return rule.way
    return "module"
