"""What a claim must say, and what it may not: each refusal with its place and its hint."""

import pytest

GOOD = "  - {id: a, quantity: params, value: 148, source: by hand}"


def claim(**changes):
    keys = {"id": "a", "quantity": "params", "value": "148", "source": "by hand", **changes}
    return "  - {" + ", ".join(f"{k}: {v}" for k, v in keys.items() if v is not None) + "}"


def test_a_plain_claim_is_read_and_holds(verdicts):
    (verdict,) = verdicts(GOOD)

    assert (verdict.verdict, verdict.derived, verdict.line) == ("holds", 148, 19)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"source": None}, "a claim needs source"),
        ({"id": None}, "a claim needs id"),
        ({"value": None}, "a claim has one of value, equals, at_most, at_least; this has none"),
        ({"at_most": "5"}, "this has value and at_most"),
        ({"quantity": None}, "a claim is about one thing"),
        ({"count": "1 + 1"}, "a claim is about one thing"),
        ({"quantity": "flops"}, "flops without a convention: add profile"),
        ({"quantity": "reported"}, "reported without a convention: add profile"),
        ({"quantity": "prams"}, "did you mean 'params'"),
        ({"tolerance": "some"}, "that is no tolerance"),
        ({"value": "3*c", "tolerance": "1%"}, "a formula is equal or not"),
        ({"profile": "papr"}, "unknown profile 'papr'"),
        ({"mode": "fast"}, "unknown mode 'fast'"),
        ({"variant": "wide"}, "unknown variant of small 'wide'"),
        ({"model": "resnet5"}, "unknown model 'resnet5'"),
        ({"module": "stem"}, "unknown module 'stem'"),
        ({"part": "stme"}, "unknown layer 'stme'"),
        ({"at": "{q: 1}"}, "small has no symbol or param 'q'"),
        ({"valeu": "3"}, "a claim has no key 'valeu'"),
        ({"prefix": "1000000"}, "prefix is 1000 or 1024"),
        ({"as": "saving"}, "as goes with of and over"),
        ({"of": "{}"}, "of and over go together"),
        ({"quantity": "depth", "part": "stem"}, "depth is a quantity of whole networks"),
        ({"bound": "g1", "quantity": None}, "g1"),
    ],
)
def test_a_claim_is_refused_with_the_reason(fault, changes, problem):
    text = fault(claim(**changes))

    assert problem in text
    assert "small.yaml:19:" in text


@pytest.mark.parametrize("word", ["mac", "macs", "MACs", "GMACs"])
def test_mac_is_refused_with_both_candidates(fault, word):
    text = fault(claim(quantity=word))

    assert "'mult_adds'" in text
    assert "'mem_access'" in text


@pytest.mark.parametrize("word", ["FLOPs", "FLOPS", "GFLOPs", "BFLOPs"])
def test_flops_in_capitals_is_refused_with_both_candidates(fault, word):
    text = fault(claim(quantity=word, profile="paper"))

    assert "'mult_adds'" in text
    assert "'flops'" in text


def test_two_claims_of_one_name_are_refused_with_both_places(fault):
    text = fault(f"{GOOD}\n{GOOD}")

    assert "small.yaml:20:5: two claims are called 'a'" in text
    assert "small.yaml:19:5: the first" in text


def test_a_number_is_not_compared_with_a_closed_form(fault):
    free = (
        "model: free\nsymbols: {c: {}}\ninput: [1, c, 4, 4]\nlayers: [conv: {out: c, kernel: 1}]\n"
    )

    text = fault("  - {id: a, quantity: params, value: 9, source: x}", head=free)

    assert "c stays free: the derived value is c**2" in text


def test_one_name_with_two_domains_is_refused(fault):
    head = (
        "modules:\n"
        "  a: {symbols: {c: {}}, input: [1, c, 1, 1], layers: [conv: {out: c, kernel: 1}]}\n"
        "  b: {symbols: {c: {min: 2}}, input: [1, c, 1, 1], layers: [conv: {out: c, kernel: 1}]}\n"
    )
    claims = (
        "  - {id: a, quantity: params, of: {module: a}, over: {module: b}, value: 1, source: x}"
    )

    assert "c is declared in two ways" in fault(claims, head=head)


def test_a_broken_file_does_not_hide_the_others(spec, tmp_path):
    from costmodel.claims.check import check

    spec(GOOD)
    (tmp_path / "broken.yaml").write_text("model: broken\nlayers: [", encoding="utf-8")

    outcome = check([str(tmp_path)], cache=False, jobs=1)

    assert outcome.exit_code == 2
    assert [v.id for v in outcome.verdicts] == ["a"]
    assert "broken.yaml" in outcome.faults[0].text
