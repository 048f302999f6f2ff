"""The claims that ship: every one green, and a changed digit or channel turns it red."""

import random
import re
import time
from pathlib import Path

import pytest

from costmodel.claims import check
from costmodel.claims.document import load
from costmodel.claims.file import check_file

SPECS = Path(__file__).parents[2] / "specs"
FILES = sorted(SPECS.glob("claims/*.yaml"))
SAMPLE = 40


@pytest.fixture(scope="module")
def outcome():
    start = time.process_time()
    found = check([str(SPECS)], jobs=1, cache=False)
    return found, time.process_time() - start


def test_every_claim_is_as_it_should_be(outcome):
    found, _ = outcome

    assert [f.text for f in found.faults] == []
    assert [(v.file, v.line, v.id, v.message) for v in found.verdicts if not v.good] == []
    assert found.exit_code == 0


def test_there_are_at_least_four_hundred(outcome):
    assert len(outcome[0].verdicts) >= 400


def test_they_take_less_than_twenty_seconds(outcome):
    assert outcome[1] < 20  # of one processor; two share it


def test_every_claim_has_a_source(outcome):
    assert all(verdict.source.strip() for verdict in outcome[0].verdicts)


@pytest.mark.parametrize(
    ("name", "reported", "derived"),
    [
        ("conv-3x3-16-32", 4068, 4608),
        ("alexnet-crops", 2048, 2178),
        ("separable-3x3-16-32", 656, 656),
        ("grouped-256", 73_728, 73_728),
        ("three-3x3", "27*C**2", "27*C**2"),
        ("eesp-240", 20_160, 20_160),
        ("fbnet-space", 10**21, 984_770_902_183_611_232_881),
        ("dfc-full", "H**2*W**2", "H**2*W**2"),
    ],
)
def test_the_statements_of_the_documents_are_among_them(outcome, name, reported, derived):
    verdict = next(v for v in outcome[0].verdicts if v.id == name)

    assert (verdict.reported, verdict.derived) == (reported, derived)


def test_what_cannot_be_derived_is_listed_once_with_its_reason():
    listed = load(str(SPECS / "claims" / "underivable.yaml")).underivable
    names = [entry["id"] for entry in listed]

    assert len(names) == len(set(names)) > 100
    assert all(len(entry["reason"]) > 5 for entry in listed)


def claims_of(text):
    """The texts of the claims, each beginning at its dash."""
    head, _, section = text.partition("\nclaims:\n")
    return head + "\nclaims:\n", re.findall(r"^  - \{id.*?\}(?=\n|\Z)", section, re.M | re.S)


def digits():
    """Every digit of every published value in the files of claims."""
    for path in FILES:
        head, claims = claims_of(path.read_text(encoding="utf-8"))
        for claim in claims:
            stated = r"(?:value|equals|at_most|at_least): *(\"[^\"]*\"|\[[^]]*\]|[^,}\n]*)"
            match = re.search(stated, claim)
            for i in range(match.start(1), match.end(1)):
                name = re.search(r"[A-Za-z_]\w*$", claim[match.start(1) : i])
                if claim[i].isdigit() and not name:
                    yield path, head, claim, i


PLACES = random.Random(3).sample(list(digits()), SAMPLE)


@pytest.mark.parametrize(
    "place", PLACES, ids=[f"{re.search('id: ([^,]+)', p[2]).group(1)}-{p[3]}" for p in PLACES]
)
def test_a_flipped_digit_is_noticed(place, tmp_path):
    path, head, claim, i = place
    flipped = claim[:i] + str((int(claim[i]) + 1) % 10) + claim[i + 1 :]
    copy = tmp_path / path.name

    copy.write_text(head + claim + "\n", encoding="utf-8")
    before = check_file(str(copy))["verdicts"]
    copy.write_text(head + flipped + "\n", encoding="utf-8")
    result = check_file(str(copy))

    assert before[0]["verdict"] in ("holds", "known-wrong")
    assert result["faults"] or result["verdicts"][0]["verdict"] in ("fails", "unexpectedly-holds")


CHANNELS = [
    ("resnet", "out: 64, kernel: 7", "out: 63, kernel: 7"),
    ("resnet", "[layer4, 2048, 8 * inner", "[layer4, 2047, 8 * inner"),
    ("squeezenet", "[fire5, 32, 128", "[fire5, 33, 128"),
    ("shufflenet_v1", "c2: 240", "c2: 264"),
    ("googlenet", "out: 64, kernel: 7", "out: 65, kernel: 7"),
    ("lenet5", "out: 120, kernel: 5", "out: 121, kernel: 5"),
    ("espnet", "classes: 20", "classes: 21"),
    ("highway", "units: 71", "units: 72"),
    ("peleenet", "growth: 32", "growth: 36"),
]


@pytest.mark.parametrize(("name", "old", "new"), CHANNELS)
def test_a_changed_channel_is_noticed(name, old, new, tmp_path):
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    copy = tmp_path / f"{name}.yaml"
    copy.write_text(text.replace(old, new), encoding="utf-8")

    assert old in text
    assert check([str(copy)], cache=False, jobs=1).exit_code != 0
