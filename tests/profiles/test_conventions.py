"""The conventions of papers and READMEs, on the tables they come from; and how code is written."""

from itertools import pairwise

import pytest

from costmodel.arith import evaluate, is_symbolic, symbol
from costmodel.graph import build
from costmodel.ops import OPS
from costmodel.profiles import PROFILES, WAYS, Seen, Written, way_of
from costmodel.table import Table
from costmodel.zoo import find, names


def totals(model, profile, **at):
    if model not in names():
        pytest.skip(f"no spec is called {model}")
    found = find(model)
    return Table(build(found.spec, at, found.variant or found.implied), profile).totals


def seen(kind, *xs, way="module", sources=(), **fields):
    op = OPS[kind](**fields)
    y = op.out_shape(*xs)
    return Seen(op, xs, y, op.forward(xs, y), sources=sources, way=way)


# -- tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "bflops", "weights"),  # in 10^9, 10^6: README of CrossStagePartialNetworks, its cfg
    [("csdarknet53", 13.067, 27.606), ("csresnet50", 8.967, 21.567), ("csresnext50", 7.929, 20.499),
     ("csmobilenet_v2", 0.764, 2.513)],
)  # fmt: skip
def test_darknet_prints_twice_the_mult_adds_and_counts_weights_only(model, bflops, weights):
    found = totals(model, "darknet")

    assert round(found.reported / 1e9, 3) == bflops
    assert round(found.params / 1e6, 3) == weights


@pytest.mark.parametrize(
    ("model", "weights", "mult_adds", "pooled"),  # mobile-vision's definitions, counted
    [("fbnet_a", 4_270_288, 244_452_664, 73_696), ("fbnet_b", 4_766_672, 291_004_424, 97_216),
     ("fbnet_c", 5_525_424, 378_136_224, 97_216)],
)  # fmt: skip
def test_the_fbnet_zoo_adds_what_global_pools_read(model, weights, mult_adds, pooled):
    found = totals(model, "fbnet-zoo")

    assert found.params == weights
    assert found.mult_adds == mult_adds
    assert found.reported == mult_adds + pooled


def test_conv_only_leaves_out_the_classifier_of_vgg():
    """He et al. 2016: VGG-16 costs 15.3 billion multiply-adds, without its linear layers."""
    linear = 25088 * 4096 + 4096 * 4096 + 4096 * 1000

    assert totals("vgg16", "conv-only").reported == 15_470_264_320 - linear
    assert str((15_470_264_320 - linear) / 1e9)[:4] == "15.3"


def test_conv_only_keeps_a_convolution_that_is_applied_before_the_pooling():
    assert totals("squeezenet1_0", "conv-only").reported == 818_924_576


def test_conv_only_leaves_out_a_classifier_that_is_a_convolution_on_one_pixel():
    with_it, without = totals("fbnet_c", "paper"), totals("fbnet_c", "conv-only")

    assert with_it.mult_adds - without.mult_adds == 1984 * 1000


def test_params_of_conv_only_are_all_of_them():
    assert totals("resnet18", "conv-only").params == 11_689_512


def test_weights_only_counts_neither_biases_nor_batch_norm():
    """ResNet-18: 9,600 pairs of batch norm weights and biases in 4,800 channels, 1,000 biases."""
    channels = 64 + 4 * 64 + 5 * 128 + 5 * 256 + 5 * 512

    assert totals("resnet18", "weights-only").params == 11_689_512 - 2 * channels - 1000


# -- how code writes a layer ------------------------------------------------------------------


def test_the_first_rule_that_fits_says_how_a_layer_is_written():
    rules = (
        Written("relu", "function", at="*/last", variants=("a*", "b")),
        Written("relu", "again"),
    )

    assert way_of(rules, "relu", "x/last", "abc") == "function"
    assert way_of(rules, "relu", "x/last", "c") == "again"
    assert way_of(rules, "relu", "x/last", None) == "again"
    assert way_of(rules, "relu6", "x/last", "b") == "module"


@pytest.mark.parametrize(
    ("layer", "written"),
    [
        (seen("conv", (1, 3, 9, 9), out=8, kernel=3, stride=2, padding="same"), "subclass"),
        (seen("conv", (1, 3, 9, 9), out=8, kernel=3, padding="same"), "module"),
        (seen("conv", (1, 3, 9, 9), out=8, kernel=3, stride=2, padding=1), "module"),
        (seen("max_pool", (1, 3, 9, 9), kernel=2, padding="same"), "subclass"),
        (seen("layer_norm", (1, 3, 9, 9)), "subclass"),
        (seen("layer_norm", (1, 3, 9)), "module"),
        (seen("layer_norm", (1, 3, 9, 9), way="channels_last"), "channels_last"),
    ],
)
def test_what_no_class_of_torch_does_is_a_subclass(layer, written):
    assert layer.written == written


# 120 elements; timm's BatchNormAct2d: seen by what traces or patches functions, not by hooks
@pytest.mark.parametrize(
    ("profile", "module", "container"),
    [("fvcore", 240, 240), ("ptflops", 240, 0), ("thop", 480, 0), ("torchinfo", 6, 0),
     ("torchscan", 240, 0), ("flopth", 240, 0), ("onnx-tool", 3720, 3720)],
)  # fmt: skip
def test_a_batch_norm_with_modules_inside_is_hidden_from_hooks(profile, module, container):
    counter = PROFILES[profile]()

    counts = [
        counter.extra(seen("batch_norm", (1, 3, 5, 8), way=way)) for way in ("module", "container")
    ]

    assert counts == [module, container]


