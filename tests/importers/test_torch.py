"""PyTorch modules as specs, against torch's own counts of the same modules on the meta device."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from costmodel.arith import evaluate  # noqa: E402
from costmodel.errors import CostModelError  # noqa: E402
from costmodel.graph import build  # noqa: E402
from costmodel.importers import Wishes  # noqa: E402
from costmodel.importers.fold import same_costs, write_yaml  # noqa: E402
from costmodel.importers.torch import from_module, load_factory  # noqa: E402
from costmodel.network import Network, load  # noqa: E402
from costmodel.spec.document import parse_spec  # noqa: E402
from costmodel.spec.syntax import Spec  # noqa: E402
from costmodel.table import Table, Totals  # noqa: E402


class Residual(nn.Module):
    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride, 1, groups=2, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.short = nn.Identity() if stride == 1 else nn.Conv2d(width, width, 1, stride)

    def forward(self, x: Any) -> Any:
        return F.relu(self.bn(self.conv(x)) + self.short(x))


class Functional(nn.Module):
    """Operators called as functions: padding, slices, interpolation, einsum, in-place writes."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(8, 3, 3, 3))
        self.gain = nn.Parameter(torch.empty(()))
        self.mix = nn.Parameter(torch.empty(8, 8))
        self.register_buffer("mask", torch.empty(1, 8, 1, 1))

    def forward(self, x: Any) -> Any:
        x = F.conv2d(F.pad(x, (1, 1, 1, 1)), self.weight, stride=2) * self.gain * self.mask
        small = F.interpolate(x, scale_factor=0.5, mode="bilinear")
        x = x + F.interpolate(small, size=x.shape[-2:], mode="nearest")
        y = torch.zeros_like(x)
        y[:, 1:] = x[:, :-1]
        y[:, :1].mul_(2.0)
        left, right = torch.einsum("nchw,cd->ndhw", y, self.mix).chunk(2, dim=1)
        return torch.cat([right, left.roll(1, 2)], 1).flatten(2).transpose(1, 2).softmax(-1)


class Tokens(nn.Module):
    """A small vision transformer: class token, positions, attention, encoder layer."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 8, 8)
        self.token = nn.Parameter(torch.empty(1, 1, 16))
        self.place = nn.Parameter(torch.empty(1, 17, 16))
        self.attend = nn.MultiheadAttention(16, 4, batch_first=True)
        self.encode = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.place
        x = x + self.attend(x, x, x, need_weights=False)[0]
        return self.head(self.encode(x)[:, 0])


class Tied(nn.Module):
    """One convolution used twice, one weight in two modules, one module never used."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.first, self.second = nn.Linear(7, 7, bias=False), nn.Linear(7, 7, bias=False)
        self.second.weight = self.first.weight
        self.never = nn.Linear(10, 10)

    def forward(self, x: Any) -> Any:
        x = self.conv(self.conv(x))
        return self.second(self.first(F.adaptive_avg_pool2d(x, 7)))


class Scanned(nn.Module):
    """Both recurrences of two layers, one of them in both directions."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(12, 5, 2, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.gru(self.lstm(x)[0])[0]


class Several(nn.Module):
    """Two inputs, and outputs in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.image, self.words = nn.Conv2d(3, 8, 1), nn.Embedding(50, 8)

    def forward(self, image: Any, words: Any) -> Any:
        seen, read = self.image(image).flatten(2), self.words(words)
        return {"map": seen, "scores": [read @ seen, {"best": seen.amax(1)}]}


class Shared(nn.Module):
    """Four heads of queries on one of keys and values; a learned query that attends to all."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.kv = nn.Linear(32, 32), nn.Linear(32, 16)
        self.one = nn.Parameter(torch.empty(1, 1, 1, 8))

    def forward(self, x: Any) -> Any:
        n, length = x.shape[0], x.shape[2] * x.shape[3]
        x = x.flatten(2).transpose(1, 2)
        q = self.q(x).view(n, length, 4, 8).transpose(1, 2)
        k, v = self.kv(x).unsqueeze(1).split(8, -1)
        seen = F.scaled_dot_product_attention(q, k, v)
        return F.scaled_dot_product_attention(self.one.expand(n, 4, 1, 8), seen, seen)


class Volume(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Conv3d(3, 4, 3, padding=1), nn.BatchNorm3d(4), nn.MaxPool3d(2),
                         nn.ConvTranspose3d(4, 2, 2, 2), nn.AdaptiveAvgPool3d(1))  # fmt: skip


def mobile() -> nn.Module:
    """Depthwise convolutions, norms of every kind, activations of many."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.GroupNorm(2, 8), nn.Hardswish(),
        nn.Conv2d(8, 8, 5, padding="same", groups=8), nn.InstanceNorm2d(8), nn.PReLU(8),
        nn.Conv2d(8, 16, 1), nn.BatchNorm2d(16, affine=False), nn.SiLU(), nn.PixelShuffle(2),
        nn.ConvTranspose2d(4, 6, 3, 2, 1, 1), nn.ReLU6(), nn.AvgPool2d(2), nn.GLU(1), nn.ELU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(3), nn.GELU(), nn.Dropout(),
    )  # fmt: skip


