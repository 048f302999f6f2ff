"""What a question got for an answer: the bound, its proof, its conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from costmodel.arith.rational import is_rational
from costmodel.derive.proof import Step
from costmodel.derive.spelling import spelled
from costmodel.render import (
    Block,
    Column,
    Formula,
    Grid,
    Heading,
    Report,
    Text,
    to_html_fragment,
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

    def _repr_html_(self) -> str:
        return to_html_fragment(self.report())

    def _repr_latex_(self) -> str:
        from costmodel.derive.align import align

        return align(self)

    def report(self, title: str = "") -> Report:
        """The answer as blocks: the result first, then the proof step by step."""
        blocks: list[Block] = [Heading(title or self.title)]
        if self.bound is not None:
            blocks.append(Formula(self._left, self.bound, self._meaning))
        if self.attained_at:
            blocks += [Formula(name, value, "where it is attained")
                       for name, value in self.attained_at.items()]  # fmt: skip
        if self.witness is not None:
            shown = ", ".join(f"{k} = {v}" for k, v in self.witness.items())
            blocks.append(Text(f"counterexample: {shown}", kind="warning"))
        blocks.append(Text(f"status: {self.status}   method: {self.method}", kind="note"))
        blocks += [Text(condition, kind="note") for condition in self.conditions]
        if self.steps:
            columns = [Column("number", "step"), Column("claim", "claim"),
                       Column("because", "because")]  # fmt: skip
            rows = [[str(i), s.claim, s.because] for i, s in enumerate(self.steps, 1)]
            blocks.append(Grid(columns, rows, caption="the proof; each step was checked"))
        return Report(blocks, self.as_json())

    @property
    def title(self) -> str:
        """The question in words."""
        under = f" under {', '.join(self.given)}" if self.given else ""
        over = f" over {', '.join(self.over)}" if self.over else ""
        return f"{self.question} {self.objective}{over}{under}"

    @property
    def _left(self) -> str:
        relation = {"minimize": " at least", "at_least": " at least"}.get(self.question, "")
        return f"{self.objective}{relation}" if relation else self.question

    @property
    def _meaning(self) -> str:
        if self.status == "numeric" and "interval" in self.extra:
            return f"the minimum lies in [{', '.join(map(str, self.extra['interval']))}]"
        return "exact" if is_rational(self.bound) else ""
