"""Two networks side by side."""

import costmodel as cm
from costmodel.difference import difference


def test_stride_placement_explains_the_two_figures_of_resnet50():
    """The first 1x1 and the 3x3 of three strided blocks: 3 × (77,070,336) more multiply-adds.

    layer2/0: conv1 256·128·(56² - 28²) = 77,070,336, and likewise in layer3 and layer4.
    """
    data = difference(cm.load("resnet:paper_50"), cm.load("resnet50")).data

    assert data["totals"]["mult_adds"]["change"] == 3 * 256 * 128 * (56**2 - 28**2)
    changed = {c["path"]: c["mult_adds"] for c in data["layers"] if c["mult_adds"]}
    assert changed == dict.fromkeys((f"layer{i}/0/conv1" for i in (2, 3, 4)), 77_070_336)


def test_equal_networks_have_no_changes():
    report = difference(cm.load("resnet18"), cm.load("resnet18"))

    assert report.data["layers"] == []


def test_layers_without_a_partner_are_counted_by_kind():
    data = difference(cm.load("resnet18"), cm.load("resnet34")).data
    more = {c["what"]: c["times"] for c in data["layers"] if c["what"].startswith("conv")}

    assert more["conv 256×14×14 -> 256×14×14"] == 2 * (6 - 2)
