"""Networks given as YOLOv5's and YOLOv8's rows, written here in the flow style."""

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.graph import build
from costmodel.importers import Wishes
from costmodel.importers.fold import same_costs, write_yaml
from costmodel.importers.yolo import load_yolo
from costmodel.network import Network
from costmodel.spec.document import parse_spec

UP = "  - [-1, 1, nn.Upsample, [None, 2, 'nearest']]\n"
SCALES = "{n: [0.33, 0.25, 1024], s: [0.33, 0.5, 1024], m: [0.67, 0.75, 768], l: [1, 1, 512]}"


def row(module, *args, source="-1", times=1):
    return f"  - [{source}, {times}, {module}, [{', '.join(map(str, args))}]]\n"


def joined(source, module, channels, shortcut):
    """A concatenation with an earlier row, then three of *module*."""
    return row("Concat", 1, source=f"[-1, {source}]") + row(module, channels, shortcut, times=3)


def backbone(module, times, *first):
    text = "backbone:\n" + row("Conv", 64, *first)
    for channels, repeats in zip((128, 256, 512, 1024), times, strict=True):
        text += row("Conv", channels, 3, 2) + row(module, channels, True, times=repeats)
    return text + row("SPPF", 1024, 5)


def yolov5(depth, width):
    text = f"nc: 80\ndepth_multiple: {depth}\nwidth_multiple: {width}\n"
    text += backbone("C3", (3, 6, 9, 3), 6, 2, 2) + "head:\n"
    text += row("Conv", 512, 1, 1) + UP + joined(6, "C3", 512, False)
    text += row("Conv", 256, 1, 1) + UP + joined(4, "C3", 256, False)
    text += row("Conv", 256, 3, 2) + joined(14, "C3", 512, False)
    text += row("Conv", 512, 3, 2) + joined(10, "C3", 1024, False)
    return text + row("Detect", "nc", "anchors", source="[17, 20, 23]")


def yolov8():
    text = f"nc: 80\nscales: {SCALES}\n" + backbone("C2f", (3, 6, 6, 3), 3, 2) + "head:\n"
    text += UP + joined(6, "C2f", 512, False) + UP + joined(4, "C2f", 256, False)
    text += row("Conv", 256, 3, 2) + joined(12, "C2f", 512, False)
    text += row("Conv", 512, 3, 2) + joined(9, "C2f", 1024, False)
    return text + row("Detect", "nc", source="[15, 18, 21]")


def read(tmp_path, text, scale=None):
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return Network(load_yolo(str(path), Wishes(variant=scale)))


@pytest.mark.parametrize(
    ("depth", "width", "params", "fused"),
    [(0.33, 0.25, 1_872_157, 1_867_405), (0.33, 0.5, 7_235_389, 7_225_885),
     (0.67, 0.75, 21_190_557, 21_172_173), (1.0, 1.0, 46_563_709, 46_533_693)],
    ids=["n", "s", "m", "l"],
)  # fmt: skip
def test_yolov5_has_ultralytics_params_before_and_after_fusing(
    depth, width, params, fused, tmp_path
):
    """The model summaries of ultralytics/yolov5 v6/v7; fusing leaves one bias of a batch norm."""
    net = read(tmp_path, yolov5(depth, width))

    assert net.totals.params == params
    assert net.totals.params - net.totals.buffers // 2 == fused


@pytest.mark.parametrize(
    ("scale", "params", "billions"),
    [("n", 3_157_200, 8.7), ("s", 11_166_560, 28.6), ("m", 25_902_640, 78.9),
     ("l", 43_691_520, 165.2)],
)  # fmt: skip
def test_yolov8_has_ultralytics_params_and_flops(scale, params, billions, tmp_path):
    """The comments of ultralytics' yolov8.yaml (params) and its table of models (FLOPs, 640)."""
    net = read(tmp_path, yolov8(), scale)

    assert net.totals.params == params
    assert 2 * net.totals.mult_adds == pytest.approx(billions * 1e9, abs=0.06e9)


def test_the_first_scale_is_taken_if_none_is_named(tmp_path):
    assert read(tmp_path, yolov8()).totals.params == 3_157_200


def test_a_file_is_known_by_its_content_and_a_scale_is_its_variant(tmp_path):
    path = read(tmp_path, yolov8()).spec.path

    assert cm.load(f"{path}:s").totals.params == 11_166_560


def test_the_written_spec_costs_the_same_layer_by_layer(tmp_path):
    net = read(tmp_path, yolov8(), "n")

    assert same_costs(net.graph, build(parse_spec(write_yaml(net.spec))))


def test_channels_are_scaled_up_to_a_multiple_of_eight(tmp_path):
    text = "depth_multiple: 1\nwidth_multiple: 0.3\nbackbone:\n" + row("Conv", 64, 3) + "head: []\n"

    assert read(tmp_path, text).layers[0].y[1] == 24  # 19.2 -> 24


HEAD = "backbone:\n"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        (HEAD + row("Cnv", 8), "2:13", "unknown module 'Cnv'\n"),
        (HEAD + row("Conv", 8, source="[-1, 7]"), "2:11", "there is no row 7 before row 0"),
        (HEAD + "  - [-1, 1, Conv]\n", "2:5", "[from, number, module, args]"),
        (HEAD + row("Conv", 8, source="[]"), "2:5", "[from, number, module, args]"),
        (HEAD + row("Conv", "x"), "2:20", "an argument"),
        (HEAD + row("Conv"), "2:13", "a number from 1 belongs here"),
        (HEAD + row("Conv", 8, times=10**6), "2:10", "a number from 1 belongs here"),
        ("width_multiple: 1/2\n" + HEAD, "1:17", "a multiplier is a number such as 0.33"),
        ("scales: {n: [1, 2]}\n" + HEAD, "1:9", "no [depth, width, max_channels] for 'n'"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line_and_column(text, place, problem, tmp_path):
    with pytest.raises(CostModelError) as caught:
        _ = read(tmp_path, text).graph

    assert str(caught.value.mark).endswith(f"net.yaml:{place}")
    assert problem in str(caught.value)


def test_very_many_layers_are_refused_at_once(tmp_path):
    with pytest.raises(CostModelError, match="more than 5,000 layers"):
        read(tmp_path, HEAD + row("C3", 8, times=99_999))
