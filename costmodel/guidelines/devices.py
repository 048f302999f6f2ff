"""Devices: a few figures each, in the small files of ``specs/devices``."""

from __future__ import annotations

import math
import re
from pathlib import Path

from costmodel.errors import SpecError, UnknownNameError
from costmodel.records import Record
from costmodel.spec.reader import as_map, as_text, read_file
from costmodel.spec.reader_nodes import Map

FIGURES = ("peak_flops", "sustained", "bandwidth", "launch", "call")
TEXTS = ("device", "about", "source")


class Device(Record):
    """What the time model knows of a device; rates per second, times in seconds."""

    name: str
    about: str
    source: str
    peak_flops: float
    sustained: float  # the part of the peak that large convolutions reach
    bandwidth: float  # bytes
    launch: float  # of a kernel
    call: float  # more for each convolution or product, once a group

    @property
    def rate(self) -> float:
        """FLOPs per second that are reached."""
        return self.peak_flops * self.sustained


def folder() -> Path:
    """Where the shipped devices are: inside the installed package, or beside it."""
    package = Path(__file__).parents[1]
    inside = package / "specs" / "devices"
    return inside if inside.is_dir() else package.parent / "specs" / "devices"


def names() -> list[str]:
    """Every shipped device."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def shipped() -> list[Device]:
    """Every shipped device, read."""
    return [device(name) for name in names()]


def device(name: str) -> Device:
    """The device that *name* means: a shipped one, or a path to a file like theirs.

    Raises  UnknownNameError; SpecError where the file leaves out a figure.
    """
    if name.endswith((".yaml", ".yml")):
        return _read(name)
    if name not in names():
        raise UnknownNameError("device", name, names())
    return _read(str(folder() / f"{name}.yaml"))


def _read(path: str) -> Device:
    top = as_map(read_file(path), "a device")
    known = (*TEXTS, *FIGURES)
    for key, mark in top.keys.items():
        if key not in known:
            raise UnknownNameError("key of a device", key, known, mark)
    for key in known:
        if key not in top.items:
            raise SpecError(f"a device needs {key}", top.mark)
    texts = {key: as_text(top.items[key], key).strip() for key in TEXTS}
    figures = {key: _figure(top, key) for key in FIGURES}
    return Device(texts["device"], texts["about"], texts["source"], **figures)


def _figure(top: Map, key: str) -> float:
    text, mark = as_text(top.items[key], key), top.items[key].mark
    if not re.fullmatch(r"\d+(\.\d+)?(e[+-]?\d{1,2})?", text):
        raise SpecError(f"{key} is a number, not {text!r}", mark, "for example 484e9")
    number = float(text)
    if not math.isfinite(number) or (number == 0 and key not in ("launch", "call")):
        raise SpecError(f"{key} is above 0", mark)
    return number
