"""What holds for every operator in both formats: it is exported, or refused by name."""

import pytest

from costmodel.errors import CostModelError
from costmodel.exporters import OPAQUE, ExportError
from costmodel.exporters.onnx import write_model
from costmodel.exporters.onnx.ops import WRITERS as ONNX
from costmodel.exporters.torch import write_source
from costmodel.exporters.torch.ops import WRITERS as TORCH
from costmodel.ops import OPS

from .single import UNSAID, cases, network_of

CASES = list(cases())
UNEVEN = {"adaptive_avg_pool-0", "adaptive_max_pool-0"}  # 13 rows in 6 cells
RUNS = [case for case in CASES if case[0] not in UNSAID]


@pytest.mark.parametrize("writers", [TORCH, ONNX], ids=["torch", "onnx"])
def test_every_operator_is_exported_or_refused_with_a_reason(writers):
    assert {*writers} | {*OPAQUE} == {*OPS}
    assert not {*writers} & {*OPAQUE}


@pytest.mark.parametrize(("op", "shapes"), [c[1:] for c in RUNS], ids=[c[0] for c in RUNS])
def test_torch_source_compiles(op, shapes):
    compile(write_source(network_of(op, shapes), "one"), "one.py", "exec")


@pytest.mark.parametrize(
    ("op", "shapes"), [c[1:] for c in CASES if c[0] in UNSAID], ids=sorted(UNSAID)
)
@pytest.mark.parametrize("write", [write_source, write_model])
def test_what_a_spec_does_not_say_is_refused_by_layer_and_operator(write, op, shapes):
    with pytest.raises(ExportError, match=f"layer: {op.kind} (does not|stands|has)"):
        write(network_of(op, shapes), "one")


def test_cells_of_different_sizes_have_no_onnx_operator():
    ((op, shapes),) = [c[1:] for c in CASES if c[0] == "adaptive_avg_pool-0"]

    with pytest.raises(CostModelError, match="layer: adaptive_avg_pool has cells of different"):
        write_model(network_of(op, shapes), "one")


@pytest.mark.parametrize(
    ("op", "shapes"), [c[1:] for c in RUNS if c[0] not in UNEVEN],
    ids=[c[0] for c in RUNS if c[0] not in UNEVEN],
)  # fmt: skip
def test_onnx_is_valid_and_infers_the_shape_and_the_weights_of_the_operator(op, shapes):
    onnx = pytest.importorskip("onnx", reason="ONNX models are built with the onnx package")
    network = network_of(op, shapes)
    model = write_model(network, "one")
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    (output,) = inferred.graph.output
    learned = [t for t in model.graph.initializer if t.name.startswith("layer.")]
    cost = op.forward(tuple(shapes), network.output.shape)
    constant = not getattr(op, "affine", True)  # ONNX has no batch norm without weights

    assert tuple(d.dim_value for d in output.type.tensor_type.shape.dim) == network.output.shape
    if op.kind != "constants" and not constant:
        assert sum(len(t.raw_data) // 4 for t in learned) == cost.params + cost.buffers
