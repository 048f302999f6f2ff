"""One self-contained HTML page, or the same as a fragment for a notebook.

Colours are shares of the text colour, so the page is readable on light and dark grounds.
The exact number stands behind every rounded one (hover over it).
"""

from __future__ import annotations

from typing import Any

from costmodel.render import (
    RENDERERS,
    Block,
    Chart,
    Formula,
    Grid,
    Heading,
    Report,
    Style,
    Text,
)
from costmodel.render.grids import LEFT, columns_of
from costmodel.render.numbers import Spelling, ascii_formula, is_number, raw_text, spell_column
from costmodel.render.svg import picture
from costmodel.render.words import visible

PAGE_CSS = """
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  font: 16px/1.5 system-ui, sans-serif; }
"""
CSS = """
.costmodel { overflow-x: auto; }
.costmodel h1 { font-size: 1.4em; }
.costmodel h2 { font-size: 1.15em; }
.costmodel table { border-collapse: collapse; margin: 1em 0; font-size: .9em;
  font-variant-numeric: tabular-nums; }
.costmodel caption { text-align: left; padding: .3em 0; opacity: .8; }
.costmodel th, .costmodel td { padding: .25em .8em; text-align: left; white-space: nowrap;
  vertical-align: top; background: none; }
.costmodel .n { text-align: right; }
.costmodel thead th { border-bottom: 2px solid currentColor; }
.costmodel tbody td, .costmodel tbody th { border-bottom: 1px solid rgba(128,128,128,.25);
  font-weight: normal; }
.costmodel tbody tr:hover { background: rgba(128,128,128,.12); }
.costmodel tfoot td, .costmodel tfoot th { border-top: 2px solid currentColor;
  font-weight: bold; }
.costmodel tbody .share { background: linear-gradient(to right,
  rgba(70,130,220,.3) var(--share), transparent var(--share)); }
.costmodel code { font-family: ui-monospace, monospace; white-space: normal; }
.costmodel .note { opacity: .8; font-size: .9em; margin: .4em 0; }
.costmodel .warning { border-left: .3em solid #d08000; padding-left: .7em; }
.costmodel figure { margin: 1em 0; }
.costmodel svg { max-width: 100%; height: auto; }
"""


@RENDERERS.register("html")
def page(report: Report, style: Style) -> str:
    """A whole document that needs nothing beside it."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escaped(report.title)}</title>",
            f"<style>{PAGE_CSS}</style>",
            "</head>",
            "<body>",
            fragment(report, style),
            "</body>",
            "</html>",
            "",
        ]
    )


def fragment(report: Report, style: Style) -> str:
    """The blocks with their style sheet, to put into a page."""
    parts = [_block(block, style) for block in report.blocks]
    return "\n".join(['<div class="costmodel">', f"<style>{CSS}</style>", *parts, "</div>"])


def escaped(text: str) -> str:
    """The text so that HTML shows it as it is, in content and in quoted attributes.

    >>> escaped('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    from html import escape

    return escape(visible(text))


def _code(value: Any) -> str:
    return f"<code>{escaped(ascii_formula(value))}</code>"


SPELLING = Spelling(text=escaped, formula=_code)


def _block(block: Block, style: Style) -> str:
    match block:
        case Heading():
            tag = f"h{min(max(block.level, 1), 6)}"
            return f"<{tag}>{escaped(block.text)}</{tag}>"
        case Text():
            return _text(block)
        case Formula():
            meaning = f" ({escaped(block.meaning)})" if block.meaning else ""
            return f"<p>{escaped(block.name)} = {_code(block.value)}{meaning}</p>"
        case Grid():
            return _grid(block, style)
        case Chart():
            return picture(block, escaped, raw=style.raw)
    raise TypeError(f"no HTML for a {type(block).__name__}")


def _text(block: Text) -> str:
    kind = f' class="{block.kind}"' if block.kind in ("note", "warning") else ""
    return f"<p{kind}>{'<br>'.join(map(escaped, block.text.split(chr(10))))}</p>"


def _grid(grid: Grid, style: Style) -> str:
    heads = "".join(
        f'<th scope="col"{_class(column.kind)}>{escaped(column.heading)}</th>'
        for column in grid.columns
    )
    rows = _rows(grid, style)
    split = len(rows) - grid.footer_rows
    lines = ["<table>"]
    if grid.caption:
        lines.append(f"<caption>{escaped(grid.caption)}</caption>")
    lines += [f"<thead><tr>{heads}</tr></thead>", "<tbody>", *rows[:split], "</tbody>"]
    if grid.footer_rows:
        lines += ["<tfoot>", *rows[split:], "</tfoot>"]
    return "\n".join([*lines, "</table>"])


def _rows(grid: Grid, style: Style) -> list[str]:
    columns = []
    for at, (column, values) in enumerate(zip(grid.columns, columns_of(grid), strict=True)):
        texts = spell_column(column.kind, values, SPELLING, raw=style.raw)
        columns.append(
            [
                _cell(column.kind, value, text, "th" if at == 0 else "td")
                for value, text in zip(values, texts, strict=True)
            ]
        )
    return [f"<tr>{''.join(row)}</tr>" for row in zip(*columns, strict=True)]


def _cell(kind: str, value: Any, text: str, tag: str) -> str:
    scope = ' scope="row"' if tag == "th" else ""
    if kind == "percent" and is_number(value):
        share = min(max(float(value), 0.0), 100.0)
        return f'<{tag}{scope} class="n share" style="--share:{share:.1f}%">{text}</{tag}>'
    exact = raw_text(value) if is_number(value) else text
    title = f' title="{exact}"' if exact != text else ""
    return f"<{tag}{scope}{_class(kind)}{title}>{text}</{tag}>"


def _class(kind: str) -> str:
    return "" if kind in LEFT else ' class="n"'
