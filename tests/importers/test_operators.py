"""Single operators in the forms that opsets, optimisers and quantisers give them.

Counts are worked out by hand; shapes are those of the ONNX standard's own test cases.
"""

from __future__ import annotations

import importlib
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import pytest

from costmodel.arith import ascii as ascii_text
from costmodel.graph import build
from costmodel.importers.fold import same_costs, write_yaml
from costmodel.importers.onnx import initializer_elements, load_onnx
from costmodel.importers.onnx.nodes import OnnxError
from costmodel.spec.document import parse_spec
from costmodel.table import Table

from .models import node, numbers, onnx, reals, save, weight

MAP = ("batch", 6, "height", "width")
TOKENS = ("batch", 5, 12)
AT = {"n": 2, "h": 8, "w": 10}
fused = partial(node, domain="com.microsoft")


def imported(folder: Path, nodes: Any, consts: Any = (), shape: Any = MAP, **options: Any) -> Any:
    """The graph of a model, after its spec was written and read again."""
    path = save(folder, nodes, consts, shape=shape, **options)
    spec = load_onnx(path)
    graph = build(spec, {name: extent for name, extent in AT.items() if name in spec.symbols})
    again = parse_spec(write_yaml(spec))
    assert same_costs(graph, build(again, {k: v for k, v in AT.items() if k in again.symbols}))
    total = Table(graph).totals
    assert total.params + total.buffers == initializer_elements(path)
    return graph


def kinds(graph: Any) -> list[str]:
    return [layer.op.kind for layer in graph.layers if layer.op.kind != "constants"]


@pytest.mark.parametrize(
    ("opset", "made", "consts"),
    [
        (9, node("Clip", ["x"], "y", min=0.0, max=6.0), []),
        (13, node("Clip", ["x", "a", "b"], "y"), [reals("a", [0.0]), reals("b", [6.0])]),
    ],
)
def test_clip_takes_its_limits_as_attributes_or_inputs(
    tmp_path: Path, opset: int, made: Any, consts: Any
) -> None:
    assert kinds(imported(tmp_path, [made], consts, opset=opset)) == ["relu6"]


# 1 row above, 2 below, 3 columns left, 4 right of 8 x 10: 11 x 17
PADS = [0, 0, 1, 3, 0, 0, 2, 4]
SHAPES = {
    "Pad-2": (9, [node("Pad", ["x"], "y", pads=PADS)], [], (2, 6, 11, 17)),
    "Pad-11": (11, [node("Pad", ["x", "p"], "y")], [numbers("p", PADS)], (2, 6, 11, 17)),
    "Pad-18": (18, [node("Pad", ["x", "p", "", "a"], "y")],
               [numbers("p", [1, 3, 2, 4]), numbers("a", [2, -1])], (2, 6, 11, 17)),
    "Slice-1": (9, [node("Slice", ["x"], "y", axes=[3, 2], starts=[1, -3], ends=[9, 2**31])], [],
                (2, 6, 3, 8)),
    "Slice-10": (10, [node("Slice", ["x", "s", "e", "a", "t"], "y")],
                 [numbers("s", [1, -3]), numbers("e", [9, 2**63 - 1]), numbers("a", [-1, 2]),
                  numbers("t", [3, 1])], (2, 6, 3, 3)),  # columns 1, 4, 7; the last 3 rows
    "ReduceMean-1": (9, [node("ReduceMean", ["x"], "y", axes=[1])], [], (2, 1, 8, 10)),
    "ReduceMean-18": (18, [node("ReduceMean", ["x", "a"], "y")], [numbers("a", [1])],
                      (2, 1, 8, 10)),
    "ReduceSum-13": (13, [node("ReduceSum", ["x", "a"], "y")], [numbers("a", [-1])],
                     (2, 6, 8, 1)),
    "Upsample-7": (7, [node("Upsample", ["x"], "y", scales=[1.0, 1.0, 2.0, 3.0])], [],
                   (2, 6, 16, 30)),
    "Upsample-9": (9, [node("Upsample", ["x", "s"], "y")],
                   [reals("s", [1.0, 1.0, 2.0, 3.0], scalar=False)], (2, 6, 16, 30)),
    "Resize-10": (10, [node("Resize", ["x", "s"], "y")],
                  [reals("s", [1.0, 1.0, 0.5, 1.5], scalar=False)], (2, 6, 4, 15)),
    "Resize-11": (11, [node("Resize", ["x", "r", "s"], "y")],
                  [reals("r", [], scalar=False), reals("s", [1.0, 1.0, 2.0, 1.5], scalar=False)],
                  (2, 6, 16, 15)),
    "Resize-13": (13, [node("Resize", ["x", "", "", "s"], "y")], [numbers("s", [2, 6, 5, 7])],
                  (2, 6, 5, 7)),
    "Resize-18": (18, [node("Resize", ["x", "", "", "s"], "y", axes=[2, 3])],
                  [numbers("s", [5, 7])], (2, 6, 5, 7)),
    "Dropout-7": (9, [node("Dropout", ["x"], "d", "m", ratio=0.5), node("Relu", ["d"], "y")], [],
                  (2, 6, 8, 10)),
    "Dropout-12": (13, [node("Dropout", ["x", "r"], "d"), node("Relu", ["d"], "y")],
                   [reals("r", [0.5])], (2, 6, 8, 10)),
    "Roll": (17, [  # the last 2 columns first, as torch.roll is exported: start = -2 mod w
        node("Shape", ["x"], "s"), node("Gather", ["s", "three"], "w"),
        node("Mod", ["minus", "w"], "m"),
        node("Slice", ["x", "m", "w", "three"], "a"), node("Slice", ["x", "zero", "m", "three"],
                                                           "b"),
        node("Concat", ["a", "b"], "y", axis=3)],
        [numbers("three", [3]), numbers("zero", [0]), numbers("minus", [-2])], (2, 6, 8, 10)),
}  # fmt: skip


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES)
def test_old_and_new_forms_of_an_operator_make_the_same_shape(tmp_path: Path, case: Any) -> None:
    opset, nodes, consts, shape = case

    assert imported(tmp_path, nodes, consts, opset=opset).output.shape == shape


