"""Text for a terminal: tables that fit it, colour only where it was asked for."""

from __future__ import annotations

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
from costmodel.render.grids import GAP, Cells, fitted, padded
from costmodel.render.numbers import Spelling, aligned, ascii_formula, portions, spell_column
from costmodel.render.words import TERMS, cells, shorten, visible, wrap

NARROWEST = 20
BOLD, DIM, YELLOW, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"
SPELLING = Spelling(text=visible, formula=ascii_formula)


@RENDERERS.register("table")
def table(report: Report, style: Style) -> str:
    """Every block at most ``style.width`` character cells wide."""
    style = style._replace(width=max(style.width, NARROWEST))
    lines: list[str] = []
    for before, block in zip([None, *report.blocks], report.blocks, strict=False):
        more = _lines(uncaptioned(before, block), style)
        if more and _wants_space(before, block):
            lines.append("")
        lines += more
    return "\n".join(lines)


def uncaptioned(before: Block | None, block: Block) -> Block:
    """The block; a grid right under a heading without its caption, which would repeat it."""
    if isinstance(block, Grid) and isinstance(before, Heading):
        return Grid(block.columns, block.rows, footer_rows=block.footer_rows)
    return block


def draw(chart: Chart, width: int, *, raw: bool = False) -> list[str]:
    """A bar for each number, the longest filling the width."""
    numbers = aligned(chart.kind, spell_column(chart.kind, chart.values, SPELLING, raw=raw))
    labels = [shorten(visible(label), max(8, width // 3)) for label in chart.labels]
    left, right = max(map(cells, labels), default=0), max(map(cells, numbers), default=0)
    room = max(1, width - left - right - 2 * GAP)
    lines = wrap(visible(chart.caption), width) if chart.caption else []
    for label, number, length in zip(labels, numbers, portions(chart.values, room), strict=True):
        name = label + " " * (left - cells(label))
        lines.append(f"{name}  {number:>{right}}  {'#' * length}".rstrip())
    return lines


def _wants_space(before: Block | None, block: Block) -> bool:
    if before is None:
        return False
    return isinstance(block, Heading | Chart) or (
        isinstance(block, Grid) and not isinstance(before, Heading)
    )


def _lines(block: Block, style: Style) -> list[str]:
    match block:
        case Heading():
            return [_paint(line, BOLD, style) for line in wrap(visible(block.text), style.width)]
        case Text():
            return _text(block, style)
        case Formula():
            return _formula(block, style)
        case Grid():
            return _grid(block, style)
        case Chart():
            return draw(block, style.width, raw=style.raw)
    raise TypeError(f"no text for a {type(block).__name__}")


def _text(block: Text, style: Style) -> list[str]:
    prefix, code = ("warning: ", YELLOW) if block.kind == "warning" else ("", "")
    hang = "" if block.kind == "plain" else "  "
    return [
        _paint(line, code, style)
        for paragraph in (prefix + block.text).split("\n")
        for line in wrap(visible(paragraph), style.width, hang)
    ]


def _formula(block: Formula, style: Style) -> list[str]:
    equation = f"{visible(block.name)} = {ascii_formula(block.value)}"
    lines = wrap(equation, style.width, "    ", TERMS)
    if not block.meaning:
        return lines
    meaning = f"  ({visible(block.meaning)})"
    if cells(lines[-1]) + cells(meaning) <= style.width:
        return [*lines[:-1], lines[-1] + meaning]
    return [*lines, *wrap("  " + meaning, style.width, "     ")]


def _grid(grid: Grid, style: Style) -> list[str]:
    shown = fitted(grid, style.width, SPELLING, raw=style.raw)
    lines = wrap(visible(grid.caption), style.width) if grid.caption else []
    lines += _table(shown, grid.footer_rows, style)
    for formula in shown.formulas:
        lines += wrap(formula, style.width, "    ", TERMS)
    if shown.left_out:
        note = f"left out to fit {style.width} columns: {', '.join(shown.left_out)}"
        lines += wrap(visible(note), style.width)
    return lines


def _table(shown: Cells, footer_rows: int, style: Style) -> list[str]:
    split = len(shown.rows) - footer_rows
    codes = [DIM if column.kind == "percent" else "" for column in shown.columns]
    bold = [BOLD] * len(codes)
    painted = [
        [_paint(text, code, style) for text, code in zip(row, line_codes, strict=True)]
        for row, line_codes in zip(
            [shown.headings, *shown.rows],
            [bold, *[codes] * split, *[bold] * footer_rows],
            strict=True,
        )
    ]
    lines = padded([shown.headings, *shown.rows], shown.columns, painted)
    rule = (" " * GAP).join("-" * width for width in shown.widths)
    if footer_rows and split:
        lines.insert(split + 1, rule)
    return [line.rstrip() for line in [lines[0], rule, *lines[1:]]]


def _paint(text: str, code: str, style: Style) -> str:
    return f"{code}{text}{PLAIN}" if style.color and code and text else text
