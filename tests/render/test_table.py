import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import ascii as infix
from costmodel.arith import symbol
from costmodel.render import Chart, Column, Formula, Grid, Heading, Report, Text, render
from costmodel.render.words import cells

BOLD, DIM, YELLOW, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"


def table(*blocks, **style):
    return render(Report(blocks), "table", **style)


def test_a_cost_table_reads_like_one_written_by_hand(costs):
    assert render(costs, "table") == (
        "tiny   input 1×3×224×223   profile: paper\n"
        "stage   out (C×H×W)   params  mult-adds      %  mem access (bytes)\n"
        "------  -----------  -------  ---------  -----  ------------------\n"
        "stem    64×56×55       9.4 k    118.0 M   15.0           2.000 KiB\n"
        "layer1  256×28×27    213.0 k    667.9 M   85.0           1.500 KiB\n"
        "------  -----------  -------  ---------  -----  ------------------\n"
        "total                222.4 k    785.9 M  100.0           3.500 KiB\n"
        "FLOPs = 2 × mult-adds = 1.572 G\n"
    )


def test_raw_prints_integers_that_can_be_copied(costs):
    assert render(costs, "table", raw=True).splitlines()[3] == (
        "stem    64×56×55       9408  118013952   15.0                2048"
    )


def test_columns_of_low_priority_make_room_and_are_named(costs):
    assert render(costs, "table", width=42) == (
        "tiny   input 1×3×224×223   profile: paper\n"
        "stage    params  mult-adds      %\n"
        "------  -------  ---------  -----\n"
        "stem      9.4 k    118.0 M   15.0\n"
        "layer1  213.0 k    667.9 M   85.0\n"
        "------  -------  ---------  -----\n"
        "total   222.4 k    785.9 M  100.0\n"
        "left out to fit 42 columns: mem access\n"
        "  (bytes), out (C×H×W)\n"
        "FLOPs = 2 × mult-adds = 1.572 G\n"
    )


def test_names_are_shortened_before_a_column_is_left_out():
    grid = Grid([Column("path", "path"), Column("params", "params", "count")],
                [["layer1/0/downsample/conv1", 4096]])  # fmt: skip

    assert table(grid, width=25).splitlines()[2] == "layer1/0…e/conv1  4.096 k"


def test_of_several_equal_columns_the_right_most_goes_first():
    columns = [Column("a", "a"), *[Column(key, key * 6, "count") for key in "bcd"]]

    assert table(Grid(columns, [["x", 1, 2, 3]]), width=20) == (
        "a  bbbbbb  cccccc\n-  ------  ------\nx       1       2\n"
        "left out to fit 20\n  columns: dddddd\n"
    )


def test_a_column_left_out_is_named_by_its_key_where_its_heading_is_not_unique():
    columns = [
        Column("a", "a"),
        Column("params%", "%", "percent", 1),
        Column("long", "b" * 15, "count", 2),
        Column("flops%", "%", "percent", 0),
    ]

    lines = table(Grid(columns, [["x", 1, 2, 3]]), width=20).splitlines()

    assert " ".join(lines[3:]) == "left out to fit 20   columns: params%,   flops%"


def test_without_an_unusual_name_left_a_single_column_is_cut():
    assert table(Grid([Column("a", "h" * 30)], [["x" * 30]]), width=20) == (
        "hhhhhhhhhh…hhhhhhhhh\n" + "-" * 20 + "\nxxxxxxxxxx…xxxxxxxxx\n"
    )


def test_wide_characters_line_up():
    grid = Grid(
        [Column("name", "名前"), Column("n", "n", "count")], [["畳み込み", 7], ["conv", 12]]
    )

    assert table(grid) == "名前       n\n--------  --\n畳み込み   7\nconv      12\n"


def test_formulas_stay_in_their_cells_while_they_fit():
    h, c = symbol("h"), symbol("c")
    grid = Grid([Column("name", "name"), Column("params", "params", "count")],
                [["a", 9 * c * h], ["b", 1500]])  # fmt: skip

    assert table(grid) == "name   params\n----  -------\na       9*c*h\nb     1.500 k\n"


