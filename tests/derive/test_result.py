"""What an answer looks like: in a terminal, in a paper, in SymPy's own terms."""

from costmodel.derive import bound

POINTWISE = "conv: {out: c2, kernel: 1}"


def test_the_report_tells_the_proof_in_lines_that_fit_a_terminal(network):
    from costmodel.render import render

    found = bound(network(POINTWISE), "mem_access", ["c1", "c2"], ["mult_adds=B"])
    text = render(found.report(), "table", width=80)

    assert "least mem_access = 2*sqrt(B*h*w) + B/(h*w)" in text
    assert "3. >= 2*sqrt(B*h*w) + B/(h*w)" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert "proof" not in render(found.report(proof=False), "table", width=80)


def test_latex_holds_the_proof_once(network):
    found = bound(network(POINTWISE), "mem_access", ["c1", "c2"], ["mult_adds=B"])

    assert found.latex().count(r"\begin{align*}") == 1
    assert r"\[ \text{least mem access} = 2 \sqrt{B h w} + \frac{B}{h w} \]" in found.latex()
    assert "sqrt(" not in found.latex()
    assert "weighted AM-GM" not in found.latex().partition(r"\begin{align*}")[0]


def test_the_outside_sees_sympy_expressions(network):
    import sympy

    found = bound(network(POINTWISE), "mem_access", ["c1", "c2"], ["mult_adds=B"])
    b, h, w = (sympy.Symbol(name, positive=True) for name in "Bhw")

    assert sympy.simplify(found.expression - 2 * sympy.sqrt(b * h * w) - b / (h * w)) == 0
    assert sympy.simplify(found.place["c1"] - sympy.sqrt(b / (h * w))) == 0
