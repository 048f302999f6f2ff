"""Specs become graphs: wiring, names, repetition, sharing, conditions."""

import pytest

from costmodel.errors import CostModelError, LimitError, ShapeError, SpecError
from costmodel.graph import build
from costmodel.spec.document import parse_spec

HEAD = "model: t\nsymbols: {n: 1, h: 8, w: 6}\ninput: [n, 4, h, w]\n"


def graph(layers, *, head=HEAD, **options):
    return build(parse_spec(head + layers, "t.yaml"), **options)


def paths(made):
    return [layer.path for layer in made.layers]


def test_anonymous_layers_are_named_by_kind_and_number():
    made = graph("layers: [{conv: {out: 5, kernel: 1}}, relu, {conv: {out: 6, kernel: 1}}, relu]")

    assert paths(made) == ["conv1", "relu1", "conv2", "relu2"]


def test_a_block_repeats_with_special_arguments_for_the_first():
    made = graph(
        "blocks:\n"
        "  unit:\n"
        "    args: {out: , stride: 1}\n"
        "    layers: [{conv: {out: out, kernel: 1, stride: stride}}]\n"
        "layers: [{unit: {name: s, out: 7, repeat: 3, first: {stride: 2}}}]"
    )

    assert paths(made) == ["s/0/conv1", "s/1/conv1", "s/2/conv1"]
    assert [layer.y for layer in made.layers] == [(1, 7, 4, 3)] * 3


def test_stage_rows_repeat_their_block_and_pass_their_columns():
    made = graph(
        "blocks:\n"
        "  down: {args: [c], layers: [{conv: {out: c, kernel: 2, stride: 2}}]}\n"
        "  keep: {args: [c], layers: [{conv: {out: c, kernel: 1}}]}\n"
        "layers:\n"
        "  - stages:\n"
        "      columns: [name, first, then, c, n]\n"
        "      rows:\n"
        "        - [a, down, keep, 8, 2]\n"
        "        - [b, keep, keep, 2 * c_in, 1]\n"
    )

    assert paths(made) == ["a/0/conv1", "a/1/conv1", "b/0/conv1"]
    assert [layer.y for layer in made.layers] == [(1, 8, 4, 3), (1, 8, 4, 3), (1, 16, 4, 3)]


def test_branches_start_where_they_fork_and_join_by_addition():
    made = graph(
        "layers:\n"
        "  - branches:\n"
        "      join: add\n"
        "      main: [{conv: {out: 4, kernel: 3, padding: 1}}]\n"
        "      skip: []\n"
    )

    assert paths(made) == ["main/conv1", "add1"]
    assert made.layers[1].xs == ((1, 4, 8, 6), (1, 4, 8, 6))


def test_a_branch_named_like_a_part_of_a_split_takes_that_part():
    made = graph(
        "layers:\n"
        "  - split: {parts: 2, names: [keep, work]}\n"
        "  - branches: {join: concat, keep: [], work: [{conv: {out: 5, kernel: 1}}]}\n"
    )

    assert made.output.shape == (1, 7, 8, 6)
    assert [layer.y[1] for layer in made.layers] == [2, 2, 5, 7]


def test_an_earlier_output_is_taken_by_name():
    made = graph(
        "layers:\n"
        "  - conv: {name: stem, out: 6, kernel: 1}\n"
        "  - conv: {name: other, out: 6, kernel: 1, from: input}\n"
        "  - add: {from: [stem, other]}\n"
    )

    assert made.layers[1].inputs == made.inputs
    assert made.layers[2].inputs == (made.layers[0].output, made.layers[1].output)


def test_a_block_sees_the_networks_names_but_not_its_callers():
    blocks = "blocks:\n  tap: {layers: [{conv: {out: 4, kernel: 1, from: NAME}}]}\n"
    layers = (
        "layers:\n  - conv: {name: stem, out: 4, kernel: 1}\n"
        "  - repeat: {times: 1, layers: [{relu: {name: inner}}, tap]}\n"
    )

    assert graph(blocks.replace("NAME", "stem") + layers).layers[-1].inputs[0].maker.path == "stem"
    with pytest.raises(CostModelError, match="unknown layer 'inner'"):
        graph(blocks.replace("NAME", "inner") + layers)


def test_a_false_when_skips_the_layer_and_its_name_stands_for_its_input():
    made = graph(
        "layers:\n"
        "  - conv: {name: project, out: 9, kernel: 1, when: c_in != 4}\n"
        "  - relu: {from: project}\n"
    )

    assert paths(made) == ["relu1"]
    assert made.layers[0].inputs == made.inputs