def test_rows_padded_to_an_even_number_and_halved_are_one_rounding(tmp_path: Path) -> None:
    """Swin's patch merging: h + h % 2 rows, of which every second is kept from row 1 on."""
    nodes = [
        node("Shape", ["x"], "s"), node("Gather", ["s", "two"], "h"),
        node("Mod", ["h", "two"], "odd"), node("Concat", ["z6", "odd", "z1"], "pads", axis=0),
        node("Pad", ["x", "pads"], "p"), node("Slice", ["p", "one", "end", "two", "two"], "y"),
    ]  # fmt: skip
    consts = [numbers("one", [1]), numbers("two", [2]), numbers("z6", [0] * 6), numbers("z1", [0])]
    consts += [numbers("end", [2**63 - 1])]
    path = save(tmp_path, nodes, consts)

    graph = build(load_onnx(path), free=["h"])

    assert ascii_text(graph.output.shape[2]) == "floor((h + 1)/2)"
    assert not any("Min" in note or "Max" in note for note in graph.assumptions)


@pytest.mark.parametrize(
    ("opset", "given", "consts"),
    [
        (9, {"split": [2, 4]}, []),
        (13, {}, [numbers("p", [2, 4])]),
    ],
)
def test_split_takes_its_parts_as_an_attribute_or_an_input(
    tmp_path: Path, opset: int, given: Any, consts: Any
) -> None:
    inputs = ["x", *[c.name for c in consts]]
    nodes = [node("Split", inputs, "a", "b", axis=1, **given), node("Relu", ["b"], "y")]

    assert imported(tmp_path, nodes, consts, opset=opset).output.shape == (2, 4, 8, 10)


def test_the_last_of_equal_parts_is_what_is_left(tmp_path: Path) -> None:
    nodes = [node("Split", ["x"], "a", "b", "c", "d", axis=1, num_outputs=4)]
    nodes += [node("Relu", ["c"], "y")]  # 6 channels in parts of 2: 2, 2, 2 and none

    assert imported(tmp_path, nodes, opset=18).output.shape == (2, 2, 8, 10)


@pytest.mark.parametrize("opset", [9, 13])
def test_axes_are_an_attribute_or_an_input(tmp_path: Path, opset: int) -> None:
    axes = {"axes": [2, 3]} if opset < 13 else {}
    inputs = [] if axes else ["a"]
    nodes = [node("GlobalAveragePool", ["x"], "p"), node("Squeeze", ["p", *inputs], "q", **axes)]
    nodes += [node("Unsqueeze", ["q", *inputs], "u", **axes), node("Relu", ["u"], "y")]
    consts = [] if axes else [numbers("a", [2, 3])]

    assert imported(tmp_path, nodes, consts, opset=opset).output.shape == (2, 6, 1, 1)


def test_batch_norm_holds_four_numbers_a_channel(tmp_path: Path) -> None:
    names = ["scale", "bias", "mean", "var"]
    nodes = [node("BatchNormalization", ["x", *names], "y")]

    total = Table(imported(tmp_path, nodes, [weight(name, 6) for name in names])).totals

    assert (total.params, total.buffers) == (12, 12)


