"""Whole networks: what each counting tool printed, its profile says to the unit.

truth.csv is a copy of the project's reference counts (torch 2.14.1, torchvision 0.29.1, timm
1.0.31; fvcore 0.1.5, ptflops 0.7.5, thop 0.1.1, torchinfo 1.8.0, calflops 0.3.2, torchscan
0.2.0); counters.csv was measured with the same versions, flopth 0.1.6 and onnx-tool 1.0.1
(opset 17, TorchScript exporter) on networks that no profile was fitted to as well.  Batch 1,
evaluation, no gradients; googlenet and inception_v3 without their auxiliary classifiers.
"""

import csv
from functools import cache
from pathlib import Path

import pytest

from costmodel.graph import build
from costmodel.table import Table
from costmodel.zoo import find, names

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "truth" / "counts.csv"
COLUMNS = {  # column -> profile, quantity
    "mult_adds": ("paper", "mult_adds"),
    "params": ("paper", "params"),
    "fvcore_total": ("fvcore", "reported"),
    "flopcounter_half_nograd": ("torch", "reported"),
    "ptflops_pytorch": ("ptflops", "reported"),
    "ptflops_aten": ("ptflops-aten", "reported"),
    "thop": ("thop", "reported"),
    "thop_params": ("thop", "params"),
    "torchinfo": ("torchinfo", "reported"),
    "torchinfo_params": ("torchinfo", "params"),
    "calflops_macs": ("calflops", "reported"),
    "calflops_flops": ("calflops", "flops"),
    "torchscan_macs": ("torchscan", "reported"),
    "flopth": ("flopth", "reported"),
    "onnx_tool_folded": ("onnx-tool", "reported"),
}
ATTENTION = {"swin_t", "vit_b_16"}  # no convolutional networks
ON_META = {  # timm's rows were counted on the `meta` device, where F.leaky_relu runs torch.mul,
    # which calflops counts once more; on the CPU it prints what stands here
    ("cspdarknet53", "calflops_flops"): 13_117_800_448,
}
SHIPPED = frozenset(names())


def rows(name):
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells():
    """Every recorded number: network, input, column, value."""
    for name in ("truth.csv", "counters.csv"):
        for row in rows(name):
            if row["model"] in ATTENTION:
                continue
            for column in COLUMNS:
                if row.get(column):
                    marks = [] if row["model"] in SHIPPED else [no_spec(row["model"])]
                    case = f"{row['source']}-{row['model']}-{row['input']}-{column}-{name[0]}"
                    yield pytest.param(row, column, id=case, marks=marks)


def no_spec(model):
    return pytest.mark.skip(reason=f"no spec is called {model}")


@cache
def graph(model, size):
    found = find(model)
    return build(found.spec, {"h": size}, found.variant or found.implied)


@cache
def totals(model, size, profile):
    return Table(graph(model, size), profile).totals


def expected(row, column):
    value = int(row[column])
    if column in ("params", "torchinfo_params"):  # the tools count what never runs, too
        value -= int(row.get("params_never_called") or 0)
    if column == "flopcounter_half_nograd":
        value *= 2
    return ON_META.get((row["model"], column), value)


@pytest.mark.parametrize(("row", "column"), list(cells()))
def test_a_profile_reports_what_its_tool_does(row, column):
    profile, quantity = COLUMNS[column]
    size = int(row["input"].rpartition("x")[2])

    derived = getattr(totals(row["model"], size, profile), quantity)

    assert derived == expected(row, column)


def test_the_copy_of_the_reference_counts_is_faithful():
    if not SHARED.is_file():
        pytest.skip("the reference counts are not beside this checkout")
    with SHARED.open(encoding="utf-8", newline="") as file:
        reference = {(r["source"], r["model"]): r for r in csv.DictReader(file)}

    for row in rows("truth.csv"):
        assert row == {key: reference[row["source"], row["model"]][key] for key in row}


def test_every_network_of_the_reference_counts_is_compared_or_named():
    compared = {row["model"] for row in rows("truth.csv")} & SHIPPED

    assert {row["model"] for row in rows("truth.csv")} - compared <= ATTENTION
