"""Which rules run with which thresholds: from pyproject.toml, then from the command line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from costmodel.errors import CostModelError, Mark, Source, SpecError, UnknownNameError
from costmodel.guidelines import GUIDELINES, Guideline
from costmodel.records import Record

Options = Mapping[str, Mapping[str, Any]]  # code -> option -> number


class Settings(Record):
    """What a project asks of lint."""

    select: tuple[str, ...] = ()  # codes or their letters; none: every rule
    ignore: tuple[str, ...] = ()
    options: Options = MappingProxyType({})

    def with_options(self, more: Options) -> Settings:
        """The settings with some thresholds changed."""
        codes = {**self.options, **more}
        merged = {c: {**self.options.get(c, {}), **more.get(c, {})} for c in codes}
        return self._replace(options=merged)

    def rules(self) -> list[Guideline]:
        """The selected rules, with their thresholds.

        Raises  UnknownNameError for a code, or an option, that no rule has; CostModelError for a
                threshold that is not a number above 0.
        """
        for begin in (*self.select, *self.ignore):
            check_code(begin)
        chosen = [code for code in GUIDELINES if self._runs(code)]
        for code, values in self.options.items():
            for name, value in values.items():
                check_option(code, name, value)
        return [self._made(code) for code in sorted(chosen, key=rank)]

    def _made(self, code: str) -> Guideline:
        rule, values = GUIDELINES[code], self.options.get(code, {})
        return rule(**{k: int(v) if rule.notes[k] == "int" else v for k, v in values.items()})

    def _runs(self, code: str) -> bool:
        """Whether a rule is wanted; of a code and a letter that apply, the code decides."""
        wanted = max((len(s) for s in self.select if applies(s, code)), default=-1)
        unwanted = max((len(s) for s in self.ignore if applies(s, code)), default=-1)
        return (wanted >= 0 or not self.select) and (unwanted < 0 or unwanted < wanted)


def applies(selector: str, code: str) -> bool:
    """Whether a code or a letter means this rule.

    >>> applies("G", "G1"), applies("R1", "R10")
    (True, False)
    """
    return selector in (code, code[:1])


def rank(code: str) -> tuple[str, int]:
    """G2 before G10 before R1.

    >>> sorted(["R10", "R2", "G1"], key=rank)
    ['G1', 'R2', 'R10']
    """
    return code[:1], int(code[1:])


def check_code(begin: str) -> None:
    """Refuse what is neither a rule's code nor the letter of some."""
    if not any(applies(begin, code) for code in GUIDELINES):
        raise UnknownNameError("guideline", begin, GUIDELINES)


def check_option(code: str, name: str, value: Any) -> None:
    """Refuse an option that the rule does not have, and a value that is no threshold."""
    rule = GUIDELINES[code]
    if name not in rule.fields:
        raise UnknownNameError(f"option of {code}", name, rule.fields)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise CostModelError(f"{code}.{name} is a number, not {value!r}")
    if not 0 < value < math.inf:
        raise CostModelError(f"{code}.{name} is above 0, not {value}")
    if rule.notes[name] == "int" and value != int(value):
        raise CostModelError(f"{code}.{name} is a whole number, not {value}")


def from_project(start: Path | None = None) -> Settings:
    """The settings in ``[tool.costmodel.lint]`` of the nearest pyproject.toml from *start* up.

    Raises  CostModelError with the place, for what is not known there.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            return _read(Source(str(file), file.read_text(encoding="utf-8")))
    return Settings()


def _read(source: Source) -> Settings:
    if "costmodel" not in source.text:
        return Settings()
    import tomllib

    try:
        top = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+), column (\d+)", str(error))
        mark = Mark(source, int(at.group(1)), int(at.group(2))) if at else Mark(source, 1, 1)
        raise SpecError(f"no TOML: {error}", mark) from None
    section = top.get("tool", {}).get("costmodel", {})
    lint = section.get("lint", {}) if isinstance(section, dict) else None
    if not isinstance(lint, dict):
        raise SpecError("[tool.costmodel.lint] is a table", place(source, "costmodel"))
    for key in section:
        if key != "lint":
            raise UnknownNameError("key of [tool.costmodel]", key, ("lint",), place(source, key))
    for key, value in lint.items():
        words: tuple[str, ...] = (key,)
        try:
            for name, check in _checks(key, value):
                words = (key, name)
                check()
        except CostModelError as error:
            raise error.at(place(source, *words)) from None
    options = {key: value for key, value in lint.items() if isinstance(value, dict)}
    return Settings(tuple(lint.get("select", ())), tuple(lint.get("ignore", ())), options)


def _checks(key: str, value: Any) -> Iterator[tuple[str, Callable[[], None]]]:
    """What to check of an entry of the section, and the word that each check is about."""
    if key in ("select", "ignore"):
        if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
            raise CostModelError(f"{key} is a list of codes", hint='["G1"]')
        yield from ((code, partial(check_code, code)) for code in value)
    elif key not in GUIDELINES:
        known = ("select", "ignore", *GUIDELINES)
        raise UnknownNameError("key of [tool.costmodel.lint]", key, known)
    elif not isinstance(value, dict):
        raise CostModelError(f"{key} is a table", hint=f"[tool.costmodel.lint.{key}]")
    else:
        yield from ((name, partial(check_option, key, name, v)) for name, v in value.items())


def place(source: Source, *words: str) -> Mark | None:
    """Where, in the tables of this program, the *words* follow each other; the last one's place."""
    left, within = list(words), False
    for number, line in enumerate(source.text.split("\n"), 1):
        if line.lstrip().startswith("["):
            within = "tool.costmodel" in line or "tool]" in line
        while within and left:
            found = re.search(rf"(?<![\w-]){re.escape(left[0])}(?![\w-])", line)
            if found is None:
                break
            if len(left) == 1:
                return Mark(source, number, found.start() + 1)
            left.pop(0)
    return None


def parse_options(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Thresholds written CODE.NAME=VALUE.

    >>> parse_options(["G1.tolerance=1.2"])
    {'G1': {'tolerance': 1.2}}
    """
    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        code, dot, option = name.strip().partition(".")
        try:
            number = float(value)
        except ValueError:
            equals = ""
        if not equals or not dot or number != number:
            raise CostModelError(f"--set {text}: write CODE.NAME=VALUE", hint="G1.tolerance=1.2")
        options.setdefault(code.upper(), {})[option] = number
    return options
