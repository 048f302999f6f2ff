"""Shipped networks against counts of the real ones by other tools.

``truth/counts.csv`` and ``truth/layers.csv`` are the figures of ``../shared/truth`` (torchvision
0.29.1 and timm 1.0.31, counted by forward hooks and fvcore), ``truth/more.csv`` further networks
and sizes counted the same way.  A network is loaded by its torchvision or timm name.
"""

import csv
import json
from pathlib import Path

import pytest

import costmodel as cm
from costmodel.zoo import names

HERE = Path(__file__).parent / "truth"
SHARED = Path(__file__).parents[2] / "shared" / "truth"
SPECCED = frozenset(names())
TRANSFORMERS = {"swin_t", "vit_b_16"}
NEVER_RUN = {"inception_v3": 3_326_696}  # params of the auxiliary head, which eval mode skips


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        lines = (line for line in file if not line.startswith("#"))
        return list(csv.DictReader(lines))


def shared_counts():
    for row in rows_of(SHARED / "counts.csv"):
        yield {
            "name": row["model"],
            "input": row["input"],
            "params": str(int(row["params"]) - NEVER_RUN.get(row["model"], 0)),
            "mult_adds": row["mult_adds"],
            "activations": row["fvcore_activations"],
            "source": row["source"],
        }


def shared_layers():
    for path in sorted((SHARED / "layers").glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        for layer in truth["layers"]:
            if layer.get("op") in ("conv", "linear"):
                yield {
                    "name": truth["model"],
                    "input": "x".join(map(str, truth["input"])),
                    "op": layer["op"],
                    "in": "x".join(map(str, layer["in_shape"])),
                    "out": "x".join(map(str, layer["out_shape"])),
                    "params": str(layer["params"]),
                    "mult_adds": str(layer["mult_adds"]),
                }


COUNTS, LAYERS, MORE = (rows_of(HERE / f"{name}.csv") for name in ("counts", "layers", "more"))


def at_input(name, text):
    """The network at an input written as ``1x3x224x224``."""
    n, _, height, width = map(int, text.split("x"))
    return cm.load(name).at(n=n, h=height, w=width)


def label(row):
    return f"{row['name']}-{row['input']}"


def test_every_convolutional_network_counted_by_others_has_a_spec():
    assert {row["name"] for row in COUNTS} - SPECCED == TRANSFORMERS


@pytest.mark.parametrize("row", [*COUNTS, *MORE], ids=label)
def test_params_mult_adds_and_activations_are_those_of_the_real_network(row):
    if row["name"] in TRANSFORMERS:
        pytest.skip(f"{row['name']} is no convolutional network")

    totals = at_input(row["name"], row["input"]).totals

    known = {key: int(row[key]) for key in ("params", "mult_adds", "activations") if row[key]}
    assert {key: getattr(totals, key) for key in known} == known


@pytest.mark.parametrize("name", sorted({row["name"] for row in LAYERS}))
def test_each_convolution_and_linear_layer_is_that_of_the_real_network(name):
    rows = [row for row in LAYERS if row["name"] == name]
    frame = at_input(name, rows[0]["input"]).table().to_frame()
    weighted = frame[frame["op"].isin(["conv", "linear"])]

    ours = [
        (op, dims(x), dims(y), params, mult_adds)
        for op, x, y, params, mult_adds in weighted[
            ["op", "input", "output", "params", "mult_adds"]
        ].itertuples(index=False)
    ]

    theirs = [
        (r["op"], dims(r["in"]), dims(r["out"]), int(r["params"]), int(r["mult_adds"]))
        for r in rows
    ]
    assert ours == theirs


def dims(shape):
    """A shape without trailing ones: (1, 512) and (1, 512, 1, 1) are one vector to a classifier.

    >>> dims("1x512x1x1"), dims((1, 3, 8, 8))
    ((1, 512), (1, 3, 8, 8))
    """
    shape = tuple(map(int, shape.split("x"))) if isinstance(shape, str) else tuple(shape)
    return shape[:2] if shape[2:] == (1, 1) else shape


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared figures are not here")
@pytest.mark.parametrize(
    ("copy", "original"),
    [(COUNTS, shared_counts), (LAYERS, shared_layers)],
    ids=["counts.csv", "layers.csv"],
)
def test_the_committed_figures_are_those_shared(copy, original):
    assert copy == list(original())
