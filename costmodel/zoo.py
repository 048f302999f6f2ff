"""Where models come from: files, and the networks that ship with the program."""

from __future__ import annotations

import re
from pathlib import Path

from costmodel.errors import CostModelError, UnknownNameError
from costmodel.records import Record
from costmodel.spec.document import load_spec
from costmodel.spec.syntax import Spec


class Found(Record):
    """A model as it was asked for: its document and the variant that the name implies."""

    name: str
    spec: Spec
    variant: str | None  # as the user named it after a colon
    implied: str | None  # the variant that the bare name stands for


def shipped() -> Path:
    """The folder of shipped specs: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    inside = here / "specs"
    return inside if inside.is_dir() else here.parent / "specs"


def find(model: str) -> Found:
    """The document that *model* names: a path, a shipped network, or NAME:VARIANT.

    A shipped network answers to its file's name and to the name of each of its variants that
    no other file has, so ``resnet50`` is the variant of that name in ``resnet.yaml``.
    """
    name, colon, variant = model.rpartition(":") if ":" in model else (model, "", "")
    if colon and not variant:
        raise CostModelError(f"{model!r} names no variant", hint="write NAME:VARIANT")
    if model.endswith(".onnx"):
        from costmodel.importers.onnx import load_onnx

        return Found(Path(model).stem, load_onnx(model), None, None)
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return Found(Path(name).stem, load_spec(name), variant or None, None)
    file = shipped() / f"{name}.yaml"
    if re.fullmatch(r"[\w.-]+", name) and file.is_file():
        return Found(name, load_spec(str(file)), variant or None, None)
    holders = [path for path in sorted(shipped().glob("*.yaml")) if name in variants_of(path, name)]
    if len(holders) == 1 and variant:
        raise CostModelError(f"{name} is a variant already", hint=f"{holders[0].stem}:{variant}")
    if len(holders) == 1:
        return Found(name, load_spec(str(holders[0])), None, name)
    raise UnknownNameError("model", model, names())


def variants_of(path: Path, hint: str = "") -> list[str]:
    """The variant names in a shipped file, found by its layout; none if *hint* is not in it."""
    text = path.read_text(encoding="utf-8")
    if hint not in text:
        return []
    section = re.search(r"^variants:[^\n]*\n((?:[ #][^\n]*\n|\n)*)", text, re.MULTILINE)
    return re.findall(r"^  ([\w.-]+):", section.group(1), re.MULTILINE) if section else []


def names() -> list[str]:
    """Every name a shipped network answers to."""
    found: dict[str, int] = {}
    for path in sorted(shipped().glob("*.yaml")):
        for name in (path.stem, *variants_of(path)):
            found[name] = found.get(name, 0) + 1
    return sorted(name for name, times in found.items() if times == 1)
