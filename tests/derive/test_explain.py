"""explain: each term's origin, and the slip behind a claimed number (users' own mistakes)."""

import pytest

from costmodel.derive.explain import EXPLAINED, explain
from costmodel.errors import BindingError, UnknownNameError
from costmodel.graph import build
from costmodel.render import render
from costmodel.spec.document import parse_spec
from costmodel.table import Table


def layer(text, shape="[1, 16, 28, 28]"):
    return build(parse_spec(f"model: t\ninput: {shape}\nlayers: [{{{text}}}]\n"))


DENSE = "conv: {name: x, out: 32, kernel: 3, padding: 1}"
STRIDED = "conv: {name: x, out: 32, kernel: 3, stride: 2, padding: 1}"
GROUPED = "conv: {name: x, out: 32, kernel: 3, padding: 1, groups: 4}"


def slips(graph, claimed, quantity=None):
    return explain(graph, "x", quantity, claimed).claim


def test_4068_is_no_slip_but_a_transposition_of_4608():
    first, second = slips(layer(DENSE), "4068")

    assert first.startswith("no known slip gives 4068; params = 4608")
    assert second == "4068 is 4608 (params) with two digits transposed"


def test_the_right_number_is_told_to_be_right():
    assert slips(layer(DENSE), "4608") == ["4608 is right: params = 4608"]
    assert slips(layer(DENSE), "3.61M") == ["3.61M is right: mult-adds = 3612672"]


