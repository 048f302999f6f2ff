"""A flat list of layers, prepared for folding: what each is, what it takes, what varies.

A layer's *token* says everything that must be equal for two layers to be one line of a block:
its operator, its words and expressions (and, as ``fold_regions`` adds, where its inputs come
from).  Whole
numbers are left out; they are its *slots*, which a block may take as arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.arith import Dim
from costmodel.graph import Graph
from costmodel.ops import Op
from costmodel.spec.expressions import Expression
from costmodel.spec.syntax import Call, CustomOp, Spec

Slot = tuple[str, int | None]  # the argument, and its place in a list


class Text(str):
    """An expression's text, unlike a word such as ``same``."""

    __slots__ = ()

    @property
    def is_global(self) -> bool:
        """Whether it says nothing of an incoming shape, so that a caller may write it."""
        return "_in" not in self


class Line:
    """One layer of the flat list."""

    __slots__ = (
        "args", "call", "channels", "index", "last_use", "name", "sources", "token", "width",
    )  # fmt: skip

    def __init__(
        self, index: int, call: Call, sources: tuple[int | str, ...], shape: Sequence[Dim]
    ) -> None:
        self.index, self.call, self.sources = index, call, sources
        self.last_use = index  # the last layer that takes what this one makes
        self.name = call.common.name or ""
        self.channels = shape[1] if type(shape[1]) is int else None  # what c_in and d_in are
        self.width = shape[-1] if type(shape[-1]) is int else None
        self.args = completed(call)
        frame = tuple((key, _frame(value)) for key, value in self.args.items())
        self.token = (call.kind, frame, call.common.share)

    def slots(self) -> dict[Slot, int | str]:
        """What may vary among its arguments: whole numbers, and expressions of symbols alone."""
        found: dict[Slot, int | str] = {}
        for key, value in self.args.items():
            if isinstance(value, tuple):
                found.update({(key, i): v for i, v in enumerate(value) if varies(v)})
            elif varies(value):
                found[key, None] = value
        return found


def completed(call: Call) -> dict[str, Any]:
    """A call's arguments as numbers, words and texts; numbers left at defaults filled in."""
    given = {key: plain(value) for key, value in call.args.items()}
    if isinstance(call.target, CustomOp) or not isinstance(call.target, type):
        return given
    args: dict[str, Any] = {}
    for key, default in call.target.fields.items():
        if key in given:
            args[key] = given[key]
        elif type(default) is int:
            args[key] = default
    return args


def plain(value: Any) -> Any:
    """An argument without its place: an int, a text, a bool, None, or a tuple of these."""
    if isinstance(value, Expression):
        text = value.text.strip()
        return int(text) if text.lstrip("-").isdigit() else Text(text)
    if isinstance(value, tuple):
        return tuple(plain(part) for part in value)
    return value


def is_default(target: type[Op] | CustomOp | str, key: str, value: Any) -> bool:
    """Whether *value* is what *target* has for *key* when nothing is written."""
    if not isinstance(target, type):
        return False
    default = target.fields.get(key, object())
    return type(default) is type(value) and bool(default == value)


def varies(value: Any) -> bool:
    """Whether two layers of one token may differ in *value*."""
    return type(value) is int or (isinstance(value, Text) and value.is_global)


def _frame(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(int if varies(part) else part for part in value)
    return int if varies(value) else value


def lines_of(spec: Spec, graph: Graph) -> list[Line]:
    """The layers of a flat *spec*, with the shapes that *graph* found."""
    places: dict[str, int] = {}
    found: list[Line] = []
    for index, (item, layer) in enumerate(zip(spec.body, graph.layers, strict=True)):
        if not isinstance(item, Call) or item.common.name is None:
            raise TypeError("only flat specs can be folded")
        if item.common.sources is None:
            sources: tuple[int | str, ...] = (index - 1 if index else "input",)
        else:
            sources = tuple(places.get(ref.name, ref.name) for ref in item.common.sources)
        for source in sources:
            if isinstance(source, int):
                found[source].last_use = index
        found.append(Line(index, item, sources, layer.xs[0]))
        places[item.common.name] = index
    return found


def entry(lines: Sequence[Line]) -> int | str | None:
    """The one layer or input outside that *lines* take from; None if they take several."""
    start = lines[0].index
    found = {s for line in lines for s in line.sources if isinstance(s, str) or s < start}
    return found.pop() if len(found) == 1 else None


def continues(lines: Sequence[Line], before: Sequence[Line]) -> bool:
    """Whether *lines* stand behind *before* and alone go on from what it makes."""
    last = before[-1]
    return (
        lines[0].index == last.index + 1
        and entry(lines) == last.index
        and last.last_use <= lines[-1].index
    )


def scope_of(lines: Sequence[Line]) -> str:
    """The modules that all of *lines* with a path are in."""
    paths = [line.name.split("/")[:-1] for line in lines if "/" in line.name]
    common = paths[0] if paths else []
    for path in paths:
        while path[: len(common)] != common:
            common = common[:-1]
    return "/".join(common)


def members(lines: Sequence[Line]) -> dict[str, int]:
    """How many layers each module holds."""
    counts: dict[str, int] = {}
    for line in lines:
        parts = line.name.split("/")
        for i in range(1, len(parts)):
            scope = "/".join(parts[:i])
            counts[scope] = counts.get(scope, 0) + 1
    return counts
