r"""LaTeX to include in a paper: booktabs tables that float, with caption and label.

Every command used is standard LaTeX or booktabs.  Words from a spec are escaped character by
character, so no name can end a table early.
"""

from __future__ import annotations

import re
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
from costmodel.render.grids import as_grid, lay_out, spelled
from costmodel.render.numbers import Spelling, ascii_formula, is_formula
from costmodel.render.words import visible

APART = "\0"  # between two hyphens, which would become a dash; never in visible text
SPECIAL = {
    APART: "{}",
    **{char: "\\" + char for char in "_%&#{}$"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # after \\ a bracket would be its argument
    "]": "{]}",
    "…": r"\ldots{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "−": r"$-$",
    "–": "--",
    "—": "---",
}
TABLE = str.maketrans(SPECIAL)
SECTIONS = ("section", "subsection", "subsubsection", "paragraph")


@RENDERERS.register("latex")
def latex(report: Report, style: Style) -> str:
    """Every block, after a comment that names the package to load."""
    labels = set[str]()
    parts = [_block(block, style, report.title, labels) for block in report.blocks]
    return "\n\n".join([r"% needs \usepackage{booktabs}", *parts]) + "\n"


def escaped(text: str) -> str:
    r"""The text so that LaTeX prints it as it is.

    >>> print(escaped("conv_1 50% --x"))
    conv\_1 50\% -{}-x
    """
    return re.sub(r"-(?=-)", f"-{APART}", visible(text)).translate(TABLE)


def _math(value: Any) -> str:
    if isinstance(value, str) or not is_formula(value):
        return escaped(ascii_formula(value))
    from costmodel.arith import latex

    return f"${latex(value)}$"


def _number(text: str) -> str:
    if "e" in text and not text.isalpha():
        digits, power = text.split(" ")[0].split("e")
        text = text.replace(f"e{power}", "")
        return rf"${digits} \times 10^{{{int(power)}}}$" + text[len(digits) :].replace(" ", r"\,")
    return escaped(text.replace("-", "−")).replace(" ", r"\,")


SPELLING = Spelling(text=escaped, number=_number, formula=_math, times=r"\,$\times$\,")


def _block(block: Block, style: Style, title: str, labels: set[str]) -> str:
    match block:
        case Heading():
            return rf"\{SECTIONS[min(block.level, 4) - 1]}*{{{escaped(block.text)}}}"
        case Text():
            prefix = r"\textbf{Warning:} " if block.kind == "warning" else ""
            return prefix + "\\\\\n".join(map(escaped, block.text.split("\n")))
        case Formula():
            return _formula(block)
        case Grid():
            return _grid(block, style, title, labels)
        case Chart():
            return _grid(as_grid(block), style, title, labels)
    raise TypeError(f"no LaTeX for a {type(block).__name__}")


def _formula(block: Formula) -> str:
    value = SPELLING.formula(block.value)
    value = value[1:-1] if is_formula(block.value) else rf"\textrm{{{value}}}"
    meaning = rf" \qquad \textrm{{({escaped(block.meaning)})}}" if block.meaning else ""
    return rf"\[ \textrm{{{escaped(block.name)}}} = {value}{meaning} \]"


def _grid(grid: Grid, style: Style, title: str, labels: set[str]) -> str:
    cells = spelled(grid, SPELLING, raw=style.raw)
    lines = lay_out([cells.headings, *cells.rows], cells.columns, "latex_booktabs")
    if 0 < grid.footer_rows < len(cells.rows):
        lines.insert(len(lines) - 2 - grid.footer_rows, r"\midrule")
    caption = grid.caption or title
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(caption)}}}",
            rf"\label{{{_label(caption, labels)}}}",
            *lines,
            r"\end{table}",
        ]
    )


def _label(caption: str, taken: set[str]) -> str:
    """A label made of the caption's first words, unlike those before it."""
    words = re.findall(r"[a-z0-9]+", caption.lower())[:6]
    base = label = "tab:" + ("-".join(words) or "costs")
    number = 1
    while label in taken:
        number += 1
        label = f"{base}-{number}"
    taken.add(label)
    return label
