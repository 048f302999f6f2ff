"""``check``: which files, in which order, in how many processes, and what is remembered."""

import json
import os
import sys
from functools import partial
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.claims import check as package_check
from costmodel.claims.cache import FOLDER
from costmodel.errors import CostModelError

check = partial(package_check, cache=True)
check_module = sys.modules["costmodel.claims.check"]
RIGHT = "  - {id: a, quantity: params, value: 148, source: x}"
WRONG = "  - {id: a, quantity: params, value: 149, source: x}"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory, monkeypatch):
    """Caches go to a folder of the test's own."""
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))


@pytest.fixture
def checked(monkeypatch):
    """The files that were really checked, in order."""
    files = []
    real = check_module.check_file

    def watched(path):
        files.append(Path(path).name)
        return real(path)

    monkeypatch.setattr(check_module, "check_file", watched)
    return files


@pytest.mark.parametrize(("claims", "code"), [(RIGHT, 0), (WRONG, 1), ("  - {id: a}", 2)])
def test_the_exit_code_says_how_it_went(spec, claims, code):
    assert check([spec(claims)]).exit_code == code


def test_a_path_that_does_not_exist_is_refused():
    with pytest.raises(CostModelError, match=r"there is no file or folder nowhere\.yaml"):
        check(["nowhere.yaml"])


def test_folders_are_searched_in_order_and_other_yaml_is_passed_over(spec, tmp_path, checked):
    for name in ("b.yaml", "a.yaml", "z.yml"):
        spec(RIGHT, name=name)
    (tmp_path / "deeper").mkdir()
    spec(RIGHT, name="deeper/c.yaml")
    (tmp_path / ".hidden").mkdir()
    spec(WRONG, name=".hidden/d.yaml")
    (tmp_path / "ci.yaml").write_text("on: push\njobs: {}\n")
    (tmp_path / "schema.json").write_text("{}")

    outcome = check([str(tmp_path)], jobs=1)

    assert [Path(v.file).name for v in outcome.verdicts] == ["a.yaml", "b.yaml", "z.yml", "c.yaml"]
    assert outcome.exit_code == 0


def test_changed_files_that_are_no_specs_are_skipped_and_named(spec, tmp_path):
    (tmp_path / "README.md").write_text("model: none\n")

    outcome = check([str(tmp_path / "README.md"), spec(RIGHT)])

    assert outcome.skipped == (str(tmp_path / "README.md"),)
    assert "skipped" in outcome.summary


def test_a_file_named_twice_is_checked_once(spec):
    path = spec(RIGHT)

    assert len(check([path, path, str(Path(path).parent)], cache=False).verdicts) == 1


def test_an_unchanged_file_is_not_checked_again(spec, checked):
    path = spec(RIGHT)
    first, second = check([path], jobs=1), check([path], jobs=1)

    assert checked == ["small.yaml"]
    assert first == second


def test_a_changed_file_is_checked_again(spec, checked):
    assert check([spec(RIGHT)], jobs=1).exit_code == 0
    assert check([spec(WRONG)], jobs=1).exit_code == 1


def test_a_changed_include_is_noticed(spec, tmp_path):
    library = tmp_path / "library.yaml"
    block = "model: library\nblocks:\n  unit:\n    layers: [conv: {out: OUT, kernel: 1}]\n"
    library.write_text(block.replace("OUT", "4"))
    head = "model: user\ninclude: library.yaml\ninput: [1, 3, 2, 2]\nlayers: [unit]\n"
    path = spec("  - {id: a, quantity: params, value: 12, source: x}", head=head)

    assert check([path]).exit_code == 0
    library.write_text(block.replace("OUT", "5"))
    assert check([path]).exit_code == 1


def test_another_program_does_not_trust_what_was_remembered(spec, checked, monkeypatch):
    path = spec(RIGHT)
    check([path], jobs=1)
    monkeypatch.setattr(sys.modules["costmodel.claims.cache"], "program", lambda: "another")
    check([path], jobs=1)

    assert checked == ["small.yaml", "small.yaml"]


def test_the_cache_can_be_left_alone(spec, checked):
    path = spec(RIGHT)
    check([path], jobs=1, cache=False)

    assert not Path(FOLDER).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"program": 1}'])
def test_a_damaged_cache_is_ignored(spec, text):
    path = spec(RIGHT)
    check([path])
    for file in Path(FOLDER).glob("*.json"):
        file.write_text(text)

    assert check([path]).exit_code == 0


def test_files_with_faults_are_not_remembered(spec, checked):
    path = spec("  - {id: a, quantity: params, value: 1, source: x, variant: none}")
    check([path], jobs=1)
    check([path], jobs=1)

    assert checked == ["small.yaml", "small.yaml"]


def test_processes_find_what_one_finds(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(check_module, "WORTH_A_WORKER", 1)
    for i in range(5):
        spec(WRONG if i == 3 else RIGHT, name=f"n{i}.yaml")

    alone = check([str(tmp_path)], jobs=1, cache=False)
    together = check([str(tmp_path)], jobs=3, cache=False)

    assert alone == together
    assert together.exit_code == 1


def test_a_process_that_dies_is_made_up_for(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(check_module, "WORTH_A_WORKER", 1)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    for i in range(3):
        spec(RIGHT, name=f"n{i}.yaml")

    assert len(check([str(tmp_path)], jobs=2, cache=False).verdicts) == 3


def test_the_json_object_has_the_fixed_keys(spec):
    claims = f"{RIGHT}\n  - {{id: b, quantity: params, value: 1, source: t, known-wrong: w}}"
    data = json.loads(json.dumps(check([spec(claims)]).report().data))
    first = data["claims"][0]

    assert {"id", "model", "quantity", "reported", "derived", "deviation", "tolerance", "verdict",
            "source", "file", "line"} <= first.keys()  # fmt: skip
    assert data["summary"] == {
        "holds": 1, "fails": 0, "known_wrong": 1
    }  # fmt: skip


def test_numeric_claims_do_not_load_sympy(spec):
    import subprocess

    code = (
        "import sys; from costmodel.claims import check; o = check([sys.argv[1]], cache=False); "
        "sys.exit(o.exit_code or ('sympy' in sys.modules) or ('numpy' in sys.modules))"
    )
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}

    done = subprocess.run([sys.executable, "-c", code, spec(RIGHT)], env=environment, check=False)

    assert done.returncode == 0


def test_in_python_nothing_is_written_and_a_shipped_name_will_do(checked):
    outcome = cm.check("lenet5")

    assert {Path(v.file).name for v in outcome.verdicts} == {"lenet5.yaml"}
    assert outcome.exit_code == 0
    assert not Path(FOLDER).exists()


def test_the_outcome_is_a_frame_and_a_page(spec):
    outcome = cm.check(spec(RIGHT))

    assert outcome.to_frame().loc["a", "derived"] == 148
    assert "<table" in outcome._repr_html_()
