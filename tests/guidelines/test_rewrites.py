"""Rewrites: what they save is measured, and nothing around them changes."""

import json
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from costmodel import load, loads
from costmodel.cli import cli
from costmodel.errors import SpecError
from costmodel.graph import build
from costmodel.guidelines.linting import lint
from costmodel.guidelines.rewriting import TOTALS, Rewrite, Shop, fixed, offers
from costmodel.guidelines.settings import Settings
from costmodel.guidelines.written import layer_text, written_at
from costmodel.spec.document import parse_spec
from costmodel.table import Table

HEAD = "model: t\nsymbols: {n: 1, h: 28, w: 36}\ninput: [n, 32, h, w]\nlayers:\n"


def offered(layers, *codes):
    return offers(lint(build(parse_spec(HEAD + layers, "t.yaml")), Settings(select=codes)))


def test_a_layer_on_the_image_is_not_separated():
    assert offered("  - conv: {name: c, out: 64, kernel: 3, padding: 1}\n", "R7") == []


def test_a_separable_convolution_behind_another_saves_what_the_paper_says():
    """32 -> 64, 3×3 at 28·36: weights 9·2048 before, 9·32 + 2048 after."""
    dense = "  - conv: {name: c, out: 64, kernel: 3, padding: 1}  # dense\n"
    (offer,) = offered("  - relu\n  - conv: {out: 32, kernel: 1}\n" + dense, "R7")

    assert offer.changes["params"] == 9 * 32 + 2048 - 9 * 2048
    assert offer.changes["mult_adds"] == 1008 * (9 * 32 + 2048 - 9 * 2048)
    assert offer.text.endswith(
        "  - conv: {name: c_depthwise, out: c_in, kernel: 3, padding: 1, groups: c_in}\n"
        "  - conv: {name: c, out: 64, kernel: 1}  # dense\n"
    )


def test_two_3x3_replace_a_5x5_with_18_of_25_weights():
    (offer,) = offered("  - conv: {out: 32, kernel: 5, padding: 2}\n", "R6")

    assert offer.before.params == 25 * 32 * 32
    assert offer.after.params == 18 * 32 * 32
    assert offer.after.activations == 2 * offer.before.activations


def test_a_strided_7x7_keeps_its_output_shape():
    text = "  - conv: {out: 32, kernel: 7, padding: 3, stride: 2}\n  - relu\n"
    (offer,) = offered(text, "R6")
    end = build(parse_spec(offer.text)).output.shape

    assert end == build(parse_spec(HEAD + text)).output.shape == (1, 32, 14, 18)


@pytest.mark.parametrize(
    "conv",
    [
        "{out: 32, kernel: 5, padding: 1}",  # the stack would end larger
        "{out: 32, kernel: 5, padding: 2, dilation: 2}",
        "{out: c_in, kernel: 5, padding: 2}",  # c_in would mean another width
        "{out: 32, kernel: 5, padding: 2, repeat: 2}",
    ],
)
def test_a_stack_that_would_not_fit_is_not_offered(conv):
    assert offered(f"  - conv: {conv}\n", "R6") == []


def test_equal_inner_widths_move_less_at_no_more_mult_adds():
    """64 -> 16 -> 144 -> 64 costs 1024 + 9·2304 + 9216 = 30976 a position; m = 48 costs
    64·48·2 + 9·48² = 26880, the next multiple of 8 with 9·56² + 7168 = 35392 too much."""
    block = ("  - conv: {out: 64, kernel: 1}\n  - conv: {out: 16, kernel: 1}\n  - relu\n"
             "  - conv: {out: 144, kernel: 3, padding: 1}\n"
             "  - conv: {out: 64, kernel: 1}\n")  # fmt: skip
    offer = next(o for o in offered(block, "G1") if o.path == "conv3")

    assert offer.changes["mult_adds"] == 1008 * (26880 - 30976)
    assert offer.changes["mem_access"] < 0
    assert "out: 48" in offer.text


def test_fewer_groups_move_less_at_no_more_mult_adds():
    """64 -> 96 -> 96 -> 64 in 12 groups: 12288 + 6912 = 19200; one group of 32: 4096 + 9216."""
    block = ("  - conv: {out: 64, kernel: 1}\n  - conv: {out: 96, kernel: 1}\n"
             "  - conv: {out: 96, kernel: 3, padding: 1, groups: 12}\n"
             "  - conv: {out: 64, kernel: 1}\n")  # fmt: skip
    (offer,) = offered(block, "G2")

    assert offer.changes["mult_adds"] == 1008 * (4096 + 9216 - 19200)
    assert offer.changes["mem_access"] < 0


def test_a_rewrite_that_does_not_help_is_not_offered():
    """Two 3×3 with a middle as wide as the output cost more than a 5×5 on few channels."""
    assert offered("  - conv: {out: 512, kernel: 5, padding: 2}\n", "R6") == []


