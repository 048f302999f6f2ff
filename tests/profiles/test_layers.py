"""One layer at a time: each tool was run on a hand-made module, each profile must say the same.

layers.csv holds what the tools printed: torch 2.14.1, fvcore 0.1.5.post20221221, ptflops 0.7.5,
thop 0.1.1.post2209072238, torchinfo 1.8.0, calflops 0.3.2, torchscan 0.2.0, flopth 0.1.6,
onnx-tool 1.0.1 (opset 17, TorchScript exporter).  An empty field: the tool fails on that module.
"""

import csv
import json
from pathlib import Path

import pytest

from costmodel.ops import OPS
from costmodel.profiles import PROFILES, Seen

COLUMNS = {
    "fvcore": "fvcore",
    "torch": "torch",
    "ptflops": "ptflops",
    "ptflops_aten": "ptflops-aten",
    "thop": "thop",
    "torchinfo": "torchinfo",
    "calflops_macs": "calflops",
    "torchscan": "torchscan",
    "flopth": "flopth",
    "onnx_tool": "onnx-tool",
}
with (Path(__file__).parent / "layers.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def seen(row):
    """The layer of a row as profiles see it."""
    op = OPS[row["op"]](**json.loads(row["fields"]))
    xs = tuple(tuple(shape) for shape in json.loads(row["inputs"]))
    y = op.out_shape(*xs)
    return Seen(op, xs, y, op.forward(xs, y), way=row["way"])


def name(row):
    return f"{row['op']}-{row['way']}-{row['fields']}"


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_profile_counts_a_layer_as_its_tool_does(row, column):
    if row[column] == "":
        pytest.skip(f"{column} does not count this module")
    layer, profile = seen(row), PROFILES[COLUMNS[column]]()

    reported = profile.reported(profile.counted(layer), profile.extra(layer))

    assert reported == int(row[column])


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_two_mult_adds_and_the_extras_are_the_flops_of_calflops(row):
    layer, profile = seen(row), PROFILES["calflops"]()

    flops = 2 * profile.counted(layer) + profile.extra(layer)

    assert flops == int(row["calflops_flops"])


@pytest.mark.parametrize("tool", ["thop", "torchinfo"])
@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_profile_counts_params_as_its_tool_does(row, tool):
    params = PROFILES[tool]().params(seen(row))

    assert params == int(row[f"{tool}_params"])


def test_every_counter_is_compared():
    ours = {"paper", "full", "weights-only", "conv-only", "darknet", "fbnet-zoo"}

    assert set(PROFILES) - ours == set(COLUMNS.values())