@pytest.mark.parametrize(("opset", "width"), [(18, 3), (21, 6)])
def test_group_norm_has_a_weight_for_each_group_and_later_for_each_channel(
    tmp_path: Path, opset: int, width: int
) -> None:
    nodes = [node("GroupNormalization", ["x", "w", "b"], "y", num_groups=3)]

    graph = imported(tmp_path, nodes, [weight("w", width), weight("b", width)], opset=opset)

    assert (kinds(graph)[0], Table(graph).totals.params) == ("group_norm", 2 * width)


def test_norms_that_share_constants_of_ones_and_zeros_hold_none(tmp_path: Path) -> None:
    nodes = [node("InstanceNormalization", ["x", "w", "b"], "a")]
    nodes += [node("InstanceNormalization", ["a", "w", "c"], "y")]

    graph = imported(tmp_path, nodes, [weight(name, 6) for name in "wbc"])

    assert Table(graph).totals.params == 18


def test_layer_norms_differ_in_what_they_learn(tmp_path: Path) -> None:
    nodes = [
        node("LayerNormalization", ["x", "w", "b"], "l"), node("RMSNormalization", ["l", "r"], "m"),
        node("LayerNormalization", ["m", "s"], "y"),
    ]  # fmt: skip
    graph = imported(tmp_path, nodes, [weight(name, 12) for name in "wbrs"], TOKENS, opset=23)

    assert kinds(graph) == ["layer_norm", "rms_norm", "layer_norm", "layer_scale"]
    assert Table(graph).totals.params == 4 * 12


@pytest.mark.parametrize(
    ("op", "opset", "kind"),
    [("Gelu", 20, "gelu"), ("Swish", 24, "swish"), ("Mish", 18, "mish"), ("Celu", 12, "map"),
     ("HardSwish", 14, "h_swish"), ("Softmax", 9, "softmax"), ("LogSoftmax", 13, "softmax")],
)  # fmt: skip
def test_activations_are_layers_of_their_own(
    tmp_path: Path, op: str, opset: int, kind: str
) -> None:
    assert kinds(imported(tmp_path, [node(op, ["x"], "y")], opset=opset)) == [kind]


def test_a_slope_that_is_computed_is_an_operand(tmp_path: Path) -> None:
    nodes = [node("Sigmoid", ["x"], "s"), node("PRelu", ["x", "s"], "y")]

    assert kinds(imported(tmp_path, nodes)) == ["sigmoid", "map"]


# -- products -----------------------------------------------------------------------------------


def split_tokens(*outputs: str) -> list[Any]:
    """Linear layers 12 -> 12 without bias, one for each name."""
    return [node("MatMul", ["x", f"w{name}"], name) for name in outputs]


PROJECTIONS = [weight(f"w{name}", 12, 12) for name in "qkv"]
PROJECTED = 3 * 2 * 5 * 12 * 12  # batch 2, 5 tokens
SCORED = 2 * 5 * 5 * (12 + 12)  # every pair of tokens, width 12, for Q·K' and for S·V


@pytest.mark.parametrize("make", [
    partial(node, "Attention", q_num_heads=3, kv_num_heads=3),
    partial(fused, "MultiHeadAttention", num_heads=3),
])  # fmt: skip
def test_attention_counts_both_products(tmp_path: Path, make: Any) -> None:
    nodes = [*split_tokens("q", "k", "v"), make(["q", "k", "v"], "y")]

    found = Table(imported(tmp_path, nodes, PROJECTIONS, TOKENS, opset=23)).totals

    assert found.mult_adds == PROJECTED + SCORED


def test_attention_of_fewer_keys_than_queries_counts_each_query_head(tmp_path: Path) -> None:
    nodes = split_tokens("q", "k", "v")
    nodes += [node("Attention", ["q", "k", "v"], "y", q_num_heads=6, kv_num_heads=2)]
    consts = [weight("wq", 12, 12), weight("wk", 12, 4), weight("wv", 12, 4)]

    found = Table(imported(tmp_path, nodes, consts, TOKENS, opset=23)).totals

    # 6 heads of width 2 in q, 2 in k and v: projections to 12, 4 and 4
    assert found.mult_adds == 2 * 5 * 12 * (12 + 4 + 4) + 2 * 6 * 5 * 5 * (2 + 2)


