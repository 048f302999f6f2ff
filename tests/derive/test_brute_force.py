"""Random small networks against counting loops: no bound is above what a loop finds."""

import random
from math import floor, inf, sqrt

import pytest

from costmodel.arith import compile_form
from costmodel.derive import bound
from costmodel.derive.checker import check
from costmodel.table import Table

QUANTITIES = ["mem_access", "params", "peak_memory", "activations", "mult_adds"]


def layer(chance, out):
    kernel = chance.choice([1, 1, 3, 5])
    stride = chance.choice([1, 1, 2])
    bias = chance.choice(["true", "false"])
    fields = f"kernel: {kernel}, padding: {kernel // 2}, stride: {stride}, bias: {bias}"
    return f"conv: {{out: {out}, {fields}}}"


def question(seed, network):
    chance = random.Random(seed)
    depth = chance.randint(1, 3)
    names = ["c1", "c2"]
    outs = [chance.choice([*names, "c2", str(chance.randint(2, 9))]) for _ in range(depth)]
    if "c2" not in outs:
        outs[-1] = "c2"
    side = chance.randint(3, 9)
    layers = [layer(chance, out) for out in outs]
    graph = network(*layers, symbols="c1, c2", input=f"[1, c1, {side}, {side + 1}]")
    objective, constraint = chance.sample(QUANTITIES, 2)
    return graph, objective, constraint, chance


@pytest.mark.parametrize("seed", range(60))
def test_no_integer_point_is_below_the_bound(seed, network):
    graph, objective, constraint, chance = question(seed, network)
    totals = Table(graph).totals
    cost = compile_form(getattr(totals, objective), ["c1", "c2"])
    held = compile_form(getattr(totals, constraint), ["c1", "c2"])
    size = held(chance.randint(2, 12), chance.randint(2, 12))
    found = bound(graph, objective, ["c1", "c2"], [f"{constraint}={size}"])
    best = min(
        (cost(a, b) for a in range(1, 200) for b in range(1, 200) if held(a, b) == size),
        default=inf,
    )

    assert found.status in ("proved", "numeric", "unknown")
    if found.bound is not None:
        assert float(found.bound) <= best * (1 + 1e-12)
        assert check(found.as_json()) == []
    if "integer" in found.extra and best < inf:
        assert int(found.extra["integer"]["bound"]) <= best


def real_minimum(cost, held, size):
    """The least cost on the real curve held = size, c1 and c2 >= 1, by a fine walk."""
    best = inf
    for axis in (0, 1):
        for i in range(4000):
            x = 1.004**i
            point = solve(lambda y, x=x, axis=axis: held(*((x, y) if axis == 0 else (y, x))), size)
            if point is not None:
                best = min(best, cost(*((x, point) if axis == 0 else (point, x))))
    return best


def solve(f, size):
    low, high = 1.0, 1e9
    if f(low) > size or f(high) < size:
        return None
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) < size else (low, middle)
    return (low + high) / 2


@pytest.mark.parametrize("seed", range(24))
def test_proved_and_numeric_bounds_are_tight_over_the_reals(seed, network):
    graph, objective, constraint, chance = question(1000 + seed, network)
    totals = Table(graph).totals
    names = ["c1", "c2"]
    forms = {key: str(getattr(totals, key)) for key in (objective, constraint)}
    scope = {"Max": max}
    cost = eval(f"lambda c1, c2: {forms[objective]}", scope)  # our own text
    held = eval(f"lambda c1, c2: {forms[constraint]}", scope)
    size = int(held(chance.randint(2, 12), chance.randint(2, 12)))
    found = bound(graph, objective, names, [f"{constraint}={size}"])
    if found.bound is None or any("not attained" in c for c in found.conditions):
        return
    reached = real_minimum(cost, held, size)

    assert float(found.bound) <= reached * (1 + 1e-9)
    if reached < inf:
        assert float(found.bound) >= reached * (1 - 0.01)


FUNCTIONS = {"Max": max, "Min": min, "floor": floor, "sqrt": sqrt}


def holds(condition, values):
    """Whether the numbers meet what a bound needs to be attained."""
    needed = condition.removeprefix("attained only if ")
    return needed == condition or eval(needed.replace(" = ", " == "), FUNCTIONS, dict(values))


