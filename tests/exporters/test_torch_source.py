"""Networks as PyTorch source: what it reads like, without PyTorch to run it."""

import ast

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.exporters import Traced
from costmodel.exporters.onnx import to_onnx
from costmodel.exporters.torch import to_source, to_torch, write_source
from costmodel.graph import Layer, Tensor
from costmodel.ops import OPS

from .single import MARK

TINY = """
model: tiny
input: [1, 3, 8, 8]
blocks:
  unit:
    args: [out]
    layers:
      - conv: {out: out, kernel: 3, padding: 1}
      - relu
      - add: {name: sum, from: [relu1, conv1]}
layers:
  - unit: {name: first, out: 4}
  - unit: {name: second, out: 6, repeat: 2}
"""


def classes(source):
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]


def test_a_block_is_one_class_and_what_differs_its_arguments():
    source = to_source(cm.loads(TINY).graph)

    assert classes(source) == ["Unit", "Tiny"]
    assert "self.conv1 = nn.Conv2d(c_in, out, 3, padding=1, bias=False)" in source
    assert "self.second = nn.Sequential(Unit(4, 6), Unit(6, 6))" in source
    assert "x = self.conv1(x)\n        y = self.relu1(x)\n        return y + x" in source


def test_resnet50_is_short_and_has_no_trace_of_this_program():
    source = to_source(cm.load("resnet50").graph, "resnet50")

    assert classes(source) == ["Shortcut", "Bottleneck", "Bottleneck2", "Resnet50"]
    assert len(source.splitlines()) <= 110
    assert {n.names[0].name if isinstance(n, ast.Import) else n.module
            for n in ast.parse(source).body if isinstance(n, ast.Import | ast.ImportFrom)
            } == {"torch"}  # fmt: skip
    assert max(map(len, source.splitlines())) <= 100


def test_a_split_is_a_chunk():
    source = to_source(cm.load("shufflenet_v2_x1_0").graph)

    assert "x, y = x.chunk(2, 1)" in source
    assert "*(Unit(116) for _ in range(7))" in source


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("half", "half_"), ("class", "class_"), ("a-b", "a_b"), ("forward", "forward_")],
)
def test_a_name_that_python_or_a_module_has_is_changed(name, attribute):
    net = cm.loads(f"model: m\ninput: [1, 3, 4, 4]\nlayers: [{{relu: {{name: {name}}}}}]")

    assert f"self.{attribute} = nn.ReLU()" in to_source(net.graph)


def test_paths_that_meet_again_later_are_modules_of_their_own():
    """A file's nodes may stand in any order that their inputs allow."""
    x = Tensor((1, 3, 4, 4), None)
    layers, current = [], x
    for path in ("0/a", "b", "0/c"):
        layers.append(Layer(path, OPS["relu"](), (current,), x.shape, MARK, False))
        current = layers[-1].output
    source = write_source(Traced((x,), tuple(layers), current), "net")

    compile(source, "net.py", "exec")
    assert source.count("nn.ReLU()") == 3


def test_several_inputs_are_several_arguments():
    net = cm.loads("""
model: m
input: {left: [1, 3, 4, 4], right: [1, 3, 4, 4]}
layers:
  - conv: {name: c, from: left, out: 3, kernel: 1}
  - add: {from: [c, right]}
""")
    source = to_source(net.graph)

    assert "def forward(self, x, y):\n        x = self.c(x)\n        return x + y" in source
    assert "print(M().eval()(torch.randn(1, 3, 4, 4), torch.randn(1, 3, 4, 4)).shape)" in source


def test_a_model_of_another_format_keeps_its_modules(tmp_path):
    onnx = pytest.importorskip("onnx", reason="ONNX models are built with the onnx package")
    net = cm.load("resnet18")
    path = str(tmp_path / "resnet18.onnx")
    onnx.save(to_onnx(net.graph, weights="none"), path)
    source = to_source(cm.load(path).graph)

    assert "self.layer2 = " in source
    assert len(source.splitlines()) < 120


def test_no_text_of_a_spec_reaches_the_source_but_names():
    name = '"""\nimport os\n"""'
    net = cm.loads('model: m\nabout: "\\"\\"\\" import os"\ninput: [1, 3, 4, 4]\nlayers: [relu]')
    source = to_source(net.graph, name)

    assert "import os" not in source
    assert classes(source) == ["ImportOs"]


def test_an_operator_of_formulas_is_refused_where_it_stands():
    with pytest.raises(CostModelError, match="pool/aa/blur1: blur is defined by formulas") as error:
        to_source(cm.load("resnetblur18").graph)
    assert error.value.mark.source.path.endswith("resnet.yaml")


def test_a_free_number_of_repetitions_is_refused():
    with pytest.raises(CostModelError, match="runs n1 - 1 times"):
        to_source(cm.load("resnet50").free("n1").graph)


def test_without_torch_one_is_told_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)

    with pytest.raises(CostModelError, match="this needs PyTorch\nhint: pip install torch"):
        to_torch(cm.loads(TINY).graph)
