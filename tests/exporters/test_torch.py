"""Exported networks run by PyTorch: its shapes, its params, and other people's counts of them."""

from itertools import pairwise
from math import prod

import pytest

import costmodel as cm
from costmodel.exporters import trace
from costmodel.exporters.onnx import write_model
from costmodel.exporters.torch import load, to_torch, write_source
from costmodel.exporters.torch.tree import grow
from costmodel.graph import build
from costmodel.table import Table

from .single import UNSAID, cases, network_of

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

RUNS = [case for case in cases() if case[0] not in UNSAID]
UNEVEN = {"adaptive_avg_pool", "adaptive_max_pool"}  # have no ONNX operator
WRONG = {"conv_transpose", "local_response_norm"}  # in onnx's reference: groups; channels
NETWORKS = ["resnet18", "shufflenet_v2_x1_0", "ghostnet_100", "googlenet:with_aux", "lenet5",
            "tf_efficientnet_b0", "convnext_tiny", "fractalnet", "espnet", "densenet121",
            "distillation:rocket_interval", "mobilenetv4_conv_small", "two_gpu"]  # fmt: skip


def elements(tensors):
    return sum(tensor.numel() for tensor in tensors)


def stored(module):
    """Buffers that costs count: no counters of batches, no places of a window's table."""
    return elements(t for name, t in module.named_buffers() if t.is_floating_point())


@pytest.mark.parametrize(("op", "shapes"), [c[1:] for c in RUNS], ids=[c[0] for c in RUNS])
def test_an_operator_makes_its_shape_from_its_params(op, shapes):
    network = network_of(op, shapes)
    module = load(write_source(network, "one"), "One").eval()
    with torch.no_grad():
        y = module(*[torch.rand(shape) for shape in shapes])
    cost = op.forward(tuple(shapes), network.output.shape)

    assert tuple(y.shape) == network.output.shape
    assert elements(module.parameters()) == cost.params
    assert stored(module) == (0 if op.kind == "constants" else cost.buffers)


@pytest.mark.parametrize(
    ("op", "shapes"), [c[1:] for c in RUNS if c[1].kind not in UNEVEN | WRONG],
    ids=[c[0] for c in RUNS if c[1].kind not in UNEVEN | WRONG],
)  # fmt: skip
def test_torch_and_onnx_compute_the_same(op, shapes):
    onnx = pytest.importorskip("onnx", reason="ONNX models are built with the onnx package")
    from onnx.reference import ReferenceEvaluator

    network = network_of(op, shapes)
    module = load(write_source(network, "one"), "One").eval()
    model = write_model(network, "one")
    weights = {name: t.numpy() for name, t in module.state_dict().items() if t.is_floating_point()}
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            tensor.raw_data = weights[tensor.name].tobytes()
    xs = [torch.rand(shape) * 3 + 0.1 for shape in shapes]
    names = [entry.name for entry in model.graph.input]
    feed = {name: x.numpy() for name, x in zip(names, xs, strict=True)}
    (y,) = ReferenceEvaluator(model).run(None, feed)
    with torch.no_grad():
        wanted = module(*xs).numpy()

    assert isinstance(model, onnx.ModelProto)
    assert y == pytest.approx(wanted, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_has_the_shapes_params_and_products_that_were_derived(name):
    net = cm.load(name)
    traced = trace(net.graph)
    names = grow(traced)[1]
    with torch.device("meta"):
        module = load(write_source(traced, "net"), "Net").eval()
        made, products = watched(module, [torch.empty(t.shape) for t in traced.inputs])
    modules = dict(module.named_modules())
    paths = [layer for layer in traced.layers if names.get(layer.path) in modules]

    assert len(paths) > len(traced.layers) / 3
    assert all(layer.y in made[names[layer.path]] for layer in paths
               if layer.path not in traced.shares)  # fmt: skip
    assert elements(module.parameters()) == net.totals.params
    assert stored(module) == net.totals.buffers
    assert products == net.totals.mult_adds


def watched(module, inputs):
    """The shapes that each submodule made, and all multiply-adds of convolutions and linear."""
    made, products = {}, []

    def hook_for(name):
        def hook(inner, xs, y):
            if isinstance(y, torch.Tensor):
                made.setdefault(name, set()).add(tuple(y.shape))
            if isinstance(inner, torch.nn.ConvTranspose2d):
                products.append(inner.weight.numel() * len(xs[0]) * prod(xs[0].shape[2:]))
            elif isinstance(inner, torch.nn.Conv2d):
                products.append(inner.weight.numel() * len(y) * prod(y.shape[2:]))
            elif isinstance(inner, torch.nn.Linear):
                products.append(inner.weight.numel() * prod(y.shape[:-1]))

        return hook

    for name, inner in module.named_modules():
        inner.register_forward_hook(hook_for(name))
    with torch.no_grad():
        module(*inputs)
    return made, sum(products)


# -- other people's counters ---------------------------------------------------------------------


def by_fvcore(module, x):
    nn = pytest.importorskip("fvcore.nn", reason="fvcore is not installed")
    analysis = nn.FlopCountAnalysis(module, x)
    return analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()


def by_torch(module, x):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(x)
    return counter.get_total_flops()


def by_ptflops(module, x):
    ptflops = pytest.importorskip("ptflops", reason="ptflops is not installed")
    return ptflops.get_model_complexity_info(
        module, tuple(x.shape[1:]), print_per_layer_stat=False, as_strings=False, verbose=False,
        backend="pytorch",
    )[0]  # fmt: skip


def by_thop(module, x):
    thop = pytest.importorskip("thop", reason="thop is not installed")
    return thop.profile(module, inputs=(x,), verbose=False)[0]


def by_torchinfo(module, x):
    torchinfo = pytest.importorskip("torchinfo", reason="torchinfo is not installed")
    return torchinfo.summary(module, input_data=x, verbose=0).total_mult_adds


COUNTERS = {"fvcore": by_fvcore, "torch": by_torch, "ptflops": by_ptflops, "thop": by_thop,
            "torchinfo": by_torchinfo}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # the tools' own
@pytest.mark.parametrize("profile", COUNTERS)
@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050", "shufflenet_v2_x0_5",
                                  "convnext_atto", "tf_efficientnet_b0"])  # fmt: skip
