"""The YAML rows of YOLOv5 and YOLOv8, ``[from, number, module, args]`` -> Spec.

A file with ``scales`` (YOLOv8) has a network for each.  A layer of row 4: ``c3_4/cv1/conv``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from costmodel.errors import SpecError, nearest
from costmodel.importers import Wishes, has_line, reads
from costmodel.importers.flat import PLAIN, Flat, read_source
from costmodel.spec.reader import Map, Node, Scalar, Seq, as_int, as_map, as_seq
from costmodel.spec.reader import read_source as read_nodes
from costmodel.spec.syntax import Spec

LARGEST, BINS = 100_000, 16  # of any number; of YOLOv8's distances to the sides of a box
Part = tuple[str, int]  # what a layer makes: its name and its channels


@reads("yolo", has_line(r"^(backbone|head) *:"))
def load_yolo(path: str, wishes: Wishes = PLAIN) -> Spec:
    """The network in the YAML file at *path*; ``wishes.variant`` is one of its ``scales``."""
    source = read_source(path)
    top = as_map(read_nodes(source), "a network")
    build = _Build(top, Flat(source, 3, 640, 640), wishes.variant)
    for key in ("backbone", "head"):
        for row in as_seq(top.items.get(key, top), key):
            build.row(row)
    return build.flat.spec("Imported from rows of [from, number, module, args].")


def _fraction(node: Node | None) -> Fraction:
    text = node.text if isinstance(node, Scalar) else "1" if node is None else ""
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,6})?", text):
        raise SpecError("a multiplier is a number such as 0.33", node.mark if node else None)
    return Fraction(text)


class _Build:
    def __init__(self, top: Map, flat: Flat, scale: str | None) -> None:
        self.top, self.flat, self.mark, self.prefix = top, flat, flat.mark, ""
        self.ends: list[Part] = []  # what each row makes
        self.current: Part = ("input", 3)
        self.legacy = "scales" not in top.items  # YOLOv5's Bottleneck and Detect
        self.most, depth, width = LARGEST, *map(top.items.get, ("depth_multiple", "width_multiple"))
        if not self.legacy:
            scales = as_map(top.items["scales"], "scales")
            name = scale or next(iter(scales.items), "")
            row = as_seq(scales.items[name], "a scale") if name in scales.items else []
            if len(row) != 3:
                raise SpecError(f"there is no [depth, width, max_channels] for {name!r}",
                                scales.mark, nearest(name, scales.items))  # fmt: skip
            depth, width, most = row
            self.most = as_int(most, "max_channels", 8)
        self.depth, self.width = _fraction(depth), _fraction(width)

    def row(self, row: Node) -> None:
        """Append the layers of one row."""
        cells = as_seq(row, "a row")
        if len(cells) != 4 or not getattr(cells[0], "items", True):
            raise SpecError("a row is [from, number, module, args]", row.mark)
        self.mark, name = cells[2].mark, getattr(cells[2], "text", "").removeprefix("nn.")
        if name not in MODULES:
            raise SpecError(f"unknown module {name[:40]!r}", self.mark, nearest(name, MODULES))
        ins = [*map(self._source, cells[0].items if isinstance(cells[0], Seq) else cells[:1])]
        times = self.whole(cells, 1, None)
        times = max(round(times * self.depth), 1) if times > 1 else times
        self.prefix, self.current = f"{name.lower()}_{len(self.ends)}", ins[0]
        MODULES[name](self, ins, times, as_seq(cells[3], "args"))
        self.ends.append(self.current)

    def _source(self, node: Node) -> Part:
        number = as_int(node, "from")
        place = number + len(self.ends) if number < 0 else number
        if number == -1 and not self.ends:
            return self.current
        if not 0 <= place < len(self.ends):
            raise SpecError(f"there is no row {number} before row {len(self.ends)}", node.mark)
        return self.ends[place]

    def add(self, kind: str, name: str, *parts: Part, out: int = 0, **args: Any) -> Part:
        """Append an operator to what is current, or to *parts*; *out* if it changes channels."""
        given = {"out": out, **args} if kind == "conv" else args
        sources = [part for part, _ in parts or (self.current,)]
        made = self.flat.add(kind, f"{self.prefix}/{name}", self.mark, *sources, **given)
        self.current = made, out or self.current[1]
        return self.current

    def conv(self, name: str, out: int, kernel: int = 1, **args: int) -> Part:
        """Convolution, batch norm and SiLU."""
        self.add("conv", f"{name}conv", out=out, kernel=kernel, **{"padding": kernel // 2, **args})
        self.add("batch_norm", f"{name}bn")
        return self.add("swish", f"{name}act")

    def concat(self, name: str, parts: Sequence[Part]) -> Part:
        """Append *parts* one after the other along the channels."""
        return self.add("concat", name, *parts, out=sum(channels for _, channels in parts))

    def bottleneck(self, name: str, out: int, shortcut: bool, first: int, middle: int) -> Part:
        """Two convolutions, the second 3x3, and a sum with the input where it fits."""
        before = self.current
        self.conv(f"{name}cv1/", middle, first)
        after = self.conv(f"{name}cv2/", out, 3)
        fits = shortcut and before[1] == out
        return self.add("add", f"{name}add", before, after) if fits else after

    def channels(self, args: Sequence[Node]) -> int:
        """The first argument, scaled, as the next multiple of 8."""
        return ceil(min(self.whole(args, 0, None), self.most) * self.width / 8) * 8

    def whole(self, args: Sequence[Node], place: int, default: int | None) -> int:
        """A whole number among the arguments; a name stands for one at the top of the file."""
        node = args[place] if place < len(args) else None
        if isinstance(node, Scalar):
            node = self.top.items.get(node.text, None if node.text == "None" else node)
        if node is None and default is not None:
            return default
        if node is None or not 0 < (number := as_int(node, "an argument", 0)) <= LARGEST:
            raise SpecError("a number from 1 belongs here", node.mark if node else self.mark)
        return number

    def switch(self, args: Sequence[Node], place: int, default: bool) -> bool:
        """True or False among the arguments."""
        node = args[place] if place < len(args) else None
        return node.text.lower() == "true" if isinstance(node, Scalar) else default


def _conv(build: _Build, ins: Sequence[Part], times: int, args: Sequence[Node]) -> None:
    kernel = build.whole(args, 1, 1)
    given = {"padding": build.whole(args, 3, kernel // 2)} if kernel > 1 else {}
    given |= {"stride": build.whole(args, 2, 1), "groups": build.whole(args, 4, 1)}
    for i in range(times):
        build.conv(f"{i}/" if times > 1 else "", build.channels(args), kernel, **given)


def _bottleneck(build: _Build, ins: Sequence[Part], times: int, args: Sequence[Node]) -> None:
    out, shortcut = build.channels(args), build.switch(args, 1, True)
    for i in range(times):
        build.bottleneck(f"{i}/", out, shortcut, 1 if build.legacy else 3, out // 2)


def _c3(build: _Build, ins: Sequence[Part], times: int, args: Sequence[Node]) -> None:
    out, shortcut = build.channels(args), build.switch(args, 1, True)
    build.conv("cv1/", out // 2)
    for i in range(times):
        build.bottleneck(f"m/{i}/", out // 2, shortcut, 1, out // 2)
    left, build.current = build.current, ins[0]
    build.concat("concat", [left, build.conv("cv2/", out // 2)])
    build.conv("cv3/", out)


def _c2f(build: _Build, ins: Sequence[Part], times: int, args: Sequence[Node]) -> None:
    out, shortcut = build.channels(args), build.switch(args, 1, False)
    half = out // 2
    whole = build.conv("cv1/", 2 * half)
    parts = [build.add("slice", f"half{i}", whole, out=half, start=i * half, stop=(i + 1) * half)
             for i in range(2)]  # fmt: skip
    parts += [build.bottleneck(f"m/{i}/", half, shortcut, 3, half) for i in range(times)]
    build.concat("concat", parts)
    build.conv("cv2/", out)


def _sppf(build: _Build, ins: Sequence[Part], times: int, args: Sequence[Node]) -> None:
    out, kernel = build.channels(args), build.whole(args, 1, 5)
    parts = [build.conv("cv1/", ins[0][1] // 2)]
    parts += [build.add("max_pool", f"m/{i}", kernel=kernel, stride=1, padding=kernel // 2)
              for i in range(3)]  # fmt: skip
    build.concat("concat", parts)
    build.conv("cv2/", out)


def _detect(build: _Build, ins: Sequence[Part], times: int, args: Sequence[Node]) -> None:
    classes, first = build.whole(args, 0, 80), ins[0][1]
    for i, part in enumerate(ins):
        if build.legacy:  # three anchors on each level, as all of YOLOv5's files have
            build.add("conv", f"m/{i}", part, out=3 * (classes + 5), kernel=1, bias=True)
            continue
        for name, middle, out in (("cv3", max(first, min(classes, 100)), classes),
                                  ("cv2", max(first // 4, 4 * BINS), 4 * BINS)):  # fmt: skip
            build.current = part
            build.conv(f"{name}/{i}/0/", middle, 3)
            build.conv(f"{name}/{i}/1/", middle, 3)
            build.add("conv", f"{name}/{i}/2", out=out, kernel=1, bias=True)
        build.add("reshape", f"dfl/{i}/bins", shape=("=n_in", BINS, "=4 * h_in", "=w_in"))
        build.add("softmax", f"dfl/{i}/softmax")
        build.add("conv", f"dfl/{i}/conv", out=1, kernel=1, share="dfl")  # the mean distance


MODULES: dict[str, Callable[[_Build, Sequence[Part], int, Sequence[Node]], object]] = {
    "Conv": _conv, "Bottleneck": _bottleneck, "C3": _c3, "C2f": _c2f, "SPPF": _sppf,
    "Detect": _detect, "Concat": lambda build, ins, times, args: build.concat("concat", ins),
    "Upsample": lambda build, ins, times, args: build.add(
        "upsample", "up", scale=build.whole(args, 1, 2)),
}  # fmt: skip
