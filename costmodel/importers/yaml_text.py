"""Values and layers as the YAML text that a person would write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.spec.reader_traps import FALSE, NULL, TRUE

_PLAIN = re.compile(r"[A-Za-z0-9_(][A-Za-z0-9_.()/*+ -]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
WIDEST = 100


def scalar(value: Any) -> str:
    """A value in flow style.

    >>> scalar("c_in // 2"), scalar("max(1, h)"), scalar((3, "w")), scalar(True), scalar(-1)
    ('c_in // 2', '"max(1, h)"', '[3, w]', 'true', '-1')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(scalar, value)) + "]"
    text = str(value)
    if text in TRUE | FALSE | NULL or not _PLAIN.fullmatch(text) or text != text.strip():
        return quoted(text)
    return text


def quoted(text: str) -> str:
    """A text in double quotes."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


def flow(entries: Mapping[str, Any]) -> str:
    """A mapping in flow style."""
    return "{" + ", ".join(f"{key}: {scalar(value)}" for key, value in entries.items()) + "}"


def layer(kind: str, args: Mapping[str, Any], indent: str) -> list[str]:
    """A layer in a list: on one line if it fits, else an argument a line."""
    if not args:
        return [f"{indent}- {kind}"]
    line = f"{indent}- {kind}: {flow(args)}"
    if len(line) <= 2 * WIDEST:
        return [line]
    rest = [f"{indent}    {key}: {scalar(value)}" for key, value in args.items()]
    return [f"{indent}- {kind}:", *rest]


def layer_name(path: str) -> str:
    """A path of scopes as the name of one layer.

    >>> layer_name("layer1/0/conv1"), layer_name("no")
    ('layer1.0.conv1', 'no_')
    """
    name = path.replace("/", ".")[-90:]
    if not _NAME.fullmatch(name):
        name = "m" + re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    return f"{name}_" if name in TRUE | FALSE | NULL else name


def column(cells: Sequence[Any]) -> str:
    """A row of a table."""
    return scalar(tuple(cells))
