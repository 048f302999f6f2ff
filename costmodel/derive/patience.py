"""How long one question may take before the honest answer is that it is not settled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from time import monotonic

SECONDS = 6.0
_until: ContextVar[float] = ContextVar("until", default=inf)


class TiredError(Exception):
    """The time for a question is over."""


def tired() -> bool:
    """Whether the time is over."""
    return monotonic() > _until.get()


def go_on() -> None:
    """Raise TiredError if the time is over."""
    if tired():
        raise TiredError


@contextmanager
def patience(seconds: float = SECONDS) -> Iterator[None]:
    """Give what is done inside so much time, unless less is left already."""
    token = _until.set(min(_until.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)
