"""Layers as they stand in the text of a spec, to be replaced there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from costmodel.errors import Mark, Source, SpecError
from costmodel.graph import Layer
from costmodel.records import Record
from costmodel.spec.reader import Map, Scalar, Seq, read_text

ONCE = ("repeat", "first", "share")  # keys that do not survive being two layers
FRONT, BOTH = ("from",), ("when",)  # keys that the first of several layers keeps, or each
_PLAIN = re.compile(r"[\w.+/() -]+(\*+ ?[\w.+/() -]+)*")


class Edit(Record):
    """Lines of a document, counted from 1, and what shall stand in their place."""

    first: int
    last: int  # first - 1 where lines are put in before first
    lines: tuple[str, ...]


class Written(Record):
    """One entry of a list of layers: its lines, and its arguments as written."""

    first: int  # its first line, from 1
    last: int
    indent: int  # where its dash stands
    kind: str
    args: Mapping[str, str]  # scalars only
    comment: str = ""

    def edit(self, *items: str) -> Edit:
        """The edit that puts *items* in the place of this entry."""
        new = [" " * self.indent + "- " + item for item in items]
        if self.comment and new:
            new[-1] += f"  {self.comment}"
        return Edit(self.first, self.last, tuple(new))

    def taken(self, *keys: str) -> dict[str, str]:
        """Those of its arguments that *keys* name."""
        return {key: self.args[key] for key in keys if key in self.args}

    def part(self, suffix: str) -> str:
        """A name for one of the layers that replace it."""
        return f"{self.args.get('name', f'conv_line{self.first}')}_{suffix}"


def document(source: Source) -> list[str]:
    """The lines of the whole document that *source* is, or is the beginning of."""
    file, text = Path(source.path), source.text
    if file.suffix in (".yaml", ".yml") and file.is_file():
        whole = file.read_text(encoding="utf-8")
        text = whole if whole.startswith(text) else text
    return text.split("\n")


def conv_at(layer: Layer) -> Written | None:
    """The entry of a convolution that can be replaced by several layers."""
    entry = written_at(layer.mark)
    if entry is None or entry.kind != "conv" or any(key in entry.args for key in ONCE):
        return None
    return entry


def written_at(mark: Mark) -> Written | None:
    """The entry that starts at *mark*; None where it shares lines or holds more than scalars."""
    lines = document(mark.source)
    start = lines[mark.line - 1] if mark.line <= len(lines) else ""
    if mark.column < len(start) - len(start.lstrip(" ")) + 3:
        return None
    return written_on(lines, mark.line)


def following(lines: Sequence[str], entry: Written) -> Iterator[Written]:
    """The entries after *entry* in its list, as far as each stands directly on the next line."""
    while True:
        after = written_on(lines, entry.last + 1)
        if after is None or after.indent != entry.indent:
            return
        yield after
        entry = after


def written_on(lines: Sequence[str], number: int) -> Written | None:
    """The entry that starts on the line *number* of a document."""
    start = lines[number - 1] if number <= len(lines) else ""
    indent = len(start) - len(start.lstrip(" "))
    if not start.lstrip(" ").startswith("- "):
        return None
    last = number
    while last < len(lines) and _inside(lines[last], indent):
        last += 1
    try:
        node = read_text("\n".join(line[indent:] for line in lines[number - 1 : last]))
    except SpecError:
        return None
    if not isinstance(node, Seq) or len(node.items) != 1:
        return None
    comment = re.search(r"(?<=\s)#.*$", start) if last == number else None
    return _entry(node.items[0], number, last, indent, comment.group() if comment else "")


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
    words = [f"{key}: {quoted(str(v))}" for key, v in args.items() if v is not None]
    return f"{kind}: {{{', '.join(words)}}}" if words else kind


def quoted(text: str) -> str:
    """A value as YAML takes it anywhere.

    >>> quoted("2*c"), quoted("c > 8")
    ('2*c', '"c > 8"')
    """
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
