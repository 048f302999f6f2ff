"""Floors of real layers, padding-exact counts, and the bracket against on-chip memory."""

from itertools import product

import pytest

from costmodel.arith import evaluate
from costmodel.derive.cache import bracket, traffic
from costmodel.derive.gap import atlas, floor_of, gaps, together
from costmodel.derive.padding import exact_padding, taps_inside
from costmodel.errors import BindingError
from costmodel.graph import build
from costmodel.ops.window import Axis
from costmodel.spec.document import parse_spec
from costmodel.table import Table


def graph(*layers, shape="[1, 24, 56, 28]"):
    return build(parse_spec(f"model: t\ninput: {shape}\nlayers: [{', '.join(layers)}]\n"))


def entry(layer, **shape):
    return Table(graph(layer, **shape)).entries[0]


def test_the_floor_keeps_the_weights_and_balances_the_channels():
    # 24 -> 150 channels, 3600 = 60*60 weights: 2*56*28*60 + 3600
    assert floor_of(entry("{conv: {out: 150, kernel: 1}}")) == 2 * 56 * 28 * 60 + 3600


def test_a_balanced_strided_layer_stands_on_its_floor():
    # 24*56*28 inputs and 96*28*14 outputs are equally many
    (only,) = gaps(graph("{conv: {out: 96, kernel: 1, stride: 2}}"))

    assert only.excess == 0


def test_depthwise_layers_are_their_own_floor():
    (only,) = gaps(graph("{conv: {out: 24, kernel: 3, padding: 1, groups: 24, stride: 2}}"))

    assert only.excess == 0


@pytest.mark.parametrize(
    ("model", "percent"),
    [("shufflenet_v2_x1_0", 1.0), ("squeezenet1_0", 27.8), ("mobilenet_v2", 25.5)],
)
def test_known_networks_stand_where_the_first_figures_say(model, percent):
    zoo = pytest.importorskip("costmodel.zoo")
    try:
        found = zoo.find(model)
    except LookupError:
        pytest.skip(f"{model} is not shipped yet")
    built = build(found.spec, {}, found.variant or found.implied)
    whole = together(model, gaps(built, only_pointwise=True))

    assert 100 * whole.excess == pytest.approx(percent, abs=0.15)


def test_the_atlas_lists_each_network():
    report = atlas([("one", graph("{conv: {out: 96, kernel: 1}}"))])

    assert [row["model"] for row in report.data] == ["one"]


def counted(extent, kernel, stride, dilation, before, after):
    outputs = (extent + before + after - dilation * (kernel - 1) - 1) // stride + 1
    return sum(
        0 <= p * stride - before + r * dilation < extent
        for p, r in product(range(outputs), range(kernel))
    )


@pytest.mark.parametrize("extent", [5, 8, 13])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "pads"),
    list(product([1, 3, 5], [1, 2, 3], [1, 2], [(0, 0), (1, 1), (2, 1), (4, 4)])),
)
def test_taps_inside_are_what_a_loop_counts(extent, kernel, stride, dilation, pads):
    if extent + sum(pads) < dilation * (kernel - 1) + 1:
        return
    axis = Axis("width", extent, kernel, stride, dilation, pads)

    assert taps_inside(axis) == counted(extent, kernel, stride, dilation, *pads)


@pytest.mark.parametrize(("kernel", "stride", "pad"), [(3, 1, 1), (5, 2, 2), (3, 2, 1), (7, 2, 3)])
def test_closed_forms_of_taps_hold_at_every_size(kernel, stride, pad):
    fields = f"name: x, out: 3, kernel: {kernel}, stride: {stride}, padding: {pad}"
    text = ("model: t\nsymbols: {h: {}, w: {}}\ninput: [1, 2, h, w]\n"
            f"layers: [{{conv: {{{fields}}}}}]\n")  # fmt: skip
    form = exact_padding(build(parse_spec(text)))["x"]

    for h, w in [(7, 8), (9, 16), (15, 31)]:
        by_loop = counted(h, kernel, stride, 1, pad, pad) * counted(w, kernel, stride, 1, pad, pad)
        assert evaluate(form, {"h": h, "w": w}) == 6 * by_loop


LAYERS = [
    "{conv: {name: x, out: 32, kernel: 1}}",
    "{conv: {name: x, out: 32, kernel: 3, padding: 1}}",
    "{conv: {name: x, out: 24, kernel: 3, padding: 1, groups: 24}}",
    "{conv: {name: x, out: 48, kernel: 3, padding: 1, stride: 2, groups: 4}}",
]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_bracket_is_one_and_narrows_to_the_infinite_cache(layer):
    (only,) = graph(layer).layers
    moved = entry(layer).mem_access
    found = [bracket(only, size) for size in (64, 1024, 2**14, 2**20)]

    for one in found:
        assert one.upper is None or one.lower <= one.upper
    lowers = [one.lower for one in found]
    uppers = [one.upper for one in found if one.upper is not None]
    assert lowers == sorted(lowers, reverse=True)
    assert uppers == sorted(uppers, reverse=True)
    assert found[-1].lower == found[-1].upper == moved


def test_inputs_that_a_stride_skips_need_not_move():
    (only,) = graph("{conv: {name: x, out: 8, kernel: 1, stride: 2}}").layers

    # every second row and column of 24 channels, 192 weights, 8 outputs at each
    assert bracket(only, 2**20).lower == 24 * 28 * 14 + 192 + 8 * 28 * 14


def test_a_small_memory_costs_more_than_the_papers_formula():
    wide = entry("{conv: {out: 256, kernel: 3, padding: 1}}", shape="[1, 256, 28, 28]")

    assert bracket(wide.layer, 1024).lower > wide.mem_access


def test_a_network_gets_a_row_for_each_size():
    pair = graph("{conv: {out: 32, kernel: 1}}", "{conv: {out: 16, kernel: 3}}")
    rows = traffic(pair, [4096, 2**20]).data

    assert [row["size"] for row in rows] == [4096, 2**20]
    assert rows[0]["lower"] >= rows[1]["lower"]


@pytest.mark.parametrize("model", ["mobilenet_v2", "shufflenet_v2_x1_0", "googlenet"])
def test_a_whole_network_tends_to_the_papers_formula_from_both_sides(model):
    zoo = pytest.importorskip("costmodel.zoo")
    found = zoo.find(model)
    built = build(found.spec, {}, found.variant or found.implied)
    moved = sum(e.mem_access for e in Table(built).entries if e.layer.op.kind in ("conv", "linear"))
    rows = traffic(built, [2**12, 2**16, 2**24]).data

    assert rows[-1]["lower"] == rows[-1]["upper"] == moved
    lowers = [row["lower"] for row in rows]
    assert lowers == sorted(lowers, reverse=True)
    assert lowers[0] > moved


def test_one_size_is_told_layer_by_layer():
    (row,) = traffic(graph("{conv: {out: 32, kernel: 1}}", "{conv: {out: 16, kernel: 3}}"),
                     [4096]).data  # fmt: skip

    assert [part["layer"] for part in row["layers"]] == ["conv1", "conv2"]
    assert sum(part["lower"] for part in row["layers"]) == row["lower"]


def test_symbols_and_other_operators_have_no_bracket():
    free = build(parse_spec("model: t\nsymbols: {h: {}}\ninput: [1, 2, h, h]\n"
                            "layers: [{conv: {out: 3, kernel: 1}}, relu]\n"))  # fmt: skip

    with pytest.raises(BindingError, match="a number for every symbol"):
        bracket(free.layers[0], 100)
    with pytest.raises(BindingError, match="relu has no bracket"):
        bracket(free.layers[1], 100)
