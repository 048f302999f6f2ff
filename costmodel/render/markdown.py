"""Markdown as GitHub reads it, to paste into an issue or a pull request."""

from __future__ import annotations

import re

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
from costmodel.render.grids import lay_out, spelled
from costmodel.render.numbers import Spelling, ascii_formula
from costmodel.render.table import draw, uncaptioned
from costmodel.render.words import visible

MARKUP = re.compile(r"([\\`*\[\]~|])")
EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # inside a word it is only a character
AT_START = re.compile(r"^(\d*)([-+#.)=])(?=[-#=\s]|$)")  # would begin a list or a heading


@RENDERERS.register("markdown")
def markdown(report: Report, style: Style) -> str:
    """Every block, with an empty line between two."""
    before = [None, *report.blocks]
    blocks = map(uncaptioned, before, report.blocks)
    return "\n\n".join(_block(block, style) for block in blocks) + "\n"


def escaped(text: str) -> str:
    r"""The text so that Markdown shows it as it is.

    >>> print(escaped("a|b <b> *x* _y_ conv_1"))
    a\|b &lt;b&gt; \*x\* \_y\_ conv_1
    """
    text = visible(text).replace("&", "&amp;") if "&" in text else visible(text)
    text = MARKUP.sub(r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")
    return EMPHASIS.sub(r"\\_", text)


def _paragraph(text: str) -> str:
    return "  \n".join(map(_line, text.split("\n")))


def _line(text: str) -> str:
    """One line of a paragraph, its indentation kept without becoming code."""
    bare = text.lstrip(" ")
    return "&nbsp;" * (len(text) - len(bare)) + AT_START.sub(r"\1\\\2", escaped(bare))


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return fence + text.replace("|", r"\|") + fence


SPELLING = Spelling(text=escaped, formula=lambda value: _code(ascii_formula(value)))


def _block(block: Block, style: Style) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {escaped(block.text)}"
        case Text():
            prefix = "**Warning:** " if block.kind == "warning" else ""
            return prefix + _paragraph(block.text)
        case Formula():
            meaning = f" ({escaped(block.meaning)})" if block.meaning else ""
            return f"**{escaped(block.name)}** = {SPELLING.formula(block.value)}{meaning}"
        case Grid():
            return _grid(block, style)
        case Chart():
            return "\n".join(["```text", *draw(block, style.width, raw=style.raw), "```"])
    raise TypeError(f"no Markdown for a {type(block).__name__}")


def _grid(grid: Grid, style: Style) -> str:
    cells = spelled(grid, SPELLING, raw=style.raw)
    rows = list(cells.rows)
    for at in range(len(rows) - grid.footer_rows, len(rows)):
        rows[at] = tuple(f"**{text}**" if text else "" for text in rows[at])
    lines = lay_out([cells.headings, *rows], cells.columns, "pipe")
    caption = [_paragraph(grid.caption), ""] if grid.caption else []
    return "\n".join([*caption, *lines])
