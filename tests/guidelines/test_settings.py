"""Which rules run, and with which thresholds."""

import pytest

from costmodel.errors import CostModelError, UnknownNameError
from costmodel.guidelines import GUIDELINES
from costmodel.guidelines.settings import Settings, from_project, parse_options


def codes(**settings):
    return [rule.code for rule in Settings(**settings).rules()]


def test_every_rule_runs_unless_told_otherwise_letters_and_numbers_in_order():
    assert codes() == [*(f"G{i}" for i in range(1, 5)), *(f"R{i}" for i in range(1, 15))]
    assert set(codes()) == set(GUIDELINES)


def test_a_letter_selects_its_rules_and_a_code_only_itself():
    assert codes(select=("G",)) == ["G1", "G2", "G3", "G4"]
    assert codes(select=("R1",)) == ["R1"]


def test_a_code_decides_over_a_letter():
    assert codes(select=("G",), ignore=("G2",)) == ["G1", "G3", "G4"]
    assert codes(select=("G2",), ignore=("G",)) == ["G2"]
    assert codes(select=("G2",), ignore=("G2",)) == []


def test_an_unknown_code_is_refused():
    with pytest.raises(UnknownNameError, match="unknown guideline 'G9'"):
        codes(select=("G9",))


def test_an_unknown_option_is_refused():
    with pytest.raises(UnknownNameError, match="unknown option of G1 'tolerence'"):
        codes(options={"G1": {"tolerence": 2}})


def test_an_option_is_a_number():
    with pytest.raises(CostModelError, match=r"G1\.tolerance is a number, not 'high'"):
        codes(options={"G1": {"tolerance": "high"}})


@pytest.mark.parametrize("text", ["G1=2", "G1.tolerance", "G1.tolerance=x", "G1.tolerance=nan"])
def test_a_badly_written_option_is_refused(text):
    with pytest.raises(CostModelError, match=r"write CODE\.NAME=VALUE"):
        parse_options([text])


def test_a_project_chooses_rules_and_thresholds(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.costmodel.lint]\nselect = ["G"]\nignore = ["G4"]\n'
        "[tool.costmodel.lint.G1]\ntolerance = 1.5\n"
    )
    (tmp_path / "below").mkdir()

    settings = from_project(tmp_path / "below")

    assert [rule.code for rule in settings.rules()] == ["G1", "G2", "G3"]
    assert settings.rules()[0].tolerance == 1.5
    assert settings.with_options({"G1": {"tolerance": 2}}).rules()[0].tolerance == 2


@pytest.mark.parametrize(
    ("text", "place", "problem", "hint"),
    [
        ("[tool.costmodel.lint]\nselected = []", "2:1", "unknown key of .* 'selected'", "'select'"),
        ('[tool.costmodel.lint]\nselect = "G1"', "2:1", "select is a list of codes", "G1"),
        ('[tool.costmodel.lint]\nselect = ["G1",\n "G9"]', "3:3", "unknown guideline 'G9'", "G"),
        ("[tool.costmodel.lint]\nR99 = {width = 1}", "2:1", "unknown key of .* 'R99'", "R9"),
        ("[tool.costmodel.lint]\nG1 = 2", "2:1", "G1 is a table", "tool.costmodel.lint.G1"),
        ("[tool.costmodel.lint.G1]\ntolerence = 2", "2:1", "option of G1 'tolerence'", "tolerance"),
        ('[tool.costmodel.lint.G1]\ntolerance = "2"', "2:1", "is a number, not '2'", ""),
        ("[tool.costmodel.lint.G1]\ntolerance = -2", "2:1", "is above 0, not -2", ""),
        ("[tool.costmodel.lint]\nG3.fragments = 6.5", "2:4", "is a whole number, not 6.5", ""),
        ("[tool.costmodel.lnit]\nselect = []", "1:17", r"key of \[tool.costmodel\] 'lnit'", "lint"),
        ("[tool]\ncostmodel = 3", "2:1", "is a table", ""),
        ("[tool.costmodel.lint\n", "1:21", "no TOML", ""),
    ],
)
def test_a_wrong_project_file_is_refused_at_its_place(tmp_path, text, place, problem, hint):
    """A table of another program with the same words stands before."""
    other = "[tool.other]\nselect = 1\nG1 = 1\n"
    file = tmp_path / "pyproject.toml"
    file.write_text(other + text)
    line, column = map(int, place.split(":"))

    with pytest.raises(CostModelError, match=problem) as caught:
        from_project(tmp_path)

    assert str(caught.value).startswith(f"{file}:{line + 3}:{column}: ")
    assert hint in str(caught.value)


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_a_threshold_is_above_0(value):
    with pytest.raises(CostModelError, match=r"R12\.multiple is above 0"):
        codes(options={"R12": {"multiple": value}})


def test_a_count_is_a_whole_number():
    with pytest.raises(CostModelError, match=r"R12\.multiple is a whole number, not 8\.5"):
        codes(options={"R12": {"multiple": 8.5}})
    assert "R12" in codes(options={"R12": {"multiple": 16.0}})
