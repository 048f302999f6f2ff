"""Reports the tests of several formats share."""

from fractions import Fraction

import pytest

from costmodel.arith import symbol
from costmodel.render import Chart, Column, Formula, Grid, Heading, Report, Text

COLUMNS = [
    Column("name", "stage", priority=9),
    Column("output", "out (C×H×W)", "shape", 2),
    Column("params", "params", "count", 5),
    Column("mult_adds", "mult-adds", "count", 8),
    Column("mult_adds%", "%", "percent", 4),
    Column("mem_bytes", "mem access (bytes)", "bytes", 3),
]
ROWS = [
    ["stem", (64, 56, 55), 9408, 118_013_952, 15.0, 2048],
    ["layer1", (256, 28, 27), 213_000, 667_900_000, 85.0, 1536],
    ["total", None, 222_408, 785_913_952, 100, 3584],
]


@pytest.fixture
def costs():
    """A small cost table under its heading, with a note and a total."""
    return Report(
        [
            Heading("tiny   input 1×3×224×223   profile: paper"),
            Grid(COLUMNS, ROWS, caption="tiny, profile paper", footer_rows=1),
            Text("FLOPs = 2 × mult-adds = 1.572 G", "note"),
        ],
        {"model": "tiny", "totals": {"params": 222_408, "mult_adds": 785_913_952}},
    )


@pytest.fixture
def everything():
    """Every block kind and every column kind, with awkward names in all of them."""
    h, c = symbol("h"), symbol("c")
    awkward = 'a|b_c <script>alert("1")</script> & 50% #1 {x} ~y^2 \\end $m$\nnext 畳み込み 🚀'
    columns = [Column("name", awkward), *COLUMNS[1:], Column("ratio", "intensity", "ratio"),
               Column("formula", "closed form", "formula")]  # fmt: skip
    grid = Grid(
        columns,
        [
            [awkward, (c, h // 2, 7), c * h * 9, 10**30, Fraction(100, 3), 2**40, 1.5, h * h + c],
            ["=1+1", None, None, None, None, None, None, None],
            ["x" * 150, (1,), 0, -5, 0, 0, Fraction(1, 3), 3],
        ],
        caption=awkward,
        footer_rows=1,
    )
    return Report(
        [
            Heading(awkward),
            Heading("part", 2),
            Text(awkward),
            Text(awkward * 3, "note"),
            Text(awkward, "warning"),
            Formula(awkward, c**2 * h + 9 * c - 7 * h, awkward),
            Formula("params", 25_557_032),
            grid,
            Grid([Column("a", "a"), Column("b", "b", "count")], []),
            Chart([awkward, "b", "c"], [10**30, Fraction(1, 2), -3], awkward),
            Chart(["96", "128"], [1, 2], form="line", kind="bytes"),
            Chart([], []),
        ],
        {"awkward": awkward, "large": 10**5000, "small": [None, True, 0.5]},
    )
