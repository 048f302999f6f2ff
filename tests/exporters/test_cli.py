"""``costmodel export`` as its users meet it."""

import subprocess
import sys

import pytest

CLI = [sys.executable, "-c", "from costmodel.cli import main; main()", "export"]


def run(*arguments, text=True):
    return subprocess.run(
        [*CLI, *arguments], capture_output=True, text=text, timeout=60, check=False
    )


def test_source_goes_to_the_terminal_or_to_a_file(tmp_path):
    shown = run("shufflenet_v2:x0_5", "--to", "torch")
    path = tmp_path / "model.py"
    written = run("shufflenet_v2:x0_5", "-o", str(path))

    assert (shown.returncode, written.returncode, written.stdout) == (0, 0, "")
    assert path.read_text() == shown.stdout
    assert "class ShufflenetV2X05(nn.Module):" in shown.stdout


def test_an_onnx_file_is_what_analyze_reads(tmp_path):
    pytest.importorskip("onnx", reason="ONNX models are built with the onnx package")
    from costmodel import load

    path = tmp_path / "model.onnx"
    done = run("squeezenet1_1", "-o", str(path), "--weights", "none", "--symbolic", "h,w")
    net = load(str(path))

    assert (done.returncode, done.stderr) == (0, "")
    assert net.at(h=96, w=64).totals.mult_adds == (
        load("squeezenet1_1").at(h=96, w=64).totals.mult_adds
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("resnet18",), "error: --to torch or --to onnx?\nhint: or let --output end in .py or"),
        (("resnet18", "-o", "model.pt"), "--to torch or --to onnx?"),
        (("resnetblur18", "--to", "torch"), "pool/aa/blur1: blur is defined by formulas"),
        (("resnet18", "-o", "/nowhere/model.onnx"), "--output /nowhere/model.onnx: "),
    ],
)
def test_what_cannot_be_written_is_one_clear_error(arguments, problem):
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_source_needs_neither_torch_nor_onnx_nor_sympy():
    code = (
        "import sys; from costmodel.cli import cli\n"
        "cli(['export', 'resnet18', '--to', 'torch'], standalone_mode=False)\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"torch", "onnx", "sympy", "numpy", "pandas"} & set(done.stderr.split())
