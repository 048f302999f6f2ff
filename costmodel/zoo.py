"""Where models come from: files, and the networks that ship with the program."""

from __future__ import annotations

import os
import re

from costmodel.errors import CostModelError, UnknownNameError
from costmodel.importers import Importer, Wishes, importer_of
from costmodel.records import Record
from costmodel.spec.document import load_spec
from costmodel.spec.syntax import Spec

PLAIN = Wishes()


class Found(Record):
    """A model as it was asked for: its document and the variant that the name implies."""

    name: str
    spec: Spec
    variant: str | None  # as the user named it after a colon
    implied: str | None  # the variant that the bare name stands for
    imported: bool = False  # whether it was no spec


def folder() -> str:
    """The folder of shipped specs: inside the installed package, or beside it in a checkout."""
    here = os.path.dirname(__file__)
    inside = os.path.join(here, "specs")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(here), "specs")


def shipped() -> dict[str, str]:
    """The shipped specs: the name of each and its file."""
    names = sorted(name for name in os.listdir(folder()) if name.endswith(".yaml"))
    return {name[:-5]: os.path.join(folder(), name) for name in names}


def find(model: str, wishes: Wishes = PLAIN) -> Found:
    """The document that *model* names: a path, a shipped network, or NAME:VARIANT.

    A shipped network answers to its file's name and to the name of each of its variants that
    no other file has, so ``resnet50`` is the variant of that name in ``resnet.yaml``.  What is
    no spec is imported as *wishes* say.
    """
    name, colon, variant = model.rpartition(":") if ":" in model else (model, "", "")
    if colon and not variant:
        raise CostModelError(f"{model!r} names no variant", hint="write NAME:VARIANT")
    if name.endswith((".yaml", ".yml")):
        return _read(name, variant or None, wishes)
    if "." in model or "/" in model:  # no shipped name has one: their files need not be searched
        return _imported(model, wishes)
    files = shipped()
    if name in files:
        return Found(name, load_spec(files[name]), variant or None, None)
    holders = [stem for stem, path in files.items() if name in variants_of(path, name)]
    if len(holders) == 1 and variant:
        raise CostModelError(f"{name} is a variant already", hint=f"{holders[0]}:{variant}")
    if len(holders) == 1:
        return Found(name, load_spec(files[holders[0]]), None, name)
    if wishes.run_python:
        return _imported(model, wishes)
    raise UnknownNameError("model", model, names())


def _read(path: str, variant: str | None, wishes: Wishes) -> Found:
    """The spec at *path*, or the network that the file describes in another format's YAML."""
    try:
        spec = load_spec(path)
    except CostModelError:
        other = importer_of(path)
        if other is None:
            raise
        return _from(other, path, wishes._replace(variant=variant))
    return Found(spec.model, spec, variant, None)


def _imported(model: str, wishes: Wishes) -> Found:
    """A model in a format of its own."""
    other = importer_of(model)
    if other is not None:
        return _from(other, model, wishes)
    spec = load_spec(model)
    return Found(spec.model, spec, None, None)


def _from(other: Importer, model: str, wishes: Wishes) -> Found:
    stem = os.path.splitext(os.path.basename(model))[0]
    return Found(stem, other.load(model, wishes), None, None, imported=True)


def variants_of(path: str, hint: str = "") -> list[str]:
    """The variant names in a shipped file, found by its layout; none if *hint* is not in it."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if hint not in text:
        return []
    section = re.search(r"^variants:[^\n]*\n((?:[ #][^\n]*\n|\n)*)", text, re.MULTILINE)
    return re.findall(r"^  ([\w.-]+):", section.group(1), re.MULTILINE) if section else []


def names() -> list[str]:
    """Every name a shipped network answers to."""
    found: dict[str, int] = {}
    for stem, path in shipped().items():
        for name in (stem, *variants_of(path)):
            found[name] = found.get(name, 0) + 1
    return sorted(name for name, times in found.items() if times == 1)
