"""The shapes that a module is traced with: which extents are numbers, which have names.

A shape is a tuple of extents, each a number, a name (``"h"``) or a name with its default
(``"h=256"``), or a text of them as the command line takes it (``"n,3,h=256,w"``, with a data type
``"n,77:int64"``, several with semicolons between them), or any tensor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from costmodel.errors import CostModelError
from costmodel.importers.onnx.names import identifier

USUAL = {"n": 1, "h": 224, "w": 224}
IMAGE = {3: (0,), 4: (0, 2, 3), 5: (0, 3, 4)}  # rank -> the axes that get names: n, h, w
HINT = 'write (1, 3, 224, 224), ("n", 3, "h=224", "w=224"), one such for each input, or a dict'


class Example(NamedTuple):
    """One input: the name of its argument or "", its extents with their names, its dtype."""

    name: str
    extents: tuple[int, ...]
    symbols: tuple[str, ...]  # "" where an extent is a number
    dtype: str


def examples_of(shape: Any) -> list[Example]:
    """The inputs that *shape* describes: one shape, a list of shapes, or names -> shapes.

    >>> [e.symbols for e in examples_of((1, 3, 224, 224))]
    [('n', '', 'h', 'w')]
    >>> examples_of({"x": "n, 77:int64"})
    [Example(name='x', extents=(1, 77), symbols=('n', ''), dtype='int64')]
    """
    if isinstance(shape, Mapping):
        return [_example(str(name), given) for name, given in shape.items()]
    if isinstance(shape, str):
        return [_example("", part) for part in shape.split(";")]
    if _is_one(shape):
        return [_example("", shape)]
    if isinstance(shape, Sequence) and shape:
        return [_example("", given) for given in shape]
    raise CostModelError(f"{shape!r} is no shape", hint=HINT)


def _is_one(shape: Any) -> bool:
    if hasattr(shape, "dtype"):
        return True
    flat = isinstance(shape, Sequence) and all(isinstance(e, (int, str)) for e in shape)
    return flat and not any(isinstance(e, str) and "," in e for e in shape)


def _example(name: str, shape: Any) -> Example:
    dtype = str(getattr(shape, "dtype", "float32")).rpartition(".")[2]
    if hasattr(shape, "dtype"):
        shape = tuple(shape.shape)
    elif isinstance(shape, str):
        text, _, dtype = shape.partition(":")
        dtype, shape = dtype.strip() or "float32", text.split(",")
    if not isinstance(shape, Sequence) or not shape:
        raise CostModelError(f"{shape!r} is no shape", hint=HINT)
    found = [_extent(extent) for extent in shape]
    if not any(symbol for symbol, _ in found):
        axes = IMAGE.get(len(found), (0,))
        named = dict(zip(axes, "nhw", strict=False))
        found = [(named.get(axis, ""), size) for axis, (_, size) in enumerate(found)]
    symbols, extents = zip(*found, strict=True)
    return Example(name, extents, symbols, dtype)


def _extent(extent: Any) -> tuple[str, int]:
    text = str(extent).strip()
    if text.isdigit():
        return _checked(extent, "", int(text))
    match = re.fullmatch(r"([A-Za-z_]\w*)\s*(?:=\s*(\d+))?", text)
    if match is None or isinstance(extent, bool):
        raise CostModelError(f"{extent!r} is no extent", hint=HINT)
    name, size = match.groups()
    if size is None and name not in USUAL:
        raise CostModelError(f"the extent {name} has no size to trace with", hint=f'"{name}=16"')
    return _checked(extent, identifier(name), int(size or USUAL[name]))


def _checked(extent: Any, symbol: str, size: int) -> tuple[str, int]:
    if not 1 <= size < 2**31:
        raise CostModelError(f"{extent!r} is no extent", hint=HINT)
    return symbol, size
