"""Whole networks as ONNX: valid, of our shapes, runnable, and read back with equal counts."""

import numpy as np
import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.exporters import trace
from costmodel.exporters.onnx import to_onnx, write_model

onnx = pytest.importorskip("onnx", reason="ONNX models are built with the onnx package")
SMALL = """
model: small
symbols: {n: 1, h: 12, w: {default: h}}
input: [n, 3, h, w]
layers:
  - conv: {name: stem, out: 8, kernel: 3, stride: 2, padding: same}
  - branches:
      join: concat
      left: [{conv: {name: c, out: 4, kernel: 1, bias: true}}, swish]
      right: []
  - channel_shuffle: {groups: 2}
  - global_avg_pool
  - linear: {name: fc, out: 5}
"""


def read_back(model, folder):
    path = str(folder / "model.onnx")
    onnx.save(model, path)
    return cm.load(path)


@pytest.mark.parametrize(
    "name",
    ["lenet5:modern", "squeezenet1_1", "mobilenetv2_035", "shufflenet_v2_x0_5", "ghostnet_050",
     "regnetx_002", "densenet:bc_L40_k36", "convnext_atto", "googlenet", "highway:plain_d10",
     "mobilenetv3_small_050", "stochastic_depth:cifar10_110", "tf_efficientnet_b0"],
)  # fmt: skip
def test_a_network_read_back_has_its_own_counts(name, tmp_path):
    net = cm.load(name)
    back = read_back(to_onnx(net.graph, weights="none"), tmp_path)

    for quantity in ("params", "buffers", "mult_adds"):
        extra = 64 if quantity == "buffers" else 0  # constants: shapes, axes, bounds
        difference = getattr(back.totals, quantity) - getattr(net.totals, quantity)
        assert 0 <= difference <= extra


def test_inferred_shapes_are_those_of_the_layers():
    net = cm.load("shufflenet_v2_x0_5").at(h=64)
    model = to_onnx(net.graph)
    onnx.checker.check_model(model, full_check=True)
    del model.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    shapes = {
        v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim)
        for v in [*inferred.graph.value_info, *inferred.graph.output]
    }
    ends = {n.name.rpartition("/")[0]: n.output[0] for n in model.graph.node}

    assert {layer.path: shapes[ends[f"/{layer.path}"]] for layer in net.layers} == {
        layer.path: layer.y for layer in net.layers
    }


def test_free_symbols_stay_symbols(tmp_path):
    net = cm.loads(SMALL)
    model = to_onnx(net.free("n", "h", "w").graph)
    onnx.checker.check_model(model, full_check=True)
    dims = [d.dim_param or d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    back = read_back(model, tmp_path)

    assert dims == ["n", 3, "h", "w"]
    # stem 3*3*3*8 at ceil(h/2)*ceil(w/2), c 8*4 there, fc 12*5
    assert back.at(n=2, h=13, w=9).totals.mult_adds == 2 * ((216 + 32) * 7 * 5 + 60)


def test_a_model_runs_and_what_it_gives_follows_from_its_weights():
    from onnx.reference import ReferenceEvaluator

    model = to_onnx(cm.loads(SMALL).graph)
    weights = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    x = np.random.default_rng(1).random((1, 3, 12, 12), np.float32)
    (y,) = ReferenceEvaluator(model).run(None, {"input": x})
    padded = np.pad(x[0], ((0, 0), (0, 1), (0, 1)))  # same: 5·2 + 3 = 12 + 1, at the end
    kernels = weights["stem.weight"]
    stem = np.array([[[(padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] * k).sum()
                       for j in range(6)] for i in range(6)] for k in kernels])  # fmt: skip
    left = np.einsum("oi,ihw->ohw", weights["left.c.weight"][:, :, 0, 0], stem)
    left = left + weights["left.c.bias"][:, None, None]
    joined = np.concatenate([left / (1 + np.exp(-left)), stem]).mean((1, 2))
    shuffled = joined.reshape(2, 6).T.reshape(12)

    assert y[0] == pytest.approx(weights["fc.weight"] @ shuffled + weights["fc.bias"], abs=1e-4)


def test_equal_seeds_give_equal_models_and_others_do_not():
    net = cm.loads(SMALL)
    first, again, other = (to_onnx(net.graph, seed=seed) for seed in (3, 3, 4))

    assert first == again
    assert first != other


def test_without_weights_only_extents_are_left():
    model = to_onnx(cm.load("resnet50").graph, weights="none")

    assert len(model.SerializeToString()) < 100_000  # 25.6 million weights take 102 million bytes
    assert {t.name: tuple(t.dims) for t in model.graph.initializer}["fc.weight"] == (1000, 2048)


def test_shared_weights_are_stored_once():
    text = """
model: twice
input: [1, 8, 4, 4]
layers:
  - conv: {name: a, out: 8, kernel: 3, padding: 1, share: k}
  - conv: {name: b, out: 8, kernel: 3, padding: 1, share: k}
"""
    model = to_onnx(cm.loads(text).graph)

    assert [t.name for t in model.graph.initializer] == ["a.weight"]


def test_outputs_that_nothing_uses_are_outputs_of_the_model():
    """GoogLeNet's auxiliary heads end in nothing; at 256 their pools' cells are of one size."""
    net = cm.load("googlenet:with_aux").at(h=256)
    model = write_model(trace(net.graph), "googlenet", "none")

    assert [o.name for o in model.graph.output] == ["output", "output1", "output2"]


@pytest.mark.parametrize(
    ("layers", "problem"),
    [("- flatten\n  - linear: {out: 3}", "linear1: linear needs its width as a number"),
     ("- adaptive_avg_pool: {out: 2}", "needs the extents of its input as a number, not h")],
)  # fmt: skip
def test_a_number_that_hangs_on_a_free_symbol_is_asked_for(layers, problem):
    net = cm.loads(f"model: m\nsymbols: {{h: 8}}\ninput: [1, 3, h, 8]\nlayers:\n  {layers}\n")

    with pytest.raises(CostModelError, match=problem) as caught:
        to_onnx(net.free("h").graph)
    assert str(caught.value.mark).startswith("<text>:")
    assert caught.value.hint == "bind it with --at"


def test_more_weights_than_a_file_holds_are_refused():
    net = cm.loads("model: big\ninput: [1, 40000]\nlayers: [{linear: {out: 20000}}]")

    with pytest.raises(CostModelError, match="more than the 2 GiB") as caught:
        to_onnx(net.graph)
    assert caught.value.hint == "--weights none leaves them out"
