"""Equal widths inside a block whose widths are arguments and expressions."""

from costmodel.graph import build
from costmodel.guidelines.linting import lint
from costmodel.guidelines.rewriting import fixed, offers
from costmodel.guidelines.settings import Settings
from costmodel.spec.document import parse_spec

SPEC = """model: t
symbols: {n: 1, h: 56, w: {default: h}}
input: [n, 64, h, w]
blocks:
  unit:
    args: {mid: , wide: 0, out: , groups: 1}
    layers:
      - conv: {name: a, out: OUT_A, kernel: 1}
      - relu
      - conv: {name: b, out: OUT_B, kernel: 3, padding: 1, groups: groups}
      - relu
      - conv: {name: c, out: out, kernel: 1}
layers:
  - stages:
      block: unit
      columns: [name, mid, wide, groups, out, repeat]
      rows:
        - [one, ROW1, 64, 3]
        - [two, ROW2, 128, 4]
"""


def spec(out_a, out_b, one, two):
    text = SPEC.replace("OUT_A", out_a).replace("OUT_B", out_b)
    return text.replace("ROW1", one).replace("ROW2", two)


def ended(text, *codes):
    outcome = lint(build(parse_spec(text, "t.yaml")), Settings(select=codes))
    return fixed(outcome)


def test_numbers_in_the_rows_of_a_table_are_rewritten_there():
    """One: 64·32 + 9·32·160 + 160·64 = 58,368 >= 128·m + 9·m² up to 72; two, from 64 channels:
    229,376 >= 192·m + 9·m² up to 144, from 128: 233,472 >= 256·m + 9·m² too."""
    _, taken, text = ended(spec("mid", "wide", "32, 160, 1", "64, 320, 1"), "G1")

    assert text == spec("mid", "wide", "72, 72, 1", "144, 144, 1")
    assert [offer.path for offer in taken] == ["one/0/b", "two/0/b"]
    assert all(x.changes["mult_adds"] <= 0 > x.changes["mem_access"] for x in taken)


def test_an_expression_is_scaled_alike_for_all_rows():
    """One: 47,104 >= 128·m + 9·m² up to 64, half of 4·32; two: 184,320 >= 192·m + 9·m² up to 128
    of 256, where 144 would take 214,272."""
    (offer, *_), text = ended(spec("mid", "4 * mid", "32, 0, 1", "64, 0, 1"), "G1")[1:]

    assert "name: a, out: (4 * mid) * 8 // 128 * 8," in text
    assert "name: b, out: (4 * mid) * 8 // 128 * 8," in text
    assert offer.uses == 7
    assert {x.y[1] for x in build(parse_spec(text)).layers if x.path.endswith("/b")} == {64, 128}


def test_groups_are_dropped_and_the_width_scaled():
    """One: 64·128 + 9·128²/32 + 128·64 = 20,992 >= 128·m + 9·m² up to 40; two, from 64 channels:
    16,384 + 18,432 + 32,768 = 67,584 >= 192·m + 9·m² up to 72, so 4/16 of 256 and not 5/16."""
    old = spec("mid", "mid", "128, 0, 32", "256, 0, 32")
    (offer,), text = ended(old, "G2")[1:]

    assert "groups: groups" not in text
    widths = {x.path[:3]: x.y[1] for x in build(parse_spec(text)).layers if x.path.endswith("/b")}
    assert widths == {"one": 32, "two": 64}
    assert offer.changes["mult_adds"] <= 0 > offer.changes["mem_access"]


def test_numbers_in_a_call_are_rewritten_there():
    head, _, _ = spec("mid", "wide", "", "").partition("layers:\n  - stages")
    text = f"{head}layers:\n  - unit: {{mid: 16, wide: 200, out: 64}}\n"
    _, _, new = ended(text, "G1")

    assert new == text.replace("mid: 16, wide: 200", "mid: 56, wide: 56")


def test_what_depends_on_the_incoming_channels_is_left_alone():
    """The two convolutions read different ones, and the rows have other widths."""
    text = spec("c_in // 2", "3 * c_in", "1, 0, 1", "1, 0, 1")
    outcome = lint(build(parse_spec(text, "t.yaml")), Settings(select=("G1",)))

    assert {f.path[-2:] for f in outcome.findings} >= {"/b"}
    assert offers(outcome) == []
