"""Each step that no entry of the library uses, with any one part corrupted, is rejected."""

import copy
import json
import re

import pytest

from costmodel.derive import bound
from costmodel.derive.checker import check

UNCHECKED = {"claim", "because", "checked", "kind"}
FIRST = "conv: {name: first, out: b, kernel: 1}"
LAST = "conv: {name: last, out: d, kernel: 3, padding: 1}"
SHORTER = ("free", "cases")  # in another order, or with less steps, they may prove as much
SWAPS = {">=": "<=", "=": "<="}

QUESTIONS = {
    "a dual certificate": (
        [FIRST, LAST], "a, b, d, s", "[1, a, s, s]", "mem_access", ["a", "b", "d", "s"],
        ["mult_adds(first)>=1000000", "mult_adds(last)>=300000", "params<=9000"],
    ),
    "a dual certificate of a maximum": (
        [FIRST, LAST], "a, b, d", "[1, a, 14, 14]", "peak_memory", ["a", "b", "d"],
        ["mult_adds(first)>=1000000", "activations<=14000", "mult_adds(last)>=900000"],
    ),
    "integer ranges and divisions": (
        ["conv: {out: b, kernel: 3, padding: 1, groups: 2}"], "a, b", "[1, a, 6, 6]",
        "mem_access", ["a", "b"], ["mult_adds=7776"],
    ),
    "the argument that decides": (
        [FIRST, LAST], "a, b, d", "[1, a, 6, 6]", "peak_memory", ["a", "b", "d"],
        ["mult_adds(first)=36000", "d=3"],
    ),
    "cases of a peak that is given": (
        [FIRST, LAST], "a, b, d", "[1, a, 6, 6]", "params", ["a", "b", "d"],
        ["peak_memory=720", "activations(last)=180"],
    ),
}  # fmt: skip
KINDS = {
    "a dual certificate": "geometric-program",
    "a dual certificate of a maximum": "geometric-program",
    "integer ranges and divisions": "exhaustion",
    "the argument that decides": "maximum",
    "cases of a peak that is given": "cases",
}


def corrupted(value, key=""):
    """*value* with one number, relation or part of a list changed, in every place."""
    if isinstance(value, str):
        yield from corrupted_text(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value + 1
    elif key == "ranges":
        for name, (low, high, step) in value.items():
            yield {**value, name: [low + step, high, step]}
            yield {**value, name: [low, high - step, step]}
            yield {**value, name: [low, high, 2 * step]}
    elif isinstance(value, list):
        for i, part in enumerate(value):
            if key not in SHORTER:
                yield value[:i] + value[i + 1 :]
            for other in corrupted(part, key if isinstance(part, list) else ""):
                yield [*value[:i], other, *value[i + 1 :]]
    elif isinstance(value, dict):
        for name in value.keys() - UNCHECKED:
            for other in corrupted(value[name], name):
                yield {**value, name: other}


def corrupted_text(text):
    if text in SWAPS:
        yield SWAPS[text]
        return
    numbers = list(re.finditer(r"(?<![\w.])\d+", text))
    for match in numbers:
        yield f"{text[: match.start()]}{int(match.group()) + 1}{text[match.end() :]}"
    if not numbers and text:
        yield f"{text} + 1"
    if " + " in text:
        yield text.replace(" + ", " - ", 1)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_step_with_any_one_part_corrupted_is_rejected(name, network):
    layers, symbols, start, *question = QUESTIONS[name]
    graph = network(*layers, symbols=symbols, input=start)
    proof = json.loads(json.dumps(bound(graph, *question).as_json()))
    survivors = []
    for i, step in enumerate(proof["steps"]):
        for other in corrupted(step):
            broken = copy.deepcopy(proof)
            broken["steps"][i] = other
            if not check(broken):
                survivors.append((i, step["kind"], other))

    assert KINDS[name] in [step["kind"] for step in proof["steps"]]
    assert check(proof) == []
    assert survivors == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_proof_without_one_of_its_steps_is_rejected(name, network):
    layers, symbols, start, *question = QUESTIONS[name]
    graph = network(*layers, symbols=symbols, input=start)
    proof = json.loads(json.dumps(bound(graph, *question).as_json()))
    kept = [
        i for i, step in enumerate(proof["steps"]) if step["kind"] not in ("part", "exhaustion")
    ]

    for i in kept:  # a part that no step uses, and integers beside a bound, may be left out
        assert check({**proof, "steps": proof["steps"][:i] + proof["steps"][i + 1 :]}), i


def test_a_bound_on_a_minuend_needs_every_argument_of_the_maximum(network):
    # mem_access - peak_memory >= 0 needs both maps of both layers; 2*peak_memory needs more
    graph = network(FIRST, LAST, symbols="a, b, d, h, w", input="[1, a, h, w]")
    proof = bound(graph, compare="peak_memory <= mem_access").as_json()

    assert check(proof) == []
    for wrong in ("2*", "3*"):
        broken = json.loads(json.dumps(proof).replace("Max(", f"{wrong}Max("))
        assert broken != proof
        assert check(broken)
