"""Minimise a cost under another: closed forms derived by hand, attained where they say."""

import pytest

from costmodel.arith import evaluate
from costmodel.derive import bound
from costmodel.derive.checker import check
from costmodel.errors import BindingError, CostModelError, UnknownNameError

POINTWISE = "conv: {out: c2, kernel: 1}"


@pytest.fixture
def floor(network):
    def ask(*layers, over=("c1", "c2"), given=("mult_adds=B",), of="mem_access", **shape):
        found = bound(network(*layers, **shape), of, over, given)
        assert check(found.as_json()) == []
        return found.as_json()

    return ask


def test_g1_is_derived_as_the_design_prints_it(floor):
    # hw*c1 + hw*c2 + c1*c2 with c1*c2 = B/hw; c1 + c2 >= 2*sqrt(c1*c2)
    found = floor(POINTWISE)

    assert found["bound"] == "2*sqrt(B*h*w) + B/(h*w)"
    assert found["attained_at"] == {"c1": "sqrt(B/(h*w))", "c2": "sqrt(B/(h*w))"}
    assert (found["method"], found["status"]) == ("am-gm", "proved")
    assert all(step["checked"] for step in found["steps"])
    assert (found["objective"], found["given"]) == ("mem_access", ["mult_adds=B"])


@pytest.mark.parametrize(
    ("layer", "symbols", "expected"),
    [
        ("conv: {out: c2, kernel: 5, padding: 2}", "h, w, c1, c2", "2/5*sqrt(B*h*w) + B/(h*w)"),
        ("conv: {out: c2, kernel: k, padding: same}", "h, w, c1, c2, k",
         "2*sqrt(B*h*w)/k + B/(h*w)"),
        ("conv: {out: c2, kernel: 1, groups: g}", "h, w, c1, c2, g",
         "2*sqrt(B*g*h*w) + B/(h*w)"),
        ("conv: {out: c2, kernel: k, padding: same, groups: g}", "h, w, c1, c2, k, g",
         "2*sqrt(B*g*h*w)/k + B/(h*w)"),
        ("conv: {out: c2, kernel: [1, 7], padding: [0, 3]}", "h, w, c1, c2",
         "2/7*sqrt(7*B*h*w) + B/(h*w)"),
    ],
)  # fmt: skip
def test_kernels_and_groups_scale_the_activation_term(floor, layer, symbols, expected):
    assert floor(layer, symbols=symbols)["bound"] == expected


def test_a_stride_moves_the_optimum_to_s_squared(floor):
    # c1*(s*h)*(s*w) = c2*h*w at the optimum
    found = floor(
        "conv: {out: c2, kernel: 1, stride: s, padding: same}",
        symbols="h, w, c1, c2, s",
        input="[1, c1, s*h, s*w]",
    )

    assert found["bound"] == "2*s*sqrt(B*h*w) + B/(h*w)"
    assert found["attained_at"] == {"c1": "sqrt(B/(h*w))/s", "c2": "s*sqrt(B/(h*w))"}


def test_without_padding_the_input_area_rules(floor):
    # h*w*c1 + (h-4)*(w-4)*c2 with 25*(h-4)*(w-4)*c1*c2 = B: 2*sqrt(hw*(h-4)(w-4)*c1*c2)
    found = floor("conv: {out: c2, kernel: 5}")

    assert found["bound"] == "2/5*sqrt(B*h*w) + B/(h*w - 4*h - 4*w + 16)"
    assert found["conditions"][:2] == ["h >= 5", "w >= 5"]


def test_a_floor_stays_in_the_answer(floor):
    found = floor("conv: {out: c2, kernel: 3, padding: 1, stride: 2}")

    assert found["bound"] == ("2/3*sqrt(B*h*w) + B/(floor((h + 1)/2)*floor((w + 1)/2))")


def test_a_floor_of_an_unpadded_extent_is_told_in_the_specs_own_symbols(network):
    # two layers, h -> h - 4 -> floor((h - 3)/2): no name but the spec's may be left
    graph = network("conv: {out: c2, kernel: 5}", "conv: {out: c2, kernel: 1, stride: 2}")
    found = bound(graph, "mem_access(conv2)", ["c2"], ["mult_adds(conv2)=B"])

    assert check(found.as_json()) == []
    assert "_" not in found.as_json()["bound"]


def test_a_depthwise_separable_pair_has_a_closed_form(floor):
    # c2 = B/(hw*c1) - 9; 3hw*c1 + hw*c2 + 9c1 + c1c2 = 3hw*c1 + B/c1 - 9hw + B/hw
    found = floor("conv: {out: c1, kernel: 3, padding: 1, groups: c1}", POINTWISE)

    assert found["bound"] == "2*sqrt(3*B*h*w) - 9*h*w + B/(h*w)"
    assert found["attained_at"]["c1"] == "1/3*sqrt(3*B/(h*w))"


