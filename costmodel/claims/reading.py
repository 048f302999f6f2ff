"""Nodes -> claims: strict keys, every fault at its place, no claim without its convention."""

from __future__ import annotations

from costmodel.claims.formula import Formula
from costmodel.claims.numbers import Printed, Tolerance, printed, tolerance
from costmodel.claims.record import Claim, Stated, Subject
from costmodel.claims.subjects import SUBJECT_KEYS, read_subject
from costmodel.errors import SpecError, UnknownNameError
from costmodel.spec.layers import mapping, reject_unknown_keys, sequence
from costmodel.spec.reader import Map, Node, Scalar, Seq, as_int, as_name, as_text, is_null

OWN_KEYS = (
    "id", "source", "value", "tolerance", "of", "over", "as", "equals", "at_most", "at_least",
    "count", "bound", "known-wrong", "derived", "deviation", "prefix", "note",
)  # fmt: skip
KEYS = (*OWN_KEYS, *SUBJECT_KEYS)
FORMS = ("value", "equals", "at_most", "at_least")  # exactly one of them says what was published
WAYS = ("ratio", "saving", "growth", "difference")
EXACT = Tolerance("absolute", 0)


def read_claims(node: Node | None) -> list[Claim]:
    """The claims of one file."""
    if node is None or is_null(node):
        return []
    claims: dict[str, Claim] = {}
    for item in sequence(node, "claims").items:
        claim = read_claim(item)
        if claim.id in claims:
            first = [("the first", claims[claim.id].mark)]
            raise SpecError(f"two claims are called {claim.id!r}", claim.mark, related=first)
        claims[claim.id] = claim
    return list(claims.values())


def read_claim(node: Node) -> Claim:
    """One claim."""
    entry = mapping(node, "a claim")
    reject_unknown_keys(entry, KEYS, "a claim")
    name = as_name(_needed(entry, "id"), "id")
    source = as_text(_needed(entry, "source"), "source")
    subjects = _subjects(entry)
    kind, stated = _stated(entry)
    known_wrong = entry.items.get("known-wrong")
    derived = entry.items.get("derived")
    claim = Claim(
        id=name,
        mark=entry.mark,
        kind=kind,
        source=source,
        stated=stated,
        tolerance=_tolerance(entry, stated, kind),
        way=_way(entry),
        counted=_counted(entry),
        bound=as_name(entry.items["bound"], "bound") if "bound" in entry.items else "",
        reason=as_text(known_wrong, "known-wrong") if known_wrong is not None else "",
        derived=_value(derived, entry) if derived is not None else None,
        deviation=_deviation(entry),
        note=as_text(entry.items["note"], "note") if "note" in entry.items else "",
        **subjects,
    )
    _check_origin(claim, entry)
    return claim


def _needed(entry: Map, key: str) -> Scalar:
    node = entry.items.get(key)
    if node is None:
        hints = {"source": "say where it was published", "id": "id: a-name-of-its-own"}
        raise SpecError(f"a claim needs {key}", entry.mark, hints.get(key, ""))
    if not isinstance(node, Scalar) or not node.text.strip():
        raise SpecError(f"{key} is text", node.mark)
    return node


def _subjects(entry: Map) -> dict[str, Subject]:
    """What is measured: nothing, one subject, or the two of a ratio."""
    of, over = entry.items.get("of"), entry.items.get("over")
    if of is None and over is None:
        measured = "quantity" in entry.items
        return {"subject": read_subject(entry, entry)} if measured else {}
    if of is None or over is None:
        raise SpecError("of and over go together", entry.mark, "of: {...}, over: {...}")
    return {"subject": read_subject(mapping(of, "of"), entry),
            "over": read_subject(mapping(over, "over"), entry)}  # fmt: skip


def _stated(entry: Map) -> tuple[str, Stated]:
    """The kind of the claim, and the published number or formula."""
    given = [key for key in FORMS if key in entry.items]
    if len(given) != 1:
        found = f"this has {' and '.join(given)}" if given else "this has none"
        raise SpecError(f"a claim has one of {', '.join(FORMS)}; {found}", entry.mark)
    key, node = given[0], entry.items[given[0]]
    if key == "equals" and isinstance(node, Seq):
        if len(node.items) != 2:
            raise SpecError("equals takes two formulas", node.mark, "equals: [A, B]")
        return "equals", formula(node.items[1], "equals")
    if key == "value":
        kinds = {"count": "count", "of": "ratio", "bound": "bound"}
        kind = next((kinds[name] for name in kinds if name in entry.items), "value")
        return kind, _value(node, entry)
    return key, formula(node, key) if key == "equals" else _value(node, entry)


def _value(node: Node, entry: Map) -> Stated:
    """A printed number, or else a formula."""
    text = as_text(node, "the value")
    thousand = as_int(entry.items["prefix"], "prefix") if "prefix" in entry.items else 1000
    if thousand not in (1000, 1024):
        raise SpecError("prefix is 1000 or 1024", entry.items["prefix"].mark)
    number = printed(text, thousand)
    return formula(node, "the value") if number is None else number


def formula(node: Node, what: str) -> Formula:
    """The formula that a scalar holds."""
    if not isinstance(node, Scalar):
        raise SpecError(f"{what} is a number or a formula, not {node.kind}", node.mark)
    return Formula(node.text, node.mark.shifted(1) if node.quoted else node.mark)


def _number(node: Node, what: str) -> Printed:
    number = printed(as_text(node, what))
    if number is None:
        raise SpecError(f"{what} is a number as printed, such as -1.2 %", node.mark)
    return number


def _deviation(entry: Map) -> Printed | None:
    node = entry.items.get("deviation")
    return None if node is None else _number(node, "deviation")


def _tolerance(entry: Map, stated: Stated, kind: str) -> Tolerance:
    node = entry.items.get("tolerance")
    if node is None:
        return Tolerance() if isinstance(stated, Printed) else EXACT
    found = tolerance(as_text(node, "tolerance"))
    if found is None:
        hint = "0, 1%, an absolute number, last digit, rounded, truncated, raised or 2 digits"
        raise SpecError("that is no tolerance", node.mark, hint)
    if isinstance(stated, Formula) and found != EXACT:
        raise SpecError("a formula is equal or not: it has no tolerance", node.mark)
    if kind in ("at_most", "at_least"):
        raise SpecError(f"{kind} has no tolerance", node.mark)
    return found


def _way(entry: Map) -> str:
    node = entry.items.get("as")
    if node is None:
        return "ratio"
    way = as_text(node, "as")
    if way not in WAYS:
        raise UnknownNameError("way to compare", way, WAYS, node.mark)
    if "of" not in entry.items:
        raise SpecError("as goes with of and over", node.mark)
    return way


def _counted(entry: Map) -> Formula | None:
    if "count" in entry.items:
        return formula(entry.items["count"], "count")
    pair = entry.items.get("equals")
    return formula(pair.items[0], "equals") if isinstance(pair, Seq) else None


def _check_origin(claim: Claim, entry: Map) -> None:
    """A claim is about one thing: a quantity, a count, two formulas or a bound."""
    origins = [claim.subject is not None, claim.counted is not None, bool(claim.bound)]
    if sum(origins) != 1:
        hint = "quantity: params, or mult_adds, or another of what is counted"
        raise SpecError("a claim is about one thing: a quantity, a count, two formulas or "
                        "a bound", entry.mark, hint)  # fmt: skip
    if claim.subject is None:
        for key in SUBJECT_KEYS:
            if key in entry.items:
                raise SpecError(f"{key} goes with quantity", entry.keys[key])
