"""JUnit XML: each finding a test case, for the test reports of CI."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.render import RENDERERS, Report, Style
from costmodel.render.findings import Finding, findings_of

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


@RENDERERS.register("junit")
def junit(report: Report, style: Style) -> str:
    """One test suite for each group; errors and warnings fail, notes pass with their text."""
    found = findings_of(report, "junit")
    groups: dict[str, list[Finding]] = {}
    for finding in found.findings:
        groups.setdefault(finding.group, []).append(finding)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(_open("testsuites", found.by, found.findings))
    for name, members in groups.items():
        lines.append("  " + _open("testsuite", name, members))
        for finding in members:
            lines += [f"    {line}" for line in _case(finding)]
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _open(tag: str, name: str, members: Sequence[Finding]) -> str:
    failures = sum(_fails(member) for member in members)
    return f'<{tag} name="{escaped(name)}" tests="{len(members)}" failures="{failures}" errors="0">'


def _fails(finding: Finding) -> bool:
    return finding.level in ("error", "warning")


def _case(finding: Finding) -> list[str]:
    where = f'file="{escaped(finding.file)}" line="{finding.line}"'
    head = f'<testcase classname="{escaped(finding.group)}" name="{escaped(finding.name)}" {where}'
    if finding.level == "pass":
        return [head + "/>"]
    text = escaped(finding.message)
    if _fails(finding):
        body = f'<failure type="{escaped(finding.rule)}" message="{text}"/>'
    else:
        body = f"<system-out>{text}</system-out>"
    return [head + ">", f"  {body}", "</testcase>"]


def escaped(text: str) -> str:
    """*text* for XML, without the characters XML cannot hold."""
    legal = (c if c in "\n\t" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text)
    return "".join(_ESCAPES.get(c, c) for c in legal)
