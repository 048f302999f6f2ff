"""Laying out a grid: spelled cells, the columns that fit, numbered formulas, tabulate.

tabulate measures text by what is installed beside it; it is given stand-ins of the right
width instead, which are replaced afterwards.  So wide characters, colours and LaTeX commands
line up everywhere, and tabulate escapes nothing a second time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from typing import Any

from costmodel.render import Chart, Column, Grid
from costmodel.render.numbers import Spelling, aligned, is_formula, spell_column
from costmodel.render.words import cells, shorten

SHORTEST_NAME = 12  # a name cut further than this says nothing
SHORT_FORMULA = 8  # a formula up to this long is not worth a number
GAP = 2
STAND_IN = "\ue000"
LEFT = ("text", "shape", "formula")


class Cells:
    """The columns of a grid with their cells as text."""

    def __init__(self, columns: Sequence[Column], spelling: Spelling) -> None:
        self.columns = list(columns)
        self.headings = [spelling.text(column.heading) for column in columns]
        self.values: list[list[Any]] = []  # the raw cells, column by column
        self.texts: list[list[str]] = []  # the same as they are printed
        self.formulas: list[str] = []  # what the numbers in the cells stand for
        self.left_out: list[str] = []  # columns for which there was no room
        self.clear = {name for name in self.headings if self.headings.count(name) == 1 and name}

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The cells row by row."""
        return list(zip(*self.texts, strict=True))

    @property
    def widths(self) -> list[int]:
        """The width of each column in character cells."""
        return [
            max(map(cells, [heading, *texts]))
            for heading, texts in zip(self.headings, self.texts, strict=True)
        ]


def columns_of(grid: Grid) -> list[list[Any]]:
    """The raw values of a grid, column by column."""
    if not grid.rows:
        return [[] for _ in grid.columns]
    return [list(values) for values in zip(*grid.rows, strict=True)]


def spelled(grid: Grid, spelling: Spelling, *, raw: bool = False) -> Cells:
    """The grid's cells in a format's own spelling, nothing left out."""
    result = Cells(grid.columns, spelling)
    result.values = columns_of(grid)
    result.texts = [
        spell_column(column.kind, values, spelling, raw=raw)
        for column, values in zip(grid.columns, result.values, strict=True)
    ]
    return result


def fitted(grid: Grid, width: int, spelling: Spelling, *, raw: bool = False) -> Cells:
    """The grid's cells as text, in at most *width* character cells.

    Names lose their middle first; where that is not enough, long formulas become numbers;
    then columns are left out.
    """
    whole = spelled(grid, spelling, raw=raw)
    whole.texts = [
        aligned(column.kind, texts)
        for column, texts in zip(whole.columns, whole.texts, strict=True)
    ]
    if _shorten_names(whole, width):
        return whole
    fitting = _with_numbered_formulas(whole)
    while not _shorten_names(fitting, width) and len(whole.columns) > 1:
        _leave_one_out(whole)
        fitting = _with_numbered_formulas(whole)
    if len(fitting.columns) == 1:
        fitting.headings = [shorten(fitting.headings[0], width)]
        if fitting.columns[0].kind == "text":
            fitting.texts = [[shorten(text, width) for text in fitting.texts[0]]]
    return fitting


def as_grid(chart: Chart) -> Grid:
    """A chart's numbers as a table."""
    columns = [Column("label", "label"), Column("value", "value", chart.kind)]
    return Grid(columns, list(zip(chart.labels, chart.values, strict=True)), chart.caption)


def padded(
    rows: Sequence[Sequence[str]],
    columns: Sequence[Column],
    painted: Sequence[Sequence[str]] | None = None,
) -> list[str]:
    """The lines of a plain table for a terminal.

    Tabulate would do, but importing it takes as long as a whole analysis.  ``painted`` holds
    the same rows with marks that take no room.
    """
    widths = [max(map(cells, texts)) for texts in zip(*rows, strict=True)]
    lines = []
    for row, marks in zip(rows, painted or rows, strict=True):
        line = []
        for text, mark, width, column in zip(row, marks, widths, columns, strict=True):
            room = " " * (width - cells(text))
            line.append(mark + room if column.kind in LEFT else room + mark)
        lines.append((" " * GAP).join(line).rstrip())
    return lines


def lay_out(rows: Sequence[Sequence[str]], columns: Sequence[Column], form: str) -> list[str]:
    """The lines of a table in one of tabulate's forms; the first row is its heading."""
    from tabulate import tabulate

    drawn = [[STAND_IN * cells(text) for text in row] for row in rows]
    body = drawn[1:] or [[""] * len(columns)]
    aligns = ["left" if column.kind in LEFT else "right" for column in columns]
    text = tabulate(body, drawn[0], tablefmt=form, colalign=aligns, disable_numparse=True)
    meant = iter(text for row in rows for text in row if cells(text))
    return re.sub(f"{STAND_IN}+", lambda _: next(meant), text).split("\n")


def _with_numbered_formulas(whole: Cells) -> Cells:
    """The cells with [1], [2], ... for long formulas, which are listed; equal ones of one
    column share a number."""
    result = copy(whole)
    result.texts = [list(texts) for texts in whole.texts]
    numbers: dict[tuple[str, str], int] = {}
    for row in range(len(whole.texts[0])):
        for heading, values, texts in zip(whole.headings, whole.values, result.texts, strict=True):
            if is_formula(values[row]) and cells(texts[row]) > SHORT_FORMULA:
                number = numbers.setdefault((heading, texts[row]), len(numbers) + 1)
                texts[row] = f"[{number}]"
    result.formulas = [f"[{n}] {name} = {text}" for (name, text), n in numbers.items()]
    return result


def _shorten_names(grid: Cells, width: int) -> bool:
    """Cut the longest names until the grid fits; nothing changes if that cannot be reached."""
    widths = grid.widths
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    names = [
        (i, max(SHORTEST_NAME, cells(grid.headings[i])))
        for i, column in enumerate(grid.columns)
        if column.kind == "text"
    ]
    if excess > sum(max(0, widths[i] - least) for i, least in names):
        return False
    while excess > 0:
        at, _ = max(names, key=lambda name: widths[name[0]] - name[1])
        widths[at], excess = widths[at] - 1, excess - 1
    for i, _ in names:
        grid.texts[i] = [shorten(text, widths[i]) for text in grid.texts[i]]
    return True


def _leave_one_out(grid: Cells) -> None:
    """Drop the column of least priority, the right-most of equals, never the first."""
    at = min(range(1, len(grid.columns)), key=lambda i: (grid.columns[i].priority, -i))
    column, heading = grid.columns.pop(at), grid.headings.pop(at)
    del grid.texts[at], grid.values[at]
    grid.left_out.insert(0, heading if heading in grid.clear else column.key)
