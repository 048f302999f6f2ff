"""The documents' bounds come out of the machinery, each with a proof no corruption survives."""

import copy
import json
import re

import pytest

from costmodel.derive import bound
from costmodel.derive.checker import check
from costmodel.derive.library import LIBRARY, listing, named
from costmodel.graph import build
from costmodel.spec.document import parse_spec

NAMES = list(LIBRARY)
UNCHECKED = {"claim", "because", "checked", "kind"}


@pytest.mark.parametrize("name", NAMES)
def test_each_entry_has_the_verdict_that_its_statement_deserves(name):
    found = LIBRARY[name].ask()

    assert found.status == LIBRARY[name].expects
    assert found.steps
    assert check(json.loads(json.dumps(found.as_json()))) == []


def corruptions(value):
    """*value* with one number, sign, relation or direction changed, in every place."""
    if isinstance(value, str):
        yield from corrupted_texts(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value + 1
    elif isinstance(value, list):
        for i, part in enumerate(value):
            for other in corruptions(part):
                yield [*value[:i], other, *value[i + 1 :]]
    elif isinstance(value, dict):
        for key, part in value.items():
            for other in corruptions(part):
                yield {**value, key: other}


SWAPS = {">=": "<=", "=": "<=", "increasing": "decreasing", "decreasing": "increasing"}


def corrupted_texts(text):
    if text in SWAPS:
        yield SWAPS[text]
        return
    numbers = list(re.finditer(r"(?<![\w.])\d+", text))
    for match in numbers:
        yield f"{text[: match.start()]}{int(match.group()) + 1}{text[match.end() :]}"
    if not numbers and text:
        yield f"{text} + 1" if re.search("[<>]", text) else f"2*({text})"
    if " + " in text:
        yield text.replace(" + ", " - ", 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_proof_with_any_one_step_corrupted_is_rejected(name):
    proof = json.loads(json.dumps(LIBRARY[name].ask().as_json()))
    survivors = []
    for i, step in enumerate(proof["steps"]):
        for key in step.keys() - UNCHECKED:
            for other in corruptions(step[key]):
                broken = copy.deepcopy(proof)
                broken["steps"][i][key] = other
                if not check(broken):
                    survivors.append((i, key, step[key], other))

    assert survivors == []


def test_corrupting_the_answer_itself_is_noticed():
    proof = LIBRARY["G1"].ask().as_json()

    for key, wrong in (("bound", "3*sqrt(B*h*w) + B/(h*w)"),
                       ("attained_at", {"c1": "sqrt(B)", "c2": "sqrt(B)"})):  # fmt: skip
        assert check({**proof, key: wrong})
    assert check({**proof, "steps": []})
    assert check({**proof, "steps": proof["steps"][:1]})


def test_a_fresh_spec_gets_the_same_answer_as_the_library():
    text = """
    model: written_anew
    symbols: {n: 1, rows: {}, columns: {}, a: {}, b: {}}
    input: [n, a, rows, columns]
    layers: [{conv: {out: b, kernel: 1}}]
    """
    fresh = bound(build(parse_spec(text)), "mem_access", ["a", "b"], ["mult_adds=B"]).as_json()
    shelf = LIBRARY["G1"].ask().as_json()

    rename = {"h": "columns", "w": "rows"}
    assert fresh["bound"] == re.sub(r"\b[hw]\b", lambda m: rename[m.group()], shelf["bound"])


def test_the_listing_says_what_where_and_how_exact():
    rows = {row[0]: row for row in listing()}

    assert rows["G1"][5] == "costmodel/derive/library/guidelines.py"
    assert {row[2] for row in rows.values()} == {"exact", "asymptotic", "heuristic"}
    assert len(rows) >= 50


def test_a_named_bound_says_where_the_documents_err():
    found = named("G1-strided")

    assert any("equal channel width" in line for line in found.conditions)
    assert found.as_json()["library"]["grade"] == "exact"


@pytest.mark.parametrize(
    ("c", "d"), [(1, 64), (2, 39.95), (4, 23.93), (8, 13.70), (16, 7.51), (32, 3.97)]
)
def test_resnext_widths_of_equal_complexity(c, d):
    # C*(512 d + 9 d^2) = 69,632; the widths as recomputed for the documents
    place = LIBRARY["resnext-equal-complexity"].ask().attained_at["d"]
    from costmodel.arith import evaluate

    assert float(evaluate(place, {"C": c})) == pytest.approx(d, abs=0.006)
