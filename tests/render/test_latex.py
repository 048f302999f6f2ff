import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.arith import latex as in_latex
from costmodel.arith import symbol
from costmodel.render import Column, Formula, Grid, Heading, Report, Text, render, to_latex


def latex(*blocks, **style):
    return render(Report(blocks), "latex", **style)


def problems(source):
    """What keeps LaTeX from reading the source, or None."""
    source = re.sub(r"^%.*$", "", source, flags=re.MULTILINE)
    still_open = []
    for begun, ended in re.findall(r"\\begin\{(\w+)\}|\\end\{(\w+)\}", source):
        if begun:
            still_open.append(begun)
        elif not still_open or still_open.pop() != ended:
            return f"stray end of {ended}"
    display = re.sub(r"\\\[ .* \\\]", "", source)
    bare = re.sub(r"\\[^a-zA-Z]", "", display)
    text = re.sub(r"\$[^$]*\$", "", bare)
    if special := re.search(r"[#%~$^_]", text):
        return f"bare {special.group()}"
    depths = list(accumulate((c == "{") - (c == "}") for c in re.sub(r"\\[{}]", "", source)))
    if still_open or (depths and (depths[-1] or min(depths) < 0)):
        return "unbalanced"
    return None


def test_a_table_uses_booktabs_and_floats_with_caption_and_label(costs):
    lines = [" ".join(line.split()) for line in render(costs, "latex").splitlines()]

    assert lines[0] == r"% needs \usepackage{booktabs}"
    assert lines[4:20] == [
        r"\begin{table}",
        r"\centering",
        r"\caption{tiny, profile paper}",
        r"\label{tab:tiny-profile-paper}",
        r"\begin{tabular}{llrrrr}",
        r"\toprule",
        r"stage & out (C$\times$H$\times$W) & params & mult-adds & \% & mem access (bytes) \\",
        r"\midrule",
        r"stem & 64\,$\times$\,56\,$\times$\,55 & 9.4\,k & 118.0\,M & 15.0 & 2.000\,KiB \\",
        r"layer1 & 256\,$\times$\,28\,$\times$\,27 & 213.0\,k & 667.9\,M & 85.0 & 1.500\,KiB \\",
        r"\midrule",
        r"total & & 222.4\,k & 785.9\,M & 100.0 & 3.500\,KiB \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("conv_1", r"conv\_1"),
        ("a&b", r"a\&b"),
        ("50%", r"50\%"),
        ("#1", r"\#1"),
        ("{x}", r"\{x\}"),
        ("$x$", r"\$x\$"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("\\end", r"\textbackslash{}end"),
        ("<|>", r"\textless{}\textbar{}\textgreater{}"),
        ("[1]", "{[}1{]}"),
        ("--raw", "-{}-raw"),
        ("a–b", "a--b"),
        ("a\nb", r"a\textbackslash{}nb"),
        ("畳み込み", "畳み込み"),
    ],
)
def test_names_are_printed_as_they_are(name, shown):
    lines = latex(Grid([Column("n", "n")], [[name]])).splitlines()

    assert lines[lines.index(r"\midrule") + 1].strip() == rf"{shown} \\"


def test_numbers_are_set_as_numbers():
    grid = Grid([Column("n", "n", "count"), Column("r", "r", "ratio")],
                [[-1500, 1.5e-7], [10**30, 2]])  # fmt: skip

    assert r"$-$1.500\,k & $1.5 \times 10^{-7}$" in " ".join(latex(grid).split())
    assert r"$1.000 \times 10^{30}$" in latex(grid)


def test_large_byte_counts_keep_their_unit():
    assert r"$1.181 \times 10^{21}$\,B" in latex(Grid([Column("n", "n", "bytes")], [[2**70]]))


def test_formulas_are_set_in_math():
    c = symbol("c")
    value = 3 * c**2 + c

    assert rf"\[ \textrm{{mult\_adds}} = {in_latex(value)} \]" in latex(Formula("mult_adds", value))
    assert f"${in_latex(value)}$" in latex(Grid([Column("n", "n", "count")], [[value]]))
    assert r"\[ \textrm{params} = \textrm{7} \qquad \textrm{(why)} \]" in latex(
        Formula("params", 7, "why")
    )


def test_labels_are_told_apart_and_a_table_without_caption_takes_the_title():
    grid = Grid([Column("n", "n")], [["x"]])

    source = latex(Heading("My Net, 50%"), grid, grid)

    assert source.count(r"\caption{My Net, 50\%}") == 2
    assert re.findall(r"\\label\{(.*)\}", source) == ["tab:my-net-50", "tab:my-net-50-2"]


def test_everything_is_balanced(everything, costs):
    assert problems(render(everything, "latex")) is None
    assert problems(to_latex(costs)) is None


def test_the_balance_check_can_fail():
    assert problems("a_b") == "bare _"
    assert problems(r"\begin{table}") == "unbalanced"
    assert problems("}{") == "unbalanced"
    assert problems("$x") == "bare $"
    assert problems(r"\begin{a}\end{b}") == "stray end of b"


@given(st.text(), st.text())
def test_no_name_unbalances_the_source(name, heading):
    grid = Grid([Column("n", heading), Column("c", "c", "count")], [[name, 1]], caption=name)

    assert problems(latex(Heading(heading), Text(name, "note"), grid)) is None
