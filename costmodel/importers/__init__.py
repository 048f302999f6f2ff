"""Networks that were not written as specs: each importer makes the Spec that describes one.

An importer is a function ``(model, Wishes) -> Spec`` in a module or package here, under
``@reads(name, takes)``; ``takes`` tells from a model's name whether it is for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from costmodel.records import Record
from costmodel.registry import Registry
from costmodel.spec.syntax import Spec

BEGINNING = 65_536  # characters of a file that are looked at to tell its format


class Wishes(Record):
    """What a user says beside the model's name."""

    unknown_as: str | None = None  # what operators that are not known count as
    run_python: bool = False  # whether the user's Python may run
    shape: str | None = None  # of the input, where the model does not say
    variant: str | None = None  # which of a file's networks


Load = Callable[[str, Wishes], Spec]
Takes = Callable[[str], bool]


class Importer(Record):
    """One format: which models it takes, and how they are read."""

    takes: Takes
    load: Load


IMPORTERS: Registry[Importer] = Registry("importer", package=__name__)


def reads(name: str, takes: Takes) -> Callable[[Load], Load]:
    """Register a function that reads a format."""

    def add(load: Load) -> Load:
        IMPORTERS.register(name)(Importer(takes, load))
        return load

    return add


def ends_with(*endings: str) -> Takes:
    """Models whose name has one of these *endings*."""
    return lambda model: model.lower().endswith(endings)


def has_line(pattern: str) -> Takes:
    """Models whose file has a line that begins so, near its beginning."""
    line = re.compile(pattern, re.MULTILINE)

    def takes(model: str) -> bool:
        try:
            with open(model, encoding="utf-8") as file:
                return line.search(file.read(BEGINNING)) is not None
        except (OSError, ValueError):
            return False

    return takes


def importer_of(model: str) -> Importer | None:
    """The importer that takes *model*."""
    found = (IMPORTERS[name] for name in IMPORTERS)
    return next((each for each in found if each.takes(model)), None)
