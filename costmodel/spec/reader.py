"""YAML text -> nodes that know their place; nothing is built that the limits do not allow.

PyYAML's loaders construct what a text asks for, and its C composer overflows the stack on
deep nesting.  Here only its event stream is read, and each event is judged when it comes.
References, merge keys and tags are refused: a text is then as large as what it says.

>>> read_text("layers: [relu]").items["layers"].items[0].mark
Mark(<text>:1:10)
"""

from __future__ import annotations

import gc
import re
from typing import Any, TypeAlias

import yaml

from costmodel.errors import LimitError, Mark, Source, SpecError
from costmodel.spec.reader_nodes import (
    Map,
    Node,
    Scalar,
    Seq,
    as_bool,
    as_identifier,
    as_int,
    as_map,
    as_name,
    as_seq,
    as_text,
    check_identifier,
    check_name,
    is_null,
)
from costmodel.spec.reader_source import INVISIBLE, file_source, text_source
from costmodel.spec.reader_syntax import syntax_error
from costmodel.spec.reader_traps import cut, key_trap, split_expression

__all__ = [
    "Map",
    "Node",
    "Scalar",
    "Seq",
    "as_bool",
    "as_identifier",
    "as_int",
    "as_map",
    "as_name",
    "as_seq",
    "as_text",
    "check_identifier",
    "check_name",
    "is_null",
    "read_apart",
    "read_file",
    "read_source",
    "read_text",
]

MAX_DEPTH = 32
MAX_NODES = 200_000
MAX_SCALAR = 4_096
MAX_BLOCK = 16_384  # a text in the form of | or >

_Event: TypeAlias = Any
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_file(path: str) -> Node:
    """The document in the file at *path*; SpecError if it is none, or no regular file."""
    return _read(file_source(path))


def read_apart(path: str, key: str) -> tuple[Node, Source | None]:
    """The document at *path* without its last section *key*, and that section unread.

    For sections that most runs do not need.  The section's source has its own lines at their
    places.  Where the layout leaves any doubt the document is read whole.
    """
    source = file_source(path)
    start = source.text.find(f"\n{key}:") + 1
    rest = source.text[start:].partition("\n")[2]
    if start and not re.search(r"^[^\s#-]", rest, re.MULTILINE):
        head = Source(path, source.text[:start])
        try:
            return _read(head), Source(path, "\n" * head.text.count("\n") + source.text[start:])
        except SpecError:
            pass  # the text only looked like a section: a quotation, say
    return _read(source), None


def read_source(source: Source) -> Node:
    """The document that *source* holds."""
    return _read(source)


def read_text(text: str, path: str = "<text>") -> Node:
    """The document that *text* holds; *path* is what errors call it."""
    return _read(text_source(text, path))


def _read(source: Source) -> Node:
    loader, collects = _Loader(source.text), gc.isenabled()
    try:
        gc.disable()  # nodes form no cycles: looking for some costs a third of the time
        return _Walk(source, loader.get_event).document()
    except yaml.MarkedYAMLError as error:
        raise syntax_error(error, source) from None
    except SpecError:
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise SpecError(f"not YAML: {error}", Mark(source, 1, 1)) from None
    finally:
        loader.dispose()
        if collects:
            gc.enable()


