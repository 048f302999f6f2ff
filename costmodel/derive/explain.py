"""A layer's numbers explained: shapes, the formula with each term's origin, the number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from costmodel.arith import ascii, is_symbolic, prod
from costmodel.arith.program import over
from costmodel.arith.rational import is_rational
from costmodel.errors import BindingError, UnknownNameError
from costmodel.graph import Graph, Layer, shape_text
from costmodel.profiles import PROFILES, Seen
from costmodel.quantities import QUANTITIES
from costmodel.render import Block, Heading, Report, Text
from costmodel.table import Entry, Table

EXPLAINED = ("params", "buffers", "mult_adds", "flops", "mem_access", "activations")


class Term(NamedTuple):
    """A summand of a quantity: where it comes from, as a formula, with numbers, as a number."""

    origin: str
    formula: str
    numbers: str
    value: Any


class Explanation(NamedTuple):
    """Everything said of one layer; ``slips`` answer a claimed number."""

    path: str
    layer: Layer
    terms: Mapping[str, list[Term]]
    effects: list[tuple[str, str, Any, Any]]
    claim: list[str]
    remarks: list[str]

    def as_json(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return {
            "layer": self.path,
            "op": self.layer.op.kind,
            "inputs": [[_plain(d) for d in x] for x in self.layer.xs],
            "output": [_plain(d) for d in self.layer.y],
            "quantities": {
                key: {"value": _plain(_sum(terms)),
                      "terms": [{"origin": t.origin, "formula": t.formula, "substituted": t.numbers,
                                 "value": _plain(t.value)} for t in terms]}
                for key, terms in self.terms.items()
            },
            "profiles": [{"profile": p, "mult_adds": _plain(m), "further": _plain(x), "says": s}
                         for p, s, m, x in self.effects],
            "claim": self.claim,
            "remarks": self.remarks,
        }  # fmt: skip

    def report(self) -> Report:
        """The explanation as blocks."""
        shapes = " and ".join(map(shape_text, self.layer.xs))
        blocks: list[Block] = [
            Heading(f"{self.path}: {self.layer.op.kind}"),
            Text("\n".join([f"{shapes} -> {shape_text(self.layer.y)}", *sizes(self.layer)])),
        ]
        blocks += [Text(line, kind="note" if " is right: " in line else "warning")
                   for line in self.claim]  # fmt: skip
        for key, terms in self.terms.items():
            if terms:
                blocks.append(Text(f"{QUANTITIES[key].heading} = {_plain(_sum(terms))}"))
                blocks += [Text(_told(term), kind="note") for term in terms if term.formula]
        if none := [QUANTITIES[key].heading for key, terms in self.terms.items() if not terms]:
            blocks.append(Text(f"{', '.join(none)} = 0"))
        counted: dict[str, list[str]] = {}
        for profile, text, _, _ in self.effects:
            counted.setdefault(text, []).append(profile)
        first = [name for names in counted.values() if "paper" in names for name in names]
        blocks.append(Heading("what each profile counts", 2))
        ordered = sorted(counted.items(), key=lambda pair: pair[1] != first)
        blocks += [Text(f"{text}: {', '.join(names)}", kind="note") for text, names in ordered]
        if self.remarks:
            blocks.append(Heading("what is easily missed", 2))
            blocks += [Text(f"- {line}", kind="note") for line in self.remarks]
        return Report(blocks, self.as_json())


def _told(term: Term) -> str:
    """``origin: formula = numbers = value``, nothing twice."""
    value = _plain(term.value)
    last = "" if str(value) == term.numbers else f" = {value}"
    return f"    {term.origin}: {term.formula} = {term.numbers}{last}"


def explain(
    model: Any, layer: str, quantity: str | None = None, claimed: str | None = None
) -> Explanation:
    """What *quantity* (or all) of the layer at path *layer* is made of."""
    from costmodel.derive.pitfalls import remarks

    graph: Graph = getattr(model, "graph", model)
    table = Table(graph)
    entry = _entry(table, layer)
    if quantity is not None and quantity not in EXPLAINED:
        raise UnknownNameError("quantity of a layer", quantity, EXPLAINED)
    keys = [quantity] if quantity else list(EXPLAINED)
    terms = {key: terms_of(entry, key) for key in keys}
    found = claim(entry, claimed, quantity) if claimed is not None else []
    said = remarks(entry)
    return Explanation(entry.layer.path, entry.layer, terms, _effects(entry), found, said)


def _entry(table: Table, path: str) -> Entry:
    wanted = path.replace(".", "/")
    found = [e for e in table.entries if e.layer.path == wanted]
    found = found or [e for e in table.entries if e.layer.path.endswith(f"/{wanted}")]
    if len(found) != 1:
        raise UnknownNameError("layer", path, [e.layer.path for e in table.entries])
    return found[0]


def facts(entry: Entry) -> Any:
    """The layer in plain numbers, as the slips want it."""
    from costmodel.derive.slips import Facts

    layer, op = entry.layer, entry.layer.op
    x, y = layer.xs[0], layer.y
    axes = len(x) - 2 if len(x) > 3 or layer.op.kind in ("conv", "conv_transpose") else 0
    spatial = axes if op.kind != "linear" else 0

    def each(name: str, default: int) -> tuple[int, ...]:
        value = getattr(op, name, default)
        if value is None:
            value = default
        return tuple(value) if isinstance(value, tuple | list) else (value,) * max(spatial, 1)

    channels = -1 if op.kind == "linear" or len(x) == 3 else 1
    return Facts(
        op.kind, each("kernel", 1), each("stride", 1), each("dilation", 1), x[channels],
        y[channels], getattr(op, "groups", 1), int(bool(getattr(op, "bias", False))), x[0],
        tuple(x[2:]) if channels == 1 else tuple(x[1:-1]),
        tuple(y[2:]) if channels == 1 else tuple(y[1:-1]),
        {key: getattr(entry, key) for key in EXPLAINED},
    )  # fmt: skip


def claim(entry: Entry, text: str, quantity: str | None = None) -> list[str]:
    """Which known slip gives the claimed number, or that none does."""
    from costmodel.derive.slips import SLIPS

    low, high = claimed_range(text)
    known = facts(entry)
    if any(is_symbolic(v) for v in known.true.values()):
        raise BindingError("a claimed number needs a number for every symbol",
                           hint="bind them with --at")  # fmt: skip
    keys = [quantity] if quantity else list(EXPLAINED)
    for key in keys:
        if low <= known.true[key] <= high:
            return [f"{text} is right: {QUANTITIES[key].heading} = {known.true[key]}"]
    lines = []
    for slip in SLIPS:
        for key, value, what in slip.numbers(known):
            if key in keys and low <= value <= high and value:
                line = (f"{slip.code}: {slip.title}: {what} gives {_plain(value)} for "
                        f"{QUANTITIES[key].heading}; it is {known.true[key]}")  # fmt: skip
                if line not in lines:
                    lines.append(line)
    return lines or _unexplained(text, low, keys, known.true)


def _unexplained(
    text: str, number: Fraction, keys: list[str], true: Mapping[str, int]
) -> list[str]:
    values = ", ".join(f"{QUANTITIES[k].heading} = {true[k]}" for k in keys if true[k])
    lines = [f"no known slip gives {text}; {values}"]
    swapped = [key for key in keys if _transposed(str(int(number)), str(true[key]))]
    lines += [f"{text} is {true[key]} ({QUANTITIES[key].heading}) with two digits transposed"
              for key in swapped]  # fmt: skip
    return lines


def _transposed(a: str, b: str) -> bool:
    different = [i for i in range(len(a)) if len(a) == len(b) and a[i] != b[i]]
    return len(different) == 2 and sorted(a) == sorted(b)


_NUMBER = re.compile(r"\s*([0-9][0-9,_]*(?:\.[0-9]+)?)\s*([kKMGTB]?)\s*")
_UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


def claimed_range(text: str) -> tuple[Fraction, Fraction]:
    """The numbers that round to what was written: ``3.86G`` is half a unit either way."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise BindingError(f"{text!r} is not a number", hint="write 4608, 4.6k or 3.86G")
    digits, unit = match[1].replace(",", "").replace("_", ""), _UNITS[match[2]]
    value = Fraction(digits) * unit
    places = len(digits.partition(".")[2])
    if unit == 1 and not places:
        return value, value
    half = Fraction(unit, 2 * 10**places)
    return value - half, value + half


