import subprocess
import sys

import pytest

import costmodel.render as rendering
from costmodel.errors import UnknownNameError
from costmodel.render import (
    RENDERERS,
    Block,
    Chart,
    Column,
    Formula,
    Grid,
    Heading,
    Report,
    Text,
    render,
)

FORMATS = ["csv", "html", "json", "latex", "markdown", "table"]


def test_the_formats_are_those_of_the_interface():
    assert {*FORMATS} <= {*RENDERERS}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_takes_every_block_and_ends_in_one_line_break(everything, format):
    text = render(everything, format)

    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text.encode()


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_report_is_no_error(format):
    text = render(Report([]), format)

    assert text.endswith("\n") or not text


@pytest.mark.parametrize("format", ["table", "markdown", "latex", "html"])
def test_a_kind_of_block_without_a_rule_is_not_skipped(format):
    class Novel(Block):
        pass

    with pytest.raises(TypeError, match="for a Novel"):
        render(Report([Novel()]), format)


def test_an_unknown_format_suggests_a_known_one():
    with pytest.raises(UnknownNameError, match="did you mean 'latex'"):
        render(Report([]), "latx")


def test_blocks_are_frozen_and_compare_by_value():
    heading = Heading("a", level=2)

    assert (heading.text, heading.level, Heading("a").level) == ("a", 2, 1)
    assert heading == Heading(text="a", level=2)
    assert heading != Text("a")
    assert repr(heading) == "Heading(text='a', level=2)"
    with pytest.raises(AttributeError, match="Heading is frozen"):
        heading.text = "b"


@pytest.mark.parametrize(
    "make",
    [lambda: Heading(), lambda: Heading("a", 1, 2), lambda: Heading("a", text="a"),
     lambda: Heading("a", colour=1)],
)  # fmt: skip
def test_a_block_with_wrong_fields_is_refused(make):
    with pytest.raises(TypeError, match=r"Heading (needs text|has 2 fields|has no field)"):
        make()


def test_the_title_is_the_first_heading():
    assert Report([Text("x"), Heading("a"), Heading("b")]).title == "a"
    assert Report([]).title == "costmodel"


def test_the_limit_on_digits_is_what_it_was_also_after_an_error():
    before = sys.get_int_max_str_digits()
    render(Report([Formula("n", 10**5000)]), "table")
    with pytest.raises(ValueError, match="zip"):
        render(Report([Chart(["a"], [])]), "table")

    assert sys.get_int_max_str_digits() == before


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="zip"):
        render(Report([Grid([Column("a", "a")], [["x", "y"]])]), "table")


def modules_after(statement):
    script = f"from costmodel.render import *\n{statement}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {*ran.stdout.split()}


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("", set()),
        ("render(Report([]), 'json')", {"json"}),
        ("render(Report([]), 'html')", {"html"}),
        ("render(Report([Grid([Column('a', 'a')], [['x']])]), 'csv')", set()),
    ],
)
def test_a_format_loads_what_it_uses_and_no_more(statement, loaded):
    rare = {"csv", "html", "json", "tabulate", "textwrap", "costmodel.arith"}

    assert modules_after(statement) & rare == loaded


def test_a_table_of_numbers_loads_no_algebra_and_no_data_frames():
    statement = "render(Report([Grid([Column('a', 'a', 'count')], [[4096]])]), 'table')"
    heavy = {"numpy", "pandas", "sympy", "costmodel.arith"}

    assert modules_after(statement) & {*heavy, "tabulate"} == set()


def test_one_new_function_is_one_new_format(monkeypatch):
    RENDERERS["table"]  # load the shipped ones
    monkeypatch.setattr(RENDERERS, "_entries", dict(RENDERERS._entries))

    @rendering.RENDERERS.register("shout")
    def shout(report, style):
        return report.title.upper()

    assert render(Report([Heading("net")]), "shout") == "NET\n"
