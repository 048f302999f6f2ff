"""Networks given as timm's block strings."""

import pytest

from costmodel.errors import CostModelError
from costmodel.importers.timm_strings import load_timm_strings, scaled, timm_strings_yaml
from costmodel.network import Network, load, loads

MOBILENET_V2 = """
act=relu6 head=1280 least_head=1280
ds_r1_k3_s1_c16
ir_r2_k3_s2_e6_c24
ir_r3_k3_s2_e6_c32
ir_r4_k3_s2_e6_c64
ir_r3_k3_s1_e6_c96
ir_r3_k3_s2_e6_c160
ir_r1_k3_s1_e6_c320
"""
EFFICIENTNET = """
['ds_r1_k3_s1_e1_c16_se0.25'],
['ir_r2_k3_s2_e6_c24_se0.25'],
['ir_r2_k5_s2_e6_c40_se0.25'],
['ir_r3_k3_s2_e6_c80_se0.25'],
['ir_r3_k5_s1_e6_c112_se0.25'],
['ir_r4_k5_s2_e6_c192_se0.25'],
['ir_r1_k3_s1_e6_c320_se0.25'],
"""
LITE = EFFICIENTNET.replace("_se0.25", "")
FUSED = """
act=swish stem=24 head=1792
cn_r2_k3_s1_e1_c24_skip
er_r4_k3_s2_e4_c48
er_r4_k3_s2_e4_c64
ir_r6_k3_s2_e4_c128_se0.25
ir_r9_k3_s1_e6_c160_se0.25
ir_r15_k3_s2_e6_c256_se0.25
"""


def read(tmp_path, text):
    path = tmp_path / "blocks.txt"
    path.write_text(text, encoding="utf-8")
    return Network(load_timm_strings(str(path)))


# timm 1.0.31: parameters, and the mult-adds of convolutions and linear layers by forward hooks
MEASURED = {
    "mobilenetv2_100": (MOBILENET_V2, 224, 3_504_872, 300_774_272),
    "mobilenetv2_050": (MOBILENET_V2 + "width=0.5", 224, 1_968_680, None),
    "mobilenetv2_140": (MOBILENET_V2 + "width=1.4", 224, 6_108_776, 582_195_824),
    "mobilenetv2_120d": (
        MOBILENET_V2 + "width=1.2 depth=1.4 fix_ends=1",
        224,
        5_831_144,
        668_857_568,
    ),
    "efficientnet_b0": (EFFICIENTNET, 224, 5_288_548, 385_814_752),
    "efficientnet_b4": (EFFICIENTNET + "width=1.4 depth=1.8", 320, 19_341_616, None),
    "efficientnet_lite0": (LITE + "act=relu6 fix_ends=1", 224, 4_652_008, None),
}


@pytest.mark.parametrize("name", MEASURED)
def test_a_network_has_timms_params(name, tmp_path):
    text, size, params, mult_adds = MEASURED[name]
    net = read(tmp_path, text).at(h=size)

    assert net.totals.params == params
    assert mult_adds is None or net.totals.mult_adds == mult_adds


@pytest.mark.parametrize("name", MEASURED)
def test_timm_itself_agrees(name, tmp_path):
    timm = pytest.importorskip("timm", reason="timm is not installed")
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    with torch.device("meta"):
        model = timm.create_model(name)

    assert sum(p.numel() for p in model.parameters()) == MEASURED[name][2]


def test_fused_blocks_and_plain_convolutions_are_efficientnet_v2_small(tmp_path):
    """timm's efficientnetv2_s has a head of 1280: 21,458,488 (torchvision 0.29.1 has as many)."""
    assert read(tmp_path, FUSED + "head=1280").totals.params == 21_458_488


def test_the_written_spec_is_the_network_and_keeps_its_width_free(tmp_path):
    net = read(tmp_path, EFFICIENTNET)
    again = loads(timm_strings_yaml(net.spec.path))

    assert again.totals.params == net.totals.params
    assert again.at(width=2).totals.params > 2 * net.totals.params
    assert [row.name for row in again.spec.body[3].rows] == [f"stage{i}" for i in range(7)]


