"""``pytest --costmodel specs/``: every claim is a test.

A spec's claims, and those of files of claims, become items of the file they stand in, named by
their ids.  What a file's claims share is built once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from costmodel.claims.measure import Workbench
    from costmodel.claims.record import Claim


class ClaimFailed(Exception):  # noqa: N818  # what a test reports, and no error of the program
    """A claim that does not hold, or holds against what is on record."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch."""
    group = parser.getgroup("costmodel")
    group.addoption("--costmodel", action="store_true", default=False,
                    help="collect the claims of costmodel specs as tests")  # fmt: skip


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect specs and files of claims if that was asked for."""
    if file_path.suffix not in (".yaml", ".yml") or not parent.config.getoption("--costmodel"):
        return None
    from costmodel.claims.document import is_document

    text = file_path.read_text(encoding="utf-8", errors="replace")
    if not is_document(text):
        return None
    made: pytest.Collector = ClaimFile.from_parent(parent, path=file_path)
    return made


class ClaimFile(pytest.File):
    """One file of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """Its claims, in order."""
        from costmodel.claims.document import load
        from costmodel.claims.measure import Workbench
        from costmodel.errors import CostModelError

        try:
            document = load(str(self.path))
        except CostModelError as error:
            raise self.CollectError(str(error)) from None
        bench = Workbench(document)
        for claim in document.claims:
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim, bench=bench)


class ClaimItem(pytest.Item):
    """One claim."""

    def __init__(self, *, claim: Claim, bench: Workbench, **more: Any) -> None:
        super().__init__(**more)
        self.claim, self.bench = claim, bench

    def runtest(self) -> None:
        """Derive the value; fail unless it is as claimed."""
        from costmodel.claims.judging import judge
        from costmodel.errors import CostModelError

        try:
            verdict = judge(self.claim, self.bench)
        except CostModelError as error:
            raise ClaimFailed(str(error)) from None
        if not verdict.good:
            where = f"{verdict.file}:{verdict.line}"
            text = f"{where}: {verdict.verdict}: {verdict.message}\nsource: {verdict.source}"
            raise ClaimFailed(text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict in place of a traceback."""
        if isinstance(excinfo.value, ClaimFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the claim stands."""
        return self.path, self.claim.mark.line - 1, f"claim {self.claim.id}"
