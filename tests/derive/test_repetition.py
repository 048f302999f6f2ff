"""Any number of repetitions: closed forms that hold beyond what they were fitted to."""

import pytest

from costmodel.arith import evaluate
from costmodel.derive import bound
from costmodel.derive.checker import check
from costmodel.derive.induction import repeated
from costmodel.derive.repetition import unrolled
from costmodel.derive.sequences import fitted
from costmodel.errors import BindingError, CostModelError
from costmodel.graph import build
from costmodel.spec.document import parse_spec
from costmodel.table import Table

DENSE = """
model: dense
symbols: {c: {}, k: {}, h: {}, m: {}}
input: [1, c, h, h]
layers:
  - repeat:
      times: m
      layers:
        - branches: {join: concat, old: [], new: [{conv: {out: k, kernel: 3, padding: 1}}]}
  - conv: {name: head, out: 10, kernel: 1}
"""
FRACTAL = """
model: fractal
symbols: {c: {}, f: {}, h: {}, columns: {}}
input: [1, c, h, h]
blocks:
  fractal:
    args: [columns]
    layers:
      - conv: {out: f, kernel: 3, padding: 1, when: columns == 1}
      - branches:
          when: columns > 1
          join: mean
          deep: [{fractal: {columns: columns - 1}}, {fractal: {columns: columns - 1}}]
          short: [{conv: {out: f, kernel: 3, padding: 1}}]
layers: [{fractal: {columns: columns}}]
"""


def chain(layers, more=""):
    return parse_spec("model: t\nsymbols: {c: {}, h: {}, m: {}}\ninput: [1, c, h, h]\n"
                      f"{more}layers:\n  - repeat: {{times: m, index: i, layers: [{layers}]}}\n"
                      )  # fmt: skip


def test_a_dense_block_of_any_depth_is_what_a_loop_sums():
    found = repeated(parse_spec(DENSE), "m", "params(repeat1)")
    c, k, m = 11, 5, 23  # far beyond the eight depths that forms are fitted to
    by_loop = sum(9 * (c + k * layer) * k for layer in range(m))

    assert evaluate(found.bound, {"c": c, "k": k, "m": m}) == by_loop
    assert check(found.as_json()) == []


def test_what_follows_sees_the_shape_that_repetition_made():
    found = repeated(parse_spec(DENSE), "m", "params(head)")

    assert found.as_json()["bound"] == "10*k*m + 10*c"


@pytest.mark.parametrize("quantity", ["params", "mult_adds", "mem_access", "activations"])
def test_a_fractal_of_eleven_columns_costs_what_the_form_says(quantity):
    spec = parse_spec(FRACTAL)
    at = {"c": 3, "f": 8, "h": 4, "columns": 11}
    form = repeated(spec, "columns", quantity).as_json()["bound"]

    said = eval(form, {}, at)  # plain infix, ours
    assert said == getattr(Table(build(spec, at)).totals, quantity)


def test_a_fractal_is_as_deep_and_holds_as_many_convolutions_as_its_paper_says():
    spec = parse_spec(FRACTAL)
    depth, count = (repeated(spec, "columns", q) for q in ("depth", "activations/(f*h*h)"))

    assert depth.as_json()["bound"] == "(2**columns)/2"
    assert count.as_json()["bound"] == "(2**columns) - 1"
    assert check(depth.as_json()) == check(count.as_json()) == []


def test_ways_through_a_network_multiply():
    spec = chain("{branches: {join: add, a: [], b: [{conv: {out: c, kernel: 1}}], "
                 "d: [{relu: {}}]}}")  # fmt: skip

    assert repeated(spec, "m", "paths").as_json()["bound"] == "(3**m)"


def test_the_number_of_a_repetition_may_decide_its_width():
    # 3*1, 1*2, 2*3, ...: c*1 + sum of i*(i + 1)
    found = repeated(chain("{conv: {out: i + 1, kernel: 1}}"), "m", "params")

    at = {"c": 7, "m": 12}
    assert evaluate(found.bound, at) == 7 + sum(i * (i + 1) for i in range(1, 12))


