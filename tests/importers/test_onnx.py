"""What ONNX graphs become; expected counts are worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.arith import evaluate
from costmodel.graph import build
from costmodel.importers.fold import same_costs, write_yaml
from costmodel.importers.onnx import initializer_elements, load_onnx
from costmodel.importers.onnx.nodes import OnnxError
from costmodel.spec.document import parse_spec
from costmodel.table import Table

from .models import FLOAT, helper, node, numbers, reals, save, weight

CONV = node("Conv", ["x", "w", "b"], "c", strides=[2, 1], pads=[1, 0, 1, 2], kernel_shape=[3, 5])


def kinds(path: str, **options: str) -> list[str]:
    return [call.kind for call in load_onnx(path, **options).body]


def totals(path: str, **at: int):
    return Table(build(load_onnx(path), at)).totals


def test_a_convolution_without_its_weights_is_counted(tmp_path: Path) -> None:
    path = save(tmp_path, [CONV], [weight("w", 7, 3, 3, 5), weight("b", 7)], output="c")

    found = totals(path, n=2, h=11, w=9)

    # h' = (11 + 2 - 3)//2 + 1 = 6, w' = 9 + 2 - 5 + 1 = 7; 7·3·3·5 = 315 weights, 7 biases
    assert (found.mult_adds, found.params) == (2 * 315 * 6 * 7, 322)


def test_symbols_answer_to_the_names_of_the_file_and_to_n_h_w(tmp_path: Path) -> None:
    path = save(tmp_path, [CONV], [weight("w", 7, 3, 3, 5), weight("b", 7)], output="c")

    assert totals(path, batch=2, height=11, width=9) == totals(path, n=2, h=11, w=9)


def test_one_symbolic_import_gives_every_shape(tmp_path: Path) -> None:
    path = save(tmp_path, [CONV], [weight("w", 7, 3, 3, 5), weight("b", 7)], output="c")
    spec = load_onnx(path)

    closed = Table(build(spec, free=["n", "h", "w"])).totals.mult_adds

    for n, h, w in [(1, 8, 8), (3, 17, 12)]:
        assert evaluate(closed, {"n": n, "h": h, "w": w}) == totals(path, n=n, h=h, w=w).mult_adds


@pytest.mark.parametrize("first", ["Sigmoid", "HardSigmoid"])
def test_a_gate_times_its_input_is_one_activation(tmp_path: Path, first: str) -> None:
    path = save(tmp_path, [node(first, ["x"], "s"), node("Mul", ["x", "s"], "y")])

    assert kinds(path) == ["swish" if first == "Sigmoid" else "h_swish"]


def test_a_gate_that_is_used_elsewhere_stays_itself(tmp_path: Path) -> None:
    nodes = [node("Sigmoid", ["x"], "s"), node("Mul", ["x", "s"], "m")]
    nodes += [node("Add", ["m", "s"], "y")]

    assert kinds(save(tmp_path, nodes)) == ["sigmoid", "multiply", "add"]


def test_the_pieces_of_gelu_are_one_layer(tmp_path: Path) -> None:
    nodes = [
        node("Div", ["x", "root"], "d"), node("Erf", ["d"], "e"), node("Add", ["e", "one"], "a"),
        node("Mul", ["x", "a"], "m"), node("Mul", ["m", "half"], "y"),
    ]  # fmt: skip
    consts = [reals("root", [1.4142135]), reals("one", [1.0]), reals("half", [0.5])]

    assert [k for k in kinds(save(tmp_path, nodes, consts)) if k != "constants"] == ["gelu"]


def test_the_pieces_of_a_layer_norm_are_one_layer(tmp_path: Path) -> None:
    nodes = [
        node("ReduceMean", ["x"], "m", axes=[-1]), node("Sub", ["x", "m"], "d"),
        node("Pow", ["d", "two"], "p"), node("ReduceMean", ["p"], "v", axes=[-1]),
        node("Add", ["v", "eps"], "e"), node("Sqrt", ["e"], "s"), node("Div", ["d", "s"], "q"),
        node("Mul", ["q", "w"], "g"), node("Add", ["g", "b"], "y"),
    ]  # fmt: skip
    consts = [reals("two", [2.0]), reals("eps", [1e-5]), weight("w", 12), weight("b", 12)]
    path = save(tmp_path, nodes, consts, shape=["batch", 5, 12])

    assert kinds(path)[0] == "layer_norm"
    assert totals(path).params == 24


def test_a_shape_computed_from_the_input_stays_symbolic(tmp_path: Path) -> None:
    """x.reshape(n, 3, h*w) through Shape, Gather, Mul, Unsqueeze and Concat."""
    nodes = [node("Shape", ["x"], "s")]
    nodes += [node("Gather", ["s", f"i{i}"], f"g{i}", axis=0) for i in (0, 2, 3)]
    nodes += [
        node("Mul", ["g2", "g3"], "area"), node("Unsqueeze", ["area", "zero"], "u"),
        node("Unsqueeze", ["g0", "zero"], "v"), node("Concat", ["v", "three", "u"], "t", axis=0),
        node("Reshape", ["x", "t"], "r"), node("Transpose", ["r"], "p", perm=[0, 2, 1]),
        node("MatMul", ["p", "w"], "y"),
    ]  # fmt: skip
    consts = [numbers(f"i{i}", [i], scalar=True) for i in (0, 2, 3)]
    consts += [numbers("zero", [0]), numbers("three", [3]), weight("w", 3, 8)]
    path = save(tmp_path, nodes, consts)

    assert totals(path, n=2, h=5, w=7).mult_adds == 2 * 5 * 7 * 3 * 8


def test_initializers_are_params_buffers_and_constants(tmp_path: Path) -> None:
    nodes = [CONV, node("Reshape", ["c", "t"], "y")]
    consts = [weight("w", 7, 3, 3, 5), weight("b", 7), numbers("t", [0, 7, -1])]
    path = save(tmp_path, nodes, consts)

    found = totals(path)

    assert initializer_elements(path) == 315 + 7 + 3
    assert (found.params, found.buffers) == (322, 3)


def test_weights_that_two_layers_use_count_once(tmp_path: Path) -> None:
    nodes = [node("MatMul", ["x", "w"], "a"), node("MatMul", ["a", "w"], "y")]
    path = save(tmp_path, nodes, [weight("w", 6, 6)], shape=["batch", 6])

    found = totals(path)

    assert (found.params, found.mult_adds) == (36, 72)


def test_einsum_counts_each_contraction(tmp_path: Path) -> None:
    path = save(tmp_path, [node("Einsum", ["x", "w"], "y", equation="bchw,cd->bdhw")],
                [weight("w", 3, 5)])  # fmt: skip

    assert totals(path, n=2, h=4, w=7).mult_adds == 2 * 4 * 7 * 3 * 5


def test_functions_are_inlined_with_their_attributes(tmp_path: Path) -> None:
    inner = helper.make_node("Concat", ["a", "a"], ["r"])
    axis = inner.attribute.add()
    axis.name, axis.ref_attr_name, axis.type = "axis", "along", 2  # an integer
    twice = helper.make_function("local", "Twice", ["a"], ["r"], [inner],
                                 [helper.make_opsetid("", 17)], ["along"])  # fmt: skip
    call = helper.make_node("Twice", ["x"], ["y"], domain="local", along=2)
    path = save(tmp_path, [call], functions=[twice])

    assert build(load_onnx(path), {"n": 1, "h": 5, "w": 4}).output.shape == (1, 3, 10, 4)


def test_an_unknown_operator_is_named_with_its_opset(tmp_path: Path) -> None:
    path = save(tmp_path, [node("Frobnicate", ["x"], "y")])

    with pytest.raises(OnnxError, match=r"'/y/Frobnicate'.*unknown operator Frobnicate, opset 17"):
        load_onnx(path)


@pytest.mark.parametrize(("unknown_as", "operations"), [("elementwise", 12), ("free", 0)])
def test_an_unknown_operator_can_be_assumed(
    tmp_path: Path, unknown_as: str, operations: int
) -> None:
    path = save(tmp_path, [node("Frobnicate", ["x"], "y")])

    graph = build(load_onnx(path, unknown_as), {"n": 1, "h": 2, "w": 2})

    assert Table(graph, "full").totals.flops == operations
    assert graph.assumptions == [
        f"node '/y/Frobnicate' (Frobnicate) is counted as {unknown_as}"
    ]  # fmt: skip


@pytest.mark.parametrize("op", ["If", "Loop"])
def test_control_flow_is_refused_with_the_node_named(tmp_path: Path, op: str) -> None:
    out = helper.make_tensor_value_info("o", FLOAT, None)
    body = helper.make_graph([helper.make_node("Identity", ["x"], ["o"])], "b", [], [out])
    given = {"then_branch": body, "else_branch": body} if op == "If" else {"body": body}
    path = save(tmp_path, [node(op, ["x"], "y", **given)])

    with pytest.raises(OnnxError, match=rf"'/y/{op}' \({op}\): control flow"):
        load_onnx(path)


def test_a_circle_is_one_error(tmp_path: Path) -> None:
    path = save(tmp_path, [node("Add", ["x", "b"], "a"), node("Relu", ["a"], "b")], output="b")

    with pytest.raises(OnnxError, match="nothing before it makes 'b'"):
        load_onnx(path)


def test_functions_that_call_each_other_are_refused(tmp_path: Path) -> None:
    pair = [helper.make_node(name, ["a"], ["r"], domain="local") for name in ("F", "G")]
    functions = [helper.make_function("local", name, ["a"], ["r"], [call],
                                      [helper.make_opsetid("local", 1)])
                 for name, call in zip(("G", "F"), pair, strict=True)]  # fmt: skip
    call = helper.make_node("F", ["x"], ["y"], domain="local")

    with pytest.raises(OnnxError, match="functions call each other"):
        load_onnx(save(tmp_path, [call], functions=functions))


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_one_error(tmp_path: Path, part: float) -> None:
    path = Path(save(tmp_path, [CONV], [weight("w", 7, 3, 3, 5), weight("b", 7)], output="c"))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])

    with pytest.raises(OnnxError, match=r"truncated|no graph"):
        load_onnx(str(path))


@pytest.mark.parametrize(("text", "problem"), [(b"", "is empty"), (b"model: x\n", "corrupted")])
def test_what_is_no_model_is_said_to_be_none(tmp_path: Path, text: bytes, problem: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(text)

    with pytest.raises(OnnxError, match=problem):
        load_onnx(str(path))


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path, [CONV], [weight("w", 7, 4, 3, 5), weight("b", 7)], output="c")

    with pytest.raises(OnnxError, match=r"weights of \(7, 4, 3, 5\) in 1 groups"):
        load_onnx(path)


def test_padding_worked_out_from_the_size_rounds_as_the_exporter_does(tmp_path: Path) -> None:
    """TensorFlow's ``same`` with floats: pads = max((ceil(h/2) - 1)·2 + 3 - h, 0), half before."""
    nodes = [node("Shape", ["x"], "s"), node("Gather", ["s", "two"], "h", axis=0),
             node("Cast", ["h"], "f", to=1), node("Div", ["f", "r2"], "q"),
             node("Ceil", ["q"], "c"),
             node("Sub", ["c", "r1"], "c1"), node("Mul", ["c1", "r2"], "m"),
             node("Add", ["m", "r3"], "a"), node("Sub", ["a", "f"], "p"),
             node("Clip", ["p", "r0"], "p0"), node("Div", ["p0", "r2"], "half"),
             node("Cast", ["half"], "before", to=7), node("Cast", ["p0"], "all", to=7),
             node("Sub", ["all", "before"], "after"), node("Unsqueeze", ["before", "axis"], "b1"),
             node("Unsqueeze", ["after", "axis"], "a1"),
             node("Concat", ["z2", "b1", "z3", "a1", "z1"], "pads", axis=0),
             node("Pad", ["x", "pads"], "padded"),
             node("Conv", ["padded", "w"], "y", strides=[2, 2], kernel_shape=[3, 1])]  # fmt: skip
    consts = [numbers("two", [2], scalar=True), numbers("axis", [0]), numbers("z1", [0]),
              numbers("z2", [0, 0]), numbers("z3", [0, 0, 0]), weight("w", 4, 3, 3, 1),
              *(reals(f"r{i}", [float(i)]) for i in range(4))]  # fmt: skip
    path = save(tmp_path, nodes, consts)

    for h in (7, 8):  # ceil(h/2) = 4 rows, ceil(5/2) = 3 columns
        assert build(load_onnx(path), {"n": 1, "h": h, "w": 5}).output.shape == (1, 4, 4, 3)


