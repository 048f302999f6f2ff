import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import symbol
from costmodel.render import Chart, Column, Formula, Grid, Report, render


def rows_of(*blocks):
    return list(csv.reader(io.StringIO(render(Report(blocks), "csv"), newline="")))


def test_csv_holds_exact_values_under_the_keys_of_the_columns(costs):
    assert render(costs, "csv") == (
        "name,output,params,mult_adds,mult_adds%,mem_bytes\n"
        "stem,64x56x55,9408,118013952,15.0,2048\n"
        "layer1,256x28x27,213000,667900000,85.0,1536\n"
        "total,,222408,785913952,100,3584\n"
    )


def test_quotes_commas_and_line_breaks_are_quoted():
    names = [['a"b'], ["a,b"], ["a\nb"], ["a\rb"], ["a b"], [""]]

    assert render(Report([Grid([Column("n", "n")], names)]), "csv") == (
        'n\n"a""b"\n"a,b"\n"a\nb"\n"a\rb"\na b\n""\n'
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_text_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert rows_of(Grid([Column("n", "n")], [[start + "1+1"]])) == [["n"], [f"'{start}1+1"]]


def test_numbers_and_formulas_get_no_apostrophe():
    c = symbol("c")

    assert rows_of(Grid([Column("n", "n", "count")], [[-5], [-c], [c]]))[1:] == [
        ["-5"],
        ["-c"],
        ["c"],
    ]


def test_grids_of_the_same_columns_share_a_header_and_others_follow_an_empty_line():
    first, second = Grid([Column("n", "n")], [["x"]]), Grid([Column("m", "m")], [["y"]])

    assert rows_of(first, first, second) == [["n"], ["x"], ["x"], [], ["m"], ["y"]]


def test_a_report_without_a_grid_gives_its_formulas_and_charts():
    c = symbol("c")

    assert rows_of(Formula("params", 3 * c)) == [["name", "value"], ["params", "3*c"]]
    assert rows_of(Chart(["a"], [10**30])) == [["label", "value"], ["a", "1" + "0" * 30]]
    assert rows_of() == []


@given(st.lists(st.tuples(st.text(alphabet=st.characters(exclude_categories=["Cs"])),
                          st.integers()), min_size=1))  # fmt: skip
def test_csv_reads_back_what_was_written(rows):
    read = rows_of(Grid([Column("name", "n"), Column("count", "c", "count")], rows))

    assert read[0] == ["name", "count"]
    for (name, count), (name_read, count_read) in zip(rows, read[1:], strict=True):
        assert name_read.removeprefix("'" if name[:1] in {"=", "+", "-", "@"} else "") == name
        assert int(count_read) == count


def test_json_is_the_data_in_its_order_and_its_own_script():
    data = {"z": 1, "a": [None, True, "畳み込み"]}

    assert render(Report([], data), "json") == (
        '{\n  "z": 1,\n  "a": [null, true, "畳み込み"]\n}\n'
    )


def test_json_integers_are_exact_whatever_their_length(everything):
    text = render(everything, "json")

    assert '"large": 1' + "0" * 5000 + "," in text


def test_half_a_surrogate_pair_is_escaped_instead_of_breaking_the_output():
    text = render(Report([], {"name": "\ud800"}), "json")

    assert json.loads(text.encode()) == {"name": "\ud800"}


def test_json_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(Report([], {"x": float("nan")}), "json")
