"""The formats of CI: each claim at its line, nothing broken by odd characters."""

import json
from xml.etree import ElementTree

import pytest

from costmodel.claims import check
from costmodel.errors import CostModelError
from costmodel.render import Report, Text, render

CLAIMS = """\
  - {id: right, quantity: params, value: 148, source: "a, <b> & c"}
  - {id: wrong, quantity: params, value: 149, source: "100 %: <it>"}
  - {id: known, quantity: params, value: 140, source: t, known-wrong: "one\\nbias", derived: 148}"""


@pytest.fixture
def report(spec, monkeypatch):
    path = spec(CLAIMS)
    return check([path], cache=False).report()


def test_junit_has_a_test_case_for_each_claim(report):
    root = ElementTree.fromstring(render(report, "junit"))
    cases = {case.get("name"): case for case in root.iter("testcase")}

    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    assert list(cases) == ["right", "wrong", "known"]
    assert [case.find("failure") is not None for case in cases.values()] == [False, True, False]
    assert cases["wrong"].get("line") == "20"
    assert "derived 148, published 149 (100 %: <it>)" in cases["wrong"].find("failure").get(
        "message"
    )
    assert "one\nbias" in cases["known"].find("system-out").text


def test_github_annotates_what_fails_and_nothing_else(report):
    lines = render(report, "github").splitlines()

    assert len(lines) == 1
    assert lines[0].startswith("::error file=")
    assert ",line=20,col=1,title=claim-fails%3A wrong::" in lines[0]
    assert lines[0].endswith("(100 %25: <it>)")


def test_sarif_points_at_the_line(report):
    data = json.loads(render(report, "sarif"))
    results = data["runs"][0]["results"]

    assert data["version"] == "2.1.0"
    assert [(r["ruleId"], r["level"]) for r in results] == [
        ("claim-fails", "error"),
        ("claim", "note"),
    ]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == 20
    assert place["artifactLocation"]["uri"].endswith("/small.yaml")


@pytest.mark.parametrize("format", ["table", "markdown", "csv", "json", "html", "latex"])
def test_every_other_format_writes_it_too(report, format):
    text = render(report, format)

    assert "wrong" in text
    assert "149" in text


@pytest.mark.parametrize("format", ["junit", "github", "sarif"])
def test_a_table_of_costs_has_no_findings(format):
    with pytest.raises(CostModelError, match=f"{format} is for what is right or wrong"):
        render(Report([Text("costs")]), format)


def test_files_that_cannot_be_read_are_errors_in_every_format(spec):
    report = check([spec("  - {id: a}")], cache=False).report()

    assert 'type="cannot-check"' in render(report, "junit")
    assert "::error file=" in render(report, "github")
    assert render(report, "json").count("a claim needs source") == 1
