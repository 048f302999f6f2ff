"""Verdicts: every kind of claim on a network that can be counted by hand."""

import pytest

# conv 3 -> 4, 3x3 on 8x8; linear 4 -> 10. params 108 + 40, mult_adds 108*64 + 40 = 6952


@pytest.mark.parametrize(
    ("claim", "derived"),
    [
        ("quantity: mult_adds, value: 6952", 6952),
        ("quantity: mult_adds, value: 7.0k", 6952),
        ("quantity: mult_adds, value: 6.9k, tolerance: truncated", 6952),
        ("quantity: flops, profile: darknet, value: 13904", 13904),
        ("quantity: reported, profile: conv-only, value: 6912", 6912),
        ("quantity: params, variant: narrow, value: 54 + 20", 74),
        ("quantity: mult_adds, at: {h: 4}, value: 108*16 + 40", 1768),
        ("quantity: mult_adds, at: {h: 4, w: 6}, value: 108*24 + 40", 2632),
        ("quantity: params, part: stem, value: 108", 108),
        ("quantity: params, part: [stem, head], value: 148", 148),
        ("quantity: params, part: head/fc, value: 40", 40),
        ("quantity: params, ops: linear, value: 40", 40),
        ("quantity: depth, value: 2", 2),
        ("quantity: mult_adds / params, part: stem, value: 64", 64),
        ("quantity: params, at_most: 148", 148),
        ("quantity: params, at_least: 148", 148),
        ("quantity: params, of: {ops: linear}, over: {part: stem}, value: 40/108", 40 / 108),
        ("quantity: params, of: {variant: narrow}, over: {}, as: saving, value: 50 %", 0.5),
        ("quantity: params, of: {}, over: {variant: narrow}, as: growth, value: 100 %", 1),
        ("quantity: params, of: {}, over: {variant: narrow}, as: difference, value: 74", 74),
        ("count: 9**22, value: 10^21", 9**22),
        ("equals: [3*3*16*32, 4608]", 4608),
    ],
)
def test_a_true_claim_holds(verdicts, claim, derived):
    (verdict,) = verdicts(f"  - {{id: a, source: by hand, {claim}}}")

    assert (verdict.verdict, verdict.derived) == ("holds", derived)


@pytest.mark.parametrize(
    "claim",
    [
        "quantity: mult_adds, value: 6953",
        "quantity: mult_adds, value: 6.9k, tolerance: rounded",
        "quantity: params, at_most: 147",
        "quantity: params, at_least: 149",
        "quantity: params, variant: narrow, value: 148",
        "quantity: params, of: {variant: narrow}, over: {}, value: 51 %, tolerance: rounded",
        "count: 8**22, value: 10^21",
        "equals: [3*3*16*32, 4068]",
        "quantity: params, value: 148, derived: 149",
        "quantity: params, value: 150, tolerance: 5%, deviation: -1.2 %",
    ],
)
def test_a_false_claim_fails(verdicts, claim):
    (verdict,) = verdicts(f"  - {{id: a, source: by hand, {claim}}}")

    assert verdict.verdict == "fails"


def test_a_symbolic_claim_is_an_identity(verdicts):
    head = (
        "modules:\n  stack:\n    symbols: {C: {}}\n    input: [1, C, 7, 7]\n"
        "    layers: [conv: {out: C, kernel: 3, repeat: 3}]\n"
    )
    claims = (
        "  - {id: right, module: stack, quantity: params, value: 27*C**2, source: x}\n"
        "  - {id: wrong, module: stack, quantity: params, value: 27*C**2 + C - 1, source: x}"
    )

    right, wrong = verdicts(claims, head=head)

    assert (right.verdict, right.derived) == ("holds", "27*C**2")
    assert (wrong.verdict, wrong.reported) == ("fails", "27*C**2 + C - 1")


def test_a_recorded_error_is_known_wrong(verdicts):
    (verdict,) = verdicts(
        "  - {id: a, source: x, quantity: params, value: 140, known-wrong: slip, derived: 148}"
    )

    assert (verdict.verdict, verdict.message, verdict.good) == ("known-wrong", "slip", True)


def test_a_recorded_error_that_is_right_is_a_failure(verdicts):
    (verdict,) = verdicts(
        "  - {id: a, source: x, quantity: params, value: 148, known-wrong: slip, derived: 148}"
    )

    assert (verdict.verdict, verdict.good) == ("unexpectedly-holds", False)


@pytest.mark.parametrize("record", ["derived: 147", "derived: 148, deviation: +5.8 %"])
def test_a_record_of_the_right_value_must_be_right(verdicts, record):
    (verdict,) = verdicts(
        f"  - {{id: a, source: x, quantity: params, value: 140, known-wrong: why, {record}}}"
    )

    assert verdict.verdict == "fails"  # 148/140 is 5.7 % more


def test_the_numbers_of_the_interface_are_those_of_the_issue(verdicts):
    """146 M published, 144 908 000 derived: off by -0.0075, within 1 %."""
    head = "model: x\ninput: [1, 1, 1]\nlayers: [linear: {out: 144908000, bias: false}]\n"

    (verdict,) = verdicts(
        "  - {id: a, quantity: params, value: 146M, tolerance: 1%, source: t}", head=head
    )

    assert verdict.as_json() | {"file": "", "line": 0} == verdict.as_json() | {
        "model": "x",
        "reported": 146000000,
        "derived": 144908000,
        "deviation": -0.007479,
        "tolerance": 0.01,
        "verdict": "holds",
        "file": "",
        "line": 0,
    }


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [("2*sqrt(B*h*w) + B/(h*w)", "holds"), ("2*sqrt(B*h*w) + 2*B/(h*w)", "fails")],
)
def test_a_bound_is_claimed_in_the_words_of_its_proof(tmp_path, formula, verdict):
    """AM-GM on hw(c1 + c2) + c1*c2 with hw*c1*c2 = B: Ma et al. 2018, G1."""
    from costmodel.claims import check

    file = tmp_path / "bounds.yaml"
    file.write_text(
        f"modules: {{}}\nclaims:\n  - {{id: g1, bound: G1, value: {formula}, source: Ma 2018}}\n"
    )
    outcome = check([str(file)], cache=False)

    assert [v.verdict for v in outcome.verdicts] == [verdict]
