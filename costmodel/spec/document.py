"""Nodes -> Spec: the top level of a document."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from costmodel.errors import LimitError, SpecError
from costmodel.ops import OPS, REQUIRED
from costmodel.spec.assume import conditions, read_assume
from costmodel.spec.expressions import Expression
from costmodel.spec.layers import (
    COMMON,
    STRUCTURES,
    LayerReader,
    expression,
    mapping,
    number,
    reject_unknown_keys,
    sequence,
    value,
)
from costmodel.spec.reader import (
    Map,
    Node,
    Scalar,
    Seq,
    as_identifier,
    as_int,
    as_name,
    as_text,
    is_null,
    read_apart,
    read_file,
    read_text,
)
from costmodel.spec.reader_nodes import check_identifier
from costmodel.spec.syntax import Block, CustomOp, Spec, SymbolDecl, Value

TOP = (
    "model", "about", "source", "symbols", "params", "variants", "input", "blocks", "ops",
    "layers", "claims", "include", "assume",
)  # fmt: skip
COSTS = ("params", "buffers", "mult_adds", "scalar_ops", "reads", "writes", "activations")
INCLUDE_DEPTH = 8


def load_spec(path: str) -> Spec:
    """The spec in the file at *path*."""
    root, claims = read_apart(path, "claims")
    spec = spec_of(root, path, (os.path.realpath(path),))
    return spec if claims is None else spec._replace(unread_claims=claims)


def parse_spec(text: str, path: str = "<text>") -> Spec:
    """The spec that *text* holds; *path* is what errors call it."""
    return spec_of(read_text(text, path), path)


def spec_of(root: Node, path: str, trail: tuple[str, ...] = ()) -> Spec:
    """The spec that the nodes of a document say; *trail* names the files that include it."""
    top = mapping(root, "a spec")
    reject_unknown_keys(top, TOP, "a spec")
    section = _Sections(top)
    if "model" not in top.items:
        raise SpecError("a spec needs model: NAME", top.mark)
    included = [
        spec_of(read_file(file), file, (*trail, os.path.realpath(file)))
        for file in _includes(top, path, trail)
    ]
    blocks, ops = _inherited(included)
    for name, node in section.items("ops", "an op"):
        _define(name, top.items["ops"], {**blocks, **ops})
        ops[name] = _custom_op(name, node, mapping(top.items["ops"], "ops"))
    known = {name: block.args for name, block in blocks.items()}
    own = dict(section.items("blocks", "a block"))
    for name, node in own.items():
        _define(name, top.items["blocks"], {**blocks, **ops})
        known[name] = _parameters(mapping(node, f"block {name}").items.get("args"))
    reader = LayerReader(known, ops)
    for name, node in own.items():
        blocks[name] = _block(reader, name, mapping(node, f"block {name}"), known[name])
    inputs, input_marks = _inputs(top)
    layers = top.items.get("layers")
    params = {name: _param(node) for name, node in section.items("params", "a param")}
    return Spec(
        path=path,
        model=as_name(top.items["model"], "model"),
        about=section.text("about"),
        source=section.text("source"),
        symbols={name: _symbol(name, node) for name, node in section.items("symbols", "a symbol")},
        params={name: pair[0] for name, pair in params.items()},
        reals=frozenset(name for name, pair in params.items() if pair[1]),
        variants=_variants(section, params),
        inputs=inputs,
        input_marks=input_marks,
        blocks=blocks,
        ops=ops,
        body=reader.body(layers) if layers is not None else (),
        read_claims=top.items.get("claims"),
        assume=read_assume(top.items.get("assume")),
        root=top,
    )


class _Sections:
    def __init__(self, top: Map) -> None:
        self.top = top

    def items(self, key: str, what: str) -> list[tuple[str, Node]]:
        """The named entries under *key*, each of which is called *what*."""
        node = self.top.items.get(key)
        if node is None or is_null(node):
            return []
        entries = mapping(node, key)
        for name, mark in entries.keys.items():
            check_identifier(name, mark, what)
        return list(entries.items.items())

    def text(self, key: str) -> str:
        node = self.top.items.get(key)
        return "" if node is None or is_null(node) else as_text(node, key)


def _includes(top: Map, path: str, trail: tuple[str, ...]) -> list[str]:
    node = top.items.get("include")
    if node is None:
        return []
    files = []
    for item in node.items if isinstance(node, Seq) else [node]:
        name = as_text(item, "include")
        if os.path.isabs(name) or ".." in re.split(r"[/\\]", name):
            raise SpecError(
                "include takes a file beside or below this one", item.mark, "write a relative path"
            )
        file = os.path.join(os.path.dirname(path), name)
        if os.path.realpath(file) in trail:
            raise SpecError(f"{name} includes itself", item.mark)
        if len(trail) >= INCLUDE_DEPTH:
            raise LimitError(f"includes nested deeper than {INCLUDE_DEPTH}", item.mark)
        if not os.path.isfile(file):
            raise SpecError(f"there is no file {name}", item.mark)
        files.append(file)
    return files


def _inherited(included: list[Spec]) -> tuple[dict[str, Block], dict[str, CustomOp]]:
    blocks: dict[str, Block] = {}
    ops: dict[str, CustomOp] = {}
    for library in included:
        blocks.update(library.blocks)
        ops.update(library.ops)
    return blocks, ops


def _define(name: str, section: Node, taken: Mapping[str, Any]) -> None:
    mark = mapping(section, "blocks").keys[name]
    if name in OPS or name in STRUCTURES:
        raise SpecError(f"{name!r} is the name of a built-in operator", mark, "choose another name")
    if name in taken:
        raise SpecError(f"{name!r} is defined already", mark)


def _parameters(node: Node | None) -> dict[str, Value]:
    """``args``: a list of names, or names with defaults (null where there is none)."""
    if node is None or is_null(node):
        return {}
    if isinstance(node, Seq):
        pairs: list[tuple[str, Value]] = [
            (as_identifier(n, "an argument"), REQUIRED) for n in node.items
        ]
    else:
        given = mapping(node, "args")
        for name, mark in given.keys.items():
            check_identifier(name, mark, "an argument")
        pairs = [(k, REQUIRED if is_null(v) else value(v)) for k, v in given.items.items()]
    for name, _ in pairs:
        if name in COMMON:
            raise SpecError(
                f"{name!r} is a key of every layer, not a name for an argument", node.mark
            )
    return dict(pairs)


def _block(reader: LayerReader, name: str, node: Map, args: Mapping[str, Value]) -> Block:
    reject_unknown_keys(node, ("args", "let", "require", "layers", "about"), f"block {name}")
    if "layers" not in node.items:
        raise SpecError(f"block {name} needs layers", node.mark)
    let = node.items.get("let")
    return Block(
        name,
        node.mark,
        args,
        {k: expression(v) for k, v in mapping(let, "let").items.items()} if let else {},
        conditions(node.items.get("require")),
        reader.body(node.items["layers"]),
    )


def _custom_op(name: str, node: Node, section: Map) -> CustomOp:
    entry = mapping(node, f"op {name}")
    reject_unknown_keys(entry, ("args", "shape", "inputs", "about", *COSTS), f"op {name}")
    shape = entry.items.get("shape")
    if shape is None:
        raise SpecError(f"op {name} needs shape", entry.mark, "shape: [n_in, out, h_in, w_in]")
    return CustomOp(
        name,
        section.keys[name],
        _parameters(entry.items.get("args")),
        tuple(number(item) for item in sequence(shape, "shape").items),
        {key: number(entry.items[key]) for key in COSTS if key in entry.items},
        _positive(entry, "inputs") or 1,
    )


def _symbol(name: str, node: Node) -> SymbolDecl:
    if isinstance(node, Scalar):
        return SymbolDecl(name, node.mark, None if is_null(node) else number(node))
    entry = mapping(node, f"symbol {name}")
    reject_unknown_keys(entry, ("default", "multiple_of", "min", "max", "about"), f"symbol {name}")
    default = entry.items.get("default")
    return SymbolDecl(
        name,
        entry.mark,
        number(default) if default is not None else None,
        _positive(entry, "multiple_of") or 1,
        _positive(entry, "min") or 1,
        _positive(entry, "max"),
    )


def _positive(entry: Map, key: str) -> int | None:
    """A whole number from 1 under *key*, if there is one."""
    node = entry.items.get(key)
    if node is None:
        return None
    number = as_int(node, key)
    if number < 1:
        raise SpecError(f"{key} is a whole number from 1, not {number}", node.mark)
    return number


def _param(node: Node) -> tuple[Expression, bool]:
    if not isinstance(node, Map):
        return expression(node), False
    reject_unknown_keys(node, ("default", "real", "about"), "a param")
    if "default" not in node.items:
        raise SpecError("a param needs default", node.mark)
    real = node.items.get("real")
    return expression(node.items["default"]), real is not None and value(real) is True


def _variants(section: _Sections, params: Mapping[str, Any]) -> dict[str, dict[str, Expression]]:
    symbols = dict(section.items("symbols", "a symbol"))
    variants = {}
    for name, node in section.items("variants", "a variant"):
        entry = mapping(node, f"variant {name}")
        reject_unknown_keys(entry, [*params, *symbols], f"variant {name}")
        variants[name] = {key: expression(item) for key, item in entry.items.items()}
    return variants


def _inputs(top: Map) -> tuple[dict[str, tuple[Expression, ...]], dict[str, Any]]:
    node = top.items.get("input")
    if node is None:
        if "layers" in top.items:
            raise SpecError("a spec with layers needs input", top.mark, "input: [n, 3, h, w]")
        return {}, {}
    named = node.items if isinstance(node, Map) else {"input": node}
    shapes = {}
    for name, item in named.items():
        shapes[name] = tuple(number(dim) for dim in sequence(item, "input").items)
        if not 2 <= len(shapes[name]) <= 5:
            raise SpecError("an input has 2 to 5 dimensions: [n, c, h, w]", item.mark)
    return shapes, {name: item.mark for name, item in named.items()}