def residual() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), *(Residual(8, s) for s in (1, 2, 1, 1, 2, 1, 1)))


MODULES: dict[str, tuple[Any, tuple[int, ...], tuple[int, ...]]] = {
    "residual": (residual, (1, 3, 64, 64), (3, 3, 97, 70)),
    "functional": (Functional, (1, 3, 32, 32), (2, 3, 48, 64)),
    "tokens": (Tokens, (1, 3, 32, 32), (5, 3, 32, 32)),
    "tied": (Tied, (1, 3, 32, 32), (2, 3, 41, 56)),
    "shared": (Shared, (1, 32, 6, 6), (3, 32, 4, 7)),
    "volume": (Volume, (1, 3, 4, 16, 16), (2, 3, 4, 24, 18)),
    "mobile": (mobile, (1, 3, 32, 32), (2, 3, 64, 48)),
}


@cache
def imported(name: str) -> Spec:
    """A module's spec, imported once."""
    make, shape, _ = MODULES[name]
    return from_module(make(), shape)


def totals(spec: Spec) -> Totals:
    return Table(build(spec, free=spec.symbols)).totals


def torch_counts(module: nn.Module, shape: tuple[int, ...]) -> int:
    """Multiply-adds by torch.utils.flop_counter, which counts each as two operations."""
    meta = module.to("meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        meta(torch.empty(shape, device="meta"))
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize("name", MODULES)
def test_one_import_gives_torchs_counts_at_two_sizes(name: str) -> None:
    make, shape, other = MODULES[name]

    found = totals(imported(name))

    for size in (shape, other):
        at = {"n": size[0], "h": size[-2], "w": size[-1]}
        assert evaluate(found.mult_adds, at) == torch_counts(make(), size)


@pytest.mark.parametrize("name", ["residual", "functional", "tokens", "shared", "volume", "mobile"])
def test_params_and_buffers_are_those_torch_holds(name: str) -> None:
    module = MODULES[name][0]()
    held = {k: b.numel() for k, b in module.named_buffers() if "num_batches" not in k}

    found = totals(imported(name))

    assert found.params == sum(p.numel() for p in module.parameters())
    assert found.buffers == sum(held.values())


@pytest.mark.parametrize("name", MODULES)
def test_the_written_spec_has_the_same_layers(name: str) -> None:
    spec = imported(name)

    assert same_costs(build(spec), build(parse_spec(write_yaml(spec))))


def test_shared_weights_count_once_and_unused_ones_not_at_all() -> None:
    """Two uses of 3*3*9 + 3, one 7*7 in two places, and 10*10 + 10 that are never reached."""
    spec = from_module(Tied(), (1, 3, 32, 32))

    assert totals(spec).params == 84 + 49
    assert [note.text for note in spec.assume.require] == [
        "110 parameters that forward() never reaches are left out: never.weight, never.bias"
    ]


def test_a_recurrence_multiplies_input_and_state_by_all_gates_at_each_step() -> None:
    """LSTM: 4 gates, 2 directions, widths 8 and then 12, states of 6; GRU: 3 gates, 12, 5, 5."""
    products = 2 * 4 * 6 * ((8 + 6) + (12 + 6)) + 3 * 5 * ((12 + 5) + (5 + 5))
    module = Scanned()

    spec = from_module(module, ("n", "t=7", 8))  # torch unrolls the steps

    found = totals(spec)
    assert str(found.mult_adds) == f"{7 * products}*n"
    assert [note.text for note in spec.assume.require] == [
        "fixed t at 7: the module's code allows no other"
    ]
    assert found.params == sum(p.numel() for p in module.parameters())


def test_inputs_and_outputs_may_be_several() -> None:
    """2·5·4·5 positions of 3·8 products, and 7 words by 20 positions of 8 products."""
    module = Several()
    words = torch.empty(2, 7, dtype=torch.int64)

    by_place = from_module(module, [(2, 3, 4, 5), words])
    by_name = from_module(module, {"image": "2,3,4,5", "words": "2,7:int64"})

    assert totals(by_place).params == totals(by_name).params == 3 * 8 + 8 + 50 * 8
    for spec in (by_place, by_name):
        found = Table(build(spec)).totals
        assert found.mult_adds == 2 * 4 * 5 * 3 * 8 + 2 * 7 * 20 * 8


class Basic(nn.Module):
    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride > 1:
            short = nn.Conv2d(before, width, 1, stride, bias=False)
            self.downsample = nn.Sequential(short, nn.BatchNorm2d(width))

    def forward(self, x: Any) -> Any:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet18(nn.Module):
    """As in He et al. 2015, arXiv:1512.03385, table 1, with torchvision's names."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(64), nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Basic(64, 64, 1), Basic(64, 64, 1))
        self.layer2 = nn.Sequential(Basic(64, 128, 2), Basic(128, 128, 1))
        self.layer3 = nn.Sequential(Basic(128, 256, 2), Basic(256, 256, 1))
        self.layer4 = nn.Sequential(Basic(256, 512, 2), Basic(512, 512, 1))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 1000)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def test_resnet18_is_the_shipped_spec_layer_by_layer() -> None:
    """The spec was written by hand from the paper's table, with the same names of modules."""
    with torch.device("meta"):
        module = ResNet18()

    net, shipped = Network(from_module(module, (1, 3, 224, 224))), load("resnet18")

    ours = {e.layer.path: e for e in Table(net.graph).entries}
    for entry in Table(shipped.graph).entries:
        if (
            entry.layer.op.kind in ("conv", "batch_norm", "linear")
            and "down" not in entry.layer.path
        ):
            own = ours[entry.layer.path]
            for key in ("params", "buffers", "mult_adds", "flops", "mem_access", "activations"):
                assert getattr(own, key) == getattr(entry, key)
    assert repr(net.totals) == repr(shipped.totals)
    assert net.free("h", "w", "n").totals.mult_adds == shipped.free("h", "w", "n").totals.mult_adds
    assert len(write_yaml(net.spec).splitlines()) <= 60


def test_layers_are_called_after_their_modules() -> None:
    """Views before a linear layer do not take its name."""
    kinds = {call.common.name: call.kind for call in imported("tokens").body}

    assert kinds["patch"] == "conv"
    for name in ("encode/linear1", "encode/linear2", "head"):
        assert kinds[name] == "linear"


def test_the_module_is_left_as_it_was() -> None:
    module = residual().train()
    module[2].eval()
    before = {key: (id(t), t.clone()) for key, t in module.state_dict().items()}
    modes = [part.training for part in module.modules()]

    from_module(module, (1, 3, 32, 32))

    assert [part.training for part in module.modules()] == modes
    for key, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[key][1])
        assert type(tensor) is torch.Tensor


