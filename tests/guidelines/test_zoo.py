"""The guidelines on the shipped networks say what the papers say of them."""

import pytest

from costmodel import load
from costmodel.guidelines.linting import lint
from costmodel.guidelines.settings import Settings


def found(name, *codes):
    return lint(load(name), Settings(select=codes)).findings


@pytest.mark.parametrize("name", ["x0_5", "x1_0", "x1_5", "x2_0"])
def test_shufflenet_v2_is_nearly_clean_under_its_own_guidelines(name):
    outcome = lint(load(f"shufflenet_v2:{name}"), Settings(select=("G1", "G2")))

    assert len(outcome.findings) * 20 <= len(outcome.seen.convs)


def test_the_expansions_of_mobilenet_v2_are_found():
    """t = 6: (1 + 6)/(2·sqrt(6)) = 1.4289 of the map part, weights aside."""
    expansions = [f for f in found("mobilenet_v2", "G1") if f.path.endswith("conv_pw")]

    assert max(f.excess for f in expansions) == pytest.approx(1.4289, rel=0.01)
    assert all(f.excess < 7 / (2 * 6**0.5) for f in expansions)
    assert len(expansions) >= 10


def test_the_groups_of_shufflenet_v1_are_found():
    """g = 3: at most sqrt(3) times; the weights of the narrow layers are few."""
    findings = found("shufflenet_v1", "G2")

    assert len(findings) >= 20
    assert 1.6 < max(f.excess for f in findings) < 3**0.5


def test_mobilenet_v2_and_shufflenet_v2_have_no_groups_to_reduce():
    assert found("mobilenet_v2", "G2") == ()
    assert found("shufflenet_v2", "G2") == ()


def test_all_nine_inception_modules_of_googlenet_are_fragmented():
    """Seven operators: four 1×1, a 3×3, the 3×3 or 5×5 of the other branch, a pool; longest 2."""
    findings = found("googlenet", "G3")

    assert [f.path.partition("/")[0] for f in findings] == [
        f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    ]
    assert {f.excess for f in findings} == {7 / 2}


def test_every_block_of_fractalnet_is_fragmented():
    assert len({f.path.partition("/")[0] for f in found("fractalnet", "G3")}) >= 4


@pytest.mark.parametrize(
    "name", ["resnet50", "vgg16", "mobilenet_v2", "densenet121", "cspresnet50"]
)
def test_chains_and_shortcuts_are_not_fragmented(name):
    assert found(name, "G3") == ()


def test_the_classifier_of_vgg16_holds_most_params():
    """25088·4096 + 4096 of 138,357,544."""
    (finding,) = found("vgg16", "R11")

    assert finding.excess == pytest.approx(2 * 102764544 / 138357544)


def test_pooling_before_the_classifier_of_vgg16_would_save_48_of_49_weights():
    (finding,) = found("vgg16", "R11")

    assert finding.saves["params"] == 48 * 512 * 4096


def test_a_dropout_does_not_hide_the_map_that_alexnets_classifier_reads():
    """256·6·6 -> 4096 after flatten and dropout; 256 -> 4096 after a global pool."""
    (finding,) = found("alexnet", "R11")

    assert finding.saves["params"] == (256 * 36 - 256) * 4096


def test_the_pooled_transitions_of_densenet_average():
    assert len(found("densenet121", "R4")) == 3


def test_the_swish_of_efficientnet_is_found_and_the_h_swish_of_mobilenet_v3_is_not():
    assert found("efficientnet_b0", "R5")
    assert found("mobilenet_v3_large", "R5") == ()
