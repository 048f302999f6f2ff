"""What lint tells people, CI and programs."""

import json
import subprocess
import sys

import pytest

from costmodel import load, loads
from costmodel.cli import cli
from costmodel.errors import BindingError, UnknownNameError
from costmodel.guidelines.linting import is_silenced, lint
from costmodel.guidelines.manual import manual
from costmodel.guidelines.settings import Settings
from costmodel.render import render

SPEC = """model: t
symbols: {n: 1, h: 28, w: 36}
input: [n, 24, h, w]
blocks:
  wide:
    args: [out]
    layers:
      - conv: {name: expand, out: out, kernel: 1}
layers:
  - relu
  - conv: {name: first, out: 24, kernel: 1}
  - wide: {name: a, out: 240}
  - wide: {name: b, out: 24}
"""


@pytest.fixture
def spec(tmp_path):
    file = tmp_path / "t.yaml"
    file.write_text(SPEC)
    return file


def test_findings_lead_to_exit_code_1_and_none_to_0(spec, runner):
    assert runner.invoke(cli, ["lint", str(spec), "--select", "G1"]).exit_code == 1
    assert runner.invoke(cli, ["lint", str(spec), "--select", "G2"]).exit_code == 0


def test_the_layers_of_one_line_are_told_together_the_worst_first():
    """24 -> 240 and back move the same, 271872 / 158763.6 = 1.712; the first is named."""
    outcome = lint(loads(SPEC), Settings(select=("G1",)))

    assert [f.path for f in outcome.findings] == ["a/expand", "b/expand"]
    (place,) = outcome.places
    worst, other = place.findings
    assert worst.excess == other.excess
    text = render(outcome.report(), "table", width=400)
    assert "<text>:8:9: G1 ×2: a/expand … 24 -> 240 channels move 1.71×" in text
    assert "from lines 12 a, 13 b\n" in text


def test_the_worst_layer_of_a_line_is_named_though_it_comes_later():
    """24 -> 48 is within 1.1 at tolerance 1: 72 / (2·sqrt(1152)) = 1.06; 48 -> 240 is 1.34."""
    network = loads(SPEC.replace("out: 240", "out: 48").replace("b, out: 24", "b, out: 240"))
    settings = Settings(select=("G1",), options={"G1": {"tolerance": 1.01}})

    (place,) = lint(network, settings).places
    assert [f.path for f in place.findings] == ["b/expand", "a/expand"]


def test_json_holds_place_excess_and_savings(spec, runner):
    """75 -> 76 channels at 1008 positions instead of 24 -> 240: 1008·113 + 60 elements fewer."""
    done = runner.invoke(cli, ["lint", str(spec), "--select", "G1", "--format", "json"])
    data = json.loads(done.stdout)

    assert data["summary"] == {"G1": 2}
    assert data["at"] == {"n": 1, "h": 28, "w": 36}
    first = data["findings"][0]
    assert (first["code"], first["path"], first["line"], first["column"]) == (
        "G1",
        "a/expand",
        8,
        9,
    )
    assert first["saves"]["mem_access"] == 1008 * (264 - 75 - 76) + 5760 - 75 * 76


def test_github_annotates_each_line_once(spec, runner):
    done = runner.invoke(cli, ["lint", str(spec), "--select", "G1", "--format", "github"])

    (line,) = done.stdout.splitlines()
    assert line.startswith("::warning file=")
    assert ",line=8,col=9,title=G1%3A a/expand::24 -> 240 channels" in line
    assert line.endswith("(and 1 more here)")


def test_sarif_names_the_rule_and_the_place(spec, runner):
    done = runner.invoke(cli, ["lint", str(spec), "--select", "G1", "--format", "sarif"])

    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("G1", "warning")
    assert result["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 8,
        "startColumn": 9,
    }