class Plain(nn.Module):
    """Tensors as plain attributes, one of which decides what happens."""

    def __init__(self) -> None:
        super().__init__()
        self.times, self.offsets = torch.tensor(3), [torch.zeros(3, 1, 1)]

    def forward(self, x: Any) -> Any:
        for _ in range(int(self.times)):
            x = torch.relu(x + self.offsets[0])
        return x


class Grid(nn.Module):
    """Adds its own coordinates to each position of a map of two channels."""

    def forward(self, x: Any) -> Any:
        sides = [torch.arange(extent) for extent in x.shape[2:]]
        return x + torch.stack(torch.meshgrid(*sides, indexing="ij")[::-1], 0).float()


def test_a_grid_of_coordinates_is_a_constant() -> None:
    spec = from_module(Grid(), (1, 2, 8, 6))

    assert str(Table(build(spec, free=spec.symbols), "full").totals.flops) == "2*h*n*w"
    assert totals(spec).params == totals(spec).buffers == 0


def test_plain_tensors_are_no_buffers_and_keep_their_values() -> None:
    spec = from_module(Plain(), (1, 3, 8, 8))

    assert [call.kind for call in spec.body].count("relu") == 3
    assert totals(spec).params == totals(spec).buffers == 0


def test_dropout_and_batch_norm_are_those_of_evaluation() -> None:
    """In training mode the batch norm would take the batch's statistics and hold no buffers."""
    spec = from_module(nn.Sequential(nn.BatchNorm2d(3), nn.Dropout()).train(), (1, 3, 8, 8))

    assert [call.kind for call in spec.body] == ["batch_norm"]
    assert totals(spec).buffers == 6


class Asks(nn.Module):
    def forward(self, x: Any) -> Any:
        if x.shape[2] % 32:
            x = F.pad(x, (0, 0, 0, 1))
        return torch.relu(x)