def test_a_counter_of_the_export_prints_what_its_profile_says(name, profile):
    net = cm.load(name)
    spec = net.spec._replace(assume=net.spec.assume._replace(written=()))  # how the original is
    graph = build(spec, {"h": 64}, name)
    module = to_torch(graph).eval()
    with torch.no_grad():
        counted = COUNTERS[profile](module, torch.rand(graph.inputs[0].shape))

    assert int(counted) == Table(graph, profile).totals.reported


def test_torchvision_weights_fit_and_give_what_torchvision_gives():
    torchvision = pytest.importorskip("torchvision", reason="torchvision is not installed")
    theirs = torchvision.models.resnet18().eval()
    ours = to_torch(cm.load("resnet18").graph).eval()
    ours.load_state_dict(renamed(theirs.state_dict(), ours.state_dict()))
    x = torch.rand(2, 3, 96, 64)
    with torch.no_grad():
        assert torch.allclose(ours(x), theirs(x), atol=1e-4)


def renamed(given, wanted):
    """*given* under the keys of *wanted*: the same ones, but for what a shortcut's parts are."""
    words = {"downsample.0": "downsample.conv", "downsample.1": "downsample.bn"}
    keys = {}
    for key in given:
        new = key
        for old, word in words.items():
            new = new.replace(old, word)
        keys[new] = given[key]
    assert set(keys) == set(wanted)
    return keys


def test_shared_layers_are_one_module():
    text = "{conv: {name: %s, out: 3, kernel: 3, padding: 1, share: k}}"
    net = cm.loads(f"model: m\ninput: [1, 3, 4, 4]\nlayers: [{text % 'a'}, {text % 'b'}]")
    module = to_torch(net.graph)

    assert module.a is module.b
    assert elements(module.parameters()) == 81  # 3*3*3*3, once


@pytest.mark.parametrize("size", [7, 8, 9, 16])
def test_padding_same_follows_the_size_that_comes_in(size):
    net = cm.loads("""
model: m
symbols: {h: 8}
input: [1, 3, h, h]
layers:
  - conv: {out: 4, kernel: 3, stride: 2, padding: same}
  - max_pool: {kernel: 3, stride: 2, padding: same}
""")
    with torch.no_grad():
        y = to_torch(net.graph)(torch.rand(1, 3, size, size))

    assert tuple(y.shape) == net.at(h=size).layers[-1].y


def test_random_weights_train():
    net = cm.loads("""
model: m
input: [4, 3, 8, 8]
layers: [{conv: {out: 4, kernel: 3}}, batch_norm, relu, global_avg_pool, {linear: {out: 2}}]
""")
    module = to_torch(net.graph)
    module(torch.rand(4, 3, 8, 8)).sum().backward()

    gradients = [parameter.grad for parameter in module.parameters()]
    assert all(a is not None and a.isfinite().all() for a, _ in pairwise(gradients))
