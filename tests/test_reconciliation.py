"""``reconcile``: which convention prints a published number."""

import pytest

from costmodel.errors import CostModelError
from costmodel.reconciliation import reconcile
from costmodel.render import render

SMALL = """\
model: small
symbols: {n: 1, h: 224, w: {default: h}}
params: {stride: 1}
variants:
  early: {stride: 4}
  plain: {}
input: [n, 4, h, w]
layers:
  - conv: {name: first, out: 8, kernel: 1, stride: 2}
  - conv: {name: second, out: 8, kernel: 1, stride: stride}
  - global_avg_pool
  - flatten
  - linear: {name: fc, out: 1000, bias: false}
"""
# at 224: 32*112^2 = 401,408; 64*112^2 = 802,816; fc 8,000: 1,212,224 without bias


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def first(model, quantity, text, **more):
    """The most plausible match."""
    (found,) = reconcile(model, {quantity: text}, **more).data["reported"]
    return found["matches"][0] if found["matches"] else None


def summary(match):
    return (match["profile"], match["variant"], match["at"].get("h"), match["classifier"])


@pytest.mark.parametrize(
    ("text", "profile", "variant", "h", "classifier", "prefix"),
    [
        ("1,212,224", "paper", None, None, True, 1000),
        ("1.212M", "paper", None, None, True, 1000),
        ("1,204,224", "paper", None, None, False, 1000),
        ("459,584", "paper", "early", None, True, 1000),  # 401,408 + 64*28^2 + 8,000
        ("1,580,864", "paper", None, 256, True, 1000),  # (32 + 64) * 128^2 + 8,000
        ("1.1561M", "paper", None, None, True, 1024),  # 1,212,224 / 1024^2
        ("1.2122", "paper", None, None, True, 1000),
    ],
)
def test_a_single_departure_is_found(small, text, profile, variant, h, classifier, prefix):
    match = first(small, "mult_adds", text)

    assert summary(match) == (profile, variant, h, classifier)
    assert match["prefix"] == prefix


def test_twice_the_multiply_adds_are_flops(small):
    match = first(small, "flops", "2,424,448")

    assert (match["quantity"], match["derived"], match["digits"]) == ("flops", 2_424_448, "exact")


def test_what_at_binds_is_kept(small):
    match = first(
        small, "mult_adds", "304,000", at={"h": 111}
    )  # (32 + 64) * 56^2 + 8,000 = 309,056

    assert match is None
    assert first(small, "mult_adds", "309,056", at={"h": 111})["at"] == {}


def test_nothing_matching_is_said_plainly_with_the_nearest_and_the_cause(small):
    report = reconcile(small, {"mult_adds": "1,220,224"})
    (found,) = report.data["reported"]
    text = render(report, "table")

    assert found["matches"] == []
    assert found["nearest"][0]["derived"] == 1_212_224
    assert "nothing matches" in text
    assert "as large as the gap: the classifier (8.000 k)" in text


def test_ambiguity_is_admitted(small):
    text = render(reconcile(small, {"mult_adds": "1.2M"}), "table")

    assert "the digits do not decide" in " ".join(text.split())


def test_several_numbers_are_reconciled_at_once(small):
    data = reconcile(small, {"mult_adds": "1.212M", "params": "8,096"}).data["reported"]

    assert [found["matches"][0]["derived"] for found in data] == [1_212_224, 8_096]


@pytest.mark.parametrize(
    ("reported", "problem"),
    [
        ({"macs": "4.1G"}, "'mult_adds'.*'mem_access'"),
        ({"FLOPs": "4.1G"}, "'mult_adds'.*'flops'"),
        ({"mult_adds": "lots"}, "'lots' is not a number as printed"),
        ({}, "there is nothing to reconcile"),
    ],
)
def test_what_cannot_be_reconciled_is_refused(small, reported, problem):
    with pytest.raises(CostModelError, match=problem):
        reconcile(small, reported)


def test_a_network_with_free_symbols_is_refused(tmp_path):
    path = tmp_path / "free.yaml"
    path.write_text(
        "model: free\nsymbols: {c: {}}\ninput: [1, c, 1, 1]\nlayers: [conv: {out: 3, kernel: 1}]\n"
    )

    with pytest.raises(CostModelError, match="bind them with --at"):
        reconcile(str(path), {"mult_adds": "4.1G"})


def test_the_shipped_conventions_of_resnet50():
    """He et al. print 3.8 G with the early stride, cut off; the late one has 4.089 G."""
    late = first("resnet50", "mult_adds", "4.1G")
    early = first("resnet50", "mult_adds", "3.8G")

    assert (late["derived"], late["variant"], late["profile"]) == (4_089_184_256, None, "paper")
    assert (early["derived"], early["variant"]) == (3_857_973_248, "paper_50")
    assert early["digits"] == "truncated"


def test_resnet50_twice():
    assert first("resnet50", "flops", "8.2")["derived"] == 8_178_368_512


def test_resnet50_with_a_bit_more_is_a_tools():
    match = first("resnet50", "mult_adds", "4.12")

    assert match["profile"] not in ("paper", "conv-only", "weights-only")
    assert match["digits"] == "rounded"


@pytest.mark.parametrize(
    ("model", "quantity", "text", "derived", "classifier"),
    [
        ("ghostnet:x1_3", "mult_adds", "226M", 225_723_256, False),
        ("shufflenet_v1:g2", "mult_adds", "140M", 140_036_512, False),
        ("cspnet:csdarknet53", "flops", "13.07 BFLOPs", 13_067_304_960, True),
        ("squeezenet1_0", "flops", "1.72G", 1_722_679_872, True),
        ("fbnet_c", "mult_adds", "378.23344M", 378_233_440, True),
    ],
)
def test_the_conventions_of_published_tables(model, quantity, text, derived, classifier):
    """Expected numbers: research notes on each network, derived there from the architecture."""
    match = first(model, quantity, text)

    assert (match["derived"], match["classifier"]) == (derived, classifier)


@pytest.mark.parametrize(
    ("model", "text", "near"),
    [("mobilenetv2_140", "585M", 582_195_824), ("fbnet_c", "375M", 376_152_224)],
)
def test_figures_that_no_convention_reproduces_get_their_nearest(model, text, near):
    (found,) = reconcile(model, {"mult_adds": text}).data["reported"]

    assert found["matches"] == []
    assert near in [match["derived"] for match in found["nearest"]]
