"""Dims -> the text of an expression that means the same in a spec.

>>> from costmodel.arith import symbol
>>> h = symbol("h")
>>> spell((h + 15) // 16 * h - 1), spell(h + 1, {h: "h_in"}), spell(3 - (h + 1) // 4)
('(h + 15) // 16 * h - 1', 'h_in + 1', '-((h + 1) // 4) + 3')
"""

from __future__ import annotations

from collections.abc import Mapping
from math import lcm
from typing import Any

from costmodel.arith import Dim, Form
from costmodel.arith.atoms import Atom, Extremum, Floor, Symbol
from costmodel.arith.text import term_key
from costmodel.importers.onnx.nodes import OnnxError

LONGEST = 4_000
IN_NAMES: dict[int, tuple[str, ...]] = {
    2: ("n_in", "c_in"),
    3: ("n_in", "c_in", "d_in"),
    4: ("n_in", "c_in", "h_in", "w_in"),
    5: ("n_in", "c_in", "h_in", "w_in", "d_in"),
}


def in_names(rank: int) -> tuple[str | None, ...]:
    """What expressions call the extents of an incoming tensor of *rank* axes."""
    if rank in IN_NAMES:
        return IN_NAMES[rank]
    return (*IN_NAMES[4], *[None] * (rank - 5), "d_in")


def relative(shape: tuple[Dim, ...]) -> dict[Dim, str]:
    """The symbolic extents of an incoming *shape* under the names that expressions have."""
    names: dict[Dim, str] = {}
    for extent, name in zip(shape, in_names(len(shape)), strict=True):
        if name is not None and isinstance(extent, Form):
            names.setdefault(extent, name)
    return names


def spell(x: Dim, names: Mapping[Dim, str] | None = None) -> str:
    """*x* in the grammar of specs; extents in *names* by the name they have there."""
    text = _sum(x, names or {})
    if len(text) > LONGEST:
        raise OnnxError("an extent's closed form is too long to write down")
    return text


def _sum(x: Dim, names: Mapping[Dim, str]) -> str:
    if type(x) is not Form:
        return str(x)
    if x in names:
        return names[x]
    for extent, name in names.items():
        rest = x - extent
        if type(rest) is int:
            return f"{name} {'+' if rest > 0 else '-'} {abs(rest)}"
    denominator = lcm(*(c.denominator for c in x.terms.values()))
    if denominator > 1:
        return f"{_grouped(_sum(x * denominator, names))} // {denominator}"
    parts: list[str] = []
    for monomial in sorted(x.terms, key=term_key):
        c = x.terms[monomial]
        text = _term(monomial, abs(int(c)), names)
        if not parts and c < 0 and "//" in text:
            text = f"({text})"  # -a // b would round the other way
        parts.append((" - " if c < 0 else " + ") if parts else "-" if c < 0 else "")
        parts.append(text)
    return "".join(parts)


def _term(monomial: Any, c: int, names: Mapping[Dim, str]) -> str:
    above = [] if c == 1 and monomial else [str(c)]
    below: list[str] = []
    for atom, power in sorted(monomial, key=lambda factor: factor[0].key):
        if power.denominator != 1:
            raise OnnxError("an extent is not a whole number")
        text = _atom(atom, names)
        text = text if abs(power) == 1 else f"({text})**{abs(power)}"
        (above if power > 0 else below).append(text)
    above.sort(key=lambda text: "//" not in text)  # a // b * c, not c * a // b
    above[1:] = [f"({text})" if "//" in text else text for text in above[1:]]
    text = " * ".join(above) or "1"
    return text if not below else f"({text}) // ({' * '.join(below)})"


def _atom(atom: Atom, names: Mapping[Dim, str]) -> str:
    if isinstance(atom, Symbol):
        return atom.name
    if isinstance(atom, Floor):
        form = atom.form
        below = lcm(*(c.denominator for c in form.terms.values()))
        if below == 1:
            return f"floor({_sum(form, names)})"
        return f"{_grouped(_sum(form * below, names))} // {below}"
    if isinstance(atom, Extremum):
        return f"{'max' if atom.top else 'min'}({', '.join(_sum(f, names) for f in atom.forms)})"
    raise OnnxError("an extent is no expression of whole numbers")


def _grouped(text: str) -> str:
    return text if text.isidentifier() else f"({text})"
