"""Two further questions: sums in closed form, and how fast a cost grows with a multiplier."""

from __future__ import annotations

from typing import Any

from costmodel.arith import symbol
from costmodel.arith.program import over as over_
from costmodel.derive.algebra import derivative, domain_of, same, substituted
from costmodel.derive.notation import read
from costmodel.derive.problem import Quantities
from costmodel.derive.proof import Step
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled
from costmodel.errors import BindingError


def induction(closed: str, variable: str, start: str, after: str, *, first: int = 0) -> Bound:
    """A recurrence in closed form: ``closed`` at *first* is *start*, and each next is *after*.

    In *after*, ``last`` is the value before and *variable* the new value of the index.
    """
    form, step, begin = (read(t, symbol) for t in (closed, after, start))
    at_first = substituted(form, {variable: first})
    before = substituted(form, {variable: symbol(variable) - 1})
    made = substituted(step, {"last": before})
    if not same(at_first, begin) or not same(made, form):
        raise BindingError(f"{closed} does not follow from {start} and {after}")
    name = f"value({variable})"
    steps = [
        Step("base", f"value({first}) = {spelled(at_first)}", f"{closed} at {variable} = {first}",
             {"closed": spelled(form), "variable": variable, "first": str(first),
              "start": spelled(begin)}),
        Step("induction", f"{spelled(step)} = {spelled(form)} with last = {spelled(before)}",
             f"what holds at {variable} - 1 holds at {variable}",
             {"closed": spelled(form), "variable": variable, "after": spelled(step)}),
    ]  # fmt: skip
    return Bound(
        name, [f"value({first}) = {start}", f"value({variable}) = {after}"], (), form, {},
        [f"{variable} >= {first}"], "induction", "proved", steps,
        {"objective": spelled(form), "given": []}, domain_of([form, step]), question="closed form",
        extra={"variable": variable},
    )  # fmt: skip


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
