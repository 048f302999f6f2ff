"""Darknet's ``.cfg`` files -> Spec.

Output extents are darknet's own: a convolution's (h + 2·pad - size)/stride + 1, a pool's
(h - 1)/stride + 1 unless ``padding`` says otherwise.  ``[yolo]`` and ``[region]`` end a branch and
cost nothing, as in the BFLOPS that darknet prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from costmodel.errors import Mark, Source, SpecError, nearest
from costmodel.importers import Wishes, ends_with, reads
from costmodel.importers.flat import PLAIN, Flat, read_source
from costmodel.spec.syntax import Spec

ACTIVATIONS = {
    "leaky": "leaky_relu", "relu": "relu", "relu6": "relu6", "mish": "mish", "swish": "swish",
    "logistic": "sigmoid", "tanh": "tanh", "elu": "elu", "linear": "",
}  # fmt: skip
TRAINING = {"stopbackward", "dontload", "dontsave", "learning_rate", "burn_in", "probability"}
LARGEST = 2**31 - 1


class Section:
    """One ``[kind]`` and its options; what nothing takes is unknown."""

    def __init__(self, kind: str, mark: Mark) -> None:
        self.kind, self.mark = kind, mark
        self.options: dict[str, tuple[str, Mark]] = {}
        self.taken: dict[str, None] = {}

    def word(self, key: str, default: str | None) -> tuple[str, Mark]:
        """An option and its place; without a default it must be there."""
        self.taken[key] = None
        if key not in self.options and default is None:
            raise SpecError(f"[{self.kind}] needs {key}", self.mark)
        return self.options.get(key, (default or "", self.mark))

    def integer(self, key: str, default: int, least: int = 0) -> int:
        """A whole number from *least*."""
        text, mark = self.word(key, str(default))
        return _integer(text, key, mark, least)

    def integers(self, key: str) -> Iterator[tuple[int, Mark]]:
        """The whole numbers of a list, each with its place."""
        text, mark = self.word(key, None)
        for part in re.finditer(r"[^,]+", text):
            place = mark.shifted(part.start() + len(part[0]) - len(part[0].lstrip()))
            yield _integer(part[0].strip(), key, place, -LARGEST), place


def _integer(text: str, key: str, mark: Mark, least: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or not least <= int(text) <= LARGEST:
        raise SpecError(f"{key} is a whole number from {least}, not {text[:40]!r}", mark)
    return int(text)


@reads("darknet", ends_with(".cfg"))
def load_darknet(path: str, wishes: Wishes = PLAIN) -> Spec:
    """The network in the darknet configuration at *path*; SpecError at its line and column."""
    net, *sections = _sections(read_source(path))
    if net.kind not in ("net", "network"):
        raise SpecError(f"a configuration begins with [net], not [{net.kind[:40]}]", net.mark)
    sizes = {key: net.integer(key, 3 if key == "channels" else 416, 1)
             for key in ("channels", "height", "width")}  # fmt: skip
    build = _Build(Flat(net.mark.source, **sizes))
    for section in sections:
        build.layer(section)
    return build.flat.spec("Imported from a darknet configuration.")


def _sections(source: Source) -> list[Section]:
    found: list[Section] = []
    for number, line in enumerate(source.text.split("\n"), 1):
        text = re.split("[#;]", line, maxsplit=1)[0].rstrip()
        mark = Mark(source, number, len(text) - len(text.lstrip()) + 1)
        if section := re.fullmatch(r"\s*\[\s*(\w+)\s*\]", text):
            found.append(Section(section[1], mark))
        elif option := re.fullmatch(r"\s*(\w+)\s*=\s*(.*)", text):
            if not found or option[1] in found[-1].options:
                why = "is given twice" if found else "stands before any [section]"
                raise SpecError(f"{option[1]} {why}", mark)
            found[-1].options[option[1]] = option[2], Mark(source, number, option.start(2) + 1)
        elif text:
            raise SpecError("a line is [section] or key=value", mark)
    if not found:
        raise SpecError(f"{source.path} has no sections")
    return found


class _Build:
    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.ends: list[str] = []  # what each section makes, by its number

    def layer(self, section: Section) -> None:
        """Append the layers of one section."""
        if section.kind not in READERS:
            raise SpecError(f"there is no [{section.kind[:40]}] here", section.mark,
                            nearest(section.kind, READERS))  # fmt: skip
        self.ends.append(READERS[section.kind](self, section) or self.flat.last)
        self.flat.last = self.ends[-1]
        for key, (_, mark) in section.options.items():
            if key not in section.taken and key not in TRAINING and section.kind not in ENDS:
                at = Mark(mark.source, mark.line, mark.source.line(mark.line).index(key) + 1)
                raise SpecError(f"[{section.kind}] has no option {key[:40]!r} that is known here",
                                at, nearest(key, section.taken))  # fmt: skip

    def add(self, kind: str, section: Section, *sources: str, **args: Any) -> str:
        """Append an operator of the section at hand; its name."""
        name = f"layer{len(self.ends)}/{kind}" + str(args.pop("part", ""))
        return self.flat.add(kind, name, section.mark, *sources, **args)

    def end(self, number: int, mark: Mark) -> str:
        """What the section of that number makes; below zero, counted back from here."""
        place = number + len(self.ends) if number < 0 else number
        if not 0 <= place < len(self.ends):
            raise SpecError(f"there is no layer {number} before layer {len(self.ends)}", mark)
        return self.ends[place]

    def finish(self, section: Section, default: str, normalised: bool = False) -> None:
        """Batch norm, if there is one, and the activation."""
        if normalised:
            self.add("batch_norm", section)
        word, mark = section.word("activation", default)
        if word not in ACTIVATIONS:
            raise SpecError(f"unknown activation {word[:40]!r}", mark, nearest(word, ACTIVATIONS))
        if ACTIVATIONS[word]:
            self.add(ACTIVATIONS[word], section)


def _convolutional(build: _Build, section: Section) -> None:
    size, padding = section.integer("size", 1, 1), section.integer("padding", 0)
    normalised = section.integer("batch_normalize", 0) != 0
    build.add("conv", section, out=section.integer("filters", 1, 1), kernel=size,
              stride=section.integer("stride", 1, 1), dilation=section.integer("dilation", 1, 1),
              padding=size // 2 if section.integer("pad", 0) else padding,
              groups=section.integer("groups", 1, 1), bias=not normalised)  # fmt: skip
    build.finish(section, "logistic", normalised)


def _connected(build: _Build, section: Section) -> None:
    normalised = section.integer("batch_normalize", 0) != 0
    build.add("flatten", section)
    build.add("linear", section, out=section.integer("output", 1, 1), bias=not normalised)
    build.finish(section, "logistic", normalised)


def _maxpool(build: _Build, section: Section) -> None:
    stride = section.integer("stride", 1, 1)
    size = section.integer("size", stride, 1)
    pads = section.integer("padding", size - 1)
    side = (pads // 2, pads - pads // 2)
    build.add("max_pool", section, kernel=size, stride=stride,
              padding="same" if pads == size - 1 else (side, side))  # fmt: skip


def _shortcut(build: _Build, section: Section) -> None:
    others = [build.end(*entry) for entry in section.integers("from")]
    kind = "add" if section.kind == "shortcut" else "multiply"
    build.flat.last = build.add(kind, section, build.flat.last, *others)
    build.finish(section, "linear")


def _route(build: _Build, section: Section) -> str:
    ends = [build.end(*entry) for entry in section.integers("layers")]
    groups, place = section.integer("groups", 1, 1), section.integer("group_id", 0)
    if place >= groups:
        raise SpecError(f"there is no group {place} of {groups}", section.mark)
    if groups > 1:
        start, stop = (f"={i} * (c_in // {groups})" for i in (place, place + 1))
        ends = [build.add("slice", section, end, start=start, stop=stop, part=i)
                for i, end in enumerate(ends)]  # fmt: skip
    return ends[0] if len(ends) == 1 else build.add("concat", section, *ends)


def _softmax(build: _Build, section: Section) -> None:
    section.integer("groups", 1)
    build.add("softmax", section)


Reader = Callable[[_Build, Section], str | None]
ENDS = frozenset({"yolo", "region", "detection", "cost"})  # detections are read off, no loss is run
READERS: dict[str, Reader] = {
    "convolutional": _convolutional, "connected": _connected, "maxpool": _maxpool,
    "shortcut": _shortcut, "scale_channels": _shortcut, "route": _route, "softmax": _softmax,
    "avgpool": lambda build, section: build.add("global_avg_pool", section),
    "dropout": lambda build, section: build.add("dropout", section),
    "upsample": lambda build, section: build.add(
        "upsample", section, scale=section.integer("stride", 2, 1)),
    "reorg": lambda build, section: build.add(
        "space_to_depth", section, factor=section.integer("stride", 1, 1)),
    **dict.fromkeys(ENDS, lambda build, section: None),
}  # fmt: skip