def test_long_formulas_are_numbered_and_equal_ones_share_a_number():
    h, c = symbol("h"), symbol("c")
    long = c**2 * h**2 + 3 * c * h + 11
    grid = Grid([Column("name", "name"), Column("x", "x", "count"), Column("y", "y", "count")],
                [["a", long, long], ["b", long, h], ["c", long + 1, 5]])  # fmt: skip

    lines = table(grid, width=40).splitlines()

    assert lines[2:5] == ["a     [1]  [2]", "b     [1]    h", "c     [3]    5"]
    assert [line[:7] for line in lines[5:]] == ["[1] x =", "[2] y =", "[3] x ="]
    assert lines[5] == f"[1] x = {infix(long)}"


def test_formulas_of_a_column_left_out_are_not_listed():
    h, c = symbol("h"), symbol("c")
    columns = [Column("name", "name"), Column("x", "x" * 15, "count"), Column("y", "y", "count", 1)]
    grid = Grid(columns, [["a", c**2 * h + 3 * c * h + 11, c**3 + 17 * h]])

    assert table(grid, width=22) == (
        "name    y\n----  ---\na     [1]\n"
        f"[1] y = {infix(c**3 + 17 * h)}\n"
        "left out to fit 22\n  columns:\n  xxxxxxxxxxxxxxx\n"
    )


def test_notes_hang_and_warnings_say_so():
    assert table(Text("one two three four", "note"), Text("five six seven", "warning"),
                 Text("plain text that is too long"), width=20) == (
        "one two three four\nwarning: five six\n  seven\nplain text that is\ntoo long\n"
    )  # fmt: skip


def test_formulas_break_before_operators():
    h, c = symbol("h"), symbol("c")

    assert table(Formula("params", 100 * c + 200 * h, "learned"), width=20) == (
        "params = 100*c\n    + 200*h\n    (learned)\n"
    )


def test_bars_are_as_long_as_their_numbers_are_large():
    chart = Chart(["a", "bb"], [1000, 500], "by stage")

    assert table(chart, width=33) == (
        "by stage\na   1.000 k  ####################\nbb    500    ##########\n"
    )


def test_headings_and_charts_have_room_above_them():
    assert table(Heading("a"), Text("b"), Heading("c"), Chart(["d"], [1]), width=20) == (
        "a\nb\n\nc\n\nd  1  ##############\n"
    )


def test_colour_marks_totals_and_dims_percentages_without_moving_anything(costs):
    plain, coloured = render(costs, "table"), render(costs, "table", color=True)

    assert f"{DIM}15.0{PLAIN}" in coloured
    assert f"{BOLD}total{PLAIN}" in coloured
    assert f"{BOLD}tiny" in coloured
    for code in (BOLD, DIM, PLAIN):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_warnings_are_yellow_only_in_colour():
    assert table(Text("x", "warning"), color=True) == f"{YELLOW}warning: x{PLAIN}\n"
    assert table(Text("x", "warning")) == "warning: x\n"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_asked(everything, costs, width):
    for report in (everything, costs):
        lines = render(report, "table", width=width).splitlines()
        assert max(map(cells, lines)) <= width


def test_no_line_holds_a_character_that_moves_the_cursor(everything):
    assert all(line.isprintable() or "\u200d" in line
               for line in render(everything, "table").split("\n"))  # fmt: skip


NAMES = st.lists(st.tuples(st.text(), st.integers(0, 10**25), st.floats(0, 100)), max_size=5)


@given(NAMES, st.integers(20, 120), st.text())
def test_any_names_fit_any_width(rows, width, heading):
    columns = [Column("n", heading), Column("c", "params", "count"), Column("p", "%", "percent")]
    lines = table(Heading(heading), Grid(columns, rows, footer_rows=min(1, len(rows))),
                  width=width).split("\n")  # fmt: skip

    assert all(cells(line) <= width for line in lines)


@given(NAMES)
def test_the_columns_of_a_grid_start_at_the_same_cell(rows):
    columns = [Column("n", "name"), Column("c", "params", "count"), Column("z", "z")]
    rows = [[name, count, "|"] for name, count, _ in rows]
    lines = table(Grid(columns, rows), width=200).split("\n")[2:-1]

    assert len(lines) == len(rows)
    assert len({cells(line[:-1]) for line in lines}) <= 1


def test_layout_does_not_depend_on_wcwidth(everything, monkeypatch):
    tabulate = sys.modules.get("tabulate") or __import__("tabulate")
    usual = render(everything, "table")
    monkeypatch.setattr(tabulate, "wcwidth", None)

    assert render(everything, "table") == usual