def test_sarif_tells_the_calls_that_a_layer_comes_by(spec, runner):
    done = runner.invoke(cli, ["lint", str(spec), "--select", "G1", "--format", "sarif"])
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    places = result["relatedLocations"]

    regions = [place["physicalLocation"]["region"] for place in places]
    assert regions == [{"startLine": 12, "startColumn": 5}, {"startLine": 13, "startColumn": 5}]
    assert [place["message"]["text"] for place in places] == ["called here: a/expand",
                                                              "called here: b/expand"]  # fmt: skip


def test_sarif_holds_what_its_schema_requires(runner):
    """SARIF 2.1.0 §3: version, tool.driver.name, results with message.text; rule indices that
    exist; lines and columns from 1; URIs relative, without a drive or a space."""
    done = runner.invoke(cli, ["lint", "resnext50_32x4d", "--format", "sarif"])
    log = json.loads(done.stdout)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    places = [x for r in run["results"] for x in (*r["locations"], *r.get("relatedLocations", ()))]

    assert log["version"] == "2.1.0"
    assert len(rules) == len(set(rules))
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])
    assert all(r["message"]["text"] and r["level"] == "warning" for r in run["results"])
    assert all(x["physicalLocation"]["region"]["startLine"] >= 1 for x in places)
    assert all(x["physicalLocation"]["region"]["startColumn"] >= 1 for x in places)
    assert not any(" " in x["physicalLocation"]["artifactLocation"]["uri"] for x in places)
    assert any(r.get("relatedLocations") for r in run["results"])


@pytest.mark.parametrize(("line", "silenced"), [("name: a, out: 240}", 1), ("kernel: 1}\nl", 2)])
def test_a_comment_silences_at_the_call_and_at_the_layer(line, silenced):
    """The call is one of two; the layer's own line is both's."""
    text = SPEC.replace(line, line.replace("}", "}  # noqa: G1", 1))
    outcome = lint(loads(text), Settings(select=("G1",)))

    assert len(outcome.silenced) == silenced


def test_findings_name_their_calls_in_json(spec, runner):
    done = runner.invoke(cli, ["lint", str(spec), "--select", "G1", "--format", "json"])
    calls = [finding["calls"] for finding in json.loads(done.stdout)["findings"]]

    assert [[call["line"] for call in each] for each in calls] == [[12], [13]]


def test_the_row_of_a_stage_table_is_told_with_how_many_of_its_layers():
    """GoogLeNet's convolutions are one line in a block that blocks call, 57 layers in 12 places."""
    outcome = lint(load("googlenet"), Settings(select=("G1",)))
    (place,) = outcome.places

    assert [len(f.layer.calls) for f in place.findings if f.path == "conv3/conv"] == [1]
    assert {len(f.layer.calls) for f in place.findings if "inception" in f.path} == {2}
    rows = {mark.line: len(findings) for mark, findings in place.callers().items()}
    assert sum(rows.values()) == len(place.findings) == 30
    assert list(rows) == sorted(rows)


def test_a_report_fits_80_columns(runner):
    done = runner.invoke(cli, ["lint", "googlenet", "--suggest"], env={"COLUMNS": "80"})

    assert max(map(len, done.stdout.splitlines())) <= 80


def test_suggestions_tell_the_time_on_every_device_or_on_the_one_named(spec, runner):
    text = "model: t\ninput: [1, 32, 28, 36]\nlayers:\n  - conv: {out: 32, kernel: 5, padding: 2}\n"
    spec.write_text(text)
    command = ["lint", str(spec), "--select", "R6", "--suggest", "--format", "json"]
    every = json.loads(runner.invoke(cli, command).stdout)["rewrites"][0]["seconds"]
    one = runner.invoke(cli, [*command, "--device", "snapdragon_810"])
    (seconds,) = [rewrite["seconds"] for rewrite in json.loads(one.stdout)["rewrites"]]

    assert set(every) >= {"gtx_1080_ti", "snapdragon_810"}
    work, moved = 25 * 1024 * 1008 * 2, 2 * 32 * 1008 + 25 * 1024
    before = work / (15.66e9 * 0.894) + moved * 4 / 2.8e9
    assert list(seconds) == ["snapdragon_810"]
    assert seconds["snapdragon_810"]["before"] == pytest.approx(before)
    assert every["snapdragon_810"] == seconds["snapdragon_810"]


