"""The functions on each kind of number, evaluation, and the traps of the design."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy

from costmodel.arith import (
    Form,
    ascii,
    ceil,
    ceil_div,
    compile_form,
    divides,
    evaluate,
    exact_div,
    floor,
    free_symbols,
    is_symbolic,
    latex,
    maximum,
    minimum,
    prod,
    round_to,
    sqrt,
    symbol,
    total,
)

H, W, C, G = symbol("h"), symbol("w"), symbol("c"), symbol("g")
SC, SG = sympy.symbols("c g", integer=True, positive=True)
HALF = Fraction(1, 2)


# --- the nine traps ---------------------------------------------------------------------


def test_trap_1_an_undecided_remainder_is_neither_zero_nor_not():
    assert divides(G, C) is None
    assert divides(SG, SC) is None


def test_trap_2_division_makes_no_float_and_hides_no_remainder():
    assert type(exact_div(12, 4)) is int
    with pytest.raises(ArithmeticError, match="135 / 2 is not an integer"):
        exact_div(135, 2)
    with pytest.raises(ArithmeticError, match="is not all integers"):
        exact_div(np.array([4, 135]), 2)
    assert exact_div(Fraction(135), 2) == Fraction(135, 2)
    assert exact_div(np.array([4, 6]), 2).tolist() == [2, 3]
    assert exact_div(np.array([4, 6]), 2).dtype == np.int64
    assert exact_div(12, np.array([4, 6])).tolist() == [3, 2]
    assert exact_div(SC**2, SG) == SC**2 / SG
    assert exact_div(2 * C, 4) == C / 2
    assert exact_div(4, C) == 4 / C


def test_trap_3_equal_names_cancel():
    assert symbol("q") - symbol("q") == 0
    assert (symbol("q") + 1)._sympy_() - symbol("q", minimum=5)._sympy_() == 1


def test_trap_4_arrays_never_wrap():
    large = np.array([2**20, 3])

    assert evaluate(H**4, {"h": large}).tolist() == [2**80, 81]
    assert evaluate(H**3, {"h": large}).dtype == np.int64
    assert evaluate(H**2 - H**2 // 2 * 2, {"h": np.array([2**31 - 1, 5])}).tolist() == [1, 1]
    assert evaluate(H * H, {"h": np.array([2**16], dtype=np.int32)}).tolist() == [2**32]
    assert evaluate(200 * H, {"h": np.array([200], dtype=np.uint8)}).tolist() == [40000]
    assert evaluate(H + W, {"h": np.array([2**62]), "w": np.array([2**62])}).tolist() == [2**63]
    assert evaluate(H - W, {"h": np.array([-(2**62)]), "w": np.array([2**62])}).tolist() == [
        -(2**63)
    ]
    assert evaluate(H * W // 2**70, {"h": large, "w": 2**60}).tolist() == [2**10, 0]
    assert evaluate(maximum(H, W) * 8, {"h": large, "w": 2**60}).tolist() == [2**63] * 2
    assert evaluate(minimum(H, W) * 8, {"h": 2**60 + large, "w": 2**61}).tolist() == [
        8 * (2**60 + 2**20),
        8 * (2**60 + 3),
    ]
    assert evaluate(H + 1, {"h": np.array([], dtype=np.int64)}).tolist() == []
    assert evaluate(H + 1, {"h": np.uint64(2**64 - 1)}) == 2**64
    assert evaluate(H // 2 + 2**63 - 2, {"h": np.array([4])}).tolist() == [2**63]


def test_trap_5_a_branch_on_a_symbol_is_an_error():
    with pytest.raises(TypeError, match="whether h is zero depends on h; a formula may not"):
        bool(H)
    for order in (
        lambda: H < 1,
        lambda: H <= W,
        lambda: H > 1,
        lambda: H >= 1,
        lambda: max(H, 3),
        lambda: H > 1,
    ):
        with pytest.raises(TypeError, match=r"the order of . and . may depend on h\b"):
            order()


def test_trap_6_no_floor_is_left_of_a_declared_multiple():
    h = symbol("h", multiple_of=32)
    for _ in range(5):
        h = (h - 1) // 2 + 1

    assert ascii(h) == "h/32"


def test_trap_7_no_text_is_evaluated():
    with pytest.raises(TypeError, match="unsupported operand"):
        H + "__import__('os')"


def test_trap_8_numbers_and_symbols_load_no_heavy_module():
    code = """