def test_a_block_of_two_pointwise_layers(floor):
    # 2hw(c1 + c2) + 2c1c2 with 2hw*c1*c2 = B: 4hw*sqrt(B/(2hw)) + B/hw
    found = floor(POINTWISE, "conv: {out: c1, kernel: 1}")

    assert found["bound"] == "2*sqrt(2*B*h*w) + B/(h*w)"


def test_peak_memory_of_one_layer(floor):
    # hw*(c1 + c2) >= 2*sqrt(hw*B)
    assert floor(POINTWISE, of="peak_memory")["bound"] == "2*sqrt(B*h*w)"


def test_params_under_fixed_activations(floor):
    # hw*(c2 + 64) = A; c1*c2 + 64*c2 is least at c1 = 1: 65*c2
    found = floor(POINTWISE, "conv: {out: 64, kernel: 1}", of="params", given=["activations=A"])

    assert found["bound"] == "-4160 + 65*A/(h*w)"
    assert found["attained_at"]["c1"] == "1"


def test_a_bottleneck_ends_at_its_narrowest_input(floor):
    # 2*c1*m + 9*m^2 = B/hw leaves mem = const + (B/hw)/m*hw - 5hw*m, falling in m: c1 = 1
    found = floor(POINTWISE, "conv: {out: c2, kernel: 3, padding: 1}", "conv: {out: c1, kernel: 1}")

    assert found["attained_at"]["c1"] == "1"
    assert found["bound"] == "14/9*h*w + 4/9*sqrt(h*w*(h*w + 9*B)) + B/(h*w)"


def test_at_least_so_many_mult_adds_is_the_same_question(floor):
    assert floor(POINTWISE, given=["mult_adds >= B"])["bound"] == "2*sqrt(B*h*w) + B/(h*w)"


def test_three_free_sizes_balance_by_weights_of_a_third(floor):
    # h*w*c1 + h*w*c2 + c1*c2, each the cube root of its product B^2
    assert floor(POINTWISE, over=["c1", "c2", "h"])["bound"] == "3*(B**2)**(1/3)"


def test_an_answer_with_numbers_agrees_with_the_published_benchmark(floor):
    # table 1 of the paper at 56 x 56: c1*c2 = 16384 gives 2*56*56*128 + 128*128
    found = floor(
        POINTWISE, symbols="c1, c2", input="[1, c1, 56, 56]", given=["mult_adds=51380224"]
    )

    assert found["bound"] == str(2 * 56 * 56 * 128 + 128 * 128)
    assert found["attained_at"] == {"c1": "128", "c2": "128"}


def test_a_strided_benchmark_has_its_optimum_off_the_diagonal(floor):
    # 56 -> 28, c1*c2 = 16384: 417,792 at (64, 256), not 518,144 at (128, 128)
    found = floor("conv: {out: c2, kernel: 1, stride: 2}", symbols="c1, c2",
                  input="[1, c1, 56, 56]", given=["mult_adds=12845056"])  # fmt: skip

    assert found["bound"] == "417792"
    assert found["attained_at"] == {"c1": "64", "c2": "256"}


def test_integers_are_searched_and_the_gap_is_told(floor):
    # c1*c2 = 97 is prime: 49*(1 + 97) + 97 = 4899
    found = floor(POINTWISE, symbols="c1, c2", input="[1, c1, 7, 7]", given=["mult_adds=4753"])

    assert found["integer"]["bound"] == "4899"
    assert sorted(found["integer"]["attained_at"].values()) == [1, 97]
    assert found["integer"]["gap"] > 3


def test_multiples_are_respected_by_the_integer_optimum(network):
    from costmodel.graph import build
    from costmodel.spec.document import parse_spec

    # c1*c2 = 64*3 with c1 a multiple of 8: (8, 24), (16, 12), (24, 8), ... ; 16 + 12 is least
    text = ("model: t\nsymbols: {c1: {multiple_of: 8}, c2: {}}\ninput: [1, c1, 7, 7]\n"
            "layers: [{conv: {out: c2, kernel: 1}}]\n")  # fmt: skip
    found = bound(build(parse_spec(text)), "mem_access", ["c1", "c2"], [f"mult_adds={49 * 192}"])

    assert found.extra["integer"] == {
        "bound": str(49 * 28 + 192),
        "attained_at": {"c1": 16, "c2": 12},
        "gap": pytest.approx((49 * 28 + 192) / (2 * 49 * 192**0.5 + 192) - 1, abs=1e-8),
    }
    assert check(found.as_json()) == []


