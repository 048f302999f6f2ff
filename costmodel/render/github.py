"""GitHub's workflow commands: findings shown at their lines in a pull request."""

from __future__ import annotations

from costmodel.render import RENDERERS, Report, Style
from costmodel.render.findings import Finding, findings_of


@RENDERERS.register("github")
def github(report: Report, style: Style) -> str:
    """An annotation for each error and warning; what is right is not mentioned."""
    found = findings_of(report, "github").findings
    return "".join(_command(f) for f in found if f.level in ("error", "warning"))


def _command(finding: Finding) -> str:
    places = {"file": finding.file, "line": finding.line, "col": finding.column,
              "title": f"{finding.rule}: {finding.name}"}  # fmt: skip
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in places.items())
    return f"::{finding.level} {properties}::{_text(finding.message)}\n"


def _text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