def test_an_unknown_device_is_refused(runner):
    done = runner.invoke(cli, ["lint", "lenet5", "--device", "gtx_1080"])

    assert isinstance(done.exception, UnknownNameError)


def test_places_in_included_files_are_said_not_to_be_rewritten(runner):
    done = runner.invoke(cli, ["lint", "resnext50_32x4d", "--select", "G2", "--suggest"])

    assert "1 place in included files, which are not rewritten from here" in done.stdout


def test_a_threshold_can_be_set(spec, runner):
    done = runner.invoke(cli, ["lint", str(spec), "--select", "G1", "--set", "G1.tolerance=2"])

    assert done.exit_code == 0


def test_a_free_symbol_is_refused():
    with pytest.raises(BindingError, match="a guideline needs numbers, and h is free"):
        lint(loads(SPEC).free("h"))


@pytest.mark.parametrize(
    ("comment", "silenced"),
    [
        ("# noqa", True),
        ("# noqa: G1", True),
        ("# noqa: R2, G1", True),
        ("# NOQA:g1", True),
        ("# noqa: G2", False),
        ("# noqa: G11", False),
        ("# no", False),
    ],
)
def test_a_comment_silences_its_codes_or_all(comment, silenced):
    network = loads(SPEC.replace("kernel: 1}\nlayers", f"kernel: 1}}  {comment}\nlayers"))
    mark = network.layers[2].mark

    assert is_silenced(mark, "G1") is silenced


def test_what_is_silenced_is_counted():
    network = loads(SPEC.replace("kernel: 1}\nlayers", "kernel: 1}  # noqa: G1\nlayers"))
    outcome = lint(network, Settings(select=("G1",)))

    assert outcome.exit_code == 0
    assert "nothing found; 2 silenced by # noqa" in str(outcome)


def test_a_device_tells_the_time_of_a_fix(spec, runner):
    done = runner.invoke(cli, ["lint", str(spec), "--select", "G1", "--device", "gtx_1080_ti",
                               "--format", "json"])  # fmt: skip
    found = json.loads(done.stdout)["findings"][0]
    moved, work = found["saves"]["mem_access"], found["saves"]["flops"]

    expected = 1e6 * (moved * 4 / 484e9 + work / (11.34e12 * 0.8))
    assert found["saves_microseconds"] == pytest.approx(expected, abs=1e-3)


def test_lint_loads_nothing_heavy():
    code = (
        "import sys; from costmodel.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "lint", "mobilenet_v2", "--suggest"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert not {"sympy", "numpy", "pandas"} & set(done.stderr.split())


def test_a_variant_and_a_binding_are_linted(runner):
    done = runner.invoke(cli, ["lint", "shufflenet_v2:x0_5", "--at", "h=96", "--format", "json"])
    data = json.loads(done.stdout)

    assert (data["variant"], data["at"]["h"]) == ("x0_5", 96)


def test_every_shipped_family_can_be_linted_and_rewritten():
    """One network of each kind of layer: nothing that a rule reads may be missing."""
    for name in ("lenet5", "convnext_tiny", "espnet", "highway", "ghostnet", "regnety_002"):
        assert lint(load(name)).rules


def test_the_manual_page_of_a_rule_shows_its_thresholds_as_set():
    page = manual("G1", Settings(options={"G1": {"tolerance": 2}}))

    assert page.title == "G1: equal channel widths"
    assert page.data["options"] == {"tolerance": 2}
    assert "Source  Ma et al. 2018" in page.data["page"]


def test_there_is_no_page_of_an_unknown_rule():
    with pytest.raises(UnknownNameError, match="unknown guideline 'G7'"):
        manual("G7")
