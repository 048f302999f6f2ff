"""Proofs set for a paper: one align* block, every brace closed, every step in it."""

import re

import pytest

from costmodel.derive.align import align, formula
from costmodel.derive.library import LIBRARY, named


def test_g1_reads_as_a_chain():
    text = align(named("G1"))

    assert text.startswith("\\begin{align*}\n  \\text{mem access} &= c_{1} h w")
    assert r"&\ge 2 \sqrt{B h w} + \frac{B}{h w}" in text
    assert text.endswith("\\end{align*}")


@pytest.mark.parametrize("name", list(LIBRARY))
def test_each_proof_of_the_library_can_be_set(name):
    found = LIBRARY[name].ask()
    text = align(found)
    bare = re.sub(r"\\[{}]", "", text)

    assert bare.count("{") == bare.count("}")
    assert len(re.findall(r"\\left", text)) == len(re.findall(r"\\right", text))
    assert r"\intertext" not in text  # MathJax has none
    assert r"\_" not in text  # nor does it know it within words
    rows = [line for line in text.splitlines()[1:-1] if r"&\quad \text{" not in line]
    assert len(rows) <= len(found.steps)
    assert max(len(re.sub(r"\\[a-z]+", "", line)) for line in rows if "&&" not in line) < 400
    reasons = [part for line in text.splitlines() for part in re.findall(r"\\text\{(.*?)\}", line)]
    assert max(map(len, reasons)) <= 90  # nothing runs off a page


@pytest.mark.parametrize(
    ("plain", "latex"),
    [
        ("a - (b + c)", r"a - \left(b + c\right)"),
        ("a*(b + c)/d", r"\frac{a \left(b + c\right)}{d}"),
        ("2*3", r"2 \cdot 3"),
        ("(B**2)**(1/3)", r"\left(B^{2}\right)^{\frac{1}{3}}"),
        ("Max(a, b)", r"\max\left(a, b\right)"),
        ("c_in", r"c_{\mathrm{in}}"),
        ("slack1", r"\mathit{slack}_{1}"),
        ("x ? y", r"\text{x ? y}"),
    ],
)
def test_formulas_are_set_as_they_are_printed(plain, latex):
    assert formula(plain) == latex
