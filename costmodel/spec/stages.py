"""Stage tables: a header row and one line per stage, as papers print them.

``columns`` names what a row's cells are.  ``name``, ``repeat`` (or ``n``), ``block`` or the
pair ``first``/``then`` mean what they say; every other column is a value, handed to the block
where the block has an argument of that name, and usable in the table's ``args`` and ``first``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from costmodel.errors import Mark, SpecError, UnknownNameError
from costmodel.ops import REQUIRED
from costmodel.spec.expressions import Expression
from costmodel.spec.reader import Map, Node, Seq, as_identifier, as_name
from costmodel.spec.syntax import Row, Stages, Value

if TYPE_CHECKING:
    from costmodel.spec.layers import LayerReader

KEYS = ("columns", "rows", "block", "args", "first")
ROLES = ("name", "block", "first", "then", "repeat", "n")


def read_stages(reader: LayerReader, node: Map, mark: Mark) -> Stages:
    """The table under ``stages:``."""
    from costmodel.spec.layers import COMMON, reject_unknown_keys, sequence

    reject_unknown_keys(node, (*KEYS, *COMMON), "stages")
    for key in ("columns", "rows"):
        if key not in node.items:
            raise SpecError(f"stages needs {key}", mark)
    header = sequence(node.items["columns"], "columns")
    columns = [as_identifier(cell, "a column") for cell in header.items]
    for index, column in enumerate(columns):
        if column in columns[:index]:
            raise SpecError(f"column {column!r} appears twice", header.items[index].mark)
    args, first = (
        reader.values(node.items[key], key) if key in node.items else {}
        for key in ("args", "first")
    )
    default = node.items.get("block")
    rows = [
        _row(reader, sequence(row, "a row"), header, columns, default, mark)
        for row in sequence(node.items["rows"], "rows").items
    ]
    for row in rows:
        _check_arguments(reader, row, args, first)
    _refuse_idle_columns(reader, rows, args, first)
    return Stages(reader.structural(node, mark, "stages"), tuple(rows), args, first)


def _row(
    reader: LayerReader, row: Seq, header: Seq, columns: list[str], default: Node | None, mark: Mark
) -> Row:
    from costmodel.spec.layers import number, value

    if len(row.items) != len(columns):
        raise SpecError(
            f"this row has {len(row.items)} cells, the table {len(columns)} columns",
            row.mark,
            "an expression with a comma needs quotes",
            related=[("the columns", header.mark)],
        )
    cells = dict(zip(columns, row.items, strict=True))
    block = cells.get("block", default)
    blocks = [cells.get(key, block) for key in ("first", "then")]
    if blocks[0] is None or blocks[1] is None:
        raise SpecError("stages needs a block: a column, or block: NAME", mark)
    named = [(as_name(cell, "a block"), cell.mark) for cell in blocks if cell is not None]
    for name, where in named:
        if name not in reader.blocks:
            raise UnknownNameError("block", name, reader.blocks, where)
    times = cells.get("repeat", cells.get("n"))
    return Row(
        row.mark,
        as_name(cells["name"], "a stage's name") if "name" in cells else None,
        named[0],
        named[1],
        number(times) if times is not None else None,
        {key: value(cell) for key, cell in cells.items() if key not in ROLES},
    )


def _check_arguments(
    reader: LayerReader, row: Row, args: Mapping[str, Value], first: Mapping[str, Value]
) -> None:
    """Every argument given exists, every one needed is given."""
    known = {**reader.blocks[row.first[0]], **reader.blocks[row.rest[0]]}
    for key in (*args, *first):
        if key not in known:
            raise SpecError(f"{row.first[0]} has no argument {key!r}", row.mark)
    for block, extra in ((row.first, first), (row.rest, {})):
        need = {k for k, default in reader.blocks[block[0]].items() if default is REQUIRED}
        if missing := need - {*row.values, *args, *extra}:
            raise SpecError(f"{block[0]} needs {', '.join(sorted(missing))}", row.mark)


def _refuse_idle_columns(
    reader: LayerReader, rows: list[Row], args: Mapping[str, Value], first: Mapping[str, Value]
) -> None:
    """A column that no row's block takes and no expression names is a mistake."""
    used = {name for v in (*args.values(), *first.values()) for name in _names(v)}
    for row in rows:
        used |= {*reader.blocks[row.first[0]], *reader.blocks[row.rest[0]]}
        used |= {name for v in row.values.values() for name in _names(v)}
    for key in rows[0].values if rows else ():
        if key not in used:
            raise SpecError(f"column {key!r} is used by nothing", rows[0].mark,
                            "a block takes it, or args and first name it")  # fmt: skip


def _names(value: Value) -> frozenset[str]:
    if isinstance(value, Expression):
        return value.names
    if isinstance(value, tuple):
        return frozenset().union(*map(_names, value))
    return frozenset()