def test_a_trade_along_the_constraint_ends_where_a_symbol_is_least(floor):
    # hw*(c1 + c2) + c1*c2 = M is met with the fewest params at c1 = 1 or c2 = 1:
    # c2 = (M - hw)/(hw + 1)
    found = floor(POINTWISE, of="params", given=["mem_access=M"])

    assert (found["status"], [s["kind"] for s in found["steps"]][1]) == ("proved", "trade")
    assert evaluate_text(found["bound"], M=100000, h=14, w=14) == pytest.approx(99804 / 197)


def test_equal_widths_balance_a_trade(floor):
    # 196*(c1 + c2) least at c1*c2 + 196*(c1 + c2) = 49344 - with c1 = c2 = 100: 10000 + 39200
    found = floor(POINTWISE, of="peak_memory", given=["mem_access=49200"],
                  symbols="c1, c2", input="[1, c1, 14, 14]")  # fmt: skip

    assert (found["bound"], found["attained_at"]) == ("39200", {"c1": "100", "c2": "100"})


def test_a_peak_that_is_given_is_looked_at_argument_by_argument(floor):
    # Max(49*(c1 + c2), 49*(c2 + 5)) = 490: params c1*c2 + 5*c2 is least at c2 = 1, c1 = 9
    found = floor(POINTWISE, "conv: {out: 5, kernel: 1}", of="params", given=["peak_memory=490"],
                  symbols="c1, c2", input="[1, c1, 7, 7]")  # fmt: skip
    peak = [(c1 * c2 + 5 * c2) for c1 in range(1, 11) for c2 in range(1, 11)
            if max(49 * (c1 + c2), 49 * (c2 + 5)) == 490]  # fmt: skip

    assert found["method"] == "cases"
    assert float(found["bound"]) == min(peak)


def evaluate_text(text, **values):
    return float(eval(text, {"sqrt": lambda x: x**0.5}, values))  # our own text


def test_no_method_and_no_numbers_is_unknown(floor):
    # three degrees of difficulty and four symbols: nothing here solves it
    found = floor("conv: {out: c2, kernel: 3, padding: 1}", "conv: {out: 7, kernel: 1}",
                  of="mem_access", given=["flops + activations=M"])  # fmt: skip

    assert found["status"] in ("unknown", "proved")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"given": ["mult_add=B"]}, "unknown quantity 'mult_add'"),
        ({"given": ["macs=B"]}, "'mac' means two things"),
        ({"given": ["mult_adds"]}, "write left = right"),
        ({"given": ["A=B"]}, "says nothing about t"),
        ({"over": ["c9"]}, "unknown symbol 'c9'"),
        ({"given": ["mult_adds < B"]}, "a closed set"),
        ({"given": ["mem_access(conv9)=B"]}, "unknown layer 'conv9'"),
        ({"given": ["mult_adds = __import__(1)"]}, "there is no function"),
        ({"of": "speed"}, "unknown quantity 'speed'"),
        ({"over": []}, "no symbol may be chosen"),
        ({"of": "params", "over": ["h"]}, "does not depend on h"),
        ({"of": "params", "over": ["c1", "h"], "given": ["params=B"]}, "h occurs neither"),
        ({"of": "params - mem_access", "given": []}, "falls without end as c1 grows"),
        ({"given": ["params=0"]}, "cannot be met"),
        ({"given": ["params<=-3"]}, "cannot be met"),
        ({"given": ["params=6", "params=7"]}, "cannot be met"),
    ],
)
def test_what_cannot_be_understood_is_refused(network, arguments, message):
    of = arguments.pop("of", "mem_access")
    asked = {"over": ["c1", "c2"], "given": ["mult_adds=B"], **arguments}
    with pytest.raises(CostModelError, match=message):
        bound(network(POINTWISE), of, asked["over"], asked["given"])


def test_an_objective_that_is_no_quantity_is_refused(network):
    with pytest.raises((BindingError, UnknownNameError), match="mem_acces"):
        bound(network(POINTWISE), "mem_acces", ["c1"])


def test_a_layer_can_be_asked_about_alone(network):
    # only the first layer: hw*c1 + hw*c2 + c1*c2 at its own mult-adds
    graph = network(
        "conv: {name: first, out: c2, kernel: 1}",
        "conv: {name: last, out: 7, kernel: 3, padding: 1}",
    )
    found = bound(graph, "mem_access(first)", ["c1", "c2"], ["mult_adds(first)=B"])

    assert found.as_json()["bound"] == "2*sqrt(B*h*w) + B/(h*w)"


def test_the_bound_can_be_evaluated(network):
    found = bound(network(POINTWISE), "mem_access", ["c1", "c2"], ["mult_adds=B"])

    assert evaluate(found.bound, {"B": 51380224, "h": 56, "w": 56}) == 2 * 56 * 56 * 128 + 128**2
