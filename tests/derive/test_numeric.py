"""Where no closed form by signs and means exists: dual certificates and counted roots."""

import copy
import json
import re

import pytest

from costmodel.derive import bound
from costmodel.derive.checker import check
from costmodel.derive.checker.dual import log_bounds

UNCHECKED = {"claim", "because", "checked", "kind"}
FIRST = "conv: {name: first, out: b, kernel: 1}"
SQUARE = "conv: {name: last, out: b, kernel: 1}"
LAST = "conv: {name: last, out: d, kernel: 3, padding: 1}"


@pytest.fixture
def least(network):
    def ask(of, over, given, *layers, symbols, input):
        graph = network(*layers, symbols=symbols, input=input)
        found = json.loads(json.dumps(bound(graph, of, over, given).as_json()))
        assert check(found) == []
        return found

    return ask


@pytest.fixture
def chain(least):
    """mem_access = a*b + b*b + 4a + 12b of two 1 x 1 layers on a 2 x 2 map."""

    def ask(given):
        return least("mem_access", ["a", "b"], given, FIRST, SQUARE,
                     symbols="a, b", input="[1, a, 2, 2]")  # fmt: skip

    return ask


@pytest.fixture
def row(least):
    """A question about one 1 x 1 layer with params = a."""

    def ask(objective):
        return least(objective, ["a"], [], "conv: {out: 1, kernel: 1}",
                     symbols="a", input="[1, a, 3, 3]")  # fmt: skip

    return ask


def test_a_rational_minimiser_of_four_terms_is_proved(chain):
    # a = 800/b: 800 + b^2 + 3200/b + 12b; 2b + 12 = 3200/b^2 at b = 10 only
    found = chain(["mult_adds(first)=3200"])

    assert (found["status"], found["method"]) == ("proved", "stationarity")
    assert found["bound"] == str(800 + 100 + 320 + 120)
    assert found["attained_at"] == {"a": "80", "b": "10"}


def test_a_minimiser_with_a_square_root_is_proved(row):
    # 3a^2 - 12a + 6 = 0 at a = 2 + sqrt(2); a^3 = 20 + 14 sqrt(2), a^2 = 6 + 4 sqrt(2)
    found = row("params*params*params - 6*params*params + 6*params")

    assert (found["status"], found["method"]) == ("proved", "stationarity")
    assert float(eval(found["bound"], {"sqrt": lambda x: x**0.5})) == pytest.approx(-4 - 4 * 2**0.5)
    assert "sqrt(2)" in found["attained_at"]["a"]


def test_the_lower_of_a_boundary_and_a_turning_point_is_chosen(row):
    # a^3 - 12a^2 + 36a: 25 at a = 1, up to 32 at 2, down to 0 at 6
    found = row("params*params*params - 12*params*params + 36*params")

    assert (found["bound"], found["attained_at"]) == ("0", {"a": "6"})
    # a^3 - 12a^2 + 44a: 33 at 1, up to a = 3.15, down to 45.9 at 4.85
    found = row("params*params*params - 12*params*params + 44*params")
    assert found["status"] in ("proved", "numeric")
    assert float(found["bound"]) == pytest.approx(33)


def test_a_cubic_irrational_minimiser_gets_an_interval(chain):
    # b^3 + 6b^2 = 1568
    found = chain(["mult_adds(first)=3136"])
    best = min(784 + b * b + 12 * b + 3136 / b for b in (i / 1000 for i in range(1000, 40000)))

    assert found["status"] == "numeric"
    low, high = found["interval"]
    assert low <= best <= high * (1 + 1e-6)
    assert high - low <= 1e-6 * high


def test_an_irrational_minimum_of_mixed_signs_gets_an_interval(row):
    found = row("params*params*params*params - 7*params*params*params + 5*params")
    best = min(a**4 - 7 * a**3 + 5 * a for a in (i / 10000 for i in range(10000, 90000)))

    assert (found["status"], found["method"]) == ("numeric", "stationarity")
    low, high = found["interval"]
    assert low <= best <= high + 1e-3
    assert high - low < 1e-6 * abs(high)


def evaluated(found):
    """The bound, or the lower end of its interval, as a number."""
    return float(eval(found["bound"], {"sqrt": lambda x: x**0.5}))  # our own text


def geometric(least):
    return least("mem_access", ["a", "b", "d", "s"],
                 ["mult_adds(first)>=1000000", "mult_adds(last)>=300000", "params<=9000"],
                 FIRST, LAST, symbols="a, b, d, s", input="[1, a, s, s]")  # fmt: skip


