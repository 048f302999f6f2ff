"""Table -> Report: the blocks a person reads and the object a program reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from costmodel.arith import Dim, ascii, is_symbolic
from costmodel.errors import UnknownNameError
from costmodel.quantities import QUANTITIES
from costmodel.records import Record
from costmodel.render import Block, Column, Grid, Heading, Report, Text
from costmodel.table import Entry, Table
from costmodel.table.groups import Group, grouped, sort_groups

DEFAULT_COLUMNS = ("output", "layers", "params", "mult_adds", "mult_adds%", "mem_access",
                   "mem_access%")  # fmt: skip
SYMBOLIC_COLUMNS = ("params", "mult_adds", "mem_access")
SUMMED = ("params", "buffers", "mult_adds", "flops", "mem_access", "mem_bytes", "activations")
LAYER_KEYS = ("params", "mult_adds", "flops", "mem_access", "activations")


Further = tuple[Column, Callable[[Group], Any]]


class Caption(Record):
    """What the numbers are of: the model's name as it was asked for, and its version."""

    model: str
    variant: str | None
    version: str


def report(
    table: Table,
    caption: Caption,
    by: str = "stage",
    columns: Sequence[str] = DEFAULT_COLUMNS,
    sort: str | None = None,
    top: int | None = None,
    further: Mapping[str, Further] = {},
) -> Report:
    """Everything `analyze` says of *table*; *further* gives columns from rooms below."""
    if sort is not None and sort not in SUMMED:
        raise UnknownNameError("quantity to sort by", sort, SUMMED)
    groups = sort_groups(grouped(table.entries, by), sort, top)
    symbolic = is_symbolic(table.totals.mem_access)
    if symbolic and tuple(columns) == DEFAULT_COLUMNS:
        columns = SYMBOLIC_COLUMNS
    grid = _grid(table, groups, by, columns, caption, further)
    blocks: list[Block] = [Heading(_title(table, caption))]
    if symbolic:
        from costmodel.table.symbolic import plain_case, with_names

        named, meaning = with_names(grid)
        blocks += [named, *meaning, *plain_case(table)]
    else:
        blocks.append(grid)
    blocks += [Text(line, kind="note") for line in _notes(table)]
    return Report(blocks, as_json(table, caption))


def _title(table: Table, caption: Caption) -> str:
    name = caption.model + (f":{caption.variant}" if caption.variant else "")
    inputs = ["×".join(ascii(dim) for dim in tensor.shape) for tensor in table.graph.inputs]
    mode = "" if table.mode == "inference" else f"   mode: {table.mode}"
    return f"{name}   input {' and '.join(inputs)}   profile: {table.profile.name}{mode}"


def _grid(
    table: Table,
    groups: list[Group],
    by: str,
    columns: Sequence[str],
    caption: Caption,
    further: Mapping[str, Further],
) -> Grid:
    keys = chosen(columns, further)
    every = Group("total", tuple(table.entries))
    heads = [Column("name", by, "text", priority=100)]
    heads += [further[k][0] if k in further else _column(k, 90 - i) for i, k in enumerate(keys)]
    rows = [
        [
            _name(group),
            *(further[k][1](group) if k in further else _cell(table, group, k) for k in keys),
        ]
        for group in (*groups, every)
    ]
    title = ", ".join(_title(table, caption).split("   ")) + f" ({_summary(table)})"
    return Grid(heads, rows, caption=title, footer_rows=1)


def chosen(columns: Sequence[str], further: Iterable[str] = ()) -> list[str]:
    """The column keys asked for; one that begins with + adds to the usual ones."""
    plain = [c for c in columns if not c.startswith("+")]
    keys = [*(plain or DEFAULT_COLUMNS), *(c[1:] for c in columns if c.startswith("+"))]
    known = [*SUMMED, *(f"{key}%" for key in SUMMED), "depth", "output", "input", "layers", "op",
             *further]  # fmt: skip
    for key in keys:
        if key not in known:
            raise UnknownNameError("column", key, known)
    return keys


def _column(key: str, priority: int) -> Column:
    if key.endswith("%"):
        return Column(key, "%", "percent", priority=priority - 20)
    if key in QUANTITIES:
        kind = "bytes" if key == "mem_bytes" else "count"
        return Column(key, QUANTITIES[key].heading, kind, priority=priority)
    if key == "layers":
        return Column(key, "conv+fc", "count", priority=priority - 30)
    if key in ("output", "input"):
        return Column(key, f"{key} (C×H×W)", "shape", priority=priority - 10)
    return Column(key, key, "text", priority=priority)


