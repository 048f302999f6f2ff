"""Darknet configurations, written here from the networks' descriptions."""

import pytest

import costmodel as cm
from costmodel.errors import CostModelError
from costmodel.graph import build
from costmodel.importers.darknet import load_darknet
from costmodel.importers.fold import same_costs, write_yaml
from costmodel.network import Network
from costmodel.spec.document import parse_spec

NET = "[net]\nbatch=64\nheight={0}\nwidth={0}\nchannels=3\nlearning_rate=0.001\n\n"
YOLO = "[yolo]\nmask=0,1,2\nclasses=80\nnum=9\n\n"


def conv(filters, size=3, stride=1, act="leaky", norm=True):
    normalised = "batch_normalize=1\n" if norm else ""
    return (f"[convolutional]\n{normalised}filters={filters}\nsize={size}\nstride={stride}\npad=1\n"
            f"activation={act}\n\n")  # fmt: skip


def residuals(channels, times):
    return times * (conv(channels // 2, 1) + conv(channels) + "[shortcut]\nfrom=-3\n\n")


def body():
    """The 52 convolutions of Darknet-53: Redmon & Farhadi 2018, arXiv:1804.02767, table 1."""
    stages = ((64, 1), (128, 2), (256, 8), (512, 8), (1024, 4))
    return conv(32) + "".join(conv(c, 3, 2) + residuals(c, n) for c, n in stages)


def head(channels):
    return 3 * (conv(channels, 1) + conv(2 * channels)) + conv(255, 1, act="linear", norm=False)


def darknet53():
    last = conv(1000, 1, act="linear", norm=False)
    return NET.format(256) + body() + "[avgpool]\n\n" + last + "[softmax]\ngroups=1\n"


def yolov3():
    text = NET.format(416) + body() + head(512) + YOLO
    for channels, layer in ((256, 61), (128, 36)):
        text += f"[route]\nlayers = -4\n\n{conv(channels, 1)}[upsample]\nstride=2\n\n"
        text += f"[route]\nlayers = -1, {layer}\n\n{head(channels)}{YOLO}"
    return text


def yolov3_tiny():
    text = NET.format(416)
    for channels in (16, 32, 64, 128, 256):
        text += conv(channels) + "[maxpool]\nsize=2\nstride=2\n\n"
    text += conv(512) + "[maxpool]\nsize=2\nstride=1\n\n" + conv(1024) + conv(256, 1) + conv(512)
    text += conv(255, 1, act="linear", norm=False) + YOLO + "[route]\nlayers=-4\n\n"
    text += conv(128, 1) + "[upsample]\nstride=2\n\n[route]\nlayers=-1, 8\n\n" + conv(256)
    return text + conv(255, 1, act="linear", norm=False) + YOLO


def read(tmp_path, text):
    path = tmp_path / "net.cfg"
    path.write_text(text, encoding="utf-8")
    return Network(load_darknet(str(path)))


@pytest.mark.parametrize(
    ("text", "billions", "params"),
    [
        # pjreddie.com/darknet/imagenet: 18.57 Bn; 41,609,928 in timm 1.0.31 (darknet53)
        (darknet53(), 18.57, 41_609_928),
        # the sum of the BFLOPS that darknet prints (pjreddie/darknet#1039: 65.86);
        # 61,949,149 and 8,852,366 parameters in ultralytics/yolov3's model summaries
        (yolov3(), 65.86, 61_949_149),
        (yolov3_tiny(), 5.56, 8_852_366),  # pjreddie.com/darknet/yolo: 5.56 Bn
    ],
    ids=["darknet53", "yolov3", "yolov3-tiny"],
)
def test_a_network_has_darknets_own_bflops_and_the_published_params(
    text, billions, params, tmp_path
):
    net = read(tmp_path, text)

    assert net.table(profile="darknet").totals.reported == pytest.approx(billions * 1e9, abs=6e6)
    assert net.totals.params == params


def test_the_written_spec_costs_the_same_layer_by_layer(tmp_path):
    net = read(tmp_path, yolov3_tiny())
    again = build(parse_spec(write_yaml(net.spec)))

    assert same_costs(net.graph, again)


def test_a_file_is_known_by_its_ending(tmp_path):
    assert cm.load(read(tmp_path, yolov3_tiny()).spec.path).totals.params == 8_852_366


def test_grouped_routes_take_a_part_of_the_channels(tmp_path):
    """The partial block of YOLOv4-tiny: half the channels pass two convolutions."""
    text = NET.format(8) + conv(8) + "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n\n" + conv(4)
    net = read(tmp_path, text + "[route]\nlayers = -1,-2\n")

    assert [layer.y[1] for layer in net.layers if layer.op.kind in ("slice", "concat")] == [4, 8]
    assert net.totals.mult_adds == 64 * (3 * 8 * 9 + 4 * 4 * 9)


@pytest.mark.parametrize(
    ("size", "stride", "height"), [(2, 2, 7), (2, 1, 13), (3, 2, 7), (3, 1, 13)]
)
def test_a_pool_pads_by_its_size_less_one(size, stride, height, tmp_path):
    """(h + size - 1 - size) / stride + 1, rounded down."""
    net = read(tmp_path, NET.format(13) + f"[maxpool]\nsize={size}\nstride={stride}\n")

    assert net.layers[-1].y == (1, 3, height, height)


def test_other_layers_have_their_shapes(tmp_path):
    text = (
        NET.format(8) + conv(4) + "[reorg]\nstride=2\n\n[connected]\noutput=10\nactivation=relu\n"
    )
    net = read(tmp_path, text + "\n[dropout]\nprobability=.5\n")

    assert [layer.y for layer in net.layers if layer.op.kind in ("space_to_depth", "linear")] == [
        (1, 16, 4, 4), (1, 10)
    ]  # fmt: skip
    assert net.totals.params == 4 * 27 + 2 * 4 + 256 * 10 + 10


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("[net]\n\n[convolutionl]\n", "3:1", "did you mean 'convolutional'?"),
        ("[net]\n[convolutional]\nfilters=x\n", "3:9", "filters is a whole number from 1"),
        ("[net]\n[convolutional]\nfilter=3\n", "3:1", "did you mean 'filters'?"),
        ("[net]\n[convolutional]\nactivation=leeky\n", "3:12", "did you mean 'leaky'?"),
        ("[net]\n[convolutional]\nfilters=3\n[route]\nlayers=-1, 7\n", "5:12", "no layer 7"),
        ("[net]\n[convolutional]\n\n[route]\n", "4:1", "[route] needs layers"),
        ("[convolutional]\n", "1:1", "begins with [net]"),
        ("[net]\nhello\n", "2:1", "[section] or key=value"),
        ("[net]\nwidth=0\n", "2:7", "width is a whole number from 1"),
        ("[net]\nheight=4\nheight=5\n", "3:1", "height is given twice"),
        ("[net]\nheight=8\n[convolutional]\nsize=99\n", "3:1", "height"),
    ],
)
def test_a_mistake_is_told_at_its_line_and_column(text, place, problem, tmp_path):
    with pytest.raises(CostModelError) as caught:
        _ = read(tmp_path, text).graph

    assert str(caught.value.mark).endswith(f"net.cfg:{place}")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("data", "problem"),
    [(b"", "has no sections"), (b"\xff\xfe", "not a text in UTF-8"),
     (b"[net]\n" + b"[softmax]\n" * 5_001, "more than 5,000 layers"),
     (b"#" * 1_000_001, "larger than 1,000,000 bytes")],
)  # fmt: skip
def test_hostile_files_are_refused_at_once(data, problem, tmp_path):
    path = tmp_path / "net.cfg"
    path.write_bytes(data)

    with pytest.raises(CostModelError, match=problem):
        load_darknet(str(path))
