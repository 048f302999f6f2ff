import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.render import Chart, Column, Formula, Grid, Heading, Report, Text, render


def markdown(*blocks, **style):
    return render(Report(blocks), "markdown", **style)


def cells_of(line):
    """The cells of a row as GitHub splits it: at every pipe without a backslash."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_a_table_aligns_numbers_right_and_totals_are_bold(costs):
    lines = render(costs, "markdown").splitlines()

    assert lines[0] == "# tiny   input 1×3×224×223   profile: paper"
    assert cells_of(lines[2]) == [
        "stage", "out (C×H×W)", "params", "mult-adds", "%", "mem access (bytes)",
    ]  # fmt: skip
    assert [(c[0], c[-1]) for c in cells_of(lines[3])] == [(":", "-")] * 2 + [("-", ":")] * 4
    assert cells_of(lines[4]) == ["stem", "64×56×55", "9.4 k", "118.0 M", "15.0", "2.000 KiB"]
    assert cells_of(lines[6]) == [
        "**total**", "", "**222.4 k**", "**785.9 M**", "**100.0**", "**3.500 KiB**",
    ]  # fmt: skip
    assert lines[8] == "FLOPs = 2 × mult-adds = 1.572 G"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        ("a\\|b", r"a\\\|b"),
        ("conv_1_x", "conv_1_x"),
        ("_x_", r"\_x\_"),
        ("*x*", r"\*x\*"),
        ("<script>", "&lt;script&gt;"),
        ("a & b", "a &amp; b"),
        ("`x`", r"\`x\`"),
        ("[a](b)", r"\[a\](b)"),
        ("a\nb", r"a\\nb"),
        ("畳み込み 🚀 'q' \"q\"", "畳み込み 🚀 'q' \"q\""),
    ],
)
def test_names_are_shown_as_they_are(name, shown):
    lines = markdown(Grid([Column("n", "n")], [[name]])).splitlines()

    assert cells_of(lines[2]) == [shown]


def test_text_does_not_become_a_list_or_a_heading():
    assert markdown(Text("# a")) == "\\# a\n"
    assert markdown(Text("- a\n1. b")) == "\\- a  \n1\\. b\n"

    assert markdown(Text("---")) == "\\---\n"
    assert markdown(Text("-7.1 %\n    x")) == "-7.1 %  \n&nbsp;&nbsp;&nbsp;&nbsp;x\n"


def test_formulas_are_code_and_warnings_say_so():
    c = symbol("c")

    assert markdown(Formula("mult_adds", 3 * c**2, "why"), Text("w", "warning")) == (
        "**mult_adds** = `3*c**2` (why)\n\n**Warning:** w\n"
    )


def test_charts_are_bars_of_text():
    assert markdown(Chart(["a"], [1]), width=20) == "```text\na  1  ##############\n```\n"


def test_a_caption_is_kept_unless_a_heading_is_right_above():
    grid = Grid([Column("n", "n")], [["x"]], caption="what it is")

    assert markdown(grid).startswith("what it is\n\n| n")
    assert "what it is" not in markdown(Heading("h"), grid)


def test_a_table_without_rows_is_still_a_table():
    lines = markdown(Grid([Column("n", "n"), Column("c", "c", "count")], [])).splitlines()

    assert cells_of(lines[0]) == ["n", "c"]
    assert len(lines) == 3


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_no_name_adds_a_cell_or_a_row(names):
    columns = [Column("n", "n"), Column("c", "c", "count")]
    lines = markdown(Grid(columns, [[name, 1] for name in names])).split("\n")

    assert len(lines) == len(names) + 3
    for line in lines[2:-1]:
        unescaped = line.replace("\\\\", "")
        assert len(re.findall(r"(?<!\\)\|", unescaped)) == 3