def _name(group: Group) -> str:
    if is_symbolic(group.times):
        return f"{group.name} ×({ascii(group.times)})"
    return group.name if group.times == 1 else f"{group.name} ×{group.times}"


def _cell(table: Table, group: Group, key: str) -> Any:
    if key.endswith("%"):
        return _share(group.sum(key[:-1]), getattr(table.totals, key[:-1]))
    if key == "layers":
        return group.sum("depth")
    if key == "op":
        return group.ops if group.name != "total" else None
    if key in ("output", "input"):
        if group.name == "total" or group.name.endswith("more)"):
            return None
        last, first = group.entries[-1].layer, group.entries[0].layer
        return last.y[1:] if key == "output" else first.xs[0][1:]
    return group.sum(key)


def _share(part: Dim, whole: Dim) -> float | None:
    if is_symbolic(part) or is_symbolic(whole) or not whole:
        return None
    return float(100 * part / whole)


def _convention(table: Table) -> str:
    return f"profile {table.profile.name}: {_summary(table)}"


def _summary(table: Table) -> str:
    return (type(table.profile).__doc__ or "").strip().splitlines()[0].rstrip(".")


def _notes(table: Table) -> list[str]:
    from costmodel.render.numbers import count

    totals = table.totals
    extra = "" if totals.flops == 2 * totals.mult_adds else " + other counted operations"
    lines = [f"FLOPs = 2 × mult-adds{extra}"]
    if not is_symbolic(totals.flops):
        lines[0] += f" = {count(totals.flops)}"
    sizes = [("buffers", totals.buffers), ("activations", totals.activations),
             ("peak memory", totals.peak_memory)]  # fmt: skip
    lines[0] += "".join(f" · {n} {count(v)}" for n, v in sizes if not is_symbolic(v))
    lines[0] += f" · depth {ascii(totals.depth)}"
    excluded = table.excluded()
    if excluded:
        parts = [k if is_symbolic(v) else f"{k} {count(v)}" for k, v in excluded.items()]
        lines.append(f"not counted by this profile (scalar operations): {', '.join(parts)}")
    lines.append(_convention(table))
    fused = sorted(table.graph.spec.assume.fuse)
    fusion = f", {' and '.join(fused)} fused into what is before" if fused else ", nothing fused"
    lines.append(f"mem access = elements read + written, each tensor moved once (a lower bound)"
                 f"{fusion}; counts use k/M/G = 10^3/10^6/10^9")  # fmt: skip
    if table.graph.assumptions:
        lines.append(f"assuming {'; '.join(table.graph.assumptions)}")
    return lines


def as_json(table: Table, caption: Caption) -> dict[str, Any]:
    """The fixed object of ``analyze --format json``."""
    totals = table.totals
    plain = {key: _plain(getattr(totals, key)) for key in totals.fields}
    intensity = totals.intensity
    plain["intensity"] = None if intensity is None else round(intensity, 6)
    return {
        "model": caption.model,
        "variant": caption.variant,
        "profile": table.profile.name,
        "mode": table.mode,
        "at": {name: _plain(value) for name, value in table.graph.binding.shown().items()},
        "params_at": {name: _plain(table.graph.binding[name]) for name in table.graph.spec.params},
        "assumptions": table.graph.assumptions,
        "version": caption.version,
        "totals": plain,
        "layers": [_layer(entry) for entry in table.entries],
    }


def _layer(entry: Entry) -> dict[str, Any]:
    layer = entry.layer
    return {
        "path": layer.path,
        "op": layer.op.kind,
        "inputs": [[_plain(dim) for dim in shape] for shape in layer.xs],
        "output": [_plain(dim) for dim in layer.y],
        **{key: _plain(getattr(entry, key)) for key in LAYER_KEYS},
        "buffers": _plain(entry.buffers),
        **({"shared": True} if layer.shared else {}),
        **({"runs": _plain(layer.runs)} if is_symbolic(layer.runs) else {}),
    }


def _plain(value: Any) -> Any:
    """A JSON value: an int where it is one, else the expression in plain infix."""
    return value if isinstance(value, (int, float, str)) or value is None else ascii(value)
