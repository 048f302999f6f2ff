"""The manual page of a rule: its docstring, and its thresholds as they are set."""

from __future__ import annotations

from inspect import getdoc

from costmodel.guidelines import GUIDELINES
from costmodel.guidelines.settings import Settings
from costmodel.render import Block, Column, Grid, Heading, Report, Text


def manual(code: str, settings: Settings | None = None) -> Report:
    """The page of the rule *code*.

    Raises  UnknownNameError for a code that no rule has.
    """
    rule = GUIDELINES[code]
    page = getdoc(rule) or ""
    blocks: list[Block] = [Heading(f"{code}: {rule.title}"), Text(page)]
    own = dict((settings or Settings()).options.get(code, {}))
    if rule.fields:
        columns = [Column("option", "option", priority=100), Column("value", "value", "ratio")]
        rows = [[f"{code}.{name}", own.get(name, value)] for name, value in rule.fields.items()]
        blocks.append(Grid(columns, rows))
    options = {name: own.get(name, value) for name, value in rule.fields.items()}
    return Report(blocks, {"code": code, "title": rule.title, "page": page, "options": options})
