"""Spec -> Graph: layers wired, shapes inferred, assumptions collected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from costmodel.arith import AtLeast, Condition, Dim, ascii
from costmodel.errors import Mark
from costmodel.ops import Op, Shape
from costmodel.records import Record
from costmodel.spec.bind import Binding
from costmodel.spec.syntax import Spec


class Tensor:
    """A value that flows: its shape and the layer that made it (None for an input)."""

    __slots__ = ("maker", "parts", "shape")

    def __init__(self, shape: Shape, maker: Layer | None) -> None:
        self.shape, self.maker = shape, maker
        self.parts: dict[str, Tensor] = {}  # after a split: its named parts


class Layer:
    """One executed operator: where it came from, what goes in, what comes out."""

    __slots__ = ("calls", "inputs", "mark", "op", "output", "path", "runs", "shared", "xs", "y")

    def __init__(
        self, path: str, op: Op, inputs: tuple[Tensor, ...], y: Shape, mark: Mark, shared: bool,
        calls: tuple[Mark, ...] = (), runs: Dim = 1,
    ) -> None:  # fmt: skip
        self.path, self.op, self.inputs, self.mark = path, op, inputs, mark
        self.shared = shared  # its weights were counted at an earlier use
        self.runs = runs  # how often it runs; a form where a repetition count is free
        self.calls = calls  # where the blocks around it are called, the outermost first
        self.xs = tuple([tensor.shape for tensor in inputs])
        self.y = y
        self.output = Tensor(y, self)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every place in the spec that has a part in it: the calls around it, then its own."""
        return (*self.calls, self.mark)

    @property
    def stage(self) -> str:
        """The outermost name of the path."""
        return self.path.partition("/")[0]

    @property
    def block(self) -> str:
        """The stage and, where it repeats, the number of the repetition."""
        parts = self.path.split("/")
        return "/".join(parts[:2]) if len(parts) > 2 and parts[1].isdigit() else parts[0]

    def __repr__(self) -> str:
        return f"<Layer {self.path}: {self.op!r} {self.xs} -> {self.y}>"


class Graph(Record):
    """A network with every shape known, its layers in execution order."""

    spec: Spec
    binding: Binding
    variant: str | None
    inputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    output: Tensor
    conditions: tuple[Condition, ...]

    @property
    def assumptions(self) -> list[str]:
        """What symbols leave open, each condition once and only the strongest of its kind."""
        return strongest(self.conditions)


def build(
    spec: Spec,
    at: Mapping[str, Dim] | None = None,
    variant: str | None = None,
    free: Collection[str] = (),
) -> Graph:
    """The network that *spec* describes under the given values.

    Raises SpecError, ShapeError or BindingError, each with its place.
    """
    from costmodel.graph.builder import Builder

    return Builder(spec, Binding(spec, at, variant, free)).run(variant)


def strongest(conditions: Iterable[Condition]) -> list[str]:
    """The texts of *conditions* without repetition; of several bounds on a symbol the highest.

    >>> from costmodel.arith import symbol
    >>> h = symbol("h")
    >>> strongest([AtLeast(h - 2, 1, "height"), AtLeast(h - 6, 1, "height")])
    ['h >= 7']
    """
    bounds: dict[str, int] = {}
    texts: dict[str, None] = {}
    for condition in conditions:
        simple = condition.simple_bound() if isinstance(condition, AtLeast) else None
        if simple is None:
            texts[str(condition)] = None
        else:
            name, least = simple
            bounds[name] = max(least, bounds.get(name, least))
    return [*(f"{name} >= {least}" for name, least in bounds.items()), *texts]


def shape_text(shape: Shape) -> str:
    """A shape as errors and tables print it, the batch left out.

    >>> shape_text((1, 64, 56, 56))
    '64×56×56'
    """
    return "×".join(ascii(dim) for dim in shape[1:])