class _Walk:
    """One pass over the events of one document."""

    def __init__(self, source: Source, next_event: Any) -> None:
        self.source, self.next_event = source, next_event
        self.left = MAX_NODES
        self.good_keys: set[str] = set()  # plain ones that were checked before

    def mark(self, event: _Event) -> Mark:
        at = event.start_mark
        return Mark(self.source, at.line + 1, at.column + 1)

    def document(self) -> Node:
        self.next_event()  # the start of the stream
        start = self.next_event()
        if type(start) is yaml.StreamEndEvent:
            raise SpecError("the file is empty", Mark(self.source, 1, 1))
        if start.version or start.tags:
            hint = "remove the line"
            raise SpecError("YAML directives are not part of specs", self.mark(start), hint)
        event = self.next_event()
        if type(event) is yaml.ScalarEvent and not event.value and not event.style:
            raise SpecError("the document is empty", self.mark(start))
        node = self.node(event, 1, False)
        self.next_event()  # the end of the document
        after = self.next_event()
        if type(after) is not yaml.StreamEndEvent:
            hint = "put each model into a file of its own"
            raise SpecError("a second document begins here", self.mark(after), hint)
        return node

    def node(self, event: _Event, depth: int, flow: bool) -> Node:
        at = event.start_mark
        mark = Mark(self.source, at.line + 1, at.column + 1)
        self.left -= 1
        if self.left < 0:
            hint = "write repetition with repeat or stages"
            raise LimitError(f"more than {MAX_NODES:,} values", mark, hint)
        if event.anchor is not None or event.tag is not None:
            raise _refusal(event, mark)
        if type(event) is yaml.ScalarEvent:
            text, style = event.value, event.style
            if flow and not style and ("(" in text or ")" in text):
                _check_parentheses(text, mark)
            if style == '"' or len(text) > MAX_SCALAR:
                _check_text(event, mark)
            if " - " in text and not style and not flow:
                _check_joined(event, mark)
            return Scalar(text, bool(style), mark)
        if depth > MAX_DEPTH:
            hint = "name inner parts under blocks"
            raise LimitError(f"nested deeper than {MAX_DEPTH} levels", mark, hint)
        if type(event) is yaml.MappingStartEvent:
            return self.mapping(mark, depth + 1, bool(event.flow_style))
        items: list[Node] = []
        inside, next_event = bool(event.flow_style), self.next_event
        while type(event := next_event()) is not yaml.SequenceEndEvent:
            items.append(self.node(event, depth + 1, inside))
        return Seq(items, mark)

    def mapping(self, mark: Mark, depth: int, flow: bool) -> Map:
        items: dict[str, Node] = {}
        keys: dict[str, Mark] = {}
        source, good, next_event = self.source, self.good_keys, self.next_event
        while type(event := next_event()) is not yaml.MappingEndEvent:
            at = event.start_mark
            place = Mark(source, at.line + 1, at.column + 1)
            if type(event) is not yaml.ScalarEvent or event.style or event.value not in good:
                self.check_key(event, place, flow)
            elif event.anchor is not None or event.tag is not None:
                raise _refusal(event, place)
            key = event.value
            if key in items:
                related = [("first defined here", keys[key])]
                raise SpecError(f"the key {cut(key)!r} is defined twice", place, related=related)
            keys[key] = place
            items[key] = self.node(next_event(), depth, flow)
        return Map(items, keys, mark)

    def check_key(self, event: _Event, mark: Mark, flow: bool) -> None:
        if type(event) is yaml.AliasEvent:
            raise _refusal(event, mark)
        if type(event) is not yaml.ScalarEvent:
            what = "a list" if type(event) is yaml.SequenceStartEvent else "a mapping"
            hint = "quote text that has brackets or braces"
            raise SpecError(f"a key is text, not {what}", mark, hint)
        if event.anchor is not None or event.tag is not None:
            raise _refusal(event, mark)
        _check_text(event, mark)
        if not event.style:
            if flow:
                _check_parentheses(event.value, mark)
            if trap := key_trap(event.value):
                raise SpecError(trap[0], mark, trap[1])
            self.good_keys.add(event.value)


def _check_parentheses(text: str, mark: Mark) -> None:
    if text.count("(") != text.count(")"):
        problem, hint = split_expression(text, mark)
        raise SpecError(problem, mark, hint)


def _check_joined(event: _Event, mark: Mark) -> None:
    """Refuse a text on several lines one of which was meant as an item of a list."""
    for number in range(mark.line + 1, event.end_mark.line + 2):
        line = mark.source.line(number)
        if line.lstrip().startswith("- "):
            place = Mark(mark.source, number, line.index("-") + 1)
            hint = "line it up with the '-' of its list, or quote the text"
            raise SpecError("this item continues the text of the line above", place, hint)


def _check_text(event: _Event, mark: Mark) -> None:
    text, style = event.value, event.style
    most = MAX_BLOCK if style in ("|", ">") else MAX_SCALAR
    if len(text) > most:
        raise LimitError(f"a text of more than {most:,} characters", mark)
    if style == '"' and (match := INVISIBLE.search(text)):
        code = ord(match.group())
        raise SpecError(f"the escapes spell an invisible character (U+{code:04X})", mark)


def _refusal(event: _Event, mark: Mark) -> SpecError:
    if type(event) is yaml.AliasEvent:
        hint = (
            f"to use a param write its name, {cut(event.anchor or '')}; to multiply, quote the text"
        )
        return SpecError("YAML references (*name) are not part of specs", mark, hint)
    if event.anchor is not None:
        hint = "share layers under blocks, numbers under params"
        return SpecError("YAML anchors (&name) are not part of specs", mark, hint)
    hint = "remove it; quote text that starts with '!'"
    return SpecError("YAML tags (!...) are not part of specs", mark, hint)
