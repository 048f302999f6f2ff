"""The least traffic of an on-chip memory: no execution moves less, and its proof is data."""

import json
from itertools import permutations, product

import pytest

from costmodel.arith import symbol
from costmodel.derive.cache import bracket, lower_bound
from costmodel.derive.capacity import least_traffic, reuse, traffic_bound
from costmodel.derive.checker import check
from costmodel.errors import BindingError
from costmodel.graph import build
from costmodel.spec.document import parse_spec
from costmodel.table import Table


def conv(shape="[1, 6, 9, 8]", **fields):
    given = ", ".join(f"{key}: {value}" for key, value in {"name": "x", **fields}.items())
    graph = build(parse_spec(f"model: t\ninput: {shape}\nlayers: [{{conv: {{{given}}}}}]\n"))
    return graph.layers[0]


def executed(layer, size, order):
    """Transfers of an LRU memory of *size* elements that runs the loops in this order."""
    op, (_, c_in, h, w), (_, c_out, rows, columns) = layer.op, layer.xs[0], layer.y
    held, moved = {}, 0

    def use(element, dirty=False):
        nonlocal moved
        if element in held:
            dirty = held.pop(element) or dirty
        elif element[0] != "y" or element in begun:
            moved += 1  # fetched; a sum that was never begun is nothing to fetch
        held[element] = dirty
        while len(held) > size:
            oldest = next(iter(held))
            moved += held.pop(oldest)

    begun = set()
    loops = {"o": range(c_out), "c": range(c_in // op.groups), "p": range(rows),
             "q": range(columns), "r": range(op.kernel), "t": range(op.kernel)}  # fmt: skip
    for values in product(*(loops[name] for name in order)):
        at = dict(zip(order, values, strict=True))
        y = at["p"] * op.stride - op.padding + at["r"] * op.dilation
        x = at["q"] * op.stride - op.padding + at["t"] * op.dilation
        if not (0 <= y < h and 0 <= x < w):
            continue
        group = at["o"] * op.groups // c_out
        use(("x", group * (c_in // op.groups) + at["c"], y, x))
        use(("w", at["o"], at["c"], at["r"], at["t"]))
        use(("y", at["o"], at["p"], at["q"]), dirty=True)
        begun.add(("y", at["o"], at["p"], at["q"]))
    return moved + sum(held.values())


LAYERS = [
    {"out": 7, "kernel": 1},
    {"out": 5, "kernel": 3, "padding": 1},
    {"out": 6, "kernel": 3, "padding": 1, "groups": 3},
    {"out": 4, "kernel": 3, "padding": 2, "stride": 2, "dilation": 2},
    {"out": 4, "kernel": 2, "stride": 2},
]
ORDERS = ["opqcrt", "pqocrt", "crtopq", "pqcrto", "ocrtpq", "cpqrto"]


@pytest.mark.parametrize("fields", LAYERS)
@pytest.mark.parametrize("size", [3, 8, 20, 60, 4000])
def test_no_execution_moves_less_than_the_bound(fields, size):
    layer = conv(**fields)
    lower = bracket(layer, size).lower

    assert all(executed(layer, size, order) >= lower for order in ORDERS)


def test_every_order_of_a_small_layer_obeys_the_bound():
    layer = conv("[1, 12, 4, 3]", out=12, kernel=1)
    lower = bracket(layer, 5).lower

    assert lower > 2 * moved_once(layer)  # the runs bind here
    assert all(executed(layer, 5, (*order, "r", "t")) >= lower for order in permutations("opqc"))


def moved_once(layer):
    cost = layer.op.forward(layer.xs, layer.y)
    return cost.reads + cost.writes


@pytest.mark.parametrize(("k", "s", "d"), list(product([1, 2, 3, 5], [1, 2, 3, 4], [1, 2, 3, 4])))
def test_reuse_is_the_most_taps_that_a_loop_finds_on_one_place(k, s, d):
    places = [p * s + r * d for p in range(60) for r in range(k)]

    assert reuse(k, s, d) == max(map(places.count, set(places)))


def test_the_bound_is_four_times_the_memory_below_a_hyperbola():
    # 64 -> 64 channels on 28 x 28, S = 128: sqrt(2/128) = 1/8 of 28*28*64*64, less 512
    assert least_traffic(28 * 28 * 64 * 64, 1, 128) in (401408 - 512 - 1, 401408 - 512)
    assert least_traffic(10, 1, 128) == 0


def test_each_index_is_fixed_by_two_arrays_or_the_checker_says_so():
    found = lower_bound(conv(out=5, kernel=3), 16).as_json()
    assert check(found) == []
    broken = json.loads(json.dumps(found))
    for arrays in (broken["formulas"]["loops"]["arrays"], broken["steps"][0]["arrays"]):
        arrays["reads"].remove("c_in")

    assert any("fixed by less than two" in problem for problem in check(broken))


def test_a_dilation_that_meets_the_stride_is_counted_by_the_checker():
    found = lower_bound(conv(out=5, kernel=3, stride=2, dilation=2, padding=2), 16).as_json()
    assert found["steps"][1]["reads"] == "9*inputs"
    assert check(found) == []
    broken = json.loads(json.dumps(found).replace("9*inputs", "4*inputs"))

    assert check(broken)


def test_the_proof_ends_in_the_brackets_own_number():
    layer = conv("[1, 16, 12, 12]", out=24, kernel=3, padding=1)
    for size in (40, 400, 4000, 40000):
        text = lower_bound(layer, size).as_json()["bound"]
        once, runs = bracket(layer, 10**9).lower, text.removeprefix("Max(").rpartition(", ")[0]
        value = eval(runs, {"sqrt": lambda x: x**0.5})  # plain infix, ours
        assert bracket(layer, size).lower == pytest.approx(max(once, value), abs=1.5)


@pytest.mark.parametrize(
    ("layer", "moved"),
    [
        ("conv: {out: c2, kernel: 1}", "c1*h*w + c2*h*w + c1*c2"),
        ("conv: {out: c2, kernel: 3, padding: 1}", "c1*h*w + c2*h*w + 9*c1*c2"),
        ("conv: {out: c1, kernel: 5, padding: 2, groups: c1}", "2*c1*h*w + 25*c1"),
    ],
)
def test_the_bound_tends_to_the_papers_formula_as_the_memory_grows(network, layer, moved):
    graph = network(layer)
    size = symbol("S", integer=False)
    found = lower_bound(graph.layers[0], size)
    runs, _, once = found.bound.removeprefix("Max(").removesuffix(")").rpartition(", ")

    assert once == moved == str(Table(graph).totals.mem_access)
    at = {"c1": 64, "c2": 96, "h": 28, "w": 30}
    values = [eval(runs, {"sqrt": lambda x: x**0.5}, {**at, "S": 4.0**k}) for k in range(1, 14)]
    assert values == sorted(values, reverse=True)
    assert values[0] > eval(once, {}, at) > values[-1]
    assert check(found.as_json()) == []


def test_symbols_with_a_stride_need_numbers():
    text = ("model: t\nsymbols: {h: {}}\ninput: [1, 4, h, h]\n"
            "layers: [{conv: {out: 3, kernel: 3, stride: 2}}]\n")  # fmt: skip

    with pytest.raises(BindingError, match="may skip inputs"):
        lower_bound(build(parse_spec(text)).layers[0], 64)


def test_fewer_mult_adds_than_claimed_break_the_proof():
    size = symbol("S", integer=False)
    found = traffic_bound("x", 9 * symbol("c"), [(3, 1, 1)], symbol("c"), size).as_json()
    assert check(found) == []
    broken = json.loads(json.dumps(found))
    broken["formulas"]["loops"]["mult_adds"] = "8*c"

    assert check(broken)
