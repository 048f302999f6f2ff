"""A spec under construction whose layers stand one after the other, each with its place."""

from __future__ import annotations

import os
import re
from typing import Any

from costmodel.errors import LimitError, Mark, Source, SpecError
from costmodel.importers import Wishes
from costmodel.ops import OPS
from costmodel.spec.expressions import parse
from costmodel.spec.reader import Map
from costmodel.spec.syntax import Assume, Call, Common, Ref, Spec, SymbolDecl

PLAIN = Wishes()  # nothing said beside the file's name
LARGEST = 1_000_000  # bytes of a file
MOST_LAYERS = 5_000


def read_source(path: str) -> Source:
    """The text in the file at *path*; LimitError if it is too large for a description."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from None
    if len(data) > LARGEST:
        raise LimitError(f"{path} is larger than {LARGEST:,} bytes")
    try:
        return Source(path, data.decode("utf-8").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise SpecError(f"{path} is not a text in UTF-8") from None


class Flat:
    """Layers in the order they run; each is named by its operator and a number."""

    def __init__(self, source: Source, channels: int, height: int, width: int) -> None:
        self.source, self.mark = source, Mark(source, 1, 1)
        self.calls: list[Call] = []
        self.last = "input"  # what a layer takes that names nothing
        rows = (("n", "1"), ("h", str(height)), ("w", "h" if width == height else str(width)))
        self.symbols = {
            name: SymbolDecl(name, self.mark, parse(text, self.mark)) for name, text in rows
        }
        self.input = tuple(parse(text, self.mark) for text in ("n", str(channels), "h", "w"))

    def add(
        self, kind: str, name: str, mark: Mark, *sources: str, share: str | None = None, **args: Any
    ) -> str:
        """Append the operator *kind* applied to *sources*, or to what came last; its name.

        Numbers may be expressions given as text that begins with ``=``.
        """
        if len(self.calls) >= MOST_LAYERS:
            raise LimitError(f"more than {MOST_LAYERS:,} layers", mark)
        refs = tuple(Ref(source, mark) for source in sources) or (Ref(self.last, mark),)
        own = OPS[kind]
        given = {key: _value(value, mark) for key, value in args.items()
                 if value != own.fields[key] or isinstance(value, bool)}  # fmt: skip
        before = self.calls[-1].common.name if self.calls else "input"
        alone = len(refs) == 1 and refs[0].name == before
        common = Common(mark, name, None if alone else refs, share=share)
        self.calls.append(Call(common, own, kind, given))
        self.last = name
        return name

    def spec(self, about: str) -> Spec:
        """The finished spec, called after its file."""
        if not self.calls:
            raise SpecError(f"{self.source.path} has no layers")
        stem = os.path.splitext(os.path.basename(self.source.path))[0]
        word = re.sub(r"[^A-Za-z0-9_]+", "_", stem).strip("_") or "model"
        return Spec(
            path=self.source.path, model=word if word[0].isalpha() else f"m_{word}", about=about,
            source=os.path.basename(self.source.path), symbols=self.symbols, params={},
            reals=frozenset(), variants={}, inputs={"input": self.input},
            input_marks={"input": self.mark}, blocks={}, ops={}, body=tuple(self.calls),
            read_claims=None, assume=Assume(), root=Map({}, {}, self.mark),
        )  # fmt: skip


def _value(value: Any, mark: Mark) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (tuple, list)):
        return tuple(_value(part, mark) for part in value)
    if isinstance(value, str) and not value.startswith("="):
        return value
    return parse(str(value).removeprefix("="), mark)
