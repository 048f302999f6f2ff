"""Nodes -> subjects: which quantity of what, under which convention."""

from __future__ import annotations

from typing import Any

from costmodel.claims.formula import Formula
from costmodel.claims.record import Subject
from costmodel.errors import Mark, SpecError, UnknownNameError, nearest
from costmodel.profiles import PROFILES
from costmodel.quantities import QUANTITIES
from costmodel.spec.expressions import parse
from costmodel.spec.layers import mapping, reject_unknown_keys
from costmodel.spec.reader import Map, Node, Scalar, Seq, as_text
from costmodel.table import MODES

SUBJECT_KEYS = (
    "quantity", "model", "module", "variant", "at", "profile", "mode", "part", "ops",
)  # fmt: skip
KNOWN = (*QUANTITIES, "reported")
UNNAMED = ("flops", "reported", "intensity")  # they mean nothing without a profile


def read_subject(entry: Map, claim: Map) -> Subject:
    """The subject that *entry* describes; what it leaves open, the whole claim says."""
    if entry is not claim:
        reject_unknown_keys(entry, SUBJECT_KEYS, "what is compared")
    items = {**_shared(claim, entry), **entry.items}
    quantity = items.get("quantity")
    if quantity is None:
        raise SpecError("a claim needs quantity", entry.mark, f"one of {', '.join(KNOWN)}")
    if "model" in items and "module" in items:
        raise SpecError("model and module are two different things", entry.mark)
    name = quantity_name(quantity)
    return Subject(
        quantity=name,
        mark=quantity.mark,
        model=_text(items, "model"),
        module=_text(items, "module"),
        variant=_text(items, "variant"),
        at=_values(items.get("at")),
        profile=_profile(items, name, entry.mark),
        mode=_mode(items),
        part=_words(items, "part"),
        ops=_words(items, "ops"),
    )


def _shared(claim: Map, entry: Map) -> dict[str, Node]:
    """What the whole claim says of its subjects."""
    shared = {key: claim.items[key] for key in SUBJECT_KEYS if key in claim.items}
    if "model" in entry.items or "module" in entry.items:
        shared.pop("model", None)
        shared.pop("module", None)
    return shared


def quantity_name(node: Node) -> str:
    """The key of a quantity, or a formula over such keys and the subject's own names.

    Words that mean two things are refused.
    """
    text = as_text(node, "quantity").strip()
    if text in KNOWN:
        return text
    if text.isidentifier():
        raise unknown_quantity(text, node.mark)
    names = Formula(text, node.mark).names
    for name in sorted(names):
        if name not in KNOWN and unknown_quantity(name).hint.startswith("'"):
            raise unknown_quantity(name, node.mark)
    if not names & {*KNOWN}:
        raise SpecError(f"no quantity in {text}", node.mark, f"one of {', '.join(KNOWN)}")
    return text


def unknown_quantity(name: str, mark: Mark | None = None) -> UnknownNameError:
    """The error for a word that names no quantity, or two."""
    error = UnknownNameError("quantity", name, KNOWN, mark)
    word = name.lower()
    if word.removesuffix("s").removesuffix("/").lstrip("kmgtb") == "flop" and word != "flops/s":
        error.hint = (
            "'FLOPs' means two things: in most CNN papers multiply-adds, 'mult_adds'; "
            "counted as 2 x multiply-adds + other operations it is 'flops'"
        )
    elif word.lstrip("kgt").removesuffix("s") in ("mac", "madd"):
        error.hint = nearest("mac", KNOWN)
    return error


def _profile(items: dict[str, Node], quantity: str, mark: Mark) -> str:
    node = items.get("profile")
    if node is None:
        for name in UNNAMED:
            if name in quantity:
                hint = f"one of {', '.join(PROFILES)}; or quantity: mult_adds"
                raise SpecError(f"{name} without a convention: add profile", mark, hint)
        return "paper"
    name = as_text(node, "profile")
    if name not in PROFILES:
        raise UnknownNameError("profile", name, PROFILES, node.mark)
    return name


def _mode(items: dict[str, Node]) -> str:
    mode = _text(items, "mode") or "inference"
    if mode not in MODES:
        raise UnknownNameError("mode", mode, MODES, items["mode"].mark)
    return mode


def _text(items: dict[str, Node], key: str) -> str | None:
    return as_text(items[key], key) if key in items else None


def _words(items: dict[str, Node], key: str) -> tuple[str, ...]:
    node = items.get(key)
    if node is None:
        return ()
    return tuple(as_text(n, key) for n in (node.items if isinstance(node, Seq) else [node]))


def _values(node: Node | None) -> dict[str, Any]:
    """``at``: names and their values."""
    if node is None:
        return {}
    values = {}
    for name, item in mapping(node, "at").items.items():
        if not isinstance(item, Scalar):
            raise SpecError("a number belongs here", item.mark)
        values[name] = parse(item.text, item.mark).evaluate({})
    return values
