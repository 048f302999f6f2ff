"""A file -> its claims, and the networks they are about.

A file of claims has no ``model`` of its own::

    symbols: {C: {}}                    # for formulas that are about no network
    modules:
      stack: {symbols: ..., input: ..., layers: ...}    # specs without a name
    claims:
      - {id: stack, module: stack, quantity: params, value: 27*C**2, source: ...}
    underivable:                        # statements that cannot be checked, and why
      - {id: ..., statement: ..., reason: ..., source: ...}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from costmodel.arith import symbol
from costmodel.claims.reading import read_claims
from costmodel.claims.record import Claim
from costmodel.errors import SpecError
from costmodel.records import Record
from costmodel.spec.document import load_spec, spec_of
from costmodel.spec.layers import mapping, reject_unknown_keys, sequence
from costmodel.spec.reader import Map, Node, Scalar, as_name, as_text, is_null, read_file
from costmodel.spec.reader_nodes import check_identifier
from costmodel.spec.reader_source import file_source
from costmodel.spec.syntax import Spec

TOP = ("about", "source", "symbols", "modules", "claims", "underivable")
MODULE = ("about", "symbols", "params", "variants", "input", "blocks", "ops", "layers", "assume")
UNDERIVABLE = ("id", "statement", "reason", "source")
_LIKE_A_SPEC = re.compile(
    r"^(model|claims|modules|underivable|layers|blocks|input|symbols|variants|include) *:",
    re.MULTILINE,
)
_OF_A_SPEC = re.compile(r"^(model|layers|blocks|input|variants|include) *:", re.MULTILINE)


class Document(Record):
    """One file: its claims and what they may refer to."""

    path: str
    claims: tuple[Claim, ...]
    spec: Spec | None  # None in a file of claims alone
    modules: Mapping[str, Spec]
    symbols: Mapping[str, Any]
    underivable: tuple[Mapping[str, str], ...] = ()


def is_document(text: str) -> bool:
    """Whether *text* looks like a spec or a file of claims, and not like other YAML."""
    return _LIKE_A_SPEC.search(text) is not None


def load(path: str) -> Document:
    """The document in the file at *path*."""
    text = file_source(path).text
    if _OF_A_SPEC.search(text) or not is_document(text):
        spec = load_spec(path)
        return Document(path, tuple(read_claims(spec.claims)), spec, {}, {})
    root = mapping(read_file(path), "a file of claims")
    reject_unknown_keys(root, TOP, "a file of claims")
    return Document(
        path,
        tuple(read_claims(root.items.get("claims"))),
        None,
        _modules(root, path),
        _symbols(root),
        _underivable(root),
    )


def _entries(root: Map, key: str) -> Map | None:
    node = root.items.get(key)
    return None if node is None or is_null(node) else mapping(node, key)


def _modules(root: Map, path: str) -> dict[str, Spec]:
    modules: dict[str, Spec] = {}
    section = _entries(root, "modules")
    for name, node in section.items.items() if section else ():
        check_identifier(name, section.keys[name] if section else node.mark, "a module")
        body = mapping(node, f"module {name}")
        reject_unknown_keys(body, MODULE, f"module {name}")
        named = {"model": Scalar(name, False, body.mark), **body.items}
        keys = {"model": body.mark, **body.keys}
        modules[name] = spec_of(Map(named, keys, body.mark), path)
    return modules


def _symbols(root: Map) -> dict[str, Any]:
    found: dict[str, Any] = {}
    section = _entries(root, "symbols")
    for name, node in section.items.items() if section else ():
        check_identifier(name, section.keys[name] if section else node.mark, "a symbol")
        if not is_null(node) and not (isinstance(node, Map) and not node.items):
            raise SpecError("a symbol of formulas is free", node.mark, f"{name}: {{}}")
        found[name] = symbol(name)
    return found


def _underivable(root: Map) -> tuple[Mapping[str, str], ...]:
    node = root.items.get("underivable")
    return () if node is None else tuple(_statement(n) for n in sequence(node, "underivable").items)


def _statement(node: Node) -> dict[str, str]:
    entry = mapping(node, "an underivable statement")
    reject_unknown_keys(entry, UNDERIVABLE, "an underivable statement")
    for key in UNDERIVABLE:
        if key not in entry.items:
            raise SpecError(f"an underivable statement needs {key}", entry.mark)
    as_name(entry.items["id"], "id")
    return {key: as_text(entry.items[key], key) for key in UNDERIVABLE}
