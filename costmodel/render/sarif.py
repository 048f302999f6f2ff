"""SARIF 2.1.0: findings for code scanning."""

from __future__ import annotations

from typing import Any

from costmodel.render import RENDERERS, Report, Style
from costmodel.render.findings import Finding, findings_of
from costmodel.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@RENDERERS.register("sarif")
def sarif(report: Report, style: Style) -> str:
    """One run with a result for each error, warning and note."""
    from json import dumps

    found = findings_of(report, "sarif")
    told = [finding for finding in found.findings if finding.level != "pass"]
    rules = list(dict.fromkeys(finding.rule for finding in told))
    driver = {"name": "costmodel", "version": __version__,
              "rules": [{"id": rule} for rule in rules]}  # fmt: skip
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints",
           "results": [_result(finding, rules) for finding in told]}  # fmt: skip
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _result(finding: Finding, rules: list[str]) -> dict[str, Any]:
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level,
        "message": {"text": f"{finding.name}: {finding.message}"},
        "locations": [_place(finding.file, finding.line, finding.column)],
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_place(file, line, column), "message": {"text": what}}
            for number, (what, file, line, column) in enumerate(finding.related)
        ]
    return result


def _place(file: str, line: int, column: int) -> dict[str, Any]:
    from urllib.parse import quote

    region = {"startLine": line, "startColumn": column}
    return {"physicalLocation": {"artifactLocation": {"uri": quote(file)}, "region": region}}
