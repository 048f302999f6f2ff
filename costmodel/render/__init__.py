"""Results as blocks, and the formats they are written in.

A command turns what it found into a ``Report``: a few blocks for people and one JSON value
for programs.  A renderer turns a report into text.  To add a format, add a module here with
a function ``(Report, Style) -> str`` under ``@RENDERERS.register("name")``; it needs one case
for each block kind and then serves every command.

Grids hold raw values (``int``, ``Fraction``, ``float``, ``str``, tuples for shapes, closed
forms, ``None`` for an empty cell): how a number is spelled is each format's business, so
that CSV stays exact where a table rounds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from costmodel.records import Record
from costmodel.registry import Registry


class Block(Record):
    """A part of a report."""


class Heading(Block):
    """A title; level 1 is the report's own."""

    text: str
    level: int = 1


class Text(Block):
    """A paragraph; ``kind`` is ``plain``, ``note`` (a convention, a caveat) or ``warning``.

    Line breaks inside the text are kept.
    """

    text: str
    kind: str = "plain"


class Formula(Block):
    """``name = value``, where the value is a number or a closed form, and what it means."""

    name: str
    value: Any
    meaning: str = ""


class Column(Block):
    """A column of a grid.

    ``kind`` says how its numbers are spelled: ``text``, ``count`` (k/M/G), ``bytes``
    (KiB/MiB/GiB), ``percent`` (16.33 prints as 16.3), ``ratio``, ``shape``
    or ``formula``.  Where the width is short, columns of low ``priority`` go first, the
    right-most of equals; the first column always stays.
    """

    key: str
    heading: str
    kind: str = "text"
    priority: int = 0


class Grid(Block):
    """A table of raw values; its last ``footer_rows`` rows are totals.

    The caption says what the table is of, wherever it may be quoted without its heading.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    caption: str = ""
    footer_rows: int = 0


class Chart(Block):
    """One number for each label, drawn as ``bars`` or as a ``line``.

    ``kind`` spells the numbers, as a column's kind does.
    """

    labels: Sequence[str]
    values: Sequence[Any]
    caption: str = ""
    form: str = "bars"
    kind: str = "count"


class Report(Block):
    """What a command found: blocks for people, ``data`` for programs."""

    blocks: Sequence[Block]
    data: object = None

    @property
    def title(self) -> str:
        """The text of the first heading, or the program's name."""
        headings = (block.text for block in self.blocks if isinstance(block, Heading))
        return next(headings, "costmodel")

    def _repr_html_(self) -> str:
        return to_html_fragment(self)

    def __str__(self) -> str:
        return render(self, "table")

    __repr__ = __str__


class Style(NamedTuple):
    """What the reader asked for; a format ignores what does not concern it."""

    width: int = 100
    raw: bool = False
    color: bool = False


Renderer = Callable[[Report, Style], str]
RENDERERS: Registry[Renderer] = Registry("format", package=__name__)


def render(
    report: Report, format: str, *, width: int = 100, raw: bool = False, color: bool = False
) -> str:
    """The report in one of the formats of ``RENDERERS``; its last line ends in a line break.

    Raises  UnknownNameError for a format that does not exist.

    >>> print(render(Report([Formula("params", 4096)]), "table"), end="")
    params = 4096
    """
    write = RENDERERS[format]
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)  # a count is printed exactly however many digits it has
    try:
        text = write(report, Style(width, raw, color))
    finally:
        sys.set_int_max_str_digits(limit)
    # half a surrogate pair has no UTF-8; in JSON this is also the right escape for it
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if text.endswith("\n") or not text else text + "\n"


def to_html_fragment(report: Report) -> str:
    """The report as HTML to put into a page, for ``_repr_html_``."""
    from costmodel.render.html import fragment

    return fragment(report, Style())


def to_latex(report: Report) -> str:
    """The report as LaTeX, for ``_repr_latex_``."""
    return render(report, "latex")
