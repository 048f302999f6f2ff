"""The `assume` section: what a document takes for granted."""

from __future__ import annotations

from costmodel.errors import Mark, SpecError, UnknownNameError
from costmodel.ops import OPS
from costmodel.profiles import WAYS, Written
from costmodel.spec.expr_eval import constant
from costmodel.spec.expr_parser import Parsed
from costmodel.spec.expressions import Expression
from costmodel.spec.layers import expression, mapping, reject_unknown_keys, sequence
from costmodel.spec.reader import Node, Seq, as_name, as_text
from costmodel.spec.syntax import Assume

KEYS = ("dtype", "fuse", "require", "notes", "written")
DTYPES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}


class Note(Expression):
    """A condition in plain words: nothing decides it, so every result states it."""

    __slots__ = ()

    def __init__(self, text: str, mark: Mark) -> None:
        super().__init__(text, mark, Parsed(constant(None), frozenset()))


def conditions(node: Node | None) -> tuple[Expression, ...]:
    """One condition or a list of them."""
    if node is None:
        return ()
    items = node.items if isinstance(node, Seq) else [node]
    return tuple(expression(item) for item in items)


def read_assume(node: Node | None) -> Assume:
    """The section *node*, or the defaults."""
    if node is None:
        return Assume()
    entry = mapping(node, "assume")
    reject_unknown_keys(entry, KEYS, "assume")
    dtype, fuse = entry.items.get("dtype"), entry.items.get("fuse")
    name = as_name(dtype, "dtype") if dtype is not None else "float32"
    if name not in DTYPES:
        raise UnknownNameError("dtype", name, DTYPES, dtype.mark if dtype is not None else None)
    fused = [OPS[as_name(n, "an op")].kind for n in sequence(fuse, "fuse").items] if fuse else []
    required, written = conditions(entry.items.get("require")), entry.items.get("written")
    notes = entry.items.get("notes")
    if notes is not None:
        texts = sequence(notes, "notes").items
        required += tuple(Note(as_text(text, "a note"), text.mark) for text in texts)
    return Assume(name, frozenset(fused), required, _written(written) if written else ())


def _written(node: Node) -> tuple[Written, ...]:
    """``written``: which layers the code behind the network writes in which way."""
    rules = []
    for item in sequence(node, "written").items:
        entry = mapping(item, "a rule of written")
        reject_unknown_keys(entry, ("op", "way", "at", "variants"), "a rule of written")
        for key in ("op", "way"):
            if key not in entry.items:
                raise SpecError(f"a rule of written needs {key}", entry.mark)
        op, way = (as_name(entry.items[key], key) for key in ("op", "way"))
        if way not in WAYS:
            raise UnknownNameError("way", way, WAYS, entry.items["way"].mark)
        at, names = entry.items.get("at"), entry.items.get("variants")
        patterns = names.items if isinstance(names, Seq) else [names] if names else []
        rules.append(Written(
            OPS[op].kind, way, as_text(at, "at") if at else "*",
            tuple(as_text(name, "variants") for name in patterns) or ("*",),
        ))  # fmt: skip
    return tuple(rules)
