"""Layers as they stand in the text of a spec, to be replaced there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from costmodel.errors import Mark, Source, SpecError
from costmodel.records import Record
from costmodel.spec.reader import Map, Scalar, Seq, read_text

_PLAIN = re.compile(r"[\w.+/() -]+(\*+ ?[\w.+/() -]+)*")


class Written(Record):
    """One entry of a list of layers: its lines, and its arguments as written."""

    first: int  # its first line, from 1
    last: int
    indent: int  # where its dash stands
    kind: str
    args: Mapping[str, str]  # scalars only
    comment: str = ""

    def replaced(self, lines: Sequence[str], items: Sequence[str]) -> list[str]:
        """The *lines* of the document with *items* in the place of this entry."""
        dash = " " * self.indent + "- "
        new = [dash + item for item in items]
        if self.comment and new:
            new[-1] += f"  {self.comment}"
        return [*lines[: self.first - 1], *new, *lines[self.last :]]


def document(source: Source) -> list[str]:
    """The lines of the whole document that *source* is, or is the beginning of."""
    file, text = Path(source.path), source.text
    if file.suffix in (".yaml", ".yml") and file.is_file():
        whole = file.read_text(encoding="utf-8")
        text = whole if whole.startswith(text) else text
    return text.split("\n")


def written_at(mark: Mark) -> Written | None:
    """The entry that starts at *mark*; None where it shares lines or holds more than scalars."""
    lines = document(mark.source)
    start = lines[mark.line - 1] if mark.line <= len(lines) else ""
    indent = len(start) - len(start.lstrip(" "))
    if not start.lstrip(" ").startswith("- ") or mark.column < indent + 3:
        return None
    last = mark.line
    while last < len(lines) and _inside(lines[last], indent):
        last += 1
    try:
        node = read_text("\n".join(line[indent:] for line in lines[mark.line - 1 : last]))
    except SpecError:
        return None
    if not isinstance(node, Seq) or len(node.items) != 1:
        return None
    comment = re.search(r"(?<=\s)#.*$", start) if last == mark.line else None
    return _entry(node.items[0], mark.line, last, indent, comment.group() if comment else "")


def _inside(line: str, indent: int) -> bool:
    return bool(line.strip()) and len(line) - len(line.lstrip(" ")) > indent


def _entry(item: object, first: int, last: int, indent: int, comment: str) -> Written | None:
    if isinstance(item, Scalar):
        return Written(first, last, indent, item.text, {}, comment)
    if not isinstance(item, Map) or len(item.items) != 1:
        return None
    ((kind, node),) = item.items.items()
    if not isinstance(node, Map):
        return None
    args = {key: value.text for key, value in node.items.items() if isinstance(value, Scalar)}
    return (
        Written(first, last, indent, kind, args, comment) if len(args) == len(node.items) else None
    )


def layer_text(kind: str, args: Mapping[str, object]) -> str:
    """A layer as one writes it, quoted where YAML needs it; None leaves an argument out.

    >>> layer_text("conv", {"name": "a", "out": "max(c, 8)", "kernel": 3, "when": None})
    'conv: {name: a, out: "max(c, 8)", kernel: 3}'
    """
    words = [f"{key}: {_quoted(str(v))}" for key, v in args.items() if v is not None]
    return f"{kind}: {{{', '.join(words)}}}" if words else kind


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
