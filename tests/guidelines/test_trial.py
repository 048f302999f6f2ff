"""What if: layers changed virtually save what the changed network, written out, costs less."""

import pytest

from costmodel import load, loads
from costmodel.guidelines import SAVED
from costmodel.guidelines.linting import lint
from costmodel.guidelines.seen import Seen, flops_of
from costmodel.guidelines.settings import Settings
from costmodel.guidelines.trial import in_place, what_if
from costmodel.table.liveness import depth, peak_memory

HEAD = "model: t\ninput: [1, 16, 12, 20]\nlayers:\n"
CHAIN = """  - conv: {name: a, out: WIDTH, kernel: 1}
  - batch_norm
  - conv: {name: dw, out: c_in, kernel: 3, padding: 1, groups: c_in}
  - conv: {name: b, out: 24, kernel: 1}
  - relu
"""


def seen(text):
    return Seen(loads(HEAD + text).graph)


def saved(old, new):
    """The difference of two networks, each analysed for itself, by every quantity there is."""
    costs = [{q: sum(flops_of(c) if q == "flops" else getattr(c, q) for c in x.costs.values())
              for q in SAVED} for x in (old, new)]  # fmt: skip
    off = {q: costs[0][q] - costs[1][q] for q in SAVED}
    off["peak_memory"] = peak_memory(old.graph) - peak_memory(new.graph)
    off["depth"] = depth(old.graph) - depth(new.graph)
    return {q: count for q, count in off.items() if count}


def test_a_depthwise_convolution_follows_a_new_width_and_what_is_behind_it_stays():
    old, new = seen(CHAIN.replace("WIDTH", "58")), seen(CHAIN.replace("WIDTH", "56"))
    change = {old.layers[0]: in_place(old.layers[0].op._replace(out=56))}

    assert what_if(old, change, whole=True) == saved(old, new)


def test_a_layer_left_out_saves_what_it_costs():
    text = "  - conv: {name: a, out: 16, kernel: 3, padding: 1}\n  - conv: {out: 8, kernel: 1}\n"
    old, new = seen(text), seen("  - conv: {out: 8, kernel: 1}\n")

    assert what_if(old, {old.layers[0]: in_place()}, whole=True) == saved(old, new)
    assert what_if(old, {old.layers[0]: in_place()})["mult_adds"] == 240 * 9 * 16 * 16


def test_a_width_that_an_addition_needs_cannot_change():
    old = seen("  - conv: {name: a, out: 8, kernel: 1}\n  - conv: {name: b, from: input, out: 8, "
               "kernel: 1}\n  - add: {from: [a, b]}\n")  # fmt: skip

    assert what_if(old, {old.layers[0]: in_place(old.layers[0].op._replace(out=6))}) is None


def test_a_width_that_a_split_has_counted_cannot_change():
    old = seen("  - conv: {name: a, out: 8, kernel: 1}\n  - split: {parts: 2, names: [x, y]}\n"
               "  - concat: {from: [x, y]}\n  - conv: {out: 4, kernel: 1}\n")  # fmt: skip

    assert what_if(old, {old.layers[0]: in_place(old.layers[0].op._replace(out=10))}) is None


def test_the_networks_own_output_cannot_change():
    old = seen("  - conv: {name: a, out: 8, kernel: 1}\n")

    assert what_if(old, {old.layers[0]: in_place(old.layers[0].op._replace(out=6))}) is None


FRONT = """  - conv: {name: a, out: 64, kernel: 3, STRIDE1padding: 1}
  - relu
POOL  - conv: {name: b, out: 16, kernel: 3, padding: 1}
  - conv: {name: c, out: 16, kernel: 3, padding: 1}
  - conv: {name: d, out: 16, kernel: 3, padding: 1}
"""


def test_an_earlier_stride_saves_what_the_network_with_it_costs_less():
    """R10's cure: the stride of the pool in a."""
    old = seen(FRONT.replace("STRIDE1", "").replace("POOL", "  - max_pool: {kernel: 2}\n"))
    new = seen(FRONT.replace("STRIDE1", "stride: 2, ").replace("POOL", ""))
    (finding,) = lint(old.graph, Settings(select=("R10",))).findings

    assert finding.path == "a"
    assert dict(finding.saves) == saved(old, new)


def test_a_branch_beside_a_bottleneck_costs_what_the_network_with_it_costs_more():
    """R1's cure: 32 channels of a 3×3 convolution beside the pool's 32."""
    start = "  - conv: {name: stem, out: 32, kernel: 3, padding: 1}\n"
    pool = "max_pool: {name: half, kernel: 2}"
    rest = "  - conv: {name: next, out: 128, kernel: 1}\n  - conv: {out: 8, kernel: 1}\n"
    old = seen(f"{start}  - {pool}\n{rest}  - conv: {{out: 8, kernel: 1}}\n")
    new = seen(f"{start}  - branches:\n      join: concat\n      pooled: [{{{pool}}}]\n"
               "      strided: [{conv: {out: 32, kernel: 3, stride: 2, padding: 1}}]\n"
               f"{rest}  - conv: {{out: 8, kernel: 1}}\n")  # fmt: skip
    (finding,) = lint(old.graph, Settings(select=("R1",))).findings

    assert finding.path == "half"
    assert dict(finding.saves) == saved(old, new)


def test_a_layer_less_in_the_heavy_stage_saves_what_the_network_without_it_costs_less():
    """R3's step: the costliest layer, with the activation that reads it, left out."""
    heavy = "  - conv: {name: heavy, out: 64, kernel: 3, padding: 1}\n  - relu\n"
    start = "  - conv: {out: 64, kernel: 3, padding: 1}\n"
    rest = "  - conv: {out: 8, kernel: 1, stride: 2}\n" * 2
    old, new = seen(start + heavy + rest), seen(start + rest)
    (finding,) = lint(old.graph, Settings(select=("R3",))).findings

    assert (finding.path, finding.fix) == ("heavy", "a layer less here, heavy")
    assert dict(finding.saves) == saved(old, new)


def test_a_fuller_width_saves_what_the_network_with_it_costs_less():
    """R12: 58 are nearest to 56; the change ends inside the block."""
    old, new = seen(CHAIN.replace("WIDTH", "58")), seen(CHAIN.replace("WIDTH", "56"))
    (finding,) = lint(old.graph, Settings(select=("R12",))).findings
    whole = saved(old, new)

    assert finding.fix == "56 channels"
    assert dict(finding.saves) == {q: whole[q] for q in SAVED}


@pytest.mark.parametrize("name", ["alexnet", "shufflenet_v1", "espnetv2", "ghostnet", "highway",
                                  "convnext_tiny", "mobilenet_v1", "efficientnetv2_s",
                                  "densenetblur121d"])  # fmt: skip
def test_every_finding_says_what_a_fix_saves(name):
    assert [f for f in lint(load(name)).findings if not f.saves or not f.fix] == []