def test_what_the_code_asked_about_sizes_is_noted() -> None:
    (note,) = from_module(Asks(), (1, 3, 64, 64)).assume.require

    assert note.text.startswith("traced for 32 divides h (test_torch.py:")


class Positions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.empty(1, 3, 24, 16))

    def forward(self, x: Any) -> Any:
        return x + self.place


def test_a_size_that_the_code_fixes_is_fixed_and_noted() -> None:
    spec = from_module(Positions(), (1, 3, 24, 16))

    assert list(spec.symbols) == ["n"]
    assert [note.text for note in spec.assume.require] == [
        "fixed h at 24: the module's code allows no other",
        "fixed w at 16: the module's code allows no other",
    ]


def test_sizes_that_take_torch_too_long_are_fixed_and_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("costmodel.importers.torch.trace.PATIENCE", 0.0)

    spec = from_module(nn.Conv2d(3, 4, 3), (1, 3, 24, 16))

    assert not spec.symbols
    assert [note.text for note in spec.assume.require] == [
        "fixed n at 1, h at 24, w at 16: torch.export takes over 0 s to leave them open; "
        "for other sizes import again"
    ]


class Unrolled(nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.stack([torch.relu(x[i]) for i in range(x.shape[0])])


def test_a_batch_that_is_unrolled_is_the_examples_own() -> None:
    """Torch traces open extents with 2 where the example says 1."""
    spec = from_module(Unrolled(), (1, 3, 8, 8))

    assert not {"n"} & set(spec.symbols)
    assert [call.kind for call in spec.body].count("relu") == 1


class Data(nn.Module):
    def forward(self, x: Any) -> Any:
        return x + 1 if x.sum() > 0 else x


class Inverse(nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.erfinv(x)


@pytest.mark.parametrize(
    ("module", "shape", "message"),
    [
        (Data(), (1, 3, 8, 8), r"Data cannot be exported: .*data-dependent.*\(.*test_torch.py:\d+\)"
                               r"\nhint: control flow depends on the values"),
        (nn.Linear(3, 2), (1, 4), r"Linear cannot be exported: .*\nhint: does the shape fit"),
        (nn.Linear(3, 2), ((1, 3), (1, 3)), "Linear cannot be exported: TypeError"),
        (Inverse(), (1, 3, 8, 8), r"unknown operator aten.erfinv(.|\n)*hint: .*elementwise"),
        (7, (1, 3), "no torch.nn.Module but of type int"),
        (nn.Linear(3, 2), ("n", "tokens", 3), r"tokens has no size.*\nhint: \"tokens=16\""),
        (nn.Linear(3, 2), (1, 0), "0 is no extent"),
        (nn.Linear(3, 2), (), "is no shape"),
        (nn.Linear(3, 2), "n,3:int65", "'int65' is no data type"),
    ],
    ids=["data", "width", "inputs", "operator", "kind", "size", "extent", "empty", "dtype"],
)  # fmt: skip
def test_what_cannot_be_imported_is_one_clear_error(module: Any, shape: Any, message: str) -> None:
    with pytest.raises(CostModelError, match=message):
        from_module(module, shape)


def test_an_unknown_operator_is_taken_for_what_the_user_says() -> None:
    spec = from_module(Inverse(), (1, 3, 8, 8), "elementwise")

    assert Table(build(spec), "full").totals.flops == 3 * 8 * 8
    assert "aten.erfinv" in spec.assume.require[0].text


def test_a_factory_runs_only_when_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nets_of_mine.py").write_text(
        "from torch import nn\nprint('ran')\ndef small():\n    return nn.Conv2d(3, 4, 1)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    name = "nets_of_mine:small"

    with pytest.raises(CostModelError, match=r"runs its code(.|\n)*--run-python"):
        load_factory(name, Wishes())
    assert "nets_of_mine" not in sys.modules
    spec = load_factory(name, Wishes(run_python=True, shape="1,3,9,9"))

    assert (spec.model, spec.source, totals(spec).params) == ("small", name, 16)
    with pytest.raises(CostModelError, match="cannot import nets_of_mine:large: AttributeError"):
        load_factory("nets_of_mine:large", Wishes(run_python=True))


def test_nothing_is_allocated_for_a_module_on_the_meta_device() -> None:
    """Two thousand million weights: 8 GiB, were they ever made."""
    with torch.device("meta"):
        module = nn.Linear(2**15, 2**16)

    assert totals(from_module(module, ("n", 2**15))).params == 2**31 + 2**16
