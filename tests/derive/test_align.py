"""Proofs set for a paper: one align* block, every brace closed, every step in it."""

import re

import pytest

from costmodel.derive.align import align, formula
from costmodel.derive.library import LIBRARY, named


def test_g1_reads_as_a_chain():
    text = align(named("G1"))

    assert text.startswith("\\begin{align*}\n  \\text{mem\\_access} &= c_{1} h w")
    assert r"&\ge 2 \sqrt{B h w} + \frac{B}{h w}" in text
    assert text.endswith("\\end{align*}")


@pytest.mark.parametrize("name", list(LIBRARY))
def test_each_proof_of_the_library_can_be_set(name):
    found = LIBRARY[name].ask()
    text = align(found)
    bare = re.sub(r"\\[{}]", "", text)

    assert bare.count("{") == bare.count("}")
    assert len(re.findall(r"\\left", text)) == len(re.findall(r"\\right", text))
    assert r"\\" + "\n  \\intertext" not in text
    chained = [s for s in found.steps if "right" in s.data and "relation" in s.data]
    lines = [line for line in text.splitlines() if "&" in line.replace(r"\&", "")]
    assert len(lines) == len(chained) + sum(s.kind == "definition" for s in found.steps)


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
