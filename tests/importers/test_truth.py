"""The exports in ../shared/truth: counted by other people's tools at two shapes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from costmodel.arith import evaluate
from costmodel.graph import build
from costmodel.importers.fold import same_costs, write_yaml
from costmodel.importers.onnx import initializer_elements, load_onnx
from costmodel.spec.document import parse_spec
from costmodel.table import Table

TRUTH = Path(__file__).parents[3] / "shared" / "truth"
TABLE = TRUTH / "onnx.csv"
if not TABLE.is_file():
    pytest.skip(f"no reference counts at {TABLE}", allow_module_level=True)
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
MOST_LINES = {"densenet121": 80, "mobilenet_v2": 60, "resnet18": 60}


def path_of(row: dict[str, str]) -> str:
    return str(TRUTH / "onnx" / row["file"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_one_import_gives_the_counts_at_both_shapes(row: dict[str, str]) -> None:
    spec = load_onnx(path_of(row))

    found = Table(build(spec, free=spec.symbols)).totals

    at = {"n": 1, "h": 224, "w": 224}
    assert evaluate(found.mult_adds, at) == int(row["mult_adds_1x3x224"])
    if row["batch_height_width_symbolic"] == "yes":
        other = evaluate(found.mult_adds, {"n": 2, "h": 288, "w": 256})
        assert other == int(row["mult_adds_2x3x288x256"])
    held = found.params + found.buffers
    assert held == initializer_elements(path_of(row)) == int(row["initializer_elements"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_the_written_spec_has_the_same_layers(row: dict[str, str]) -> None:
    spec = load_onnx(path_of(row))

    text = write_yaml(spec)

    assert same_costs(build(spec), build(parse_spec(text)))
    assert len(text.splitlines()) <= MOST_LINES.get(row["model"], 150)
