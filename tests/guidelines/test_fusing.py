"""Early expansions fused, late ones left; a 1×1 convolution moved behind its pool."""

import pytest

from costmodel import load, loads
from costmodel.graph import build
from costmodel.guidelines.devices import device
from costmodel.guidelines.linting import lint
from costmodel.guidelines.rewriting import fixed, offers
from costmodel.guidelines.settings import Settings
from costmodel.spec.document import parse_spec

HEAD = "model: t\nsymbols: {n: 1, h: 28, w: 36}\ninput: [n, 3, h, w]\n"
PLAIN = (
    HEAD
    + """layers:
  - conv: {name: stem, out: 16, kernel: 1}
  - conv: {name: expand, out: 96, kernel: 1}
  - relu6
  - conv: {name: dw, out: c_in, kernel: 3, padding: 1, groups: c_in}
  - conv: {name: project, out: 24, kernel: 1}
"""
)
BLOCK = (
    HEAD
    + """blocks:
  unit:
    args: {t: , out: , stride: 1}
    LETlayers:
      - conv: {name: pw, out: t * c_in, kernel: 1, when: t > 1}
      - relu6: {when: t > 1}
      - conv: {name: dw, out: c_in, kernel: 3, stride: stride, padding: 1, groups: c_in}
      - conv: {name: pwl, out: out, kernel: 1}
layers:
  - conv: {name: stem, out: 16, kernel: 1}
  - unit: {name: plain, t: 1, out: 16}
  - unit: {name: early, t: 6, out: 64, stride: 2}
  - unit: {name: middle, t: 6, out: 64}
  - unit: {name: late, t: 6, out: 160, stride: 8}
"""
)


def offered(text, *codes, on=None):
    outcome = lint(build(parse_spec(text, "t.yaml")), Settings(select=codes))
    return offers(outcome._replace(device=on))


def test_fusing_trades_mult_adds_for_mem_access():
    """16 -> 96 at 28·36 = 1008: 9·16·96 = 13,824 weights for 1536 + 864; the expanded map is
    written by the first, read and written by the ReLU, read by the second: 4·96·1008 fewer."""
    (offer,) = offered(PLAIN, "R13")

    assert offer.changes["params"] == 13824 - 1536 - 864
    assert offer.changes["mult_adds"] == 1008 * (13824 - 1536 - 864)
    assert offer.changes["mem_access"] == 13824 - 1536 - 864 - 4 * 96 * 1008
    assert offer.changes["depth"] == -1
    assert "  - conv: {name: dw, out: 96, kernel: 3, padding: 1}\n" in offer.text
    assert "relu6" not in offer.text


@pytest.mark.parametrize("let", ["", "let: {a: t > 1}  # why\n    ", "let:\n      a: t > 1\n    "])
def test_a_block_is_fused_where_it_is_narrow_and_stays_elsewhere(let):
    """t = 1 has nothing to fuse; 64 channels at 14·18 move less as they are: 9·64·384 weights."""
    (offer,) = offered(BLOCK.replace("LET", let), "R13")
    now = {x.path: x.op for x in build(parse_spec(offer.text)).layers}

    assert 'fused: "c_in <= 16 and t > 1"' in offer.text
    assert "early/pw" not in now
    assert (now["early/dw"].groups, now["early/dw"].out, now["early/dw"].stride) == (1, 96, 2)
    assert now["plain/dw"].groups == 16
    assert [now[f"{name}/pw"].out for name in ("middle", "late")] == [384, 384]
    assert [now[f"{name}/dw"].groups for name in ("middle", "late")] == [384, 384]


def test_a_block_is_fused_once_and_further_uses_keep_what_they_had():
    network = load("efficientnet_b0")
    _, taken, text = fixed(lint(network, Settings(select=("R13",))))
    new = build(parse_spec(text, network.spec.path), dict(network.graph.binding))
    dense = [x.path for x in new.layers if x.path.endswith("conv_dw") and x.op.groups == 1]

    assert len(taken) == 1
    assert dense == ["stage2/0/conv_dw", "stage2/1/conv_dw"]


def test_the_variant_with_the_other_padding_is_fused_alike():
    network = load("efficientnet_b0")
    (offer,) = [x for x in offers(lint(network)) if x.code == "R13"]
    other = build(parse_spec(offer.text, network.spec.path), {}, "tf_efficientnet_b0")
    layer = next(x for x in other.layers if x.path == "stage2/0/conv_dw")

    assert (layer.op.groups, layer.op.padding) == (1, "same")


DEVICE = """device: d
about: fast at work, or at moving
source: none, a test
peak_flops: FLOPS
sustained: 1
bandwidth: BYTES
launch: 0
call: 0
"""


@pytest.mark.parametrize(("flops", "bytes_", "helps"), [("1e9", "1e15", 0), ("1e15", "1e9", 1)])
def test_what_takes_more_time_on_the_named_device_is_not_offered(tmp_path, flops, bytes_, helps):
    file = tmp_path / "d.yaml"
    file.write_text(DEVICE.replace("FLOPS", flops).replace("BYTES", bytes_))

    assert len(offered(PLAIN, "R13", on=device(str(file)))) == helps


POOLED = (
    HEAD
    + """layers:
  - conv: {name: stem, out: 32, kernel: 1}
  - conv: {name: mix, from: stem, out: 16, kernel: 1}
  - avg_pool: {kernel: 2}
  - conv: {name: next, out: 8, kernel: 1}
"""
)


def test_a_convolution_behind_its_pool_has_a_quarter_of_the_positions():
    """32 -> 16 at 28·36 = 1008, then at 14·18 = 252."""
    (offer,) = offered(POOLED, "R14")

    assert offer.changes["mult_adds"] == (252 - 1008) * 32 * 16
    assert offer.changes["params"] == 0
    assert offer.text.endswith(
        "  - avg_pool: {kernel: 2, from: stem}\n  - conv: {name: mix, out: 16, kernel: 1}\n"
        "  - conv: {name: next, out: 8, kernel: 1}\n"
    )


def test_a_pool_that_is_read_by_its_name_stays():
    """With 32 channels on both sides every shape would fit, and the reader get the pool alone."""
    named = POOLED.replace("{kernel: 2}", "{name: half, kernel: 2}").replace("out: 16", "out: 32")

    assert len(offered(named, "R14")) == 1
    assert offered(named.replace("name: next", "name: next, from: half"), "R14") == []


def test_the_transitions_of_densenet_are_exchanged_all_at_once():
    """56·56·256·128 = 28·28·512·256 = 14·14·1024·512 mult-adds, 3/4 of each of the three saved."""
    (offer,) = offers(lint(load("densenet121"), Settings(select=("R14",))))

    assert offer.uses == 3
    assert offer.changes["mult_adds"] == -3 * (3 * 56 * 56 * 256 * 128) // 4
    assert loads(offer.text).totals.params == load("densenet121").totals.params


def test_two_depthwise_convolutions_in_a_row_are_left_alone():
    """Only one of them belongs to the expansion, and the text does not say which."""
    again = "  - conv: {name: dw2, out: c_in, kernel: 3, padding: 1, groups: c_in}\n"
    text = PLAIN.replace("  - conv: {name: project", again + "  - conv: {name: project")

    assert offered(text, "R13") == []


def test_a_block_with_a_name_like_the_conditions_is_left_alone():
    assert offered(BLOCK.replace("stride: 1}\n    LET", "stride: 1, fused: 0}\n    "), "R13") == []
