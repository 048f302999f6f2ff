"""Which rules run with which thresholds: from pyproject.toml, then from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from costmodel.errors import CostModelError, SpecError, UnknownNameError
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

        Raises  UnknownNameError for a code, or an option, that no rule has.
        """
        for begin in (*self.select, *self.ignore):
            if not any(applies(begin, code) for code in GUIDELINES):
                raise UnknownNameError("guideline", begin, GUIDELINES)
        chosen = [code for code in GUIDELINES if self._runs(code)]
        for code, values in self.options.items():
            _check(code, values)
        return [GUIDELINES[code](**self.options.get(code, {})) for code in sorted(chosen, key=rank)]

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


def _check(code: str, values: Mapping[str, Any]) -> None:
    known = GUIDELINES[code].fields
    for name, value in values.items():
        if name not in known:
            raise UnknownNameError(f"option of {code}", name, known)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CostModelError(f"{code}.{name} is a number, not {value!r}")


def from_project(start: Path | None = None) -> Settings:
    """The settings in ``[tool.costmodel.lint]`` of the nearest pyproject.toml from *start* up."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            return _read(file)
    return Settings()


def _read(file: Path) -> Settings:
    text = file.read_text(encoding="utf-8")
    if "tool.costmodel" not in text:
        return Settings()
    import tomllib

    try:
        section = tomllib.loads(text).get("tool", {}).get("costmodel", {}).get("lint", {})
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{file}: {error}") from None
    options = {key: value for key, value in section.items() if isinstance(value, dict)}
    for key in section:
        if key not in options and key not in ("select", "ignore"):
            raise UnknownNameError(f"key of [tool.costmodel.lint] in {file}", key,
                                   ("select", "ignore", *GUIDELINES))  # fmt: skip
    return Settings(_codes(section, "select"), _codes(section, "ignore"), options)


def _codes(section: Mapping[str, Any], key: str) -> tuple[str, ...]:
    codes = section.get(key, [])
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise CostModelError(f"{key} in [tool.costmodel.lint] is a list of codes", hint='["G1"]')
    return tuple(codes)


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
        options.setdefault(code, {})[option] = number
    return options