def test_questions_may_be_asked_of_any_number_of_repetitions():
    spec = chain("{conv: {out: c, kernel: 1}}")
    found = repeated(spec, "m", minimize="mem_access", over=["c"], given=["mult_adds=B"])

    # m*(2*c*h*h + c*c) with m*h*h*c*c = B: c = sqrt(B/m)/h
    assert found.status == "proved"
    assert evaluate(found.bound, {"B": 4 * 9 * 25, "m": 4, "h": 3}) == 4 * (2 * 5 * 9 + 25)
    assert check(found.as_json()) == []


def test_each_lemma_of_a_proof_has_a_beginning_and_a_step():
    found = repeated(parse_spec(DENSE), "m", "params").as_json()

    kinds = [step["kind"] for step in found["steps"]]
    assert kinds == ["base", "induction", "base", "induction", "definition"]
    without = {**found, "steps": found["steps"][1:]}
    assert check(without)


def test_a_form_that_fits_the_first_numbers_only_is_refused():
    # 40 channels up to the fortieth repetition, more beyond: eight values are no proof
    spec = chain('{conv: {out: "max(40, i)", kernel: 1}}')

    with pytest.raises(BindingError, match="no closed form"):
        repeated(spec, "m", "params")


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("{conv: {out: m, kernel: 1}}", "unknown name 'm'"),
        ("{conv: {out: p, kernel: 1}}", "unknown name 'p'"),
        ("{conv: {out: c, kernel: 3, stride: 2, padding: 1}}", "no closed form"),
        ("{conv: {out: 2*c_in, kernel: 1}}", "no closed form in m"),
    ],
)
def test_what_one_more_repetition_changes_everywhere_is_refused(layers, message):
    with pytest.raises(CostModelError, match=message):
        repeated(chain(layers, "params: {p: 2*m}\n"), "m", "params")


def test_a_network_without_the_repetition_is_refused():
    spec = parse_spec("model: t\nsymbols: {m: {}}\ninput: [1, m, 3, 3]\nlayers: [relu]\n")

    with pytest.raises(BindingError, match="nothing in t repeats m times"):
        unrolled(spec, "m")


def test_a_block_that_calls_itself_with_other_arguments_is_refused():
    text = FRACTAL.replace("args: [columns]", "args: {columns: , w: 3}").replace(
        "deep: [{fractal: {columns: columns - 1}}", "deep: [{fractal: {columns: columns - 1, w: 5}}"
    )

    with pytest.raises(BindingError, match="calls itself with w = 5, not 3"):
        repeated(parse_spec(text), "columns", "params")


def test_an_input_that_the_block_itself_speaks_of_is_no_symbol_of_its_own():
    text = FRACTAL.replace("out: f,", "out: f + c,")

    with pytest.raises(BindingError, match="give the input a symbol of its own"):
        repeated(parse_spec(text), "columns", "params")


@pytest.mark.parametrize(
    "rule",
    [
        lambda n: n**4 - 3 * n,
        lambda n: 5 * 3**n + n,
        lambda n: 2**n - 1 - n,
        lambda n: 7,
    ],
)
def test_sequences_are_continued_as_their_rule_does(rule):
    from costmodel.arith import symbol

    form = fitted([rule(n) for n in range(1, 9)], 1, symbol("n"))

    assert [form.number(n) for n in range(1, 30)] == [rule(n) for n in range(1, 30)]


@pytest.mark.parametrize("rule", [lambda n: 2**n + 3**n, lambda n: n**6, lambda n: n % 2])
def test_other_sequences_have_no_form(rule):
    from costmodel.arith import symbol

    assert fitted([rule(n) for n in range(1, 9)], 1, symbol("n")) is None


def test_a_fixed_number_of_repetitions_needs_none_of_this():
    spec = parse_spec(DENSE)
    graph = build(spec, {"m": 3})

    assert bound(graph, compare="params(repeat1) = 27*c*k + 27*k**2").status == "proved"
