"""The command line as its users meet it."""

import json
import subprocess
import sys

import pytest

CLI = [sys.executable, "-c", "from costmodel.cli import main; import sys; main()"]


def run(*arguments, **options):
    return subprocess.run(
        [*CLI, *arguments], capture_output=True, text=True, timeout=60, check=False, **options
    )


def test_json_has_the_fixed_keys():
    data = json.loads(run("analyze", "resnet50", "--format", "json").stdout)

    assert (data["model"], data["variant"], data["profile"]) == ("resnet50", None, "paper")
    assert data["at"] == {"n": 1, "h": 224, "w": 224}
    assert data["assumptions"] == []
    assert data["totals"]["params"] == 25557032  # torchvision 0.29.1
    assert data["totals"]["mult_adds"] == data["totals"]["reported"] == 4089184256
    first = next(row for row in data["layers"] if row["path"] == "layer1/0/conv1")
    assert first | {"buffers": 0} == {
        "path": "layer1/0/conv1", "op": "conv", "inputs": [[1, 64, 56, 56]],
        "output": [1, 64, 56, 56], "params": 4096, "mult_adds": 12845056, "flops": 25690112,
        "mem_access": 405504, "activations": 200704, "buffers": 0,
    }  # fmt: skip  # design: 64·64·56·56; 2·64·56·56 + 4096


def test_free_symbols_make_strings_that_python_can_evaluate():
    from math import ceil, floor

    made = run("analyze", "resnet50", "--symbolic", "h,w,n", "--format", "json")
    text = json.loads(made.stdout)["totals"]["mult_adds"]
    names = {"floor": floor, "ceiling": ceil, "Max": max, "Min": min}
    odd = json.loads(run("analyze", "resnet50", "--at", "h=225", "--at", "w=97", "--at", "n=3",
                         "--format", "json").stdout)  # fmt: skip

    assert eval(text, names, {"h": 225, "w": 97, "n": 3}) == odd["totals"]["mult_adds"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("analyze", "resnet5"), "error: unknown model 'resnet5'\nhint: did you mean 'resnet"),
        (("analyze", "resnet50", "--at", "hh=3"), "has no symbol or param 'hh'"),
        (("analyze", "resnet50", "--at", "h"), "write NAME=VALUE"),
        (("analyze", "resnet50", "--at", "h=0"), "outside its domain"),
        (("analyze", "resnet50", "--at", "h=__import__('os')"), "--at h:1:"),
        (("analyze", "resnet:nope"), "unknown variant of resnet 'nope'"),
        (("analyze", "resnet50:x"), "resnet50 is a variant already"),
        (("analyze", "missing.yaml"), "missing.yaml"),
        (("analyze", "resnet50", "--profile", "macs"), "'mac' means two things"),
        (("analyze", "resnet50", "--format", "xml"), "Invalid value for '--format'"),
        (("analyze", "resnet50", "-o", "/nowhere/x"), "--output /nowhere/x: "),
        (("list", "op"), "unknown listing 'op'\nhint: did you mean 'ops'"),
        (("analyse",), "No such command 'analyse'"),
    ],
)
def test_a_mistake_is_told_on_stderr_and_exits_with_2(arguments, text):
    done = run(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_output_goes_to_a_file_whole(tmp_path):
    target = tmp_path / "table.md"
    done = run("analyze", "resnet18", "--format", "markdown", "-o", str(target))

    assert (done.stdout, done.returncode) == ("", 0)
    assert target.read_text().count("| **total**") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["table.md"]


def test_a_closed_pipe_is_quiet():
    code = "from costmodel.cli import main; main()"
    command = f"{sys.executable} -c '{code}' analyze resnet152 --by layer | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)

    assert done.stdout.startswith("resnet152")
    assert done.stderr == ""


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_asked(width):
    lines = run("analyze", "resnet50", "--width", str(width)).stdout.splitlines()

    assert max(map(len, lines)) <= width


def test_the_default_output_is_short_and_names_its_convention():
    lines = run("analyze", "resnet50").stdout.splitlines()

    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    assert "profile: paper" in lines[0]
    assert any(line.startswith("FLOPs = 2 × mult-adds = 8.178 G") for line in lines)
    assert any("not counted by this profile" in line for line in lines)


@pytest.mark.parametrize("what", ["ops", "profiles", "specs", "formats"])
def test_a_listing_names_the_file_that_defines_each_entry(what):
    rows = json.loads(run("list", what, "--format", "json").stdout)

    assert rows
    assert all(row["file"].startswith(("costmodel/", "specs/")) for row in rows)


@pytest.mark.parametrize("format", ["table", "markdown", "csv", "json", "latex", "html"])
def test_every_format_names_the_profile(format):
    assert "paper" in run("analyze", "resnet18", "--format", format).stdout or format == "csv"


def test_a_bound_answers_with_its_proof_in_the_fixed_keys():
    data = json.loads(run("bound", "G1", "--format", "json").stdout)

    assert data["status"] == "proved"
    assert data["method"] == "am-gm"
    assert data["bound"] == "2*sqrt(B*h*w) + B/(h*w)"
    assert data["attained_at"] == {"c1": "sqrt(B/(h*w))", "c2": "sqrt(B/(h*w))"}
    assert data["over"] == ["c1", "c2"]
    assert all(step["checked"] and step["because"] for step in data["steps"])


def test_a_refuted_question_gives_a_witness_and_exits_with_1(tmp_path):
    spec = tmp_path / "grouped.yaml"
    spec.write_text(
        "model: grouped\nsymbols: {c: {}, g: {}}\ninput: [1, c, 56, 56]\n"
        "layers: [{conv: {out: c, kernel: 1, groups: g}}]\n"
    )
    done = run("bound", str(spec), "--minimize", "mem_access", "--monotone", "g",
               "--format", "json")  # fmt: skip
    data = json.loads(done.stdout)

    assert (done.returncode, data["status"]) == (1, "refuted")  # more groups, fewer weights
    assert data["witness"]


def test_explain_names_the_slip_or_says_there_is_none(tmp_path):
    spec = tmp_path / "layer.yaml"
    spec.write_text("model: m\ninput: [1, 16, 8, 8]\nlayers: [{conv: {out: 32, kernel: 3}}]\n")
    text = run("explain", str(spec), "conv1", "params", "--claimed", "4068").stdout

    assert "4608" in text
    assert "transpos" in text


def test_check_reports_for_ci(tmp_path):
    spec = tmp_path / "net.yaml"
    spec.write_text(
        "model: m\ninput: [1, 3, 8, 8]\nlayers: [{conv: {out: 4, kernel: 1}}]\n"
        "claims:\n  - {id: right, quantity: params, value: 12, source: by hand}\n"
        "  - {id: wrong, quantity: params, value: 13, source: by hand}\n"
    )
    done = run("check", str(spec), "--no-cache", "--format", "json")
    data = json.loads(done.stdout)

    assert done.returncode == 1
    assert data["summary"] == {"holds": 1, "fails": 1, "known_wrong": 0}
    assert [c["verdict"] for c in data["claims"]] == ["holds", "fails"]
    assert data["claims"][1]["line"] == 6


def test_reconcile_finds_the_papers_stride_placement():
    text = run("reconcile", "resnet50", "--reported", "mult_adds=3.8G").stdout

    assert "variant paper_50" in text


def test_diff_names_the_layers_that_differ():
    assert "layer2/0/conv1" in run("diff", "resnet:paper_50", "resnet50").stdout
