"""Which rules run, and with which thresholds."""

import pytest

from costmodel.errors import CostModelError, SpecError, UnknownNameError
from costmodel.guidelines import GUIDELINES
from costmodel.guidelines.settings import Settings, from_project, parse_options


def codes(**settings):
    return [rule.code for rule in Settings(**settings).rules()]


def test_every_rule_runs_unless_told_otherwise_letters_and_numbers_in_order():
    assert codes() == [*(f"G{i}" for i in range(1, 5)), *(f"R{i}" for i in range(1, 13))]
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
    ("text", "problem"),
    [
        ("[tool.costmodel.lint]\nselected = []", "unknown key of .* 'selected'"),
        ('[tool.costmodel.lint]\nselect = "G1"', "is a list of codes"),
    ],
)
def test_a_wrong_project_file_is_refused(tmp_path, text, problem):
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(CostModelError, match=problem):
        from_project(tmp_path)


def test_a_project_file_that_is_no_toml_is_refused(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.costmodel.lint\n")

    with pytest.raises(SpecError, match=r"pyproject\.toml"):
        from_project(tmp_path)
