"""README says what the program says."""

import re
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


def test_the_first_two_commands_are_one_line_each():
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)

    assert all(block.count("\n") == 1 for block in blocks[:2])
