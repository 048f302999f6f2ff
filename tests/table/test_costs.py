"""Tables: what layers cost together, what is alive, how rows are made."""

import pytest

import costmodel as cm
from costmodel.errors import UnknownNameError

HEAD = "model: t\nsymbols: {n: 1, h: 6, w: 5}\ninput: [n, 2, h, w]\n"


def net(layers, head=HEAD):
    return cm.loads(head + layers)


def test_totals_of_two_layers_by_hand():
    totals = net(
        "layers: [{conv: {out: 3, kernel: 1}}, batch_norm, relu, global_avg_pool, "
        "{linear: {out: 4}}]"
    ).totals

    assert totals.params == 2 * 3 + 2 * 3 + (3 * 4 + 4)
    assert totals.buffers == 2 * 3
    assert totals.mult_adds == 2 * 3 * 30 + 3 * 4
    assert totals.flops == 2 * totals.mult_adds
    moved = (60 + 6 + 90) + (90 + 12 + 90) + (90 + 90) + (90 + 3) + (3 + 16 + 4)
    assert totals.mem_access == moved
    assert totals.mem_bytes == 4 * moved
    assert totals.activations == 90 + 4
    assert totals.depth == 2
    assert totals.reported == totals.mult_adds


def test_peak_memory_of_a_chain_is_the_largest_neighbouring_pair():
    # 60 -> 30·8 -> 30·1: the layers hold 60 + 240, then 240 + 30
    assert (
        net("layers: [{conv: {out: 8, kernel: 1}}, {conv: {out: 1, kernel: 1}}]").totals.peak_memory
        == 300
    )


def test_a_skip_tensor_stays_alive_until_it_is_added():
    # input 60 lives through both convolutions: 60 + 90 + 120 while the second runs
    layers = (
        "layers: [{branches: {join: concat, a: [{conv: {out: 3, kernel: 1}}, "
        "{conv: {out: 4, kernel: 1}}], b: []}}]"
    )
    # then concat reads 120 + 60 and writes 180
    assert net(layers).totals.peak_memory == max(60 + 90 + 120, 120 + 60 + 180)


def test_a_view_takes_no_memory_of_its_own():
    assert net("layers: [flatten, dropout]").totals.peak_memory == 60


def test_depth_follows_the_longest_branch():
    layers = (
        "layers: [{branches: {join: add, a: [{conv: {out: 2, kernel: 1}}, "
        "{conv: {out: 2, kernel: 1}}], b: [{conv: {out: 2, kernel: 1}}]}}]"
    )
    assert net(layers).totals.depth == 2


def test_shared_weights_are_counted_once_and_operations_for_each_use():
    layers = (
        "layers: [{conv: {out: 2, kernel: 1, share: s}}, {conv: {out: 2, kernel: 1, share: s}}]"
    )
    totals = net(layers).totals

    assert (totals.params, totals.mult_adds) == (4, 2 * 4 * 30)


def test_fused_layers_move_nothing_but_their_weights():
    layers = "layers: [{conv: {out: 3, kernel: 1}}, batch_norm, relu]"
    plain = net(layers).totals
    fused = net("assume: {fuse: [batch_norm, relu]}\n" + layers).totals

    assert plain.mem_access - fused.mem_access == 4 * 90
    assert fused.peak_memory == 60 + 90


def test_training_adds_the_gradients_but_not_that_of_the_input():
    layers = "layers: [{conv: {out: 3, kernel: 1}}, {conv: {out: 4, kernel: 1}}]"
    forward = [2 * 3 * 30, 3 * 4 * 30]
    totals = net(layers).table(mode="train").totals

    assert totals.mult_adds == 2 * forward[0] + 3 * forward[1]


def test_training_adds_up_the_gradients_of_a_tensor_used_twice():
    layers = (
        "layers: [{conv: {name: x, out: 2, kernel: 1}}, {relu: {name: r, from: x}}, "
        "{add: {from: [x, r]}}]"
    )
    totals = net(layers).table(mode="train", profile="full").totals

    # of 60 elements each: relu, the product with its mask, add, and the two gradients of x added
    assert totals.flops - 2 * totals.mult_adds == 4 * 60
    assert totals.mult_adds == 2 * (2 * 2 * 30)  # forward and the weights' gradient


def test_a_dtype_sets_the_bytes():
    assert net("assume: {dtype: float16}\nlayers: [relu]").totals.mem_bytes == 2 * 120


def test_closed_forms_equal_numbers_at_every_size():
    layers = (
        "layers: [{conv: {out: 3, kernel: 3, stride: 2, padding: 1}}, "
        "{max_pool: {kernel: 3, stride: 2, ceil_mode: true}}, {conv: {out: 5, kernel: [1, 3]}}]"
    )
    network = net(layers)
    forms = network.free("n", "h", "w").table()._table.totals
    for n, h, w in ((1, 11, 13), (2, 12, 17), (3, 19, 14), (1, 30, 31)):
        from costmodel.arith import evaluate

        numbers = network.at(n=n, h=h, w=w).totals
        for key in ("mult_adds", "mem_access", "activations", "peak_memory", "params"):
            value = evaluate(getattr(forms, key), {"n": n, "h": h, "w": w})
            assert value == getattr(numbers, key), key


def test_public_totals_are_sympy_expressions_where_a_symbol_is_free():
    import sympy

    form = net("layers: [{conv: {out: 3, kernel: 1}}]").free("h").totals.mult_adds

    assert isinstance(form, sympy.Expr)
    assert form == 30 * sympy.Symbol("h", integer=True, positive=True)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"by": "stag"}, "unknown grouping 'stag'\nhint: did you mean 'stage'"),
        ({"profile": "papr"}, "unknown profile 'papr'\nhint: did you mean 'paper'"),
        ({"mode": "trian"}, "unknown mode 'trian'\nhint: did you mean 'train'"),
        ({"columns": ["macs"]}, "unknown column 'macs'\nhint: 'mac' means two things"),
        ({"sort": "flop"}, "unknown quantity to sort by 'flop'\nhint: did you mean 'flops'"),
    ],
)
def test_an_unknown_option_suggests_the_nearest(options, text):
    with pytest.raises(UnknownNameError) as caught:
        net("layers: [relu]").table(**options).report  # noqa: B018  (made on demand)

    assert str(caught.value).startswith(text)


def test_equal_neighbouring_blocks_stand_in_one_row():
    text = str(cm.load("resnet50").table("block"))

    assert "layer1/1..2 ×2" in text
    assert "layer3/1..5 ×5" in text


def test_a_sorted_table_sums_what_it_leaves_out():
    lines = str(cm.load("resnet50").table("layer", sort="mult_adds", top=2)).splitlines()

    assert lines[3].split()[0] == "conv1"
    assert "more)" in lines[5]


def test_the_gap_column_is_the_distance_to_the_g1_floor():
    """hw = 3136, 24 -> 240: moved 3136·264 + 5760 = 833,664; floor 2·3136·√5760 + 5760."""
    head = "model: t\ninput: [1, 24, 56, 56]\n"
    data = cm.loads(head + "layers: [{conv: {out: 240, kernel: 1}}]")
    grid = data.table(columns=["gap"]).report.blocks[1]

    assert grid.rows[0][1] == pytest.approx(
        100 * (833_664 / (6272 * 5760**0.5 + 5760) - 1), abs=0.01
    )
