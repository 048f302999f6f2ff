"""How fast a cost grows with a multiplier: the exponent, locally."""

from __future__ import annotations

from typing import Any

from costmodel.arith.program import over as over_
from costmodel.derive.algebra import derivative, domain_of, same
from costmodel.derive.problem import Quantities
from costmodel.derive.proof import Step
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled
from costmodel.errors import BindingError


def elasticity(graph: Any, name: str, quantity: str) -> Bound:
    """d log(quantity) / d log(name): the exponent with which the quantity grows, locally."""
    quantities = Quantities(graph)
    form = quantities.expression(quantity, "of")
    scaled = derivative(form, name) * quantities.symbols[name]
    value = over_(scaled, form)
    if not same(value * form, scaled):
        raise BindingError(f"the elasticity of {quantity} in {name} has no closed form")
    definition = Step("definition", f"{quantity} = {spelled(form)}",
                      "the sum of the layers' formulas", {"formula": spelled(form)})  # fmt: skip
    step = Step(
        "elasticity", f"{name}*d/d{name} ({quantity}) = {spelled(scaled)} = "
        f"({spelled(value)})*({quantity})", "differentiated term by term",
        {"expression": spelled(form), "variable": name, "scaled": spelled(scaled),
         "value": spelled(value)},
    )  # fmt: skip
    return Bound(
        quantity, [], (), value, {}, list(graph.assumptions), "derivative", "proved",
        [definition, step], {"objective": spelled(form), "given": []}, domain_of([form]),
        question="elasticity", extra={"variable": name},
    )  # fmt: skip
