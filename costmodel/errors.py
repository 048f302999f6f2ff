"""Every error a user can cause, each carrying the data its message is made of."""

from __future__ import annotations

from collections.abc import Iterable


class Source:
    """A text and the name its errors are reported under."""

    __slots__ = ("_lines", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        """The line numbered *number* (from 1), without its end; empty past the last."""
        if self._lines is None:
            self._lines = self.text.split("\n")
        return self._lines[number - 1].rstrip("\r") if number <= len(self._lines) else ""


class Mark:
    """A place in a source; lines and columns count from 1, as editors do."""

    __slots__ = ("column", "line", "source")

    def __init__(self, source: Source, line: int, column: int) -> None:
        self.source, self.line, self.column = source, line, column

    def shifted(self, columns: int) -> Mark:
        """The place *columns* further right on the same line."""
        return Mark(self.source, self.line, self.column + columns)

    def __str__(self) -> str:
        return f"{self.source.path}:{self.line}:{self.column}"

    def __repr__(self) -> str:
        return f"Mark({self})"

    def excerpt(self, width: int = 100) -> str:
        """The marked line, cut to *width* around the place, with a caret under it."""
        text, at = self.source.line(self.line), self.column - 1
        start = max(0, min(at - width // 2, len(text) - width))
        shown = "".join(c if c.isprintable() else " " for c in text[start : start + width])
        return f"    {shown}\n    {' ' * (at - start)}^"


class CostModelError(Exception):
    """Base of all errors costmodel raises on purpose.

    ``mark`` is the place, ``related`` further places that matter, each with what it is,
    ``hint`` what to write instead, and ``partial`` what was known before it went wrong.
    """

    exit_code = 2

    def __init__(
        self,
        problem: str,
        mark: Mark | None = None,
        hint: str = "",
        related: Iterable[tuple[str, Mark]] = (),
    ) -> None:
        super().__init__(problem, mark, hint)
        self.problem, self.mark, self.hint = problem, mark, hint
        self.related = tuple(related)
        self.partial = ""

    def at(self, mark: Mark | None) -> CostModelError:
        """Self, placed at *mark* unless it has a place already."""
        if self.mark is None:
            self.mark = mark
        return self

    def __str__(self) -> str:
        lines = [f"{self.mark}: {self.problem}" if self.mark else self.problem]
        if self.mark:
            lines.append(self.mark.excerpt())
        for what, mark in self.related:
            lines += [f"{mark}: {what}", mark.excerpt()]
        if self.partial:
            lines.append(self.partial)
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class SpecError(CostModelError, ValueError):
    """A spec says something it may not."""


class LimitError(SpecError):
    """A spec asks for more than the program is willing to build."""


class ShapeError(CostModelError, ValueError):
    """A layer cannot accept the shape it is given."""


class BindingError(CostModelError, ValueError):
    """A value given from outside (``--at``, ``--variant``) does not fit the model."""


class UnknownNameError(CostModelError, LookupError):
    """A name that nothing answers to; suggests the nearest that is known."""

    def __init__(
        self, kind: str, name: str, known: Iterable[str], mark: Mark | None = None
    ) -> None:
        super().__init__(f"unknown {kind} {name!r}", mark, nearest(name, known))
        self.kind, self.name = kind, name


AMBIGUOUS = frozenset({"mac", "macs", "flops/s", "madd", "madds"})


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint naming what *name* may have meant.

    >>> nearest("cnov", ["conv", "linear"])
    "did you mean 'conv'?"
    """
    if name.lower() in AMBIGUOUS:
        return (
            "'mac' means two things: multiply-adds are 'mult_adds', memory access is 'mem_access'"
        )
    from difflib import get_close_matches

    names = sorted(known)
    if close := get_close_matches(name, names, n=1):
        return f"did you mean {close[0]!r}?"
    if not names:
        return "none is defined here"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known: {shown}"
