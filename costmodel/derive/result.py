"""What a question got for an answer: the bound, its proof, its conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from costmodel.arith import to_sympy
from costmodel.arith.rational import is_rational
from costmodel.derive.proof import Step
from costmodel.derive.spelling import spelled
from costmodel.render import (
    Block,
    Formula,
    Heading,
    Report,
    Text,
    to_latex,
)

STATUSES = ("proved", "numeric", "refuted", "unknown")


class Bound(NamedTuple):
    """The answer to one question; ``formulas`` and ``domain`` are what a checker starts from."""

    objective: str
    given: Sequence[str]
    over: Sequence[str]
    bound: Any
    attained_at: Mapping[str, Any]
    conditions: Sequence[str]
    method: str
    status: str
    steps: Sequence[Step]
    formulas: Mapping[str, Any]
    domain: Mapping[str, Any]
    question: str = "minimize"
    witness: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = {}

    def as_json(self) -> dict[str, Any]:
        """The object of ``bound --format json``."""
        data = {
            "objective": self.objective,
            "given": list(self.given),
            "over": list(self.over),
            "bound": None if self.bound is None else spelled(self.bound),
            "attained_at": {name: spelled(value) for name, value in self.attained_at.items()},
            "conditions": list(self.conditions),
            "method": self.method,
            "status": self.status,
            "steps": [step.as_json() for step in self.steps],
            "question": self.question,
            "formulas": dict(self.formulas),
            "domain": dict(self.domain),
            **self.extra,
        }
        if self.witness is not None:
            data["witness"] = dict(self.witness)
        return data

    def __repr__(self) -> str:
        value = "" if self.bound is None else f": {spelled(self.bound)}"
        return f"<Bound {self.title}{value} ({self.status})>"

    def _repr_markdown_(self) -> str:
        from costmodel.derive.align import markdown

        return markdown(self)

    def _repr_latex_(self) -> str:
        from costmodel.derive.align import align

        return align(self)

    def report(self, title: str = "", *, proof: bool = True) -> Report:
        """The answer as blocks: the result first, then its conditions and the proof."""
        known = self.extra.get("library")
        told = f"{known['name']}: {known['statement']}" if known else self.title
        blocks: list[Block] = [Heading(title or told)]
        blocks += [Text(self.title)] if known else []
        if self.bound is not None and self.question != "compare":
            blocks.append(Formula(self._left, spelled(self.bound), self._meaning))
        blocks += [Formula(name, spelled(value), "where it is attained")
                   for name, value in self.attained_at.items()]  # fmt: skip
        if self.witness is not None:
            shown = ", ".join(f"{k} = {v}" for k, v in self.witness.items())
            blocks.append(Text(f"counterexample: {shown}", kind="warning"))
        blocks.append(Text(f"status: {self.status}   method: {self.method}", kind="note"))
        blocks += [Text(condition, kind="note") for condition in self.conditions]
        if self.steps and proof:
            blocks.append(Heading("proof: each step was checked", 2))
            blocks += [Text(text, kind="note") for text in self._told]
        return Report(blocks, self.as_json())

    @property
    def expression(self) -> Any:
        """The bound as a SymPy expression; None where there is none, words where it is words."""
        return _public(self.bound)

    @property
    def place(self) -> dict[str, Any]:
        """Where it is attained, as SymPy expressions."""
        return {name: _public(value) for name, value in self.attained_at.items()}

    def latex(self) -> str:
        """The answer as formulas, its conditions in words, the proof as an ``align*``."""
        from costmodel.derive.align import equation

        report = self.report(proof=False)
        shown = [equation(b.name, str(b.value)) for b in report.blocks if isinstance(b, Formula)]
        words = [b for b in report.blocks if not isinstance(b, Formula)]
        proof = [self._repr_latex_()] if self.steps else []
        needs = r"% needs \usepackage{amsmath}"
        return "\n".join([to_latex(Report(words, None)).rstrip(), needs, *shown, *proof, ""])

    @property
    def _told(self) -> list[str]:
        """Each step in two lines; a chain goes on without saying again where it stands."""
        lines, reached = [], None
        for i, step in enumerate(self.steps, 1):
            claim, data = step.claim, step.data
            if reached is not None and data.get("left") == reached:
                claim = f"{data['relation']} {data['right']}"
            reached = data.get("right", data.get("formula", reached))
            lines.append(f"{i}. {claim}\n    {step.because}")
        return lines

    @property
    def title(self) -> str:
        """The question in words."""
        under = f" under {', '.join(self.given)}" if self.given else ""
        over = f" over {', '.join(self.over)}" if self.over else ""
        return f"{self.question} {self.objective}{over}{under}"

    @property
    def _left(self) -> str:
        if self.question == "minimize":
            return f"least {self.objective}"
        varies = f" of {self.objective} in {self.extra.get('variable')}"
        names = {"at_least": f"lower bound of {self.objective}", "when": "condition",
                 "monotone": f"direction{varies}", "elasticity": f"elasticity{varies}",
                 "closed form": self.objective}  # fmt: skip
        return names.get(self.question, self.question)

    @property
    def _meaning(self) -> str:
        if self.status == "numeric" and "interval" in self.extra:
            return f"the minimum lies in [{', '.join(map(str, self.extra['interval']))}]"
        return "exact" if is_rational(self.bound) else ""


def _public(value: Any) -> Any:
    """*value* in SymPy's own terms, powers of a symbol too; a sentence as it is."""
    if value is None or is_rational(value):
        return value
    import ast

    from costmodel.derive.checker.terms import parse, symbolic

    text = spelled(value)
    try:
        match parse(text):
            case ast.Call(func=ast.Name(id="Max"), args=parts):
                import sympy

                return sympy.Max(*map(symbolic, parts))
            case _ if isinstance(value, str):
                return value
            case _ if "floor(" in text or "Max(" in text or "Min(" in text:
                return to_sympy(value)
            case node:
                return symbolic(node)
    except ValueError:
        return text
