"""pytest --costmodel: each claim a test of its own."""

import os
import subprocess
import sys
from pathlib import Path

CLAIMS = """\
  - {id: right, quantity: params, value: 148, source: x}
  - {id: wrong, quantity: params, value: 149, source: table 2}"""


def run(*arguments):
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-m", "pytest", "-p", "costmodel.pytest_plugin", "-p",
               "no:cacheprovider", "-rA", "-v", "--rootdir", *arguments]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": root, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_each_claim_passes_or_fails_by_itself(spec, tmp_path):
    spec(CLAIMS)

    done = run(str(tmp_path), "--costmodel", str(tmp_path))

    assert done.returncode == 1
    assert "small.yaml::right PASSED" in done.stdout
    assert "small.yaml::wrong FAILED" in done.stdout
    assert "derived 148, published 149" in done.stdout
    assert "source: table 2" in done.stdout
    assert "Traceback" not in done.stdout


def test_without_the_switch_nothing_is_collected(spec, tmp_path):
    spec(CLAIMS)

    assert run(str(tmp_path), str(tmp_path)).returncode == 5  # no tests


def test_other_yaml_is_left_alone(tmp_path):
    (tmp_path / "ci.yaml").write_text("on: push\n")

    assert run(str(tmp_path), "--costmodel", str(tmp_path)).returncode == 5


def test_a_broken_file_is_an_error_of_its_own(spec, tmp_path):
    spec("  - {id: a}")

    done = run(str(tmp_path), "--costmodel", str(tmp_path))

    assert done.returncode == 2
    assert "a claim needs source" in done.stdout
