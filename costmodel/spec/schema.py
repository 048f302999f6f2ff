"""The JSON Schema of specs, made from the registries, for editors that complete and check YAML."""

from __future__ import annotations

import inspect
import json
from typing import Any

from costmodel.ops import OPS, REQUIRED, Op
from costmodel.profiles import WAYS
from costmodel.spec.assume import DTYPES
from costmodel.spec.document import COSTS, TOP
from costmodel.spec.layers import JOINS

Schema = dict[str, Any]

VALUE: Schema = {"type": ["number", "string", "boolean"], "description": "a number or expression"}
VALUES: Schema = {"anyOf": [VALUE, {"type": "array", "items": {"$ref": "#/$defs/values"}}]}
NAME: Schema = {"type": "string", "pattern": r"^[A-Za-z_][\w.-]*$"}
NAMES: Schema = {"anyOf": [NAME, {"type": "array", "items": NAME}]}
CONDITIONS: Schema = {"anyOf": [VALUE, {"type": "array", "items": VALUE}]}
LAYERS: Schema = {"type": "array", "items": {"$ref": "#/$defs/layer"}}
COMMON: dict[str, Schema] = {
    "name": {**NAME, "description": "what the layer is called in paths and in `from`"},
    "from": {**NAMES, "description": "the earlier output, or outputs, that go in"},
    "repeat": {**VALUE, "description": "how often"},
    "first": {"type": "object", "description": "arguments of the first repetition"},
    "when": {**VALUE, "description": "skip the layer unless this is true"},
    "share": {**NAME, "description": "layers of one name here hold the same weights"},
}


def mapping(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def schema() -> Schema:
    """The schema of a whole document."""
    free = {"type": "object"}
    top: dict[str, Schema] = {
        "model": NAME,
        "about": {"type": "string"},
        "source": {"type": "string"},
        "symbols": _named({"anyOf": [VALUE, {"type": "null"}, _symbol()]}),
        "params": _named({"anyOf": [VALUE, mapping({"default": VALUE, "real": {"type": "boolean"},
                                                    "about": {"type": "string"}})]}),
        "variants": _named(_named(VALUE)),
        "input": {"anyOf": [_shape(), _named(_shape())]},
        "blocks": _named(_block()),
        "ops": _named(_custom()),
        "layers": LAYERS,
        "claims": {"type": "array", "items": free},
        "include": NAMES | {"description": "files whose blocks and ops are used here"},
        "assume": mapping({"dtype": {"enum": list(DTYPES)}, "fuse": {"type": "array"},
                           "require": CONDITIONS, "notes": _listed({"type": "string"}),
                           "written": _listed(_written())}),
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "costmodel spec",
        **mapping({key: top[key] for key in TOP}, ("model",)),
        "$defs": {"layer": _layer(), "values": VALUES},
    }


def schema_text() -> str:
    """The schema as it is shipped beside the specs."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _written() -> Schema:
    """A rule about the code behind the network."""
    text = {"type": "string"}
    keys = {"op": NAME, "way": {"enum": list(WAYS)}, "at": text,
            "variants": {"anyOf": [text, {"type": "array", "items": text}]}}  # fmt: skip
    return mapping(keys, ("op", "way"))


def _listed(entry: Schema) -> Schema:
    return {"type": "array", "items": entry}


def _named(entry: Schema) -> Schema:
    return {"type": "object", "additionalProperties": entry}


def _shape() -> Schema:
    return {"type": "array", "items": VALUE, "minItems": 2, "maxItems": 5}


def _symbol() -> Schema:
    whole = {"type": "integer", "minimum": 1}
    return mapping({"default": VALUE, "multiple_of": whole, "min": whole, "max": whole,
                    "about": {"type": "string"}})  # fmt: skip


def _arguments() -> Schema:
    return {"anyOf": [{"type": "array", "items": NAME}, {"type": "object"}, {"type": "null"}]}


def _block() -> Schema:
    parts = {"args": _arguments(), "let": _named(VALUE), "require": CONDITIONS, "layers": LAYERS,
             "about": {"type": "string"}}  # fmt: skip
    return mapping(parts, ("layers",))


def _custom() -> Schema:
    parts = {"args": _arguments(), "shape": _shape(), "inputs": {"type": "integer"},
             "about": {"type": "string"}, **dict.fromkeys(COSTS, VALUE)}  # fmt: skip
    return mapping(parts, ("shape",))


def _layer() -> Schema:
    """One layer: the name of an op or block, or one of these keys (or a block's) with arguments."""
    layers: Schema = {name: {"anyOf": [_op(OPS[name]), {"type": "null"}]} for name in OPS}
    layers["branches"] = {
        "type": "object",
        "properties": {"join": {"enum": list(JOINS)}, "axis": VALUE, **COMMON},
        "additionalProperties": LAYERS,
        "required": ["join"],
    }
    layers["split"] = mapping(
        {"parts": VALUE, "sizes": {"type": "array", "items": VALUE},
         "names": {"type": "array", "items": NAME}, **COMMON},
        ("names",),
    )  # fmt: skip
    layers["repeat"] = mapping({"times": VALUE, "index": NAME, "layers": LAYERS, **COMMON},
                               ("times", "layers"))  # fmt: skip
    layers["stages"] = mapping(
        {**COMMON, "columns": {"type": "array", "items": NAME}, "block": NAME,
         "args": {"type": "object"},
         "rows": {"type": "array", "items": {"type": "array"}}},
        ("columns", "rows"),
    )  # fmt: skip
    return {
        "anyOf": [
            NAME,
            {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": layers},
        ]
    }


def _op(op: type[Op]) -> Schema:
    keys = {name: _field(op, name) for name in op.fields}
    required = tuple(name for name, default in op.fields.items() if default is REQUIRED)
    summary = (inspect.getdoc(op) or "").partition("\n")[0]
    return {"description": summary, **mapping({**keys, **COMMON}, required)}


def _field(op: type[Op], name: str) -> Schema:
    default = op.fields[name]
    entry: Schema = VALUE if op.notes[name].startswith("Dim") else {"$ref": "#/$defs/values"}
    if isinstance(default, (bool, int, str)):
        entry = {**entry, "default": default}
    return entry
