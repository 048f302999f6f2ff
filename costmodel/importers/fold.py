"""A flat spec -> the YAML a person would write: repetition folded into blocks and stages.

What is written is read again and compared with the flat spec, layer by layer; if a cost
differs, which would be a bug, the layers are written one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.errors import CostModelError
from costmodel.graph import Graph, build
from costmodel.importers.fold_blocks import BlockType, find_blocks, unused
from costmodel.importers.fold_layers import (
    Line,
    is_default,
    lines_of,
    members,
    plain,
    scope_of,
)
from costmodel.importers.fold_steps import Step, alike, paired, step_name
from costmodel.importers.yaml_text import column, flow, layer, layer_name, quoted, scalar
from costmodel.spec.document import parse_spec
from costmodel.spec.syntax import Spec

FIRST = "# yaml-language-server: $schema=costmodel.schema.json"


def write_yaml(spec: Spec) -> str:
    """The flat *spec* as a document that gives the same costs, layer by layer."""
    graph = build(spec, free=spec.symbols)
    lines = lines_of(spec, graph)
    blocks = find_blocks(lines)
    text = Document(spec, lines, blocks).text()
    if blocks and not _reads_back(text, graph, spec):
        text = Document(spec, lines, []).text()
    return text


def _reads_back(text: str, graph: Graph, spec: Spec) -> bool:
    try:
        return same_costs(graph, build(parse_spec(text), free=spec.symbols))
    except CostModelError:
        return False


def same_costs(a: Graph, b: Graph) -> bool:
    """Whether two networks have the same layers: operators, shapes and costs, in one order."""
    if len(a.layers) != len(b.layers):
        return False
    return all(
        x.op.kind == y.op.kind and x.xs == y.xs and x.y == y.y
        and x.op.forward(x.xs, x.y) == y.op.forward(y.xs, y.y) and x.shared == y.shared
        for x, y in zip(a.layers, b.layers, strict=True)
    )  # fmt: skip


class Document:
    """The text of one spec."""

    def __init__(self, spec: Spec, lines: Sequence[Line], blocks: Sequence[BlockType]) -> None:
        self.spec, self.lines = spec, lines
        self.blocks = sorted(blocks, key=lambda block: block.body[0].index)
        taken: set[str] = set()
        for block in self.blocks:
            block.name = unused(_block_name(block), taken)
            taken.add(block.name)
        self.names: dict[int, str] = {}  # a layer's number -> the name of what ends with it
        self.given: set[str] = {"input", *spec.inputs}

    def text(self) -> str:
        """The whole document."""
        steps = self._steps()
        body = self._body(steps)
        out = [FIRST, *self._head()]
        if self.blocks:
            out.append("blocks:")
            for block in self.blocks:
                out += self._block(block)
        return "\n".join([*out, "layers:", *body]) + "\n"

    def _head(self) -> list[str]:
        spec = self.spec
        out = [f"model: {scalar(spec.model)}"]
        if spec.about:
            out.append(f"about: {quoted(spec.about[:4_000])}")
        if spec.source:
            out.append(f"source: {quoted(spec.source)}")
        symbols: dict[str, str] = {}
        for name, s in spec.symbols.items():
            default = s.default.text if s.default is not None else "null"
            symbols[name] = default if default.isdigit() else f"{{default: {default}}}"
        if symbols:
            entries = ", ".join(f"{name}: {text}" for name, text in symbols.items())
            out.append(f"symbols: {{{entries}}}")
        shapes = {n: tuple(plain(d) for d in dims) for n, dims in spec.inputs.items()}
        if list(shapes) == ["input"]:
            out.append(f"input: {scalar(shapes['input'])}")
        else:
            out.append(f"input: {flow(shapes)}")
        if spec.assume.dtype != "float32" or spec.assume.require:
            out.append("assume:")
        if spec.assume.dtype != "float32":
            out.append(f"  dtype: {spec.assume.dtype}")
        if spec.assume.require:
            out += ["  notes:", *(f"    - {quoted(note.text)}" for note in spec.assume.require)]
        return out

    # -- blocks ------------------------------------------------------------------------------

    def _block(self, block: BlockType) -> list[str]:
        start = block.body[0].index
        names = _local_names(block, start)
        head = [f"  {block.name}:"]
        if block.args:
            head.append(f"    args: {scalar(tuple(block.args))}")
        out = [*head, "    layers:"]
        for place, line in enumerate(block.body):
            args = dict(self._sources(line, start, names))
            if place in names:
                args = {"name": names[place], **args}
            args |= self._arguments(line, {s: block.rules[place, s] for s in line.slots()})
            out += layer(line.call.kind, args, "      ")
        return out

    def _sources(self, line: Line, start: int, names: Mapping[int, str]) -> dict[str, Any]:
        before = line.index - 1
        if line.sources == (before,) or (line.index == start and len(line.sources) == 1):
            return {}
        found = []
        for source in line.sources:
            inside = isinstance(source, int) and source >= start
            found.append(names[source - start] if inside and isinstance(source, int) else "input")
        return {"from": found[0] if len(found) == 1 else tuple(found)}

    def _arguments(self, line: Line, rules: Mapping[Any, Any]) -> dict[str, Any]:
        args: dict[str, Any] = {}
        for key, value in line.args.items():
            if isinstance(value, tuple):
                value = tuple(rules.get((key, i), part) for i, part in enumerate(value))
            else:
                value = rules.get((key, None), value)
            if not is_default(line.call.target, key, value):
                args[key] = value
        if line.call.common.share:
            args["share"] = layer_name(line.call.common.share)
        return args

    # -- the network -------------------------------------------------------------------------

    def _steps(self) -> list[Step]:
        starts: dict[int, tuple[BlockType, int, int]] = {}
        for block in self.blocks:
            for first, times in block.rows():
                starts[block.occurrences[first][0].index] = (block, first, times)
        steps: list[Step] = []
        index = 0
        while index < len(self.lines):
            block_at, first, times = starts.get(index, (None, 0, 1))
            end = index + (times * len(block_at.body) if block_at is not None else 1)
            steps.append(Step(self.lines[index:end], block_at, first, times))
            index = end
        steps, held = paired(steps), members(self.lines)
        for step in steps:
            step.name = unused(layer_name(step_name(step, held)), self.given)
            self.given.add(step.name)
            self.names[step.lines[-1].index] = step.name
        return steps

    def _body(self, steps: Sequence[Step]) -> list[str]:
        out: list[str] = []
        i = 0
        while i < len(steps):
            length, text = self._table(steps, i)
            if length:
                out += text
                i += length
                continue
            out += self._step(steps[i])
            i += 1
        return out

    def _step(self, step: Step) -> list[str]:
        line = step.lines[0]
        args: dict[str, Any] = {"name": step.name}
        sources = line.sources if step.block is None else (step.source,)
        if sources != (line.index - 1 if line.index else "input",):
            found = [self.names[s] if isinstance(s, int) else s for s in sources]
            args["from"] = found[0] if len(found) == 1 else tuple(found)
        if step.block is None:
            return layer(line.call.kind, args | self._arguments(line, {}), "  ")
        if step.times > 1:
            args["repeat"] = step.times
        return layer(step.block.name, {**args, **step.args}, "  ")

    def _table(self, steps: Sequence[Step], start: int) -> tuple[int, list[str]]:
        """A stage table for the blocks from *start* on, if enough rows are alike."""
        first = steps[start]
        if first.block is None or not first.goes_on:
            return 0, []
        count = 1
        while start + count < len(steps) and alike(steps[start + count], first):
            if not steps[start + count].follows(steps[start + count - 1]):
                break
            count += 1
        if first.then is None and (count < 3 or not first.block.args):
            return 0, []
        return count, _stages(steps[start : start + count])


def _stages(rows: Sequence[Step]) -> list[str]:
    block, then = rows[0].block, rows[0].then
    if block is None:
        return []
    keys = list(rows[0].args)
    repeats = any(step.times > 1 for step in rows)
    pair = ["first", "then"] if then is not None else []
    out = ["  - stages:"] if pair else ["  - stages:", f"      block: {block.name}"]
    header = ["name", *pair, *keys, *(["repeat"] if repeats else [])]
    out += [f"      columns: {column(header)}", "      rows:"]
    for step in rows:
        cells: list[Any] = [step.name, *([block.name, then.name] if then is not None else [])]
        cells += [step.args[key] for key in keys] + ([step.times] if repeats else [])
        out.append(f"        - {column(cells)}")
    return out


def _block_name(block: BlockType) -> str:
    parts = [p.rstrip("0123456789") for p in scope_of(block.body).split("/")]
    words = [p.strip("_.-").replace("-", "_") for p in parts if p.strip("_.-")]
    name = words[-1] if words else ""
    if not name.isidentifier():
        return "block"
    return f"{name}_block"


def _local_names(block: BlockType, start: int) -> dict[int, str]:
    """Place in the block -> the layer's name: the scope's where all occurrences agree."""
    used = {s - start for line in block.body for s in line.sources if isinstance(s, int)
            and s >= start and line.sources != (line.index - 1,)}  # fmt: skip
    scopes = [len(scope_of(occurrence)) for occurrence in block.occurrences]
    names: dict[int, str] = {}
    unnamed: dict[int, str] = {}
    taken = {"input", *block.args}
    for place, line in enumerate(block.body):
        own = {occurrence[place].name[size:].strip("/")
               for occurrence, size in zip(block.occurrences, scopes, strict=True)}  # fmt: skip
        agreed = own.pop() if len(own) == 1 else ""
        if place not in used and _is_dull(agreed, line.call.kind):
            unnamed[place] = agreed
            continue
        name = unused(layer_name(agreed or f"{line.call.kind}_out"), taken)
        taken.add(name)
        names[place] = name
    for place, agreed in unnamed.items():  # the first unnamed conv would be called conv1
        kind = block.body[place].call.kind
        if any(name.startswith(kind) and name[len(kind) :].isdigit() for name in taken):
            names[place] = unused(layer_name(agreed or f"{kind}_in"), taken)
            taken.add(names[place])
    return names


def _is_dull(name: str, kind: str) -> bool:
    """Whether a name says no more than the operator: relu, relu_1."""
    rest = name[len(kind) :] if name.startswith(kind) else name
    return not name or not rest or (rest[0] == "_" and rest[1:].isdigit())