def test_learned_queries_attend_to_what_is_computed(tmp_path: Path) -> None:
    nodes = [*split_tokens("k", "v")]
    nodes += [node("Attention", ["q", "k", "v"], "y", q_num_heads=3, kv_num_heads=3)]
    consts = [weight("q", 2, 4, 12), *PROJECTIONS[1:]]

    found = Table(imported(tmp_path, nodes, consts, (2, 5, 12), opset=23)).totals

    assert found.mult_adds == 2 * 2 * 5 * 12 * 12 + 2 * 4 * 5 * (12 + 12)


def test_packed_attention_projects_first(tmp_path: Path) -> None:
    nodes = [fused("Attention", ["x", "w", "b"], "y", num_heads=3)]
    consts = [weight("w", 12, 36), weight("b", 36)]

    found = Table(imported(tmp_path, nodes, consts, TOKENS)).totals

    assert found.mult_adds == PROJECTED + SCORED


def test_a_transposed_factor_is_turned_first(tmp_path: Path) -> None:
    nodes = [*split_tokens("q", "k"), fused("FusedMatMul", ["q", "k"], "y", transB=1)]

    found = Table(imported(tmp_path, nodes, PROJECTIONS[:2], TOKENS)).totals

    assert found.mult_adds == 2 * 2 * 5 * 12 * 12 + 2 * 5 * 5 * 12


def test_a_gemm_of_computed_factors_may_be_transposed(tmp_path: Path) -> None:
    nodes = [node("Gemm", ["x", "x"], "y", transA=1)]  # (12, 7) times (7, 12)

    assert Table(imported(tmp_path, nodes, shape=(7, 12))).totals.mult_adds == 12 * 12 * 7


def test_an_outer_product_sums_nothing(tmp_path: Path) -> None:
    nodes = [node("Einsum", ["x", "x"], "y", equation="bc,bd->bcd")]

    assert Table(imported(tmp_path, nodes, shape=(2, 6))).totals.mult_adds == 0


@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_recurrent_layers_multiply_input_and_state_at_every_step(
    tmp_path: Path, op: str, gates: int
) -> None:
    nodes = [node(op, ["x", "w", "r", "b"], "y", hidden_size=7, direction="bidirectional")]
    consts = [
        weight("w", 2, gates * 7, 5),
        weight("r", 2, gates * 7, 7),
        weight("b", 2, 14 * gates),
    ]

    graph = imported(tmp_path, nodes, consts, shape=(11, 3, 5))  # 11 steps, batch 3, width 5

    assert graph.output.shape == (11, 2, 3, 7)
    assert Table(graph).totals.mult_adds == 11 * 3 * 2 * gates * 7 * (5 + 7)


def test_a_deformed_convolution_has_the_taps_of_a_plain_one(tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "p"], "o", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
             node("DeformConv", ["x", "w", "o", "b"], "y", pads=[1, 1, 1, 1])]  # fmt: skip
    consts = [weight("p", 18, 6, 3, 3), weight("w", 4, 6, 3, 3), weight("b", 4)]

    found = Table(imported(tmp_path, nodes, consts, opset=19)).totals

    assert found.mult_adds == 2 * 8 * 10 * 6 * 9 * (18 + 4)


# -- fused and quantised ------------------------------------------------------------------------


def test_a_fused_convolution_adds_and_activates(tmp_path: Path) -> None:
    nodes = [fused("FusedConv", ["x", "w", "b", "x"], "y", kernel_shape=[1, 1], activation="Relu")]

    graph = imported(tmp_path, nodes, [weight("w", 6, 6, 1, 1), weight("b", 6)])

    assert kinds(graph) == ["conv", "add", "relu"]
    assert Table(graph).totals.mult_adds == 2 * 36 * 8 * 10


FUSED = {
    "BiasGelu": ([fused("BiasGelu", ["x", "b"], "y")], "b", ["map", "gelu"]),
    "FastGelu": ([fused("FastGelu", ["x"], "y")], "", ["gelu"]),
    "QuickGelu": ([fused("QuickGelu", ["x"], "y")], "", ["swish"]),
    "SkipLayerNormalization": (
        [fused("SkipLayerNormalization", ["x", "x", "g", "h", "b"], "y", "", "", "s")], "ghb",
        ["add", "map", "layer_norm"]),
    "SkipSimplifiedLayerNormalization": (
        [fused("SkipSimplifiedLayerNormalization", ["x", "x", "g"], "y")], "g",
        ["add", "rms_norm"]),
}  # fmt: skip


@pytest.mark.parametrize(("nodes", "held", "found"), FUSED.values(), ids=FUSED)
def test_fused_operators_become_their_parts(
    tmp_path: Path, nodes: Any, held: str, found: list[str]
) -> None:
    graph = imported(tmp_path, nodes, [weight(name, 12) for name in held], TOKENS)

    assert kinds(graph) == found
    assert Table(graph).totals.params == 12 * len(held)