def test_a_file_is_known_by_its_content(tmp_path):
    assert load(read(tmp_path, EFFICIENTNET).spec.path).totals.params == 5_288_548


@pytest.mark.parametrize(
    ("repeats", "depth", "expected"),
    [
        ([4], 1.1, [5]),  # 4.4, up
        ([1, 2, 2], 2.0, [2, 4, 4]),
        ([2, 1], 1.4, [3, 2]),  # 4.2 -> 5: the last takes 5/3 -> 2
    ],
)
def test_a_stage_is_scaled_as_a_whole_from_the_last_block_on(repeats, depth, expected):
    assert scaled(repeats, depth) == expected


@pytest.mark.parametrize(
    ("string", "skips"), [("ir_r2_k3_s1_e1_c32", 2), ("ir_r2_k3_s1_e1_c32_noskip", 0),
                          ("ds_r2_k3_s1_c32", 2), ("dsa_r2_k3_s1_c32", 0),
                          ("cn_r2_k3_s1_c32", 0), ("cn_r2_k3_s1_c32_skip", 2),
                          ("ir_r2_k3_s2_e1_c32", 1), ("er_r1_k3_s1_e2_c32", 1)],
)  # fmt: skip
def test_shortcuts_are_where_shapes_fit_and_nothing_forbids_them(string, skips, tmp_path):
    net = read(tmp_path, string)

    assert sum(layer.op.kind == "add" for layer in net.layers) == skips


def test_options_of_one_block_are_its_own(tmp_path):
    net = read(tmp_path, "ir_r1_k5_s1_e2_c32_a3_p3_nre ds_r1_k3_s2_c64_nhs\nsize=32")
    kernels = [layer.op.kernel for layer in net.layers if layer.op.kind == "conv"]
    acts = [layer.op.kind for layer in net.layers if layer.op.family == "activation"]

    assert kernels == [3, 3, 5, 3, 3, 1, 1]  # stem; a, k, p; k, 1; head
    assert acts == ["swish", "relu", "relu", "h_swish", "swish"]
    assert net.layers[-4].y[2] == 16  # the second of a stage has no stride


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("ir_r1_k3_s1_e6_c16\n xr_r1", "2:2", "unknown block 'xr'"),
        ("ir_r1_k3_s1_e6_c16_q3", "1:20", "there is no option 'q3' here"),
        ("ir_r1_k3_s1_e6_c16_d1", "1:20", "there is no option 'd1' here"),
        ("'ir_r1_k3_s1_c16'", "1:2", "ir needs e"),
        ("ir_r1_k3_s1_e0_c16", "1:13", "e cannot be 0"),
        ("ir_r1.5_k3_s1_e6_c16", "1:4", "r cannot be 1.5"),
        ("with=2", "1:1", "did you mean 'width'?"),
        ("width=big", "1:1", "width cannot be 'big'"),
        ("act=import", "1:1", "act cannot be 'import'"),
        ("ir_r1_k33_s1_e6_c16 size=8\nds_r1_k3_s1_c8", None, ""),
    ],
)
def test_a_mistake_is_told_at_its_line_and_column(text, place, problem, tmp_path):
    if place is None:
        assert read(tmp_path, text).totals.params > 0
        return
    with pytest.raises(CostModelError) as caught:
        read(tmp_path, text)

    assert str(caught.value.mark).endswith(f"blocks.txt:{place}")
    assert problem in str(caught.value)


@pytest.mark.parametrize("text", ["", "ir_r999999_k3_s1_e6_c16", "# nothing"])
def test_none_or_too_many_blocks_are_refused(text, tmp_path):
    with pytest.raises(CostModelError, match="blocks; 1 to 1,000 are read"):
        read(tmp_path, text)