def terms_of(entry: Entry, key: str) -> list[Term]:
    """The summands of a quantity of one layer, each with its origin."""
    from costmodel.derive.origins import origins

    found = origins(entry, key)
    whole = getattr(entry, key)
    difference = whole - _sum(found)
    if not isinstance(difference, int) or difference:
        found.append(Term("everything else", "", "", difference))
    return found


def _sum(terms: list[Term]) -> Any:
    result: Any = 0
    for term in terms:
        result = result + term.value
    return result


def _effects(entry: Entry) -> list[tuple[str, str, Any, Any]]:
    """What each profile makes of the layer, where it differs from the first."""
    layer = entry.layer
    seen = Seen(layer.op, layer.xs, layer.y, entry.cost, layer.path)
    lines = []
    for name in PROFILES:
        profile = PROFILES[name]()
        counted, extra = profile.counted(seen), profile.extra(seen)
        text = f"mult-adds {ascii(counted)}"
        if is_symbolic(extra) or extra:
            each = over(extra, prod(layer.y)) if layer.y else extra
            whole = is_rational(each) and each.denominator == 1
            share = f", {ascii(each)} an output element" if whole else ""
            text += f" and {ascii(extra)} further operations{share}"
        lines.append((name, text, counted, extra))
    return lines


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) else ascii(value)


def sizes(layer: Layer) -> list[str]:
    """The output extents of a convolution, worked out; once where both axes are alike."""
    op, x, y = layer.op, layer.xs[0], layer.y
    if op.kind != "conv" or len(x) != 4 or isinstance(getattr(op, "padding", 0), str):
        return []
    lines: dict[str, str] = {}
    for i, axis in enumerate("hw"):
        k, s, d, p = (_one(getattr(op, n), i) for n in ("kernel", "stride", "dilation", "padding"))
        pads = f"{ascii(p[0])} + {ascii(p[1])}" if isinstance(p, tuple | list) else f"2*{ascii(p)}"
        last = f"{ascii(x[2 + i])} + {pads} - {ascii(d)}*({ascii(k)} - 1) - 1"
        worked = f"floor(({last})/{ascii(s)}) + 1 = {ascii(y[2 + i])}"
        lines[worked] = f"{lines[worked]} = {axis}_out" if worked in lines else f"{axis}_out"
    rule = "out = floor((in + pads - dilation*(kernel - 1) - 1)/stride) + 1"
    return [rule, *(f"    {axes} = {worked}" for worked, axes in lines.items())]


def _one(value: Any, i: int) -> Any:
    return value[i] if isinstance(value, tuple | list) else value
