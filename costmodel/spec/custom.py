"""Operators that a spec defines by their formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from costmodel.arith import AtLeast, Condition
from costmodel.errors import ShapeError
from costmodel.ops import Op, Shape, elements
from costmodel.quantities import Cost
from costmodel.spec.syntax import CustomOp, resolve


class FormulaOp(Op):
    """An operator whose shape and costs were worked out from the formulas of a spec.

    Where the document gives no ``reads`` or ``writes``, every input and weight is read once
    and every output written once; any other cost it leaves out is zero.
    """

    family: ClassVar[str] = "conv"  # its multiply-adds count like a convolution's

    name: str
    inputs: int
    shape: tuple[Any, ...]
    costs: tuple[tuple[str, Any], ...]

    @staticmethod
    def of(definition: CustomOp, values: Mapping[str, Any], env: Mapping[str, Any]) -> FormulaOp:
        """The operator that *definition* describes for the given argument values."""
        names = {**env}
        for key, default in definition.args.items():
            names[key] = values[key] if key in values else resolve(default, names)
        shape = tuple([dim.evaluate(names) for dim in definition.shape])
        costs = tuple((key, rule.evaluate(names)) for key, rule in definition.costs.items())
        made = FormulaOp(name=definition.name, inputs=definition.inputs, shape=shape, costs=costs)
        made.__dict__.update(kind=definition.name, weighted="mult_adds" in definition.costs)
        return made

    def requires(self, *xs: Shape) -> Iterator[Condition]:
        if len(xs) != self.inputs:
            raise ShapeError(f"{self.name} takes {self.inputs} inputs, {len(xs)} given")
        for dim in self.shape:
            yield AtLeast(dim, 1, f"a dimension of {self.name}")
        for key, count in self.costs:
            yield AtLeast(count, 0, f"{key} of {self.name}")

    arity: ClassVar[tuple[int, int | None]] = (1, None)

    def out_shape(self, *xs: Shape) -> Shape:
        return self.shape

    def backward(self, xs: tuple[Shape, ...], y: Shape, *, input_grad: bool = True) -> Cost:
        raise ShapeError(
            f"{self.name} is defined by formulas, which say nothing of its gradients",
            hint="--mode train counts built-in operators",
        )

    def forward(self, xs: tuple[Shape, ...], y: Shape) -> Cost:
        given = dict(self.costs)
        weights = given.get("params", 0) + given.get("buffers", 0)
        out = elements([y])
        usual = {"reads": elements(xs) + weights, "writes": out}
        if "mult_adds" in given:
            usual["activations"] = out
        return Cost(**{**usual, **given})
