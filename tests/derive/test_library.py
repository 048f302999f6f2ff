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
        yield f"{text} + 1"  # not twice the text, which may be zero
    if " + " in text:
        yield text.replace(" + ", " - ", 1)


def narrowed(ranges):
    """Each range without its first or its last number; a wider search would prove as much."""
    for name, (low, high, step) in ranges.items():
        yield {**ranges, name: [low + step, high, step]}
        yield {**ranges, name: [low, high - step, step]}
        yield {**ranges, name: [low, high, 2 * step]}


@pytest.mark.parametrize("name", NAMES)
def test_a_proof_with_any_one_step_corrupted_is_rejected(name):
    proof = json.loads(json.dumps(LIBRARY[name].ask().as_json()))
    survivors = []
    for i, step in enumerate(proof["steps"]):
        for key in step.keys() - UNCHECKED:
            for other in narrowed(step[key]) if key == "ranges" else corruptions(step[key]):
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


EQUATIONS = [
    name
    for name in NAMES
    if "=" in LIBRARY[name].question.get("compare", "")
    and not re.search("[<>]", LIBRARY[name].question["compare"])
]


@pytest.mark.parametrize("name", EQUATIONS)
def test_an_equation_of_the_library_with_another_number_is_refuted(name):
    entry = LIBRARY[name]
    left, _, right = entry.question["compare"].partition(" = ")
    numbers = list(re.finditer(r"(?<![\w.])\d+", right)) or [re.search("$", right)]
    for match in numbers:
        more = f"{int(match.group()) + 1}" if match.group() else "*2"
        wrong = f"{left} = {right[: match.start()]}{more}{right[match.end() :]}"
        found = entry._replace(question={**entry.question, "compare": wrong}).ask()

        assert found.status == "refuted", wrong


def test_released_efficientnets_grow_faster_than_their_rule():
    import costmodel as cm

    rule = 3.1 * 2**2 * (600 / 224) ** 2  # B7's depth, width and resolution: d w^2 r^2
    small, large = (cm.load(f"efficientnet:{name}").totals.mult_adds for name in ("b0", "b7"))

    assert rule == pytest.approx(89, abs=0.5)
    assert large / small == pytest.approx(97.8, abs=0.1)


@pytest.mark.parametrize("name", [n for n in NAMES if "compare" not in LIBRARY[n].question])
def test_an_entry_that_asks_for_an_answer_does_not_hold_it(name):
    entry = LIBRARY[name]
    answer = str(entry.ask().as_json()["bound"])

    assert answer not in [str(part) for part in entry.question.values()]


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        # the figures that the documents print, worked out there by hand
        ("fbnet-space", {"m": 22}, 984770902183611232881),
        ("fbnet-space-shapes", {"m": 16}, 9**16 * 8**6),
        ("fractalnet-depth", {"C": 4}, 8),
        ("fractalnet-convolutions", {"C": 4}, 15),
        ("fractalnet-weights", {"C": 3, "k": 3, "c": 3, "F": 64}, 3 * 9 * 3 * 64 + 4 * 9 * 64**2),
        ("stochastic-depth-networks", {"L": 54}, 2**54),
        ("densenet-connections", {"L": 12}, 78),
        ("csp-dense", {"c": 32, "m": 6, "d": 32}, 64 * 6 + 42 * 32 // 2),
        ("channel-reuse", {"j": 3, "c": 48}, 6),
    ],
)
def test_closed_forms_give_the_documents_figures(name, at, value):
    assert eval(LIBRARY[name].ask().as_json()["bound"], {}, at) == value  # plain infix, ours


def test_whole_channels_may_not_reach_the_floor():
    found = LIBRARY["G1-integers"].ask().as_json()["integer"]

    assert sorted(found["attained_at"].values()) == [1, 97]


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("depthwise-separable-eightfold", "N >= 72"),
        ("efficientnetv2-exchange", "A2 >= 2**(7/100)*A1"),  # 1.0497
        ("efficientnetv2-step-time", "x >= 2**(-7/100)"),  # 0.9527: 4.7 % less
        ("inception-reduction", "r < 25*c*f/(c + 25*f)"),
        ("compound-width-mbconv", "(k**2 + 4*a)/(k**2 + 2*a)"),
        ("width-multiplier", "(D**2 + 2*N*a)/(D**2 + N*a)"),
    ],
)
def test_answers_are_spelled_as_a_reader_would(name, statement):
    assert LIBRARY[name].ask().as_json()["bound"] == statement


def test_the_documents_derivations_are_all_there():
    assert {"G1", "G2", "G3", "on-chip", "csp", "fractalnet-weights"} <= set(NAMES)
    assert len(NAMES) >= 100
