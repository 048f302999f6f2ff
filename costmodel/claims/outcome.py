"""What a check found, and how it is told to people, to CI and to programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from costmodel.claims.record import Verdict
from costmodel.records import Record
from costmodel.render import Block, Column, Grid, Heading, Text
from costmodel.render.findings import Finding, Findings

if TYPE_CHECKING:
    import pandas

VERDICTS = ("holds", "known-wrong", "fails", "unexpectedly-holds")
MOST_ROWS = 40  # claims listed one by one unless all are asked for


class Fault(Record):
    """A file or a claim of which nothing could be said."""

    text: str  # the error as it is printed
    file: str
    line: int
    claim: str = ""


class Outcome(Record):
    """Every verdict, in the order of the files and of the lines in them."""

    verdicts: tuple[Verdict, ...]
    faults: tuple[Fault, ...] = ()
    skipped: tuple[str, ...] = ()  # files that are neither specs nor claims

    @property
    def exit_code(self) -> int:
        """0 if every claim holds, 1 if one fails, 2 if something could not be checked."""
        if self.faults:
            return 2
        return 0 if all(verdict.good for verdict in self.verdicts) else 1

    @property
    def counts(self) -> Mapping[str, int]:
        """How many claims have each verdict."""
        counted = Counter(verdict.verdict for verdict in self.verdicts)
        return {name: counted[name] for name in VERDICTS}

    def report(self, every: bool = False) -> Findings:
        """The outcome as a report; *every* lists all claims, however many hold."""
        every = every or len(self.verdicts) <= MOST_ROWS
        shown = [v for v in self.verdicts if every or not v.good]
        blocks: list[Block] = [Heading("claims")]
        if shown:
            blocks.append(_claims(shown))
        files = dict.fromkeys(v.file for v in self.verdicts)
        if not every and len(files) > 1:
            blocks.append(self._files(list(files)))
        blocks += [Text(fault.text, kind="warning") for fault in self.faults]
        blocks.append(Text(self.summary, kind="note"))
        return Findings(blocks, self.as_json(), tuple(self._findings()), "costmodel check")

    def to_frame(self) -> pandas.DataFrame:
        """One row a claim, with what was published, what was derived and the verdict."""
        import pandas

        return pandas.DataFrame([v.as_json() for v in self.verdicts]).set_index("id")

    def __repr__(self) -> str:
        return f"<Outcome: {self.summary}>"

    def _repr_html_(self) -> str:
        return self.report(every=True)._repr_html_()

    @property
    def summary(self) -> str:
        """One sentence with every count."""
        counts = self.counts
        parts = [f"{counts['holds']} hold", f"{counts['known-wrong']} are known to be wrong"]
        if counts["fails"]:
            parts.append(f"{counts['fails']} fail")
        if counts["unexpectedly-holds"]:
            parts.append(f"{counts['unexpectedly-holds']} recorded as wrong hold after all")
        text = f"{len(self.verdicts)} claims: {', '.join(parts)}"
        if self.faults:
            text += f"; {len(self.faults)} could not be checked"
        return text + (f"; skipped {', '.join(self.skipped)}" if self.skipped else "")

    def as_json(self) -> dict[str, Any]:
        """The fixed object of ``check --format json``."""
        counts = self.counts
        summary = {"holds": counts["holds"],
                   "fails": counts["fails"] + counts["unexpectedly-holds"],
                   "known_wrong": counts["known-wrong"]}  # fmt: skip
        data: dict[str, Any] = {"claims": [v.as_json() for v in self.verdicts], "summary": summary}
        if self.faults:
            data["errors"] = [dict(fault.__dict__) for fault in self.faults]
        return data

    def _files(self, files: Sequence[str]) -> Grid:
        columns = [Column("file", "file", "text", priority=100), Column("claims", "claims", "text")]
        columns += [Column(name, name, "text", priority=50) for name in VERDICTS]
        rows = []
        for file in files:
            counted = Counter(v.verdict for v in self.verdicts if v.file == file)
            cells = [counted[name] or None for name in VERDICTS]
            rows.append([file, sum(counted.values()), *cells])
        total = [len(self.verdicts), *(self.counts[name] or None for name in VERDICTS)]
        return Grid(columns, [*rows, ["total", *total]], footer_rows=1)

    def _findings(self) -> list[Finding]:
        found = [_finding(verdict) for verdict in self.verdicts]
        return found + [
            Finding("cannot-check", "error", fault.claim or fault.file, fault.file, fault.text,
                    fault.file, fault.line)
            for fault in self.faults
        ]  # fmt: skip


RULES = {"holds": "claim", "known-wrong": "claim", "fails": "claim-fails",
         "unexpectedly-holds": "claim-unexpectedly-holds"}  # fmt: skip


def _finding(verdict: Verdict) -> Finding:
    where = f"{verdict.model}:{verdict.variant}" if verdict.variant else verdict.model
    text = f"{where} {verdict.quantity}: {verdict.message} ({verdict.source})"
    level = "pass" if verdict.verdict == "holds" else "note" if verdict.good else "error"
    rule = RULES[verdict.verdict]
    return Finding(rule, level, verdict.id, verdict.file, text, verdict.file, verdict.line)


def _claims(verdicts: Sequence[Verdict]) -> Grid:
    columns = [
        Column("id", "claim", "text", priority=100),
        Column("model", "network", "text", priority=70),
        Column("quantity", "quantity", "text", priority=60),
        Column("printed", "published", "text", priority=90),
        Column("derived", "derived", "text", priority=85),
        Column("deviation", "off by %", "percent", priority=55),
        Column("verdict", "verdict", "text", priority=95),
        Column("rounding", "digits", "text", priority=30),
        Column("where", "where", "text", priority=40),
    ]
    return Grid(columns, [_row(verdict) for verdict in verdicts])


def _row(v: Verdict) -> list[Any]:
    network = f"{v.model}:{v.variant}" if v.variant else v.model
    derived = f"{v.derived:,}" if isinstance(v.derived, int) else str(v.derived)
    off = None if v.deviation is None else 100 * v.deviation
    return [v.id, network, v.quantity, v.printed, derived, off, v.verdict, v.rounding,
            f"{v.file}:{v.line}"]  # fmt: skip
