"""What a claim is, once read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from costmodel.claims.formula import Formula
from costmodel.claims.numbers import Printed, Tolerance
from costmodel.errors import Mark
from costmodel.records import Record

Stated: TypeAlias = "Printed | Formula"


class Subject(Record):
    """What is measured: a quantity of a network, of a module or of some of their layers."""

    quantity: str
    mark: Mark
    model: str | None = None  # a shipped network or a path; None is the file's own
    module: str | None = None  # one of the file's modules
    variant: str | None = None
    at: Mapping[str, Any] = {}
    profile: str = "paper"
    mode: str = "inference"
    part: tuple[str, ...] = ()  # patterns of paths; all layers if there is none
    ops: tuple[str, ...] = ()  # kinds of operators; all if there is none

    @property
    def key(self) -> tuple[Any, ...]:
        """What one build serves."""
        at = tuple(sorted((name, str(value)) for name, value in self.at.items()))
        return self.model, self.module, self.variant, at


class Claim(Record):
    """A published statement, and what it is checked against.

    ``kind`` is ``value``, ``equals``, ``ratio``, ``at_most``, ``at_least``, ``count`` or
    ``bound``; ``stated`` is what was published.
    """

    id: str
    mark: Mark
    kind: str
    source: str
    stated: Stated
    tolerance: Tolerance = Tolerance()
    subject: Subject | None = None
    over: Subject | None = None  # a ratio's divisor
    way: str = "ratio"  # what a ratio claim takes of its two numbers
    counted: Formula | None = None  # an expression of its own: count and equals
    bound: str = ""  # the name of a derived bound
    reason: str = ""  # of a known-wrong claim
    derived: Stated | None = None  # the right value, on record
    deviation: Printed | None = None  # how far off the published value is, on record
    note: str = ""


class Verdict(Record):
    """What the check of one claim says; every value plain enough for JSON."""

    id: str
    model: str
    variant: str | None
    kind: str
    quantity: str
    profile: str | None
    at: Mapping[str, Any]
    printed: str
    reported: Any
    derived: Any
    deviation: float | None
    tolerance: float | None
    verdict: str
    rounding: str  # exact, rounded, truncated or raised; empty if the digits do not follow
    message: str
    source: str
    file: str
    line: int

    @property
    def good(self) -> bool:
        """Whether nothing needs doing."""
        return self.verdict in ("holds", "known-wrong")

    def as_json(self) -> dict[str, Any]:
        """The fixed keys of ``check --format json``, and a few more."""
        return dict(self.__dict__)
