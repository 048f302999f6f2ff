"""How forms are printed."""

import subprocess
import sys
from fractions import Fraction

import pytest
import sympy

from costmodel.arith import (
    ascii,
    ceil,
    evaluate,
    floor,
    latex,
    maximum,
    minimum,
    sqrt,
    symbol,
    to_sympy,
)

H, W, C, G, N = (symbol(name) for name in "hwcgn")
X = symbol("x", integer=False)
THIRD = Fraction(1, 3)

SHOWN = [
    (7, "7", "7"),
    (Fraction(7, 2), "7/2", r"\frac{7}{2}"),
    (Fraction(-7, 2), "-7/2", r"-\frac{7}{2}"),
    (H, "h", "h"),
    (-H, "-h", "-h"),
    (3 - H, "-h + 3", "-h + 3"),
    (25 * W * H / 2, "25/2*h*w", r"\frac{25 h w}{2}"),
    (W * H / 2, "h*w/2", r"\frac{h w}{2}"),
    (H**2 + W / 2, "h**2 + w/2", r"h^{2} + \frac{w}{2}"),
    (H**2 - W / 2, "h**2 - w/2", r"h^{2} - \frac{w}{2}"),
    (-W / 2, "-w/2", r"-\frac{w}{2}"),
    (C**2 / G, "c**2/g", r"\frac{c^{2}}{g}"),
    (C / (G * W), "c/(g*w)", r"\frac{c}{g w}"),
    (C / (2 * G), "c/(2*g)", r"\frac{c}{2 g}"),
    (1 / G, "1/g", r"\frac{1}{g}"),
    (3 / (2 * G), "3/2/g", r"\frac{3}{2 g}"),
    (H * W + W**2 + H + 7 + H**2, "h**2 + h*w + w**2 + h + 7", "h^{2} + h w + w^{2} + h + 7"),
    ((H + 7) // 8, "floor((h + 7)/8)", r"\left\lfloor \frac{h + 7}{8} \right\rfloor"),
    ((3 * H) // 8, "floor(3*h/8)", r"\left\lfloor \frac{3 h}{8} \right\rfloor"),
    (floor(X), "floor(x)", r"\left\lfloor x \right\rfloor"),
    (ceil(X + H / 2), "ceiling((h + 2*x)/2)", r"\left\lceil \frac{h + 2 x}{2} \right\rceil"),
    (5 - 2 * ceil(X), "-2*ceiling(x) + 5", r"-2 \left\lceil x \right\rceil + 5"),
    (ceil(X) * ceil(X / 2), "ceiling(x)*ceiling(x/2)", None),
    (ceil(X) ** 2, "ceiling(x)**2", r"\left\lceil x \right\rceil^{2}"),
    (ceil(X) ** 3, "ceiling(x)**3", None),
    (W / ceil(X), "w/ceiling(x)", None),
    (W * (H // 2) ** 2, "w*floor(h/2)**2", r"w \left\lfloor \frac{h}{2} \right\rfloor^{2}"),
    (maximum(H, W, 2), "Max(h, w, 2)", r"\max\left(h, w, 2\right)"),
    (minimum(H, W) * 2, "2*Min(h, w)", r"2 \min\left(h, w\right)"),
    (sqrt(H), "sqrt(h)", r"\sqrt{h}"),
    (sqrt(H) ** 3, "sqrt(h)**3", r"\sqrt{h}^{3}"),
    (1 / sqrt(H), "1/sqrt(h)", r"\frac{1}{\sqrt{h}}"),
    (2 * sqrt(2 * H), "2*sqrt(h)*sqrt(2)", r"2 \sqrt{h} \sqrt{2}"),
    (H**THIRD, "h**(1/3)", "h^{1/3}"),
    (sqrt(H + 1), "sqrt(h + 1)", r"\sqrt{h + 1}"),
    ((H + 1) ** THIRD, "(h + 1)**(1/3)", r"\left(h + 1\right)^{1/3}"),
    (C * (H + 1) ** -2, "c/(h + 1)**2", r"\frac{c}{\left(h + 1\right)^{2}}"),
    (symbol("c_in") * symbol("c1"), "c1*c_in", r"c_{1} c_{\mathrm{in}}"),
    (symbol("width") + symbol("w_2"), "w_2 + width", r"w_{2} + \mathrm{width}"),
    (symbol("a_b_cd") + symbol("ab12"), "a_b_cd + ab12", None),
]


@pytest.mark.parametrize(("form", "plain", "tex"), SHOWN, ids=[row[1] for row in SHOWN])
def test_a_form_prints_as_written_by_hand(form, plain, tex):
    assert ascii(form) == plain
    assert tex is None or latex(form) == tex


def test_long_names_get_roman_subscripts():
    assert latex(symbol("a_b_cd")) == r"a_{\mathrm{b\_cd}}"
    assert latex(symbol("ab12")) == r"\mathrm{ab}_{12}"
    assert latex(symbol("c_x")) == "c_{x}"


def test_notebooks_show_latex():
    assert (H**2)._repr_latex_() == "$h^{2}$"


@pytest.mark.parametrize("row", SHOWN, ids=[row[1] for row in SHOWN])
def test_sympy_reads_what_is_printed_as_what_is_converted(row):
    form, plain, _ = row
    names = {str(s): s for s in to_sympy(form).free_symbols}

    parsed = sympy.sympify(plain, locals=names)

    assert sympy.simplify(parsed - to_sympy(form)) == 0


def test_conversion_makes_positive_symbols_that_cancel():
    h = sympy.Symbol("h", integer=True, positive=True)

    assert to_sympy(H * 2) - 2 * h == 0
    assert to_sympy(symbol("h", multiple_of=32)) == h
    assert sympy.sympify(H + 1) == h + 1
    assert to_sympy(X) == sympy.Symbol("x", positive=True)
    assert to_sympy(3) == 3
    assert H + h == 2 * h
    assert h + H == 2 * h
    assert to_sympy(sqrt(H + 1)) == sympy.sqrt(h + 1)
    assert to_sympy(maximum(H, 4)).func is sympy.Max
    assert to_sympy(minimum(H, 4)).func is sympy.Min
    assert to_sympy((H + 1) // 2) == sympy.floor((h + 1) / 2)


def test_the_text_is_the_same_in_a_process_that_made_the_symbols_in_another_order():
    code = (
        "from costmodel.arith import symbol;"
        "w, n, h = symbol('w'), symbol('n'), symbol('h');"
        "print((w - h)//2 + n*h*w + w*h + w**2)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert result.stdout.decode().strip() == ascii((W - H) // 2 + N * H * W + W * H + W**2)
    assert ascii(N * H * W + W * H + W**2) == "h*n*w + h*w + w**2"


def test_symbols_of_one_name_and_two_domains_are_bound_together():
    assert evaluate(symbol("h") + symbol("h", multiple_of=32), {"h": 64}) == 128