def test_a_ghost_module_halves_a_large_pointwise_convolution():
    """32 -> 64 at 1008: 2048 weights; 1024 + 9·32 after."""
    (offer,) = offered("  - conv: {name: c, out: 64, kernel: 1}\n  - relu: {from: c}\n", "R8")

    assert (offer.before.params, offer.after.params) == (2048, 1024 + 288)


def attempt(items, lowers=("params",), keeps=(), layers=None):
    """A rewrite of the 5×5 convolution by hand, tried."""
    text = HEAD + (layers or "  - conv: {out: 32, kernel: 5, padding: 2}\n  - relu\n")
    outcome = lint(build(parse_spec(text, "t.yaml")), Settings(select=("R6",)))
    finding = outcome.findings[0]
    edit = written_at(finding.mark).edit(*items)
    return Shop(outcome).tried(finding, Rewrite("by hand", (edit,), lowers, keeps))


def test_a_rewrite_that_changes_a_shape_outside_is_refused():
    assert attempt(("conv: {out: 32, kernel: 3, padding: 1}",)) is not None
    assert attempt(("conv: {out: 16, kernel: 3, padding: 1}",)) is None


def test_a_rewrite_that_lowers_nothing_is_refused():
    assert attempt(("conv: {out: 32, kernel: 5, padding: 2}",)) is None
    assert attempt(("conv: {out: 32, kernel: 7, padding: 3}",)) is None


def test_a_rewrite_that_raises_what_it_must_keep_is_refused():
    two = ("conv: {out: 32, kernel: 3, padding: 1}", "conv: {out: 32, kernel: 3, padding: 1}")

    assert attempt(two) is not None
    assert attempt(two, keeps=("activations",)) is None


def test_a_rewrite_that_is_no_spec_is_refused():
    assert attempt(("conv: {outs: 32}",)) is None


def test_an_included_file_is_not_rewritten(tmp_path):
    block = "blocks:\n  large:\n    layers:\n      - conv: {out: 32, kernel: 5, padding: 2}\n"
    (tmp_path / "parts.yaml").write_text(f"model: parts\n{block}")
    head = HEAD.replace("layers", "include: parts.yaml\nlayers")
    (tmp_path / "t.yaml").write_text(f"{head}  - large\n")
    outcome = lint(load(str(tmp_path / "t.yaml")), Settings(select=("R6",)))

    assert len(outcome.findings) == 1
    assert offers(outcome) == []


def test_a_layer_within_a_line_is_not_rewritten():
    line = "  - repeat: {times: 2, layers: [{conv: {out: 32, kernel: 5, padding: 2}}]}\n"

    assert offered(line, "R6") == []


def test_a_layer_of_several_lines_is_rewritten_whole():
    lines = "  - conv:\n      out: 32\n      kernel: 5\n      padding: 2\n  - relu\n"
    (offer,) = offered(lines, "R6")

    assert "kernel: 5" not in offer.text
    assert offer.after.params == 18 * 32 * 32


def test_a_grid_is_reduced_by_convolution_and_pool_side_by_side():
    """32 -> 64 at 28·36 = 1008 and a pool to 14·18 = 252: 32 -> 32 at 252, 32 pass the pool."""
    layers = ("  - conv: {out: 64, kernel: 3, padding: 1}\n  - relu\n"
              "  - max_pool: {name: half, kernel: 3, stride: 2, padding: 1}\n"
              "  - relu: {from: half}\n")  # fmt: skip
    (offer,) = offered(layers, "R9")

    assert offer.before.mult_adds == 9 * 32 * 64 * 1008
    assert offer.after.mult_adds == 9 * 32 * 32 * 252
    assert build(parse_spec(offer.text)).output.shape == (1, 64, 14, 18)


def test_a_grid_reduction_whose_branches_would_not_meet_is_not_offered():
    """A 2×2 pool without padding gives 14·18, the unpadded strided 3×3 13·17."""
    layers = ("  - conv: {out: 64, kernel: 3, padding: 0}\n"
              "  - max_pool: {kernel: 2, stride: 2}\n")  # fmt: skip

    assert offered(layers, "R9") == []


NETWORKS = ["resnet50", "vgg16", "inception_v3", "squeezenet", "googlenet", "shufflenet_v2",
            "densenet121", "alexnet", "mnasnet", "efficientnet_v2", "efficientnet_b0",
            "mobilenet_v2", "mobilenet_v3_large", "peleenet", "fbnet_a", "resnetv2_18d",
            "lenet5"]  # fmt: skip


def rebuilt(text, network):
    return build(parse_spec(text, network.spec.path), dict(network.graph.binding),
                 network.graph.variant)  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_savings_are_the_difference_of_two_independent_analyses(name):
    network = load(name)
    before = Table(load(name).graph).totals
    for offer in offers(lint(network)):
        after = Table(rebuilt(offer.text, network)).totals
        assert {q: getattr(after, q) - getattr(before, q) for q in TOTALS} == offer.changes