@pytest.mark.parametrize(
    ("code", "text", "shape", "claimed"),
    [
        # 32*28*28 outputs of length 144: 2*144 - 1 each
        ("H1", DENSE, "[1, 16, 28, 28]", 25088 * 287),
        ("H2", DENSE, "[1, 16, 28, 28]", 25088 * 145),
        # 4608 weights at 14 x 14 positions, divided by 2 in both axes again
        ("H3", STRIDED, "[1, 16, 28, 28]", 4608 * 196 // 4),
        # 29 // 2 = 14 where the output has 15
        ("H4", STRIDED, "[1, 16, 29, 29]", 4608 * 14 * 14),
        # the survey's own: 3 -> 1, k2 s2 on 2 x 2 with bias on the output grid: 12*16 + 16
        ("H5", "conv_transpose: {name: x, out: 1, kernel: 2, stride: 2, bias: true}",
         "[1, 3, 2, 2]", 208),
        ("H6", GROUPED, "[1, 16, 28, 28]", 4608 * 784),
        ("H7", "conv: {name: x, out: 16, kernel: 3, padding: 1, groups: 16}",
         "[1, 16, 28, 28]", 9 * 16 * 16 * 784),
        ("H8", "conv: {name: x, out: 32, kernel: 3, padding: 2, dilation: 2}",
         "[1, 16, 28, 28]", 4 * 4608 * 784),
        # AlexNet conv1 with its biases: 34,944 * 3025
        ("H9", "conv: {name: x, out: 96, kernel: 11, stride: 4, bias: true}",
         "[1, 3, 227, 227]", 105705600),
        # the survey's own: 32 filters 3 x 3 on 3 channels: 288 instead of 896
        ("H10", "conv: {name: x, out: 32, kernel: 3, bias: true}", "[1, 3, 28, 28]", 288),
        ("H11", "batch_norm: {name: x}", "[1, 16, 28, 28]", 64),
        ("H12", "max_pool: {name: x, kernel: 2, stride: 2}", "[1, 16, 28, 28]", 4 * 256 * 196),
        # the survey's own: a 3 x 3 block of ResNet-50 given 37,748,736, at 32 x 32
        ("H14", "conv: {name: x, out: 64, kernel: 3, padding: 1}", "[1, 64, 56, 56]", 37748736),
        # 115,605,504 / 1.024^2 = 110,250,000
        ("H15", "conv: {name: x, out: 64, kernel: 3, padding: 1}", "[1, 64, 56, 56]", 110250000),
        ("H16", DENSE, "[1, 16, 28, 28]", 10 * 3612672),
        ("H17", STRIDED, "[1, 16, 225, 225]", None),
        ("H18", DENSE, "[1, 16, 28, 28]", 3612672 // 2),
        ("H19", DENSE, "[1, 16, 28, 28]", 4608 // 4),
    ],
)  # fmt: skip
def test_each_slip_is_found_from_the_number_it_gives(code, text, shape, claimed):
    if claimed is None:  # 113 x 113 positions scaled by (256/225)^2, which 256's own 128^2 is not
        claimed = f"{4608 * 113 * 113 * 256 * 256 / (225 * 225) / 1e6:.3f}M"
    found = slips(layer(text, shape), str(claimed))

    assert any(line.startswith(f"{code}:") for line in found), found


@pytest.mark.parametrize("claimed", [49 * 49 * 64, 2 * 49 * 64, 4 * 49 * 49 * 64])
def test_attention_without_its_square_term_is_found(claimed):
    # packed q, k, v of width 64 for 49 tokens: Q K^T and A V take 49*49*64 each
    graph = layer("attention: {name: x, heads: 2}", "[1, 49, 192]")
    assert Table(graph).totals.mult_adds == 2 * 49 * 49 * 64

    found = slips(graph, str(claimed), "mult_adds")

    assert any(line.startswith("H13:") for line in found), found


def test_the_doubly_counted_memory_of_the_survey_is_found():
    # 3 -> 32, k3, s2: the page's two numbers, a factor of 79 apart: 43,754,368 for the first
    graph = layer("conv: {name: x, out: 32, kernel: 3, stride: 2, padding: 1}", "[1, 3, 224, 224]")

    found = slips(graph, str(224 * 224 * 3 * 9 * 32 + 112 * 112 * 32 + 864), "mem_access")

    assert found[0].startswith("H20:")


@pytest.mark.parametrize("text", [DENSE, STRIDED, GROUPED, "batch_norm: {name: x}",
                                  "relu: {name: x}",
                                  "max_pool: {name: x, kernel: 3, stride: 2}"])  # fmt: skip
def test_the_terms_sum_to_what_the_table_says(text):
    graph = layer(text)
    (entry,) = Table(graph).entries

    for key, terms in explain(graph, "x").terms.items():
        assert sum(term.value for term in terms) == getattr(entry, key)


def test_terms_name_their_origin():
    terms = explain(layer(GROUPED), "x", "mem_access").terms["mem_access"]

    assert [(t.origin, t.formula, t.numbers) for t in terms] == [
        ("input read", "n * c_in * h_in * w_in", "1 * 16 * 28 * 28"),
        ("weights read", "k_h * k_w * (c_in/groups) * c_out", "3 * 3 * 4 * 32"),
        ("output written", "n * c_out * h_out * w_out", "1 * 32 * 28 * 28"),
    ]


def test_the_report_shows_shape_rule_terms_and_profiles():
    text = render(explain(layer(STRIDED), "x").report(), "table", width=200)

    assert "floor((28 + 2*1 - 1*(3 - 1) - 1)/2) + 1 = 14" in text
    assert "weights: k_h * k_w * c_in * c_out = 3 * 3 * 16 * 32 = 4608" in text
    assert "mult-adds 903168: " in text  # 4608 weights at 14 x 14 positions


def test_symbols_stay_in_the_explanation():
    graph = build(parse_spec("model: t\nsymbols: {h: {}, c: {}}\ninput: [1, c, h, h]\n"
                             "layers: [{conv: {name: x, out: 8, kernel: 1}}]\n"))  # fmt: skip

    assert str(explain(graph, "x", "params").terms["params"][0].value) == "8*c"
    with pytest.raises(BindingError, match="a number for every symbol"):
        explain(graph, "x", claimed="12")


def test_unknown_layers_quantities_and_numbers_are_refused():
    graph = layer(DENSE)

    with pytest.raises(UnknownNameError, match="unknown layer 'y'"):
        explain(graph, "y")
    with pytest.raises(UnknownNameError, match="unknown quantity of a layer 'macs'"):
        explain(graph, "x", "macs")
    with pytest.raises(BindingError, match="'many' is not a number"):
        explain(graph, "x", claimed="many")


def test_json_holds_everything():
    data = explain(layer(DENSE), "x").as_json()

    assert set(data["quantities"]) == set(EXPLAINED)
    assert data["output"] == [1, 32, 28, 28]
    assert {p["profile"] for p in data["profiles"]} >= {"paper", "full"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STRIDED, "the stride acts through h_out and w_out alone"),
        ("conv: {name: x, out: 32, kernel: 3, stride: 2}", "h_out is 13, not h_in/stride = 28/2"),
        ("conv_transpose: {name: x, out: 8, kernel: 2, stride: 2}", "the grid is the input's"),
        (GROUPED, "divided by 4 once"),
        ("conv: {name: x, out: 16, kernel: 3, groups: 16}", "k*k*C weights and not k*k*C*C"),
        ("conv: {name: x, out: 32, kernel: 3, dilation: 2}", "dilation adds no taps"),
        (DENSE, "mult-adds = params * h_out * w_out, as there is no bias"),
        ("conv: {name: x, out: 32, kernel: 3, bias: true}", "would count the bias too"),
        # 25088 outputs of 144 products and 143 additions
        (DENSE, f"{25088 * (144 + 143)} operations"),
        ("batch_norm: {name: x}", "2 C buffers"),
        # 1 : 12 channels: 13/(2*sqrt(12)) = 1.876
        ("conv: {name: x, out: 192, kernel: 1}", "are 1.88 times the least"),
        ("max_pool: {name: x, kernel: 2}", "k*k*C comparisons a position"),
    ],
)
def test_what_is_easily_missed_is_said_where_it_applies(text, said):
    assert any(said in line for line in explain(layer(text), "x").remarks)


def test_a_plain_layer_is_not_told_of_strides_groups_or_dilation():
    text = " ".join(explain(layer(DENSE), "x").remarks)

    assert not any(word in text for word in ("stride", "groups", "dilation", "transposed"))


def test_batch_norm_and_attention_name_their_summands():
    norm = explain(layer("batch_norm: {name: x}"), "x").terms
    tokens = explain(layer("attention: {name: x, heads: 2}", "[1, 49, 192]"), "x").terms

    assert [(t.origin, t.value) for t in norm["params"]] == [("scale", 16), ("shift", 16)]
    assert [t.value for t in norm["buffers"]] == [16, 16]
    assert [(t.origin, t.formula) for t in tokens["mult_adds"]] == [
        ("queries * keys", "n * l * l * d"),
        ("weights * values", "n * l * l * d"),
    ]


@pytest.mark.parametrize("text", [DENSE, STRIDED, GROUPED, "batch_norm: {name: x}"])
def test_an_explanation_fits_eighty_columns(text):
    shown = render(explain(layer(text), "x", claimed="4068").report(), "table", width=80)

    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