@pytest.mark.parametrize("seed", range(30))
def test_symbolic_bounds_hold_and_are_tight_once_numbers_are_put_in(seed, network):
    from costmodel.arith import evaluate

    chance = random.Random(seed)
    outs = [chance.choice(["c1", "c2", "7"]) for _ in range(chance.randint(0, 2))]
    graph = network(*(layer(chance, out) for out in [*outs, "c2"]))
    objective, constraint = chance.sample(QUANTITIES, 2)
    found = bound(graph, objective, ["c1", "c2"], [f"{constraint}=B"])
    if found.bound is None:
        return
    sizes = {"h": chance.randint(23, 40), "w": chance.randint(23, 40)}
    totals = Table(graph).totals
    cost, held = (
        eval(f"lambda c1, c2: {evaluate(getattr(totals, key), sizes)}", {"Max": max})  # our text
        for key in (objective, constraint)
    )
    sizes["B"] = int(held(chance.randint(20, 90), chance.randint(20, 90)))
    reached = real_minimum(cost, held, sizes["B"])
    value = float(evaluate(found.bound, sizes))
    inside = all(float(evaluate(v, sizes)) >= 1 for v in found.attained_at.values())
    inside = inside and all(holds(text, sizes) for text in found.conditions)

    assert value <= reached * (1 + 1e-7)
    if found.attained_at and inside and reached < inf:
        assert value >= reached * (1 - 0.01)


def one_layer(chance):
    """A convolution as (kernel, groups, bias), and its costs by hand on a 1 x c1 x s x s map."""
    k, g, bias = chance.choice([1, 3, 5, 7]), chance.choice([1, 1, 2, 4]), chance.random() < 0.3
    side = chance.randint(1, 12)

    def costs(c1, c2):
        weights = k * k * c1 * c2 / g + (c2 if bias else 0)
        maps = side * side * (c1 + c2)
        return {"params": weights, "mem_access": weights + maps, "peak_memory": maps,
                "mult_adds": side * side * k * k * c1 * c2 / g,
                "activations": side * side * c2}  # fmt: skip

    text = (f"conv: {{out: c2, kernel: {k}, padding: {k // 2}, groups: {g}, "
            f"bias: {str(bias).lower()}}}")  # fmt: skip
    return text, side, costs


@pytest.mark.parametrize("seed", range(40))
def test_answers_agree_with_costs_counted_by_hand(seed, network):
    chance = random.Random(7000 + seed)
    text, side, costs = one_layer(chance)
    objective, held = chance.sample(["params", "mem_access", "peak_memory", "mult_adds"], 2)
    relation = chance.choice(["=", "=", ">="])
    size = int(costs(chance.randint(8, 90), chance.randint(8, 90))[held])
    graph = network(text, symbols="c1, c2", input=f"[1, c1, {side}, {side}]")
    found = bound(graph, objective, ["c1", "c2"], [f"{held}{relation}{size}"])
    reached = real_minimum(
        lambda a, b: costs(a, b)[objective], lambda a, b: costs(a, b)[held], size
    )

    assert found.status in ("proved", "numeric")
    assert check(found.as_json()) == []
    assert float(found.bound) <= reached * (1 + 1e-9)
    assert float(found.bound) >= reached * (1 - 0.01)


@pytest.mark.parametrize("seed", range(20))
def test_exact_conditions_agree_with_costs_counted_by_hand(seed, network):
    chance = random.Random(8000 + seed)
    text, side, costs = one_layer(chance)
    left, right = chance.sample(["params", "mem_access", "peak_memory", "mult_adds"], 2)
    factor, sign = chance.randint(1, 4), chance.choice(["<", "<="])
    graph = network(text, symbols="c1, c2", input=f"[1, c1, {side}, {side}]")
    found = bound(graph, compare=f"{left} {sign} {factor}*{right}", when=True)

    assert check(found.as_json()) == []
    for c1 in (4, 8, 20, 44, 160):
        for c2 in (4, 12, 28, 64, 300):
            said = {"always": True, "never": False}.get(found.bound)
            if said is None:
                said = eval(found.bound.replace(" = ", " == "), {}, {"c1": c1, "c2": c2})
            gap = factor * costs(c1, c2)[right] - costs(c1, c2)[left]
            assert said == (gap > 0 if sign == "<" else gap >= 0)