def changed_lines(old, new):
    """The first and the last line, from 1, that differ between two texts, in each of them."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    edits = [block for block in blocks if block[0] != "equal"]
    return (edits[0][1] + 1, edits[-1][2]), (edits[0][3] + 1, edits[-1][4])


def outside(layers, span, path):
    """What the layers are that no line within *span* has a part in."""
    return [
        (x.op, x.xs, x.y)
        for x in layers
        if not any(m.source.path == path and span[0] <= m.line <= span[1] for m in x.marks)
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_outside_the_rewritten_lines_are_unchanged(name):
    network = load(name)
    path = network.spec.path
    text = Path(path).read_text(encoding="utf-8").split("\n")
    for offer in offers(lint(network)):
        old, new = changed_lines(text, offer.text.split("\n"))
        graph = rebuilt(offer.text, network)
        assert outside(network.layers, old, path) == outside(graph.layers, new, path)
        assert graph.output.shape == network.graph.output.shape


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0", "resnet18", "densenet121"])
def test_every_variant_of_a_rewritten_spec_has_the_outputs_it_had(name):
    network = load(name)
    for offer in offers(lint(network)):
        for variant in list(network.spec.variants)[:8]:
            new = build(parse_spec(offer.text, network.spec.path), {}, variant)
            old = build(network.spec, {}, variant)
            assert new.output.shape == old.output.shape


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "vgg16", "lenet5"])
def test_fixing_a_network_saves_the_sum_of_what_was_told(name):
    network = load(name)
    end, taken, text = fixed(lint(network, Settings(select=("R7", "R13", "R14"))))
    before, after = Table(network.graph).totals, Table(rebuilt(text, network)).totals

    assert taken
    assert offers(end) == []
    for q in TOTALS:
        assert getattr(after, q) - getattr(before, q) == sum(x.changes[q] for x in taken)


@pytest.mark.parametrize(
    ("name", "code"),
    [("vgg16", "R7"), ("densenet121", "R7"), ("densenet121", "R14"), ("efficientnet_b0", "R13"),
     ("squeezenet", "R8"), ("lenet5:modern", "R7")],
)  # fmt: skip
def test_a_fixed_network_is_clean_of_the_rule(name, code):
    network = load(name)
    _, taken, text = fixed(lint(network, Settings(select=(code,))))
    again = lint(rebuilt(text, network), Settings(select=(code,)))

    assert taken
    assert again.findings == ()


def test_fixing_goes_on_until_nothing_helps():
    text = HEAD + "".join(
        f"  - conv: {{out: 32, kernel: {k}, padding: {k // 2}}}\n" for k in (5, 7, 5)
    )
    outcome = lint(loads(text), Settings(select=("R6",)))

    end, taken, fixed_text = fixed(outcome)

    assert len(taken) == 3
    assert end.findings == ()
    assert loads(fixed_text).totals.params == (2 + 3 + 2) * 9 * 32 * 32


def test_fix_writes_a_new_spec_and_leaves_the_old_one(tmp_path, runner):
    spec, new = tmp_path / "t.yaml", tmp_path / "new.yaml"
    text = HEAD + "  - conv: {out: 32, kernel: 5, padding: 2}\n"
    spec.write_text(text)

    done = runner.invoke(cli, ["lint", str(spec), "--select", "R6", "--fix", "-o", str(new)])

    assert done.exit_code == 1
    assert spec.read_text() == text
    assert load(str(new)).totals.params == 18 * 32 * 32


def test_fix_in_place_is_asked_for(tmp_path, runner):
    spec = tmp_path / "t.yaml"
    spec.write_text(HEAD + "  - conv: {out: 32, kernel: 5, padding: 2}\n")

    refused = runner.invoke(cli, ["lint", str(spec), "--select", "R6", "--fix"])
    done = runner.invoke(cli, ["lint", str(spec), "--select", "R6", "--fix", "--in-place"])

    assert refused.exit_code == 2
    assert "--output FILE" in refused.output
    assert done.exit_code == 1
    assert load(str(spec)).totals.params == 18 * 32 * 32


def test_suggestions_are_told_before_and_after(tmp_path, runner):
    spec = tmp_path / "t.yaml"
    spec.write_text(HEAD + "  - conv: {out: 32, kernel: 5, padding: 2}\n")

    done = runner.invoke(
        cli, ["lint", str(spec), "--select", "R6", "--suggest", "--format", "json"]
    )
    (rewrite,) = json.loads(done.output)["rewrites"]

    assert (rewrite["before"]["params"], rewrite["after"]["params"]) == (25600, 18432)


@pytest.mark.parametrize(("value", "text"), [("c // 2", "c // 2"), ("2*c", "2*c"),
                                             ("max(c, 8)", '"max(c, 8)"')])  # fmt: skip
def test_expressions_are_quoted_where_yaml_needs_it(value, text):
    assert layer_text("conv", {"out": value}) == f"conv: {{out: {text}}}"


def test_a_network_that_was_not_read_from_a_spec_cannot_be_fixed():
    outcome = lint(loads(HEAD + "  - conv: {out: 32, kernel: 5, padding: 2}\n"))
    outcome.seen.graph.spec.root.mark.source.text = ""  # as an importer leaves it

    with pytest.raises(SpecError, match="rewrites are of specs, and <text> is none"):
        fixed(outcome)
