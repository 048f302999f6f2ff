"""Reports of what is right and wrong at places in files, for the formats of CI.

``junit``, ``github`` and ``sarif`` write these and nothing else; every other format writes
them as the report they also are.
"""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.errors import CostModelError
from costmodel.records import Record
from costmodel.render import Report

LEVELS = ("error", "warning", "note", "pass")


class Finding(Record):
    """One thing that was looked at: a claim, or a place where a guideline was."""

    rule: str  # what was looked for: claim-fails, G1
    level: str  # one of LEVELS; pass and note need nothing done
    name: str  # what was looked at, unique within its group
    group: str  # what it belongs to: a file, a network
    message: str
    file: str = ""
    line: int = 1
    column: int = 1
    related: tuple[tuple[str, str, int, int], ...] = ()  # further places: what, file, line, column


class Findings(Report):
    """A report with the single findings it is made of."""

    findings: Sequence[Finding] = ()
    by: str = "costmodel"  # the command that found them


def findings_of(report: Report, format: str) -> Findings:
    """*report*, if it has findings.

    Raises  CostModelError for a table of costs.
    """
    if not isinstance(report, Findings):
        hint = "table, markdown, csv, json, latex or html"
        raise CostModelError(f"{format} is for what is right or wrong, and this is neither",
                             hint=hint)  # fmt: skip
    return report
