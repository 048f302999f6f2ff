"""What there is: every registered thing, what it says of itself, and the file that defines it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from costmodel.errors import UnknownNameError
from costmodel.ops import OPS, REQUIRED
from costmodel.profiles import PROFILES
from costmodel.registry import Registry
from costmodel.render import RENDERERS, Column, Grid, Heading, Report, Text
from costmodel.zoo import shipped, variants_of

Rows = tuple[list[str], list[list[str]]]


def catalogue(what: str, as_text: bool = False) -> Report:
    """A listing of *what*: a key of CATALOGUES.

    As a grid, or *as_text* for terminals, which are too narrow for its sentences.
    """
    if what not in CATALOGUES:
        raise UnknownNameError("listing", what, CATALOGUES)
    headings, rows = CATALOGUES[what]()
    columns = [Column(key, key, "text", priority=90 - i) for i, key in enumerate(headings)]
    data = [dict(zip(headings, row, strict=True)) for row in rows]
    if as_text:
        entries = [Text(_paragraph(headings, row)) for row in rows]
        return Report([Heading(what), *entries], data)
    return Report([Heading(what), Grid(columns, [list(row) for row in rows])], data)


def _paragraph(headings: list[str], row: list[str]) -> str:
    """The name on a line of its own, what is known of it below."""
    facts = zip(headings[1:], row[1:], strict=True)
    named = (
        f"    {text}" if key == "what it is" else f"    {key}: {text}"
        for key, text in facts
        if text
    )
    return "\n".join([row[0], *named])


def _ops() -> Rows:
    rows = []
    for name in OPS:
        fields = OPS[name].fields
        keys = [k if d is REQUIRED else f"{k}={_default(d)}" for k, d in fields.items()]
        rows.append([name, ", ".join(keys), _summary(OPS[name]), _file(OPS[name])])
    return ["op", "keys", "what it is", "file"], rows


def _default(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _registered(heading: str, registry: Registry[Any]) -> Rows:
    rows = [[name, _summary(registry[name]), _file(registry[name])] for name in registry]
    return [heading, "what it is", "file"], rows


def _specs() -> Rows:
    rows = [[stem, ", ".join(variants_of(path)), f"specs/{stem}.yaml"]
            for stem, path in shipped().items()]  # fmt: skip
    return ["model", "variants", "file"], rows


def _bounds() -> Rows:
    from costmodel.derive.library import listing

    return ["bound", "statement", "grade", "source", "where the documents err", "file"], listing()


def _guidelines() -> Rows:
    from costmodel.guidelines import GUIDELINES
    from costmodel.guidelines.settings import rank

    rules = {code: GUIDELINES[code] for code in sorted(GUIDELINES, key=rank)}
    rows = [[code, rule.title, _summary(rule), _file(rule)] for code, rule in rules.items()]
    return ["guideline", "title", "what it is", "file"], rows


def _importers() -> Rows:
    from costmodel.importers import IMPORTERS

    reads = {name: IMPORTERS[name].load for name in IMPORTERS}
    rows = [[name, _summary(load), _file(load)] for name, load in reads.items()]
    return ["importer", "what it is", "file"], rows


def _devices() -> Rows:
    from costmodel.guidelines.devices import device, names

    rows = [[name, device(name).about, f"specs/devices/{name}.yaml"] for name in names()]
    return ["device", "what it is", "file"], rows


def _summary(entry: Any) -> str:
    return (inspect.getdoc(entry) or "").partition("\n")[0]


def _file(entry: Any) -> str:
    kind = entry if inspect.isclass(entry) or inspect.isfunction(entry) else type(entry)
    package = Path(__file__).parent
    return str(Path(inspect.getfile(kind)).relative_to(package.parent))


CATALOGUES: dict[str, Callable[[], Rows]] = {
    "ops": _ops,
    "profiles": lambda: _registered("profile", PROFILES),
    "specs": _specs,
    "bounds": _bounds,
    "guidelines": _guidelines,
    "devices": _devices,
    "importers": _importers,
    "formats": lambda: _registered("format", RENDERERS),
}