import sys
from costmodel.arith import *
from costmodel.arith import AtLeast, Divides, Equal, total
exact_div(12, 4), ceil_div(7, 2), maximum(1, 2), round_to(57, 8), prod([1, 2]), total([1, 2])
AtLeast(3, 1, "h").holds(), Divides(2, 4, ("a", "b")).holds(), Equal(1, 1, "ab").holds()
evaluate(3, {}), divides(2, 4), is_symbolic(3), floor(3), ceil(3), compare(1, "<", 2)
heavy = {"numpy", "sympy", "pandas", "dataclasses", "fractions", "decimal"}
print(sorted(heavy & set(sys.modules)))
h = symbol("h")
evaluate(maximum(h // 3, 2) * h, {"h": 7}), ascii(h // 2), latex(h // 2)
print(sorted({"numpy", "sympy", "pandas"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert result.stdout.decode().split() == ["[]", "[]"]


def test_trap_9_seven_hundred_layers_are_summed_with_few_terms():
    h, w, n = H, W, symbol("n")
    costs = []
    for layer in range(700):
        stride = 2 if layer in (0, 100, 300) else 1
        h, w = (h - 1) // stride + 1, (w - 1) // stride + 1
        costs.append(9 * (layer + 1) * n * h * w)
    # Layers 1-100, 101-300 and 301-700 have one height each, so there are three terms.
    text = ascii(total(costs))

    assert text == (
        f"{9 * 5050}*n*floor((h + 1)/2)*floor((w + 1)/2)"
        f" + {9 * (45150 - 5050)}*n*floor((h + 3)/4)*floor((w + 3)/4)"
        f" + {9 * (245350 - 45150)}*n*floor((h + 7)/8)*floor((w + 7)/8)"
    )


# --- kinds ------------------------------------------------------------------------------


def test_rounding_and_extrema_of_arrays():
    x = np.array([5, 8, 11])

    assert ceil_div(x, 4).tolist() == [2, 2, 3]
    assert floor(x).tolist() == ceil(x).tolist() == [5, 8, 11]
    assert maximum(x, 7, 6).tolist() == [7, 8, 11]
    assert minimum(9, x).tolist() == [5, 8, 9]
    assert maximum(x, 7).dtype == np.int64
    assert total([x, 1, x, 2]).tolist() == [13, 19, 25]
    assert prod([x, 2]).tolist() == [10, 16, 22]


def test_extrema_of_arrays_and_forms_are_arrays_of_forms():
    mixed = maximum(np.array([0, 5]), H)

    assert mixed.tolist() == [H, maximum(5, H)]
    assert minimum(mixed, 1).tolist() == [1, 1]


def test_arrays_times_forms_are_arrays_of_forms():
    x = np.array([1, 2])

    assert (x * H).tolist() == (H * x).tolist() == [H, 2 * H]
    assert (H // x).tolist() == [H, H // 2]
    assert H * np.int64(3) == np.int64(3) * H == 3 * H
    assert total([H, x]).tolist() == [H + 1, H + 2]


def test_sympy_expressions_are_a_kind_of_number():
    assert ceil_div(SC, 2) == sympy.ceiling(SC / 2)
    assert ceil_div(2, SC) == sympy.ceiling(2 / SC)
    assert floor(SC / 2) == sympy.floor(SC / 2)
    assert maximum(SC, 4) == sympy.Max(SC, 4)
    assert minimum(SC, 4) == sympy.Min(SC, 4)
    assert maximum(C, SG) == sympy.Max(SC, SG)
    assert prod([2, SC, SC]) == 2 * SC**2
    assert total([1, SC, 2]) == SC + 3
    assert sqrt(SC**2) == SC
    assert round_to(SC, 8).subs(SC, 11) == 16
    assert round_to(SC, 8).subs(SC, 20) == 24
    assert evaluate(SC / 2, {"c": 3}) == Fraction(3, 2)
    assert type(evaluate(SC * 2, {"c": 3})) is int
    assert evaluate(SC * SG, {"c": 3}) == 3 * SG
    assert free_symbols(SC * SG) == {"c", "g"}
    assert is_symbolic(SC)
    assert latex(SC**2) == "c^{2}"
    assert ascii(SC**2) == "c**2"


def test_what_is_no_form_evaluates_to_itself():
    x = np.array([1])

    assert evaluate(7, {"h": 1}) == 7
    assert evaluate(x, {"h": 1}) is x
    assert free_symbols(x) == frozenset()
    assert latex(x) == "[1]"


# --- evaluation -------------------------------------------------------------------------


def test_substitution_is_canonical():
    assert evaluate(H // 2, {"h": W // 3}) == W // 6
    assert evaluate(H // 8, {"h": 32 * W}) == 4 * W
    assert evaluate(H * W, {"h": W, "w": H}) == H * W
    assert evaluate(H + W, {"h": 3}) == W + 3
    assert evaluate(H + W, {}) == H + W
    assert evaluate(H + W, {"other": 3}) == H + W
    assert evaluate(maximum(H, W), {"h": W + 1}) == W + 1


def test_values_need_not_be_whole():
    assert evaluate(H / 2, {"h": 3}) == Fraction(3, 2)
    assert type(evaluate(H / 2, {"h": 4})) is int
    assert evaluate(H * W / C, {"h": 3, "w": 5, "c": 10}) == Fraction(3, 2)
    assert evaluate(1 / H**2 + 1 / W, {"h": 2, "w": 3}) == Fraction(7, 12)
    assert evaluate(H * 2, {"h": HALF}) == 1
    assert type(evaluate(H * 2, {"h": HALF})) is Fraction or evaluate(H * 2, {"h": HALF}) == 1
    assert evaluate(C // (H - 5), {"h": 2, "c": 7}) == -3  # 7 // -3


def test_fractional_values_of_arrays_are_fractions():
    halves = evaluate(H / 2, {"h": np.array([1, 4])})

    assert halves.tolist() == [HALF, 2]
    assert evaluate(H / 2, {"h": np.array([2, 4])}).dtype == np.int64
    assert evaluate(H / W, {"h": np.array([2, 4]), "w": 4}).tolist() == [HALF, 1]
    assert evaluate(4 / W, {"w": np.array([2, 8])}).tolist() == [2, HALF]
    assert evaluate(H / W, {"h": np.array([2, 4]), "w": C}).tolist() == [2 / C, 4 / C]
    assert evaluate(H / W, {"h": np.array([HALF, 1]), "w": 2}).tolist() == [Fraction(1, 4), HALF]


def test_a_compiled_form_takes_values_by_position():
    program = compile_form([H * W, H // 2, 5, H / 2], ["w", "unused", "h"])

    assert program(3, 0, 7) == (21, 3, 5, Fraction(7, 2))
    assert compile_form(H - W, ("h", "w"))(7, 3) == 4
    assert compile_form((H, W), ("h", "w"))(7, 3) == (7, 3)
    assert compile_form(5, [])() == 5
    # Nothing of one call is left for the next.
    assert program(3, 0, 8) == (24, 4, 5, 4)


def test_a_compiled_form_names_what_is_missing():
    with pytest.raises(ValueError, match="no value is given for h; the names are w, n"):
        compile_form(H, ["w", "n"])
    with pytest.raises(TypeError, match="1 values are needed, 2 given"):
        compile_form(H, ["h"])(1, 2)


def test_shared_parts_are_computed_once():
    alone = compile_form([H // 2 * W], ["h", "w"])
    twice = compile_form([H // 2 * W, 3 * (H // 2) * W], ["h", "w"])

    assert len(twice._steps) == len(alone._steps) + 1


def test_free_symbols_are_found_inside_atoms():
    assert free_symbols(maximum(H // 2, W) + 1 / (C + 1)) == {"h", "w", "c"}
    assert free_symbols(7) == frozenset()
    assert isinstance(H, Form)
