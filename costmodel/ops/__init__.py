"""Operators: one small frozen class each; fields are spec keys, methods are the model.

A tensor's shape is the tuple ``(n, c, *spatial)`` or, for tokens, ``(n, length, width)``.
An op states its conditions (``requires``), the shape it makes (``out_shape``) and what a
forward and a backward pass cost (``forward``, ``backward``), in arithmetic that runs
unchanged on ints, arrays and closed forms.  To add one, write a class in the module of its
family (or a new module here); its public fields become the keys of the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, TypeVar, dataclass_transform

from costmodel.arith import Condition, Dim, prod
from costmodel.errors import ShapeError
from costmodel.quantities import Cost
from costmodel.records import REQUIRED as REQUIRED
from costmodel.records import Record
from costmodel.registry import Registry

Shape = tuple[Dim, ...]
Pair = Any  # a Dim, or one Dim for each spatial axis


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Op(Record):
    """An operator: a record whose fields are the keys of its spec."""

    kind: ClassVar[str] = ""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)  # least and most inputs; None: any number
    is_view: ClassVar[bool] = False  # the output shares the input's memory; nothing moves
    weighted: ClassVar[bool] = False  # a convolution or linear layer: counts towards depth
    family: ClassVar[str] = ""  # conv linear matmul norm activation pool ...
    choices: ClassVar[dict[str, tuple[str, ...]]] = {}  # field -> the words it takes literally

    def _label(self) -> str:
        return self.kind

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        """Conditions on the fields and the input shapes; none unless overridden."""
        return iter(())

    def out_shape(self, *xs: Shape) -> Shape:
        """The shape made from the input shapes."""
        raise NotImplementedError

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        """What one inference pass costs, given the input shapes and the output shape."""
        raise NotImplementedError

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        """What the gradients of the weights and, if *input_grad*, of the inputs cost."""
        raise NotImplementedError

    def check(self, *xs: Shape) -> list[Condition]:
        """The conditions that symbols leave open; ShapeError on a broken one."""
        least, most = self.arity
        if len(xs) < least or (most is not None and len(xs) > most):
            wanted = (
                least if most == least else f"{least} to {most}" if most else f"{least} or more"
            )
            raise ShapeError(f"{self.kind} takes {wanted} inputs, {len(xs)} given")
        undecided = []
        for condition in self.requires(*xs):
            holds = condition.holds()
            if holds is False:
                raise ShapeError(condition.denial())
            if holds is None:
                undecided.append(condition)
        return undecided

    def cost(self, *xs: Shape) -> Cost:
        """The forward cost from the input shapes alone, conditions checked."""
        self.check(*xs)
        return self.forward(xs, self.out_shape(*xs))


OpClass = TypeVar("OpClass", bound=type[Op])
OPS: Registry[type[Op]] = Registry("op", package=__name__)


def op(kind: str) -> Callable[[OpClass], OpClass]:
    """Register an operator class under the name specs use."""

    def add(cls: OpClass) -> OpClass:
        cls.kind = kind
        OPS.register(kind)(cls)
        return cls

    return add


def elements(shapes: Iterable[Shape]) -> Dim:
    """How many elements tensors of these *shapes* hold together."""
    return sum(prod(shape) for shape in shapes)
