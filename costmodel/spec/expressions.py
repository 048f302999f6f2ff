"""Expressions of specs: exact, bounded in time and size, and placed when they go wrong.

>>> from costmodel.errors import Mark, Source
>>> text = "max(8, c // 2)"
>>> half = parse(text, Mark(Source("net.yaml", text), 1, 1))
>>> sorted(half.names), half.evaluate({"c": 116}), half.evaluate({"c": 3})
(['c'], 58, 8)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from costmodel.errors import (
    CostModelError,
    LimitError,
    Mark,
    Source,
    SpecError,
    UnknownNameError,
)
from costmodel.spec.expr_eval import Fault, UndefinedName, any_name, constant
from costmodel.spec.expr_parser import Parsed, parse_text
from costmodel.spec.expr_words import RESERVED, unknown_name_hint
from costmodel.spec.reader_traps import cut

_CACHE: dict[str, Parsed] = {}
_CACHE_SIZE = 65_536
_NO_NAMES: frozenset[str] = frozenset()


class Expression:
    """A parsed expression and the place where it stands."""

    __slots__ = ("_parsed", "mark", "text")

    def __init__(self, text: str, mark: Mark, parsed: Parsed) -> None:
        self.text, self.mark, self._parsed = text, mark, parsed

    @property
    def names(self) -> frozenset[str]:
        """The names it uses."""
        return self._parsed.names

    @property
    def is_condition(self) -> bool:
        """Whether it is sure to be true, false or undecided, and never a number."""
        return self._parsed.is_condition

    def evaluate(self, names: Mapping[str, Any]) -> Any:
        """Its value: a Dim, or for a condition True, False or None (undecided).

        A single name stands for whatever *names* says, number or not.
        """
        try:
            return self._parsed.run(names)
        except Fault as fault:
            raise _error(fault, self.text, self.mark) from None
        except CostModelError:
            raise
        except RecursionError:
            problem = "the names used here are defined through too many others"
            raise LimitError(problem, self.mark) from None
        except (ArithmeticError, TypeError, ValueError, AttributeError) as error:
            problem = f"cannot evaluate {self.text.strip()}: {error}"
            raise SpecError(problem, self.mark) from error

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def parse(text: str, mark: Mark) -> Expression:
    """The expression that *text*, standing at *mark*, holds.  Equal texts are parsed once."""
    parsed = _CACHE.get(text)
    if parsed is None:
        parsed = _parsed(text, mark, _parse)
        if len(_CACHE) >= _CACHE_SIZE:
            _CACHE.clear()
        _CACHE[text] = parsed
    return Expression(text, mark, parsed)


def parse_exact(text: str, mark: Mark) -> Expression:
    """The same where ``/`` divides exactly, as in published formulas.

    >>> parse_exact("3/4 + 1", Mark(Source("claims.yaml", "3/4 + 1"), 1, 1)).evaluate({})
    Fraction(7, 4)
    """
    return Expression(text, mark, _parsed(text, mark, partial(parse_text, divides=True)))


def _parsed(text: str, mark: Mark, read: Callable[[str], Parsed]) -> Parsed:
    try:
        return read(text)
    except Fault as fault:
        raise _error(fault, text, mark) from None


def parse_value(text: str, where: str) -> Any:
    """The number that *text* is, without any names; *where* is what errors call its place.

    >>> parse_value("0.75", "--at width")
    Fraction(3, 4)
    """
    return parse(text, Mark(Source(where, text), 1, 1)).evaluate({})


def _parse(text: str) -> Parsed:
    if text.isascii() and text.isdigit() and len(text) <= 18 and (text[0] != "0" or text == "0"):
        return Parsed(constant(int(text)), _NO_NAMES)
    if len(text) <= 100 and text.isascii() and text.isidentifier() and text not in RESERVED:
        return Parsed(any_name(text, 0), frozenset((text,)))
    return parse_text(text)


def _error(fault: Fault, text: str, mark: Mark) -> CostModelError:
    place = _place(text, mark, fault.column)
    if isinstance(fault, UndefinedName):
        error = UnknownNameError("name", cut(fault.name), fault.known, place)
        error.hint = unknown_name_hint(fault.name) or error.hint
        return error
    return (LimitError if fault.limit else SpecError)(fault.problem, place, fault.hint)


def _place(text: str, mark: Mark, column: int) -> Mark:
    """Where *column* of *text* stands in the file.

    The file's own line decides: escapes, folded lines and blocks of text are not written as
    they read, and then the start is the best place known.
    """
    line = mark.source.line(mark.line)
    written = line[mark.column - 1 :]
    for quote in ("", "'", '"'):
        if written.startswith(quote + text[: column + 1]):
            return mark.shifted(len(quote) + column)
    return mark
