"""Closed forms as people read them: shared floors under names, and the plain case beside."""

from __future__ import annotations

from typing import Any

from costmodel.arith import ascii, evaluate, free_symbols, is_symbolic, symbol
from costmodel.arith.lets import let_bind, period
from costmodel.quantities import QUANTITIES
from costmodel.render import Block, Formula, Grid, Heading, Text
from costmodel.table import Table

SHOWN = ("params", "mult_adds", "mem_access", "peak_memory")
LONGEST_PERIOD = 4096


def with_names(grid: Grid) -> tuple[Grid, list[Block]]:
    """*grid* with the floors in its cells under names, and the blocks that say what these are."""
    cells = [cell for row in grid.rows for cell in row]
    symbolic = [i for i, cell in enumerate(cells) if is_symbolic(cell)]
    lets, short = let_bind([cells[i] for i in symbolic])
    for i, form in zip(symbolic, short, strict=True):
        cells[i] = form
    width = len(grid.columns)
    rows = [cells[at : at + width] for at in range(0, len(cells), width)]
    named = Grid(grid.columns, rows, caption=grid.caption, footer_rows=grid.footer_rows)
    if not lets:
        return named, []
    meaning = ", ".join(f"{name} = {ascii(form)}" for name, form in lets.items())
    return named, [Text(f"where {meaning}")]


def plain_case(table: Table) -> list[Block]:
    """The totals where the sizes are multiples of what the strides need: no floors are left."""
    totals = [getattr(table.totals, key) for key in SHOWN]
    names = sorted(frozenset[str]().union(*map(free_symbols, totals)))
    periods = {name: period(totals, name) for name in names}
    steps = {name: step for name, step in periods.items() if 1 < step <= LONGEST_PERIOD}
    if not steps or 0 in periods.values():
        return []
    even: dict[str, Any] = {name: symbol(name, multiple_of=step) for name, step in steps.items()}
    blocks: list[Block] = [
        Heading("if " + " and ".join(f"{step} divides {n}" for n, step in steps.items()), level=2)
    ]
    for key, value in zip(SHOWN, totals, strict=True):
        if is_symbolic(value):
            blocks.append(Formula(QUANTITIES[key].heading, evaluate(value, even)))
    return blocks