def test_what_depends_on_the_size_alone_is_counted_too(tmp_path: Path) -> None:
    """A position encoding: ones of the input's size through a convolution, added to it."""
    nodes = [node("Shape", ["x"], "s"), node("ConstantOfShape", ["s"], "ones"),
             node("Conv", ["ones", "w"], "e", kernel_shape=[1, 1]),
             node("Add", ["x", "e"], "y")]  # fmt: skip
    path = save(tmp_path, nodes, [weight("w", 3, 3, 1, 1)])

    assert totals(path, n=2, h=5, w=7).mult_adds == 9 * 2 * 5 * 7


def test_the_written_spec_keeps_expressions_and_operators_of_its_own(tmp_path: Path) -> None:
    nodes = [node("Sub", ["x", "s"], "d"), node("ReduceSum", ["d", "axes"], "r"),
             node("Exp", ["r"], "y")]  # fmt: skip
    path = save(tmp_path, nodes, [weight("s", 3, 1, 1), numbers("axes", [1])])
    spec = load_onnx(path)

    again = parse_spec(write_yaml(spec))

    assert same_costs(build(spec, {"h": 5}), build(again, {"h": 5}))


def test_extents_that_are_squared_again_and_again_are_refused_at_once(tmp_path: Path) -> None:
    nodes = [node("Shape", ["x"], "s"), node("ReduceSum", ["s"], "a0", keepdims=1)]
    nodes += [node("Mul", [f"a{i}", f"a{i}"], f"a{i + 1}") for i in range(300)]
    nodes += [node("ConstantOfShape", ["a300"], "o"), node("Add", ["x", "o"], "y")]

    with pytest.raises(OnnxError, match="unknown extents"):
        load_onnx(save(tmp_path, nodes))


