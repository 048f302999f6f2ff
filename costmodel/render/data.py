"""CSV and JSON: exact values for programs, nothing rounded, nothing left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.render import RENDERERS, Chart, Column, Formula, Grid, Report, Style
from costmodel.render.grids import as_grid
from costmodel.render.numbers import raw_text


@RENDERERS.register("json")
def json(report: Report, style: Style) -> str:
    """The report's data as it is, keys in their given order, integers of any length.

    One line for each entry of the object and of the lists in it: a layer is a line.
    """
    return _object(report.data) + "\n"


def _object(data: Any) -> str:
    from json import dumps

    def line(value: Any) -> str:
        return dumps(value, ensure_ascii=False, allow_nan=False)

    if not isinstance(data, dict) or not data:
        return line(data)
    entries = []
    for key, value in data.items():
        text = line(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n    " + ",\n    ".join(map(line, value)) + "\n  ]"
        entries.append(f"  {line(str(key))}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}"


@RENDERERS.register("csv")
def csv(report: Report, style: Style) -> str:
    """The report's grids, totals included, under a header of column keys.

    Grids with the same columns follow each other under one header; others follow an empty
    line.  A report without a grid gives its formulas and charts as names and values.  Quoting
    is that of RFC 4180, lines end in a line feed.

    A text cell that begins with ``=``, ``+``, ``-`` or ``@`` gets a ``'`` in front, because
    spreadsheets run such cells as formulas; numbers and closed forms stay as they are.
    """
    records: list[str] = []
    header = ""
    for grid in _grids(report):
        keys = _record([column.key for column in grid.columns])
        if keys != header:
            records += ["\n", keys] if records else [keys]
            header = keys
        records += map(_record, grid.rows)
    return "".join(records)


def _grids(report: Report) -> list[Grid]:
    if grids := [block for block in report.blocks if isinstance(block, Grid)]:
        return grids
    columns = [Column("name", "name"), Column("value", "value")]
    formulas = [(b.name, b.value) for b in report.blocks if isinstance(b, Formula)]
    charts = [as_grid(block) for block in report.blocks if isinstance(block, Chart)]
    return [Grid(columns, formulas), *charts] if formulas else charts


def _record(values: Sequence[Any]) -> str:
    line = ",".join(map(_field, values))
    return (line or '""') + "\n"  # an empty line would be no record


def _field(value: Any) -> str:
    text = raw_text(value)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@")):
        text = "'" + text
    if any(char in text for char in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
