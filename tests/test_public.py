"""What ``import costmodel as cm`` offers, and that each of it is shown in a notebook."""

import textwrap
from fractions import Fraction

import pytest

import costmodel as cm


def test_every_public_name_is_there_and_no_other():
    assert {name for name in dir(cm) if callable(getattr(cm, name))} == {
        "CostModelError", "CostTable", "Network", "bound", "check", "diff", "from_torch",
        "lint", "load", "loads", "reconcile",
    }  # fmt: skip
    with pytest.raises(AttributeError, match="no attribute 'reconciled'"):
        _ = cm.reconciled


def test_a_float_means_the_decimal_it_prints_as():
    net = cm.load("mobilenet_v2").at(width=0.75)

    assert net["width"] == Fraction(3, 4)
    assert net.totals.params == cm.load("mobilenet_v2").at(width=Fraction(3, 4)).totals.params
    with pytest.raises(cm.CostModelError, match="nan is no number"):
        net.at(width=float("nan"))


def test_a_name_has_its_value_or_stays_a_symbol():
    net = cm.load("resnet_cifar")

    assert (net["depth"], net["blocks"]) == (20, 3)  # 6 * 3 + 2 layers
    free = net.free("depth")
    assert free["blocks"].subs(free["depth"], 110) == 18
    with pytest.raises(cm.CostModelError, match="unknown symbol or param 'dpeth'"):
        net["dpeth"]


def test_a_number_of_repetitions_may_stay_open_in_a_question():
    chain = """
    model: chain
    symbols: {c: {}, m: {}}
    input: [1, c, 8, 8]
    layers: [{repeat: {times: m, layers: [{conv: {out: c, kernel: 1}}]}}]
    """
    answer = cm.loads(textwrap.dedent(chain)).bound(repeats="m", closed="params")

    assert (answer.status, answer.as_json()["bound"]) == ("proved", "c**2*m")


def test_a_question_may_name_its_symbols_in_one_text():
    net = cm.loads("model: g\nsymbols: {c1: {}, c2: {}}\ninput: [1, c1, 7, 7]\n"
                   "layers: [{conv: {out: c2, kernel: 1}}]")  # fmt: skip
    apart = net.bound("mem_access", ["c1", "c2"], ["mult_adds=B"])
    together = net.bound("mem_access", "c1, c2", "mult_adds=B")

    assert together.as_json() == apart.as_json()
    assert together.as_json()["bound"] == "B/49 + 14*sqrt(B)"  # B/(h*w) + 2*sqrt(B*h*w), h*w = 49


def test_reports_are_shown_as_html_and_printed_as_text():
    small = cm.loads("model: a\ninput: [1, 3, 4, 4]\nlayers: [{conv: {out: 2, kernel: 1}}]")
    reports = [
        small.explain("conv1", "params", claimed="8"),
        cm.diff(small, small),
        cm.reconcile("lenet5", {"params": "60k"}),
    ]

    for report in reports:
        assert "<" in report._repr_html_()
    assert "params = 6" in str(reports[0])  # 3 in, 2 out, 1 x 1
