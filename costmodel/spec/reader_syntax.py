"""YAML's syntax errors, in plain words."""

from __future__ import annotations

import yaml

from costmodel.errors import Mark, Source, SpecError
from costmodel.spec.reader_traps import Trap

_LINE_UP = "check its indentation, and the quotes before it"

# A part of libyaml's or PyYAML's text -> ours; "{c}" is the character found there.
_SYNTAX: tuple[tuple[str, str, str], ...] = (
    ("expected chomping or indentation", "'>' and '|' start a block of text here", "quote it"),
    ("expected comment or line break", "'>' and '|' start a block of text here", "quote it"),
    ("expected a comment or a line break", "'>' and '|' start a block of text here", "quote it"),
    ("indentation indicator", "'>' and '|' start a block of text here", "quote it"),
    ("mapping values are not allowed", "a second ':' on this line, or a wrong indentation",
     "quote text that contains ': '; line up keys that belong together"),
    ("cannot start any token", "a value cannot start with {c!r}", "quote it"),
    ("sequence entries are not allowed", "a list cannot start on the line of its key",
     "start each '- ' item on a line of its own"),
    ("expected alphabetic or numeric", "'*' and '&' start YAML references here", "quote it"),
    ("unexpected ':'", "a ':' where no key ends", "quote text that has ':'"),
    ("unknown escape", "\\{c} is no escape that YAML knows", "use single quotes: '...'"),
    ("invalid Unicode character", "an escape that stands for no character", ""),
    ("hexadecimal", "an escape has too few digits", "use single quotes: '...'"),
    ("hexdecimal", "an escape has too few digits", "use single quotes: '...'"),
    ("document indicator", "this quote is not closed before the document ends", "close it"),
    ("document separator", "this quote is not closed before the document ends", "close it"),
    ("',' or ']'", "this '[' is not closed where it should be", "close it with ']'; mind commas"),
    ("',' or '}'", "this '{{' is not closed where it should be", "close it with '}}'; mind commas"),
    ("expected node content", "a key or a value is missing here", ""),
    ("expected the node content", "a key or a value is missing here", ""),
    ("'-' indicator", "not an item of the list it stands in", "check its indentation"),
    ("expected <block end>", "does not belong to the lines above", _LINE_UP),
    ("incompatible YAML", "YAML directives are not part of specs", "remove the line"),
    ("expected key", "does not belong to the mapping it stands in", _LINE_UP),
    ("could not find expected ':'", "a line without 'key:' inside a mapping",
     "write 'key: value', or check the indentation"),
    ("<document start>", "does not belong to the lines above", "check its indentation"),
    ("mapping keys are not allowed", "a key cannot start here", "check its indentation"),
    ("directive", "YAML directives are not part of specs", "remove the line"),
    ("tab character", "a tab where only spaces may stand", "use spaces"),
)  # fmt: skip

# Where one of these went wrong, the start of what was being read is the better place.
_OPENED = ("',' or", "end of stream", "document indicator", "document separator",
           "comment or line break", "a comment or a line break", "chomping", "alphabetic or",
           "could not find expected ':'")  # fmt: skip


def syntax_error(error: yaml.MarkedYAMLError, source: Source) -> SpecError:
    """PyYAML's *error* in our words, at the place that helps most."""
    problem, context = error.problem or "", error.context or ""
    place, related = error.problem_mark or error.context_mark, []
    lines = source.text.split("\n")
    if error.context_mark is not None and any(part in problem for part in _OPENED):
        ahead, place = place, error.context_mark
        if ahead is not None and "',' or" in problem and "".join(lines[ahead.line :]).strip():
            related = [("here it goes wrong", Mark(source, ahead.line + 1, ahead.column + 1))]
    row, column = _last_words(lines, place.line, place.column) if place else (0, 0)
    found = lines[row][column : column + 1]
    if "escape" in problem and found == "\\":
        found = lines[row][column + 1 : column + 2]
    text, hint = _in_words(problem, context, found)
    rest = lines[row][column:].strip()
    if hint == "quote it" and 0 < len(rest) <= 60 and not set(rest) & set("\"'#,[]{}"):
        hint = f'quote it: "{rest}"'
    return SpecError(text, Mark(source, row + 1, column + 1), hint, related)


def _last_words(lines: list[str], row: int, column: int) -> tuple[int, int]:
    """The place itself, or at the end of the file the end of the last words in it."""
    if row < len(lines) and "".join(lines[row:]).strip():
        return row, column
    row = min(row, len(lines) - 1)
    while row > 0 and not lines[row].strip():
        row -= 1
    return row, len(lines[row].rstrip())


def _in_words(problem: str, context: str, found: str) -> Trap:
    """Our words for PyYAML's *problem* while doing *context*, at the character *found*."""
    if "end of stream" in problem and "quoted" in context:
        return "this quote is never closed", "close it, or double it to mean the character"
    if "directive" in context:
        return "YAML directives are not part of specs", "remove the line, or quote the '%'"
    if "tag" in context or "tag" in problem:
        return "YAML tags (!...) are not part of specs", "quote text that starts with '!'"
    if found == "\t" and "cannot start" in problem:
        return "a tab where only spaces may stand", "use spaces"
    for part, text, hint in _SYNTAX:
        if part in problem:
            return text.format(c=found or "the end of the file"), hint.format()
    return f"not YAML: {problem}", ""
