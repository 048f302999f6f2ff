"""A file -> text whose lines and columns mean the same to YAML, to editors and to us."""

from __future__ import annotations

import os
import re
import stat

from costmodel.errors import LimitError, Mark, Source, SpecError

MAX_BYTES = 2 * 2**20

_BYTE_ORDER_MARK = "\ufeff"

# Controls, lone surrogates, other line ends than \n, direction overrides and what has no
# width: none of them shows in an editor, and YAML and editors count lines by them differently.
INVISIBLE = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff]|\r(?!\n)"
)
_TAB_INDENT = re.compile(r"^ *+\t[ \t]*+\S", re.MULTILINE)


def file_source(path: str) -> Source:
    """The text of the regular file at *path*, checked."""
    data = _bytes(path)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        source = Source(path, data.decode(errors="replace").removeprefix(_BYTE_ORDER_MARK))
        before = data[: error.start].decode().removeprefix(_BYTE_ORDER_MARK)
        mark = Mark(source, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise SpecError("the file is not UTF-8 here", mark, "save it as UTF-8") from None
    return text_source(text, path)


def text_source(text: str, path: str) -> Source:
    """*text* without its byte order mark, refused if it is large or holds what does not show."""
    if len(text) > MAX_BYTES:
        raise _too_large(path)
    source = Source(path, text.removeprefix(_BYTE_ORDER_MARK))
    text = source.text
    if match := INVISIBLE.search(text):
        code, hint = ord(match.group()), "remove it"
        if code == 0:
            hint = "is this a text file?"
        elif code == 13:
            hint = "save the file with \\n or \\r\\n line ends"
        problem = f"an invisible character (U+{code:04X})"
        raise SpecError(problem, _mark_of(source, match.start()), hint)
    if "\t" in text and (match := _TAB_INDENT.search(text)):
        mark = _mark_of(source, text.index("\t", match.start()))
        raise SpecError("a tab in the indentation", mark, "indent with spaces")
    return source


def _mark_of(source: Source, offset: int) -> Mark:
    text = source.text
    return Mark(source, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _bytes(path: str) -> bytes:
    try:
        # Not blocking: opening a pipe would otherwise wait for a writer.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            raise SpecError(f"cannot read {_printable(path)}: it is {what}")
        chunks, left = [], MAX_BYTES + 1
        while left > 0 and (chunk := os.read(handle, left)):
            chunks.append(chunk)
            left -= len(chunk)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(handle)
    if left <= 0:
        raise _too_large(path)
    return b"".join(chunks)


def _unreadable(path: str, error: OSError | ValueError) -> SpecError:
    reason = getattr(error, "strerror", None) or str(error)
    return SpecError(f"cannot read {_printable(path)}: {reason.lower()}")


def _too_large(path: str) -> LimitError:
    problem = f"{_printable(path)} is larger than {MAX_BYTES // 2**20} MiB"
    return LimitError(problem, hint="write repetition with repeat or stages")


def _printable(path: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path)