@pytest.mark.parametrize(
    ("profile", "standard", "derived"),
    [("ptflops", 2440, 0), ("thop", 2400, 0), ("torchinfo", 2440, 2440), ("fvcore", 2400, 2400)],
)
def test_a_derived_convolution_is_nothing_to_exact_lookups(profile, standard, derived):
    """3·4·5 weights at 40 positions and 40 biases."""
    counter, fields = PROFILES[profile](), {"out": 1, "kernel": [4, 5], "bias": True}

    reports = []
    for way in ("module", "subclass"):
        layer = seen("conv", (1, 3, 8, 12), way=way, **fields)
        reports.append(counter.reported(counter.counted(layer), counter.extra(layer)))

    assert reports == [standard, derived]


def test_thop_forgets_the_params_of_what_it_does_not_know():
    params = PROFILES["thop"]().params

    assert params(seen("linear", (1, 7), out=5)) == 40
    assert params(seen("linear", (1, 7), out=5, way="subclass")) == 0
    assert params(seen("group_norm", (1, 4, 3, 3), groups=2)) == 0


def test_flopth_sees_only_the_last_call_of_a_module():
    extra = PROFILES["flopth"]().extra

    assert extra(seen("relu", (1, 3, 5, 8))) == 120
    assert extra(seen("relu", (1, 3, 5, 8), way="again")) == 0


def test_pooling_by_the_tensors_own_mean_is_seen_by_an_export_only():
    layer = seen("global_avg_pool", (1, 3, 5, 8), way="mean")

    counts = {name for name in PROFILES if PROFILES[name]().extra(layer)}

    assert counts == {"full", "fbnet-zoo", "onnx-tool"}


@pytest.mark.parametrize(
    ("before", "count"),
    [(OPS["conv"](out=3, kernel=1), 120), (OPS["conv"](out=3, kernel=1, bias=True), 0),
     (OPS["concat"](), 31 * 120), (None, 31 * 120)],
)  # fmt: skip
def test_an_export_folds_a_batch_norm_into_the_convolution_before_it(before, count):
    layer = seen("batch_norm", (1, 3, 5, 8), sources=(before,))

    assert PROFILES["onnx-tool"]().extra(layer) == count


def test_a_chunk_costs_an_export_seven_operations():
    """Add 1, divide 4, one multiplication for the end of each part; a slice costs nothing."""
    halves = [{"start": 0, "stop": 4}, {"start": 4, "stop": 8}]
    extra = PROFILES["onnx-tool"]().extra

    assert sum(extra(seen("slice", (1, 8, 3, 3), way="chunk", **half)) for half in halves) == 7
    assert sum(extra(seen("slice", (1, 8, 3, 3), **half)) for half in halves) == 0


@pytest.mark.parametrize(
    ("profile", "count"),
    [("torchinfo", 20), ("flopth", 6 * 8 * 8), ("calflops", 720), ("ptflops", 960)],
)
def test_a_linear_layer_may_stand_for_a_one_by_one_convolution(profile, count):
    """3·5 weights and 5 biases on 6 examples of 8×1: (n, h, w, c) is n·h·h to flopth."""
    counter = PROFILES[profile]()
    layer = seen(
        "conv", (6, 3, 8, 1), way="channels_last", out=5, kernel=1, bias=True
    )  # fmt: skip

    total = counter.reported(counter.counted(layer), counter.extra(layer))

    assert total == (6 * count if profile == "torchinfo" else count)


# -- any kind of number -----------------------------------------------------------------------


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("conv", {"out": 6, "kernel": 3, "stride": 2, "padding": 1, "bias": True}),
        ("conv", {"out": 6, "kernel": 3, "stride": 2, "padding": "same"}),
        ("conv_transpose", {"out": 6, "kernel": 3, "stride": 2, "groups": 2, "bias": True}),
        ("batch_norm", {}),
        ("layer_norm", {}),
        ("relu", {}),
        ("softmax", {}),
        ("max_pool", {"kernel": 3, "stride": 2}),
        ("global_avg_pool", {}),
        ("adaptive_avg_pool", {"out": 4}),
        ("upsample", {"scale": 2, "mode": "bilinear"}),
    ],
)
def test_one_rule_serves_numbers_and_symbols(profile, kind, fields):
    counter, op = PROFILES[profile](), OPS[kind](**fields)
    free = (symbol("n"), 4, symbol("h"), symbol("w"))
    form = counter.alone(op, free)

    for n, h, w in ((1, 9, 7), (3, 8, 13), (2, 32, 20)):
        values = {"n": n, "h": h, "w": w}
        bound = evaluate(form, values) if is_symbolic(form) else form

        assert bound == counter.alone(op, (n, 4, h, w))


def test_every_convention_says_what_it_is_and_every_way_is_told():
    for name in PROFILES:
        text = PROFILES[name].__doc__ or ""

        assert len(text.split()) > 10, name
    assert all(WAYS.values())
    assert all(a != b for a, b in pairwise(sorted(WAYS.values())))
