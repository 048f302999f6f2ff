"""Monotone? At most? Exactly when? Never below?"""

import pytest

from costmodel.derive import bound
from costmodel.derive.checker import check
from costmodel.errors import BindingError, UnknownNameError

GROUPED = "conv: {out: c2, kernel: 1, groups: g}"
PAIR = (
    "branches: {join: add, dense: [{conv: {out: N, kernel: D, padding: same}}], "
    "separable: [{conv: {out: M, kernel: D, padding: same, groups: M}}, "
    "{conv: {out: N, kernel: 1}}]}"
)


@pytest.fixture
def grouped(network):
    return network(GROUPED, symbols="h, w, c1, c2, g")


@pytest.fixture
def pair(network):
    return network(PAIR, symbols="h, w, M, N, D", input="[1, M, h, w]")


def test_groups_raise_traffic_at_fixed_mult_adds(grouped):
    found = bound(grouped, "mem_access", ["c2"], ["mult_adds=B"], monotone="g")

    assert (found.status, found.bound) == ("proved", "increasing")
    assert found.steps[-1].data["derivative"] == "B/c1"
    assert check(found.as_json()) == []


def test_groups_lower_traffic_at_fixed_channels(grouped):
    found = bound(grouped, "mem_access", monotone="g")

    assert (found.status, found.extra["direction"]) == ("refuted", "decreasing")
    first, second = (eval_traffic(found.witness, g) for g in found.witness["g"])
    assert second < first
    assert check(found.as_json()) == []


def eval_traffic(at, g):
    return at["h"] * at["w"] * (at["c1"] + at["c2"]) + at["c1"] * at["c2"] / g


def test_at_the_optimum_traffic_grows_as_the_root_of_groups(grouped):
    found = bound(grouped, "mem_access", ["c1", "c2"], ["mult_adds=B"], monotone="g")

    assert found.status == "proved"
    assert found.steps[-1].data["derivative"] == "sqrt(B*h*w/g)"


def test_what_neither_rises_nor_falls_is_refuted_by_two_points(network):
    # c1 + B/c1 falls, then rises
    graph = network("conv: {out: c2, kernel: 1}")
    found = bound(graph, "mem_access", ["c2"], ["mult_adds=B"], monotone="c1")

    assert found.status == "refuted"
    assert found.extra["direction"] is None


def test_depthwise_separable_saves_exactly_beyond_a_width(pair):
    # D^2*M*N > D^2*M + M*N
    found = bound(pair, compare="mult_adds(separable) < mult_adds(dense)", when="N")

    assert found.bound == "N > D**2/(D**2 - 1)"
    assert found.status == "proved"
    assert "D**2 - 1 > 0" in found.conditions
    assert check(found.as_json()) == []


def test_a_false_comparison_gets_a_network_as_witness(pair):
    found = bound(pair, compare="mult_adds(separable) <= mult_adds(dense)")

    w = found.witness
    assert found.status == "refuted"
    assert w["D"] ** 2 * w["M"] + w["M"] * w["N"] > w["D"] ** 2 * w["M"] * w["N"]
    assert check(found.as_json()) == []


def test_an_identity_is_proved_and_a_near_miss_refuted(pair):
    right = bound(pair, compare="mult_adds(separable)/mult_adds(dense) = 1/N + 1/D**2")
    wrong = bound(pair, compare="mult_adds(separable)/mult_adds(dense) = 1/N + 1/D")

    assert (right.status, wrong.status) == ("proved", "refuted")
    assert check(right.as_json()) == []


def test_a_true_comparison_is_proved(network):
    graph = network("branches: {join: add, big: [{conv: {out: c2, kernel: 3, padding: 1}}], "
                    "small: [{conv: {out: c2, kernel: 1}}]}")  # fmt: skip
    found = bound(graph, compare="mult_adds(small) < mult_adds(big)")

    assert found.status == "proved"
    assert check(found.as_json()) == []


def test_a_floor_that_holds_is_proved(grouped):
    # 2*sqrt(Bghw) >= 2*sqrt(Bhw) because g >= 1
    found = bound(grouped, "mem_access", ["c1", "c2"], ["mult_adds=B"],
                  at_least="2*sqrt(B*h*w) + B/(h*w)")  # fmt: skip

    assert found.status == "proved"
    assert check(found.as_json()) == []


def test_a_floor_that_does_not_hold_is_refuted_by_numbers(grouped):
    found = bound(grouped, "mem_access", ["c1", "c2"], ["mult_adds=B"],
                  at_least="3*sqrt(B*h*w) + B/(h*w)")  # fmt: skip

    w = found.witness
    assert found.status == "refuted"
    assert w["c1"] * w["c2"] * w["h"] * w["w"] == w["B"] * w["g"]
    assert w["mem_access"] == eval_traffic(w, w["g"])
    assert check(found.as_json()) == []


def test_equality_at_the_bound_is_not_a_counterexample(network):
    found = bound(network("conv: {out: c2, kernel: 1}"), "mem_access", ["c1", "c2"],
                  ["mult_adds=B"], at_least="2*sqrt(B*h*w) + B/(h*w)")  # fmt: skip

    assert found.status == "proved"


def test_unknown_symbols_are_refused(grouped):
    with pytest.raises(UnknownNameError, match="'gg'"):
        bound(grouped, "mem_access", monotone="gg")
    with pytest.raises(BindingError, match="both vary and adapt"):
        bound(grouped, "mem_access", ["g"], ["mult_adds=B"], monotone="g")
    with pytest.raises(BindingError, match="nothing is asked"):
        bound(grouped)
