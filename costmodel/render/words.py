"""Text on a grid of character cells: how wide it is, where it breaks, what is made visible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Patterns = tuple[str, ...]  # compiled on first use
ELLIPSIS = "…"
FIRST_COMBINING = "\u0300"  # before it every character that `visible` leaves fills one cell
JOINERS = "\u200c\u200d"  # they belong inside words and emoji
WORDS = (r"\S+\s*|\s+",)
# a term with its sign; if that is too long, an operand with its operator (a power is one)
TERMS = (
    r"(?s:.+?(?= [-+] |$))",
    r"\s*[-+*/]*\s*[^-+*/\s]+(?:\*\*[^-+*/\s]+)*\s*|\s*[-+*/]+\s*",
)
_CONTROL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""The text on one line: characters that would move the cursor are spelled out.

    >>> visible("a\nb\x1b[1m")
    'a\\nb\\x1b[1m'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_spelled_out, text))


def _spelled_out(char: str) -> str:
    if char in JOINERS or unicodedata.category(char) not in _CONTROL:
        return char
    return char.encode("unicode_escape").decode()


def cells(text: str) -> int:
    """How many terminal cells the text fills.

    >>> cells("conv"), cells("畳み込み"), cells("e\u0301")
    (4, 8, 1)
    """
    narrow = text.isascii() or max(text) < FIRST_COMBINING
    return len(text) if narrow else sum(map(_cells_of, text))


def _cells_of(char: str) -> int:
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1


def shorten(text: str, width: int) -> str:
    """The text with its middle left out, so that it fills at most *width* cells.

    >>> shorten("layer1/0/conv1", 9)
    'laye…onv1'
    """
    if cells(text) <= width:
        return text
    if width < 2:
        return ELLIPSIS[:width]
    head = _prefix(text, width // 2)
    tail = _prefix(text[::-1], width - 1 - cells(head))[::-1]
    while tail and not _cells_of(tail[0]):
        tail = tail[1:]  # an accent whose letter is gone
    return head + ELLIPSIS + tail


def _prefix(text: str, width: int) -> str:
    """As much of the start of the text as fits."""
    used = 0
    for index, char in enumerate(text):
        used += _cells_of(char)
        if used > width:
            return text[:index]
    return text


def wrap(text: str, width: int, hang: str = "  ", pieces: Patterns = WORDS) -> list[str]:
    """The text in lines of at most *width* cells; all but the first begin with *hang*.

    >>> wrap("counts use powers of ten", 12)
    ['counts use', '  powers of', '  ten']
    """
    lines, line = list[str](), ""
    for piece in _fitting(text, width - len(hang), pieces):
        if line and cells(line) + cells(piece.rstrip()) > width:
            if line.strip():
                lines.append(line.rstrip())
            line, piece = hang if lines else "", piece.lstrip()
        line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _fitting(text: str, width: int, pieces: Patterns) -> Iterator[str]:
    """The pieces of the text; one wider than *width* by the next pattern, at last anywhere."""
    if not pieces:
        yield from _cut(text, width)
        return
    for piece in re.findall(pieces[0], text):
        if cells(piece.rstrip()) <= width:
            yield piece
        else:
            yield from _fitting(piece, width, pieces[1:])


def _cut(text: str, width: int) -> Iterator[str]:
    start = used = 0
    for index, char in enumerate(text):
        used += _cells_of(char)
        if used > width and index > start:
            yield text[start:index]
            start, used = index, _cells_of(char)
    yield text[start:]