def eight_bit(name: str, *dims: int) -> Any:
    tensor = weight(name, *dims)
    tensor.data_type = onnx.TensorProto.INT8
    return tensor


SCALES = [reals("s", [0.1]), eight_bit("z")]
FILTERS = [eight_bit("w", 4, 6, 3, 3), *SCALES]
QUANTISED = {
    "QDQ": [node("QuantizeLinear", ["x", "s", "z"], "q"),
            node("DequantizeLinear", ["q", "s", "z"], "d"),
            node("DequantizeLinear", ["w", "s", "z"], "v"), node("Conv", ["d", "v"], "y")],
    "QLinearConv": [node("QuantizeLinear", ["x", "s", "z"], "q"),
                    node("QLinearConv", ["q", "s", "z", "w", "s", "z", "s", "z"], "y")],
    "ConvInteger": [node("DynamicQuantizeLinear", ["x"], "q", "qs", "qz"),
                    node("ConvInteger", ["q", "w", "qz", "z"], "i"),
                    node("Cast", ["i"], "f", to=1), node("Mul", ["f", "qs"], "y")],
}  # fmt: skip


@pytest.mark.parametrize("nodes", QUANTISED.values(), ids=QUANTISED)
def test_a_quantised_convolution_counts_as_the_plain_one(tmp_path: Path, nodes: Any) -> None:
    found = Table(imported(tmp_path, nodes, FILTERS)).totals

    assert found.mult_adds == 2 * 4 * 6 * 9 * 6 * 8  # 8 x 10 becomes 6 x 8


@pytest.mark.parametrize("nodes", [
    [node("MatMulInteger", ["x", "w"], "y")],
    [node("QLinearMatMul", ["x", "s", "z", "w", "s", "z", "s", "z"], "y")],
    [fused("QGemm", ["x", "s", "z", "w", "s", "z"], "y")],
    [fused("DynamicQuantizeMatMul", ["x", "w", "s", "z"], "y")],
])  # fmt: skip
def test_a_quantised_product_counts_as_the_plain_one(tmp_path: Path, nodes: Any) -> None:
    consts = [eight_bit("w", 12, 5), *SCALES]

    assert Table(imported(tmp_path, nodes, consts, ("batch", 12))).totals.mult_adds == 2 * 12 * 5


# -- order, and the standard's own cases --------------------------------------------------------


def test_nodes_may_stand_in_any_order(tmp_path: Path) -> None:
    nodes = [node("Relu", ["a"], "y"), node("Exp", ["x"], "a")]

    assert kinds(imported(tmp_path, nodes)) == ["map", "relu"]


STANDARD = [
    "affinegrid", "argmax", "batch_normalization", "center_crop_pad", "clip", "col2im",
    "concat", "conv", "convinteger", "convtranspose", "deformconv", "depthtospace", "dropout",
    "einsum", "elu", "expand", "flatten", "gather", "gatherelements", "gathernd", "gelu",
    "gemm", "globalaveragepool", "gridsample", "groupnormalization", "gru", "hardswish",
    "instance_normalization", "layernormalization", "lrn", "lstm", "matmul", "matmulinteger",
    "maxunpool", "mean", "onehot", "pad", "prelu", "qlinearconv", "qlinearmatmul",
    "reducemean", "reshape", "resize", "rmsnormalization", "roialign", "rotaryembedding",
    "scatternd", "slice", "softmax", "spacetodepth", "split", "squeeze", "sum", "swish",
    "tile", "topk", "transpose", "unsqueeze", "upsample", "where",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # of the cases' own arithmetic
@pytest.mark.parametrize("module", STANDARD)
def test_outputs_have_as_many_elements_as_the_standard_says(tmp_path: Path, module: str) -> None:
    package = "onnx.backend.test.case.node"
    cases = importlib.import_module(package)._NodeTestCases
    before = len(cases)
    importlib.import_module(f"{package}.{module}")  # which makes the cases
    made, wrong = 0, {}

    for case in cases[before:]:
        expected, path = case.data_sets[0][1][0], tmp_path / "case.onnx"
        path.write_bytes(with_constants(case).SerializeToString())
        try:
            found = prod(build(load_onnx(str(path))).output.shape)
        except OnnxError:
            continue
        made += 1
        if found != expected.size > 0:
            wrong[case.name] = found, expected.shape

    assert made
    assert not wrong


def with_constants(case: Any) -> Any:
    """The case's model with all inputs but the first given as initializers."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    names = [entry.name for entry in model.graph.input]
    for name, value in list(zip(names, case.data_sets[0][0], strict=True))[1:]:
        model.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
    return model