def test_a_block_may_call_itself_while_a_condition_holds():
    """FractalNet's rule, conv columns only: f(c) holds 2^c - 1 convolutions."""
    made = graph(
        "blocks:\n"
        "  fractal:\n"
        "    args: [c]\n"
        "    layers:\n"
        "      - branches:\n"
        "          join: mean\n"
        "          short: [{conv: {out: 4, kernel: 3, padding: 1}}]\n"
        "          long: [{fractal: {c: c - 1, when: c > 1}}, {fractal: {c: c - 1, when: c > 1}}]\n"
        "layers: [{fractal: {c: 4}}]"
    )

    assert sum(layer.op.kind == "conv" for layer in made.layers) == 2**4 - 1


def test_shared_layers_must_have_equal_weights():
    text = "layers: [{conv: {out: 4, kernel: 1, share: a}}, {conv: {out: N, kernel: 1, share: a}}]"

    assert [x.shared for x in graph(text.replace("N", "4")).layers] == [False, True]
    with pytest.raises(SpecError, match="sharing 'a' have different weights: 16 and 20"):
        graph(text.replace("N", "5"))


def test_sharing_a_block_shares_each_of_its_layers():
    made = graph(
        "blocks:\n"
        "  body: {layers: [{conv: {out: 4, kernel: 1}}, {conv: {out: 4, kernel: 3, padding: 1}}]}\n"
        "layers: [{body: {share: s}}, relu, {body: {share: s}}]"
    )

    assert [x.shared for x in made.layers] == [False, False, False, True, True]


def test_undecided_conditions_become_assumptions():
    made = graph(
        "layers: [{conv: {out: c, kernel: 1, groups: g}}]",
        head="model: t\nsymbols: {n: 1, c: {}, g: {}}\ninput: [n, c, 8, 8]\n",
    )

    assert made.assumptions == ["g divides c"]


def test_only_the_strongest_bound_on_a_size_is_kept():
    made = graph(
        "layers: [{conv: {out: 4, kernel: 3}}, {conv: {out: 4, kernel: [5, 1]}}]", free=["h"]
    )

    assert made.assumptions == ["h >= 7"]


def test_a_multiple_of_makes_the_floors_vanish():
    made = graph(
        "layers: [{conv: {out: 4, kernel: 3, stride: 2, padding: 1}}, "
        "{conv: {out: 4, kernel: 3, stride: 2, padding: 1}}]",
        head="model: t\nsymbols: {n: 1, h: {multiple_of: 4}}\ninput: [n, 3, h, h]\n",
    )

    assert str(made.output.shape[2]) == "h/4"


@pytest.mark.parametrize(
    ("layers", "error", "text"),
    [
        ("layers: [{conv: {out: 4, kernel: 9}}]", ShapeError, "conv1: "),
        ("layers: [{split: {parts: 3, names: [a, b, c]}}]", ShapeError, "parts=3 does not divide"),
        ("layers: [{split: {parts: 2, names: [a, b, c]}}]", SpecError, "3 names for 2 parts"),
        ("layers: [{split: {parts: 2, names: [a, b]}}, relu]", SpecError, "has several outputs"),
        ("layers: [{relu: {name: a}}, {relu: {name: a}}]", SpecError, "two layers here are called"),
        ("layers: [{relu: {repeat: 10**12}}]", LimitError, "more than 50,000 repetitions"),
        ("layers: [{relu: {repeat: 1 - 2}}]", SpecError, "a whole number, not -1"),
        ("layers: [{repeat: {times: 40000, layers: [relu, relu, relu]}}]", LimitError, "50,000"),
        ("blocks: {a: {layers: [a]}}\nlayers: [a]", LimitError, "nested deeper than 64"),
        ("layers: [{conv: {out: 7 // 2 * 2 + 0.5, kernel: 1}}]", SpecError, "out must be a whole"),
        ("assume: {require: 'h == w'}\nlayers: [relu]", SpecError, "h == w does not hold"),
    ],
)
def test_what_cannot_be_built_is_refused_with_its_place(layers, error, text):
    with pytest.raises(error, match=text) as caught:
        graph(layers)

    assert str(caught.value).startswith("t.yaml:")


