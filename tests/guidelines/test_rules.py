"""Every rule on its fixtures: what it shall find stands on the very line."""

import re
from pathlib import Path

import pytest

from costmodel.graph import build
from costmodel.guidelines import GUIDELINES
from costmodel.guidelines.linting import lint
from costmodel.guidelines.settings import Settings
from costmodel.spec.document import load_spec

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.yaml"))


def code_of(path):
    return path.stem.partition("_")[0].upper()


def outcome_of(path):
    return lint(build(load_spec(str(path))), Settings(select=(code_of(path),)))


def expected_lines(path):
    """The lines that end in a comment naming the rule, and nothing else."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [i for i, line in enumerate(lines, 1) if re.search(rf"# {code_of(path)}$", line)]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.stem)
def test_a_rule_finds_what_the_lines_of_its_fixture_say(path):
    assert [finding.mark.line for finding in outcome_of(path).findings] == expected_lines(path)


@pytest.mark.parametrize("code", GUIDELINES)
def test_every_rule_has_a_true_positive_a_near_miss_and_a_silenced_one(code):
    mine = [path for path in FIXTURES if code_of(path) == code]
    outcomes = [outcome_of(path) for path in mine]

    assert any(outcome.findings for outcome in outcomes)
    assert any(outcome.silenced for outcome in outcomes)
    hit = {f.layer for o in outcomes for f in (*o.findings, *o.silenced)}
    kinds = {layer.op.kind for layer in hit}
    assert {x for o in outcomes for x in o.seen.layers if x.op.kind in kinds} - hit


@pytest.mark.parametrize("code", GUIDELINES)
def test_every_rule_is_its_own_manual_page(code):
    page = GUIDELINES[code].__doc__

    found = re.findall(r"^    (Why|Flags|Bad|Good|Limits|Source) ", page, re.MULTILINE)
    assert found == ["Why", "Flags", "Bad", "Good", "Limits", "Source"]


@pytest.mark.parametrize("code", GUIDELINES)
def test_every_threshold_is_told_in_the_manual_page(code):
    rule = GUIDELINES[code]

    assert [name for name in rule.fields if f"``{name}``" not in rule.__doc__] == []


def test_a_fixture_without_its_comment_would_be_noticed(tmp_path):
    """The runner can fail: the same network with the expectation moved by a line."""
    text = (FIXTURES[0].parent / "g1.yaml").read_text(encoding="utf-8")
    moved = tmp_path / "g1.yaml"
    moved.write_text("# a line more\n" + text.replace("  # G1", "", 1), encoding="utf-8")

    assert [f.mark.line for f in outcome_of(moved).findings] != expected_lines(moved)
