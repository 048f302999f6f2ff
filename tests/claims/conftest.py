"""What the tests of claims share: a small network whose numbers are easy to count."""

import pytest

NETWORK = """\
model: small
symbols: {n: 1, h: 8, w: {default: h}}
params: {c: 4}
variants:
  narrow: {c: 2}
input: [n, 3, h, w]
layers:
  - conv: {name: stem, out: c, kernel: 3, padding: 1}
  - relu
  - linear_head: {name: head, out: 10}
blocks:
  linear_head:
    args: {out: }
    layers:
      - global_avg_pool
      - flatten
      - linear: {name: fc, out: out, bias: false}
"""
# params 3*4*9 + 4*10 = 148, mult_adds 108*64 + 40 = 6952


@pytest.fixture
def spec(tmp_path):
    """A function that writes a spec with the given claims and returns its path."""

    def write(claims, name="small.yaml", head=NETWORK):
        path = tmp_path / name
        path.write_text(f"{head}claims:\n{claims}\n", encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def verdicts(spec):
    """A function that checks claims of the small network."""
    from costmodel.claims.check import check

    def run(claims, **more):
        outcome = check([spec(claims, **more)], cache=False, jobs=1)
        assert not outcome.faults, outcome.faults[0].text
        return outcome.verdicts

    return run


@pytest.fixture
def fault(spec):
    """A function that gives the text of the error that claims lead to."""
    from costmodel.claims.check import check

    def run(claims, **more):
        outcome = check([spec(claims, **more)], cache=False, jobs=1)
        assert outcome.exit_code == 2
        return outcome.faults[0].text

    return run