def test_a_geometric_program_is_bracketed_by_its_dual(least):
    # a = 10^6/(b s^2), d = 10^5/(3 b s^2) >= 1: 1.3e6/s^2 + (1e6 + 1e5/3)/b + 2 b s^2, where
    # params = 1.3e6/s^2 <= 9000 says s^2 >= 1300/9; s stands for s^2 below
    found = geometric(least)
    best = min(
        1.3e6 / s + 1e6 / b + 1e5 / (3 * b) + 2 * b * s
        for s in (1300 / 9 * 1.002**i for i in range(400))
        for b in (1.003**i for i in range(3000))
        if 1e5 / (3 * b * s) >= 1
    )

    value = evaluated(found)
    assert value <= best * (1 + 1e-9)
    assert best <= value * (1 + 1e-4)


def test_a_peak_under_a_budget_of_activations_is_bracketed(least):
    # 196(b + d) <= 14000 and 1764 b d >= 900000 let b range; Max(196(a + b), ...) with
    # a = 10^6/(196 b): a falls with b, and b is at most the greater root of b + d = 14000/196
    found = least("peak_memory", ["a", "b", "d"],
                  ["mult_adds(first)>=1000000", "activations<=14000", "mult_adds(last)>=900000"],
                  FIRST, LAST, symbols="a, b, d", input="[1, a, 14, 14]")  # fmt: skip
    whole, part = 14000 / 196, 900000 / 1764
    top = (whole + (whole**2 - 4 * part) ** 0.5) / 2
    best = min(
        196 * max(1e6 / (196 * b) + b, b + part / b)
        for b in (1 + (top - 1) * i / 10**5 for i in range(10**5 + 1))
        if b + part / b <= whole * (1 + 1e-12)
    )

    low, high = found["interval"]
    assert low <= best * (1 + 1e-9)
    assert high >= best * (1 - 1e-6)


def test_without_a_solver_there_is_still_an_honest_answer(least, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "clarabel", None)
    found = least("peak_memory", ["a", "b", "d"],
                  ["mult_adds(first)>=1000000", "activations<=14000", "mult_adds(last)>=900000"],
                  FIRST, LAST, symbols="a, b, d", input="[1, a, 14, 14]")  # fmt: skip

    assert found["status"] in ("numeric", "unknown")
    assert found["method"] != "geometric-programming"


@pytest.mark.parametrize("x", ["1", "2", "1/3", "9999999/10000000", "123456789/17", "1/10000000"])
def test_logarithms_lie_between_their_bounds(x):
    from decimal import Decimal
    from fractions import Fraction

    exact = Fraction(x)
    low, high = log_bounds(exact)
    near = Decimal(exact.numerator).ln() - Decimal(exact.denominator).ln()

    assert low - Fraction(1, 10**20) <= Fraction(near) <= high + Fraction(1, 10**20)
    assert 0 <= high - low < Fraction(1, 10**28)


def corruptions(value):
    if isinstance(value, str):
        if value in (">=", "="):
            yield "<="
            return
        numbers = list(re.finditer(r"(?<![\w.])\d+", value))
        for match in numbers:
            yield f"{value[: match.start()]}{int(match.group()) + 1}{value[match.end() :]}"
        if not numbers:
            yield f"2*({value})"
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield value[:i] + value[i + 1 :]
            for other in corruptions(part):
                yield [*value[:i], other, *value[i + 1 :]]
    elif isinstance(value, dict):
        for key, part in value.items():
            for other in corruptions(part):
                yield {**value, key: other}


@pytest.mark.parametrize("kind", ["stationary", "sturm"])
def test_each_corruption_of_the_new_steps_is_rejected(kind, least, chain, row):
    found = {
        "stationary": lambda: chain(["mult_adds(first)=3200"]),
        "sturm": lambda: row("params*params*params - 12*params*params + 36*params"),
    }[kind]()
    (place,) = [i for i, s in enumerate(found["steps"]) if s["kind"] == kind]
    survivors = []
    for key in found["steps"][place].keys() - UNCHECKED:
        for other in corruptions(found["steps"][place][key]):
            broken = copy.deepcopy(found)
            broken["steps"][place][key] = other
            if not check(broken):
                survivors.append((key, other))

    assert survivors == []


def test_a_bound_above_the_minimum_is_rejected_whatever_the_steps_say(least, chain, row):
    for found in (geometric(least), row("params*params*params - 12*params*params + 36*params"),
                  chain(["mult_adds(first)=3200"])):  # fmt: skip
        high = "44000" if found["status"] == "numeric" else "1341"
        broken = json.loads(json.dumps(found))
        broken["bound"] = high
        for step in broken["steps"]:
            if step["kind"] in ("geometric-program", "stationary", "sturm"):
                step["right"] = high
        broken["steps"] = [s for s in broken["steps"] if s["kind"] != "attained"]
        broken["attained_at"] = {}
        assert check(broken)
