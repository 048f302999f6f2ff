"""How values are spelled for people: prefixes, significant digits, shapes.

Counts use powers of 1000 (k M G T P E), bytes powers of 1024 (KiB MiB GiB ...); beyond the
last prefix a power of ten says more than a long number.  Roundings are exact and half goes
up, so a printed figure never depends on a float.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

PREFIXES = {
    "count": (1000, ("", "k", "M", "G", "T", "P", "E")),
    "bytes": (1024, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")),
}
PREFIXED = 7  # this power and above have no prefix


class Spelling(NamedTuple):
    """How one format writes the pieces of a cell."""

    text: Callable[[str], str] = str
    number: Callable[[str], str] = str
    formula: Callable[[Any], str] = str
    times: str = "×"


def ascii_formula(value: Any) -> str:
    """A closed form in plain infix.

    Numbers need no arithmetic of ours, so nothing is loaded for them.
    """
    if isinstance(value, str) or is_number(value):
        return str(value)
    from costmodel.arith import ascii as infix

    return infix(value)


def is_number(value: object) -> bool:
    """Whether this is an int, Fraction or float (and not a truth value)."""
    return hasattr(value, "as_integer_ratio") and not isinstance(value, bool)


def is_formula(value: object) -> bool:
    """Whether a cell holds a closed form, alone or in a shape."""
    if isinstance(value, tuple | list):
        return any(is_formula(item) for item in value)
    return not (value is None or isinstance(value, str | bool) or is_number(value))


def spell(kind: str, value: Any, *, raw: bool = False) -> str:
    """One value of this kind, on its own.

    >>> spell("count", 4089184256), spell("bytes", 1536), spell("percent", 16.33)
    ('4.089 G', '1.500 KiB', '16.3')
    """
    return spell_column(kind, [value], raw=raw)[0]


def count(value: Any) -> str:
    """A count within a sentence.

    >>> count(25557032)
    '25.56 M'
    """
    return spell("count", value)


def spell_column(
    kind: str, values: Sequence[Any], spelling: Spelling | None = None, *, raw: bool = False
) -> list[str]:
    """The values of a column; those that share a prefix share their decimals too.

    Without a spelling: plain text, formulas in infix.

    >>> spell_column("count", [9408, 213000, 25557032, None])
    ['9.4 k', '213.0 k', '25.56 M', '']
    """
    spelling = spelling or Spelling(formula=ascii_formula)
    finite = [v for v in values if is_number(v) and _is_finite(v)]
    decimals = _shared_decimals(kind, finite) if kind in PREFIXES and not raw else {}
    return [_spell_cell(kind, value, spelling, decimals, raw) for value in values]


def aligned(kind: str, texts: Sequence[str]) -> list[str]:
    """A column's texts, filled up on the right so that units stand under one another.

    >>> aligned("count", ["9.4 k", "128"])
    ['9.4 k', '128  ']
    """
    if kind not in PREFIXES:
        return list(texts)
    tails = [_tail(text) for text in texts]
    longest = max(tails, default=0)
    return [
        text + " " * (longest - tail) if tail or _is_plain(text) else text
        for text, tail in zip(texts, tails, strict=True)
    ]


def portions(values: Sequence[Any], room: int) -> list[int]:
    """How far each value reaches into the room, the largest filling it; signs do not matter.

    >>> portions([3, None, -10, 0], 20)
    [6, 0, 20, 0]
    """
    ratios = [
        value.as_integer_ratio() if is_number(value) and _is_finite(value) else (0, 1)
        for value in values
    ]
    top, bottom = 0, 1
    for n, d in ratios:
        if abs(n) * bottom > top * d:
            top, bottom = abs(n), d
    return [_rounded(abs(n) * bottom * room, d * top, 0) if n else 0 for n, d in ratios]


def raw_text(value: Any) -> str:
    """A value exactly, for programs: digits, infix, ``64x56x56``.

    A Fraction that is no integer becomes the nearest decimal, which spreadsheets can read.
    """
    if value is None:
        return ""
    if type(value) is int or isinstance(value, str):
        return str(value)
    if isinstance(value, tuple | list):
        return "x".join(_bracketed(raw_text(item)) for item in value)
    if is_number(value) and not isinstance(value, int | float):
        n, d = value.as_integer_ratio()
        return str(n) if d == 1 else repr(n / d)
    return ascii_formula(value) if not isinstance(value, bool) else str(value).lower()


def _spell_cell(
    kind: str, value: Any, spelling: Spelling, decimals: dict[int, int], raw: bool
) -> str:
    if value is None:
        return ""
    if isinstance(value, str | bool):
        return spelling.text(str(value))
    if isinstance(value, tuple | list):
        return spelling.times.join(_dimension(item, spelling) for item in value)
    if is_number(value):
        return spelling.number(_spell_number(kind, value, decimals, raw))
    return spelling.formula(value)


def _dimension(value: Any, spelling: Spelling) -> str:
    if not is_formula(value):
        return "?" if value is None else str(value)
    spelled = spelling.formula(value)
    return _bracketed(spelled) if spelled == ascii_formula(value) else spelled


def _bracketed(text: str) -> str:
    """The text in brackets if an operator stands outside its own."""
    depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth == 0 and char in "+-*/ ":
            return f"({text})"
    return text


def _spell_number(kind: str, value: Any, decimals: dict[int, int], raw: bool) -> str:
    if not _is_finite(value) or kind in ("text", "shape", "formula"):
        return str(value)
    n, d = value.as_integer_ratio()
    if kind == "percent":
        return _fixed(n, d, 1)
    if raw:
        return str(n) if d == 1 else str(value)
    if kind == "ratio":
        return _ratio(n, d)
    base, units = PREFIXES[kind]
    power = _power(n, d, base)
    if power == PREFIXED:
        number, unit = _scientific(n, d), units[0]
    elif power == 0 and d == 1:
        number, unit = str(n), units[0]
    else:
        number, unit = _fixed(n, d * base**power, decimals[power]), units[power]
    return f"{number} {unit}" if unit else number


def _ratio(n: int, d: int) -> str:
    if abs(n) >= 1000 * d:
        return spell("count", n if d == 1 else n / d)
    if d == 1:
        return str(n)
    return f"{n / d:.4g}" if abs(n) < d else _fixed(n, d, _decimals(n, d))


def _shared_decimals(kind: str, values: Sequence[Any]) -> dict[int, int]:
    """For each power of the base, the decimals that give its longest number four digits."""
    base, shared = PREFIXES[kind][0], dict[int, int]()
    for value in values:
        n, d = value.as_integer_ratio()
        power = _power(n, d, base)
        if power or d != 1:
            decimals = _decimals(n, d * base**power)
            shared[power] = min(decimals, shared.get(power, 3))
    return shared


def _power(n: int, d: int, base: int) -> int:
    """The power of the base that leaves a number below it, also after rounding."""
    power, n = 0, abs(n)
    while power < PREFIXED and _rounded(n, d, 1) >= 10 * base:
        power, d = power + 1, d * base
    return power


def _decimals(n: int, d: int) -> int:
    """How many decimals make four significant digits: 3, 2 or 1."""
    return next((k for k in (3, 2) if _rounded(abs(n), d, k) < 10_000), 1)


def _rounded(n: int, d: int, decimals: int) -> int:
    """n/d in units of the last decimal; half goes up."""
    scale: int = 10**decimals
    return (2 * n * scale + d) // (2 * d)


def _fixed(n: int, d: int, decimals: int) -> str:
    whole, part = divmod(_rounded(abs(n), d, decimals), 10**decimals)
    sign = "-" if n < 0 and (whole or part) else ""
    return f"{sign}{whole}.{part:0{decimals}}"


def _scientific(n: int, d: int) -> str:
    exponent = len(str(abs(n) // d)) - 1
    if _rounded(abs(n), d * 10**exponent, 3) >= 10_000:
        exponent += 1
    return f"{_fixed(n, d * 10**exponent, 3)}e{exponent}"


def _is_finite(value: Any) -> bool:
    return bool(value - value == 0)  # false for infinities and nan alone


def _is_plain(text: str) -> bool:
    """Whether this is a number without a unit; formulas end where units end."""
    return text.lstrip("-").replace(".", "").replace("e", "").isdecimal()


def _tail(text: str) -> int:
    head, gap, unit = text.rpartition(" ")
    return len(unit) + 1 if gap and head[-1:].isdigit() and unit.isalpha() else 0