def test_what_was_assumed_survives_in_the_written_spec(tmp_path: Path) -> None:
    path = save(tmp_path, [node("Frobnicate", ["x"], "y")])
    spec = load_onnx(path, "elementwise")

    again = parse_spec(write_yaml(spec))

    assert build(again).assumptions == build(spec).assumptions
    assert build(again).assumptions == [
        "node '/y/Frobnicate' (Frobnicate) is counted as elementwise"
    ]


def test_blocks_fold_beside_a_shortcut_that_passes_them(tmp_path: Path) -> None:
    """Four conv-sigmoid-multiply blocks between a stem and an add that takes the stem again."""
    nodes = [node("Conv", ["x", "w0"], "t0", kernel_shape=[1, 1])]
    for i in range(4):
        nodes += [
            node("Conv", [f"t{i}", f"w{i + 1}"], f"c{i}", kernel_shape=[1, 1]),
            node("Tanh", [f"c{i}"], f"a{i}"), node("Sqrt", [f"a{i}"], f"b{i}"),
            node("Mul", [f"b{i}", f"c{i}"], f"t{i + 1}"),
        ]  # fmt: skip
    nodes += [node("Add", ["t4", "t0"], "y")]
    consts = [weight("w0", 8, 3, 1, 1), *(weight(f"w{i}", 8, 8, 1, 1) for i in range(1, 5))]
    spec = load_onnx(save(tmp_path, nodes, consts))

    text = write_yaml(spec)

    assert "repeat: 4" in text
    assert same_costs(build(spec), build(parse_spec(text)))


def test_gradients_of_imported_operators_are_counted(tmp_path: Path) -> None:
    """y = sqrt(x): one operation, two back (dy/(2y)); its sum over channels: dy to each x."""
    nodes = [node("Sqrt", ["x"], "r"), node("ReduceSum", ["r", "axes"], "y")]
    path = save(tmp_path, nodes, [numbers("axes", [1])])
    graph = build(load_onnx(path), {"n": 1, "h": 2, "w": 2})

    forward, train = (Table(graph, "full", mode).totals.flops for mode in ("inference", "train"))

    assert forward == 12 + (12 - 4)
    assert train == forward + 12  # the input needs no gradient: only the sum's is worked out


def test_nodes_out_of_order_are_sorted(tmp_path: Path) -> None:
    nodes = [node("Exp", ["a"], "y"), node("Sqrt", ["x"], "a")]

    assert kinds(save(tmp_path, nodes)) == ["map", "map"]
