"""Answers that were once wrong, or that the checker could not follow, and why they are right."""

import json
import time

import pytest

from costmodel.derive import bound
from costmodel.derive.checker import check


@pytest.fixture
def asked(network):
    """The answer to a question about a few layers as plain data, which the checker accepts."""

    def ask(layers, symbols, input, *arguments, **question):
        graph = network(*layers, symbols=symbols, input=input)
        found = json.loads(json.dumps(bound(graph, *arguments, **question).as_json()))
        assert check(found) == []
        return found

    return ask


def test_a_peak_is_not_met_where_an_irrational_argument_of_it_is_too_large(asked):
    # flops = 2*mult_adds = 4400000 wherever the constraints hold.  At a = 1, 6737.5 b + 110 b^2
    # = 2200000 says b = 114.07, but then the peak is 220 b = 25096 > 17601
    layers = ["conv: {out: b, kernel: 7, padding: 3, groups: 4, bias: false}",
              "conv: {out: b, kernel: 1, bias: false}",
              "conv: {out: a, kernel: 7, padding: 3, bias: true}"]  # fmt: skip
    found = asked(layers, "a, b", "[1, a, 10, 11]", "flops", ["a", "b"],
                  ["mult_adds=2200000", "peak_memory<=17601"])  # fmt: skip

    if found["attained_at"]:
        a, b = (eval(found["attained_at"][n], {"sqrt": lambda x: x**0.5}) for n in "ab")
        assert max(110 * (a + b), 220 * b) <= 17601
    assert found["bound"] is None or float(found["bound"]) <= 4400000


def test_the_root_of_a_peak_is_written_as_it_is(asked):
    # params(first) = 12 a; the peak of two layers is a maximum
    layers = ["conv: {name: first, out: 12, kernel: 1}", "conv: {out: b, kernel: 1}"]
    found = asked(layers, "a, b, h, w", "[1, a, h, w]", "params(first)",
                  at_least="2*sqrt(peak_memory)")  # fmt: skip

    assert found["status"] == "refuted"
    assert found["bound"].startswith("2*sqrt(Max(")


def test_the_same_constraint_on_a_peak_twice_can_be_met(asked):
    # at a = 40, b = 14 the peak is max(2*49*40, 49*(40 + 14)) = 3920: refusing would be wrong
    layers = ["conv: {out: a, kernel: 3, padding: 1, groups: a}",
              "conv: {out: b, kernel: 5, padding: 2}"]  # fmt: skip
    found = asked(layers, "a, b", "[1, a, 7, 7]", "activations", ["a", "b"],
                  ["peak_memory=3920", "b=14", "peak_memory=3920"])  # fmt: skip

    assert found["bound"] is None or float(eval(found["bound"])) <= 49 * (40 + 14)


def test_an_interval_under_a_peak_is_confirmed(asked):
    # params = a b + 9 b d + b >= 47 where mem_access = params + maps >= 3429
    layers = ["conv: {out: b, kernel: 1, bias: true}", "max_pool: {kernel: 2, stride: 2}",
              "conv: {out: d, kernel: 3, padding: 1, stride: 2, bias: false}"]  # fmt: skip
    found = asked(layers, "a, b, d", "[1, a, 9, 9]", "params", ["a", "b", "d"],
                  ["peak_memory<=9883", "mem_access>=3429"])  # fmt: skip

    assert found["status"] == "numeric"


UNEQUAL = ["conv: {name: first, out: b, kernel: 1}",
           "conv: {name: middle, out: b, kernel: 3, padding: 1}",
           "conv: {name: last, out: a, kernel: 1}"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "status"),
    [
        # every argument of the peak is two maps, and mem_access counts each of those maps
        ("peak_memory <= mem_access", "proved"),
        ("peak_memory <= 2*mem_access + 100", "proved"),
        ("activations >= 3*peak_memory", "refuted"),
        # what cancels on both sides still needs a place in the counterexample
        ("params < params", "refuted"),
        ("mult_adds(first) = mult_adds(last) + 5", "refuted"),
        ("mem_access < mem_access(first)", "refuted"),
    ],
)
def test_comparisons_with_maxima_and_equal_sides_are_checked(asked, text, status):
    found = asked(UNEQUAL, "a, b, h, w", "[1, a, h, w]", compare=text)

    assert found["status"] == status


def test_a_floor_that_is_subtracted_is_bounded_from_above(asked):
    # a h w > floor((h+1)/2) floor((w+1)/2) since (h+1)/2 <= h, and a >= 3
    layers = [
        "conv: {name: first, out: b, kernel: 1}",
        "conv: {name: last, out: b, kernel: 7, padding: 3, stride: 2, bias: false}",
    ]
    found = asked(layers, "a, b, h, w", "[1, 3*a, h, w]", when=True,
                  compare="mult_adds(first) > activations(last)")  # fmt: skip

    assert found["bound"] == "always"


@pytest.mark.parametrize("held", ["mem_access", "params", "peak_memory"])
def test_a_budget_too_small_for_any_width_is_no_counterexample(asked, held):
    # solving mem_access = B for a leaves (B - ...)/(... ), which is nothing for a small B
    found = asked(UNEQUAL, "a, b, h, w", "[1, a, h, w]", "activations", ["b"],
                  [f"{held}=B"], monotone="h")  # fmt: skip

    assert found["status"] in ("proved", "refuted", "unknown")


def test_what_a_symbol_does_not_change_is_refuted_by_two_points_with_equal_values(asked):
    found = asked(UNEQUAL, "a, b, h, w", "[1, a, h, w]", "params", monotone="h")

    assert (found["status"], found["direction"]) == ("refuted", "constant")
    first, second = found["witness"]["values"]
    assert first == second


def test_thirty_symbols_are_answered_in_seconds(network):
    names = [f"s{i}" for i in range(30)]
    layers = [f"conv: {{out: {name}, kernel: 3, padding: 1}}" for name in names[1:]]
    graph = network(*layers, symbols=", ".join(names), input="[1, s0, 8, 8]")
    begun = time.process_time()
    found = bound(graph, "peak_memory", names, ["params=1000000", "activations=100000"])

    assert found.status in ("numeric", "unknown")
    assert time.process_time() - begun < 20  # the patience with a question is 6 s
