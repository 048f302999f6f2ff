"""README says what the program says."""

import re
from collections import Counter
from pathlib import Path

from costmodel.claims import check
from costmodel.claims.summary import summary
from costmodel.render import render

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_published_numbers_is_the_programs_own():
    shown = re.search(r"<!-- claims -->\n(.*)<!-- /claims -->", README, re.DOTALL).group(1)

    assert shown == render(summary(check([str(ROOT / "specs")]).verdicts), "markdown")


def test_the_sample_of_analyze_is_what_it_prints():
    import costmodel as cm

    sample = re.search(r"```text\n(resnet50 .*?)\n```", README, re.DOTALL).group(1)

    assert str(cm.load("resnet50").table()).startswith(sample)


def test_the_samples_of_closed_forms_are_what_it_prints():
    import costmodel as cm

    even, deep = re.findall(r"```text\n((?:if|total) .*?)\n```", README, re.DOTALL)

    assert even in cm.load("resnet50").free("h", "w", "n").table().render()
    assert deep in cm.load("resnet_cifar").free("blocks").table().render()


def test_the_python_sample_runs():
    names = {}
    exec(re.search(r"## In notebooks\n\n```python\n(.*?)```", README, re.DOTALL).group(1), names)

    assert names["net"].totals.mult_adds == 4089184256


def test_the_first_two_commands_are_one_line_each():
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)

    assert all(block.count("\n") == 1 for block in blocks[:2])


def test_the_table_of_guidelines_is_what_lint_finds():
    import costmodel as cm
    from costmodel.guidelines.linting import lint
    from costmodel.guidelines.settings import Settings

    table = re.search(r"\| network \| convs .*?\n\n", README, re.DOTALL).group().splitlines()
    heading = [cell.strip() for cell in table[0].strip("|").split("|")]
    for line in table[2:]:
        if not line:
            continue
        row = dict(zip(heading, (cell.strip() for cell in line.strip("|").split("|")), strict=True))
        outcome = lint(cm.load(row["network"]), Settings())
        shown = {code: int(row[code]) for code in heading[2:] if row[code]}
        counts = Counter(finding.code for finding in outcome.findings)

        assert shown == {c: n for c, n in counts.items() if c in heading}, row["network"]
        assert int(row["convs"]) == len(outcome.seen.convs)