def test_a_mismatch_at_a_join_prints_both_shapes_both_places_and_what_came_before():
    with pytest.raises(ShapeError) as caught:
        graph(
            "layers:\n"
            "  - conv: {name: left, out: 6, kernel: 1}\n"
            "  - conv: {name: right, out: 7, kernel: 1, from: input}\n"
            "  - add: {from: [left, right]}\n"
        )
    text = str(caught.value)

    assert text.startswith("t.yaml:7:5: add1: ")
    assert "t.yaml:5:5: left gives 6×8×6" in text
    assert "t.yaml:6:5: right gives 7×8×6" in text
    assert "so far:" in text


def test_structure_that_symbols_leave_open_stays_as_it_is_by_default():
    made = graph("layers: [relu, {swish: {when: h > 9}}, {relu6: {when: h < 9}}]", free=["h"])

    assert [layer.op.kind for layer in made.layers] == ["relu", "relu6"]
    assert made.assumptions == ["not (h > 9), as at h = 8", "(h < 9), as at h = 8"]


def test_a_local_value_may_be_a_condition_that_symbols_leave_open():
    made = graph(
        "blocks: {unit: {let: {small: h < 9}, layers: [{relu: {when: small}}, relu6]}}\n"
        "layers: [unit]",
        free=["h"],
    )

    assert [layer.op.kind for layer in made.layers] == ["relu", "relu6"]
    assert made.assumptions == ["(h < 9), as at h = 8"]


def test_symbols_without_a_default_may_not_leave_structure_open():
    with pytest.raises(SpecError, match="symbols leave this condition open"):
        graph("layers: [{relu: {when: c > 9}}]", head=HEAD.replace("n: 1", "n: 1, c: {}"))


UNIT = (
    "blocks: {unit: {args: {out: , stride: 1}, "
    "layers: [conv: {out: out, kernel: 1, stride: stride}]}}\n"
)


def test_a_free_repetition_count_keeps_one_layer_for_all_but_the_first():
    made = graph(
        UNIT + "params: {r: 2}\n"
        "layers: [{unit: {name: s, out: 7, repeat: r, first: {stride: 2}}}, relu]",
        free=["r"],
    )

    assert paths(made) == ["s/0/conv1", "s/1/conv1", "relu1"]
    assert [str(layer.runs) for layer in made.layers] == ["1", "r - 1", "1"]
    assert made.assumptions == []  # a count that is free is at least 1


def test_free_repetitions_within_free_repetitions_multiply():
    made = graph(
        "params: {r: 2, s: 2}\n"
        "layers: [{repeat: {times: r, layers: [{repeat: {times: s - 1, layers: [relu]}}]}}]",
        free=["r", "s"],
    )

    assert [str(layer.runs) for layer in made.layers] == [
        "1",
        "s - 2",
        "r - 1",
        "r*s - 2*r - s + 2",
    ]
    assert made.assumptions == ["s >= 2"]


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ("layers: [{unit: {out: c_in + 1, repeat: h}}]", "h repetitions, each of which changes"),
        (
            "layers: [{repeat: {times: h, index: i, layers: [{conv: {out: i + 1, kernel: 1}}]}}]",
            "i counts the repetitions, so their number cannot be free",
        ),
    ],
)
def test_a_free_repetition_count_needs_repetitions_that_are_alike(layers, problem):
    with pytest.raises(SpecError, match=problem):
        graph(UNIT + layers, free=["h"])


def test_a_word_may_depend_on_a_condition():
    layers = (
        "params: {tf: 0}\nlayers: [{conv: {out: 4, kernel: 3, padding: same if tf == 1 else 0}}]"
    )

    assert graph(layers).output.shape == (1, 4, 6, 4)
    assert graph(layers, at={"tf": 1}).output.shape == (1, 4, 8, 6)


def test_a_skipped_layer_leaves_the_flow_where_it_was():
    made = graph(
        "layers: [{conv: {name: a, out: 5, kernel: 1}}, {relu: {from: input, when: h > 99}}]"
    )

    assert made.output.shape == (1, 5, 8, 6)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("branches: {join: add, share: s, a: [], b: []}", "branches takes no share"),
        ("split: {parts: 2, names: [a, b], repeat: 2}", "split takes no repeat"),
        ("repeat: {times: 2, share: s, layers: [relu]}", "repeat takes no share"),
    ],
)
def test_structures_refuse_the_keys_they_would_ignore(item, text):
    with pytest.raises(SpecError, match=text):
        graph(f"layers: [{{{item}}}]")
