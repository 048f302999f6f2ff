"""Numbers as papers print them: their value, the worth of their last digit, and who agrees.

>>> printed("146M").value, printed("146M").unit, printed("22.7 %").value
(146000000, 1000000, Fraction(227, 1000))
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from costmodel.records import Record

PREFIXES = {"k": 1, "thousand": 1, "m": 2, "million": 2, "g": 3, "b": 3, "billion": 3, "t": 4,
            "trillion": 4}  # fmt: skip
UNITS = r"(?:multi?-?(?:ply-)?adds?|m-?adds?|macs?|flop/?s?|ops?|params?|parameters?|elements?)"
LONGEST = 100  # characters of a printed number
LARGEST_EXPONENT = 300

_NUMBER = re.compile(
    r"\s*(?:~|≈|about )?\s*(?P<sign>[-+]?)\s*"
    r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?:e(?P<e>[-+]?[0-9]+)|\s*[x×*]\s*10(?:\^|\*\*)(?P<ten>-?[0-9]+))?"
    r"\s*(?P<suffix>%|[x×](?![a-z])|thousand|[mbtr]+illion|[kmgbt](?P<binary>i)?(?=\b|"
    + UNITS + r"))?\s*(?P<unit>" + UNITS + r")?\s*",
    re.IGNORECASE,
)  # fmt: skip
_POWER = re.compile(r"\s*(?:~|≈)?\s*10(?:\^|\*\*)([0-9]{1,3})\s*")


class Printed(Record):
    """A printed number; ``unit`` is what one step of its last digit is worth."""

    text: str
    value: Any  # int or Fraction
    unit: Any
    percent: bool = False
    power: bool = False  # an order of magnitude: 10^21
    prefix: str = ""  # the letter that stands for a power of ten: M
    counts: str = ""  # what the text says it counts: FLOPs


def printed(text: str, thousand: int = 1000) -> Printed | None:
    """The number that *text* prints; None where it is an expression instead.

    *thousand* is what one step of a prefix is worth: 1024 in some tables.
    """
    if len(text) > LONGEST:
        return None
    if match := _POWER.fullmatch(text):
        value = 10 ** int(match.group(1))
        return Printed(text.strip(), value, value, power=True)
    match = _NUMBER.fullmatch(text)
    exponent = int((match and (match["e"] or match["ten"])) or 0)
    if match is None or abs(exponent) > LARGEST_EXPONENT:
        return None
    scale, suffix = Fraction(10) ** exponent, (match["suffix"] or "").lower()
    prefix = ""
    if suffix == "%":
        scale /= 100
    elif suffix not in ("", "x", "×"):
        prefix = suffix.removesuffix("i") if len(suffix) == 2 else suffix
        if prefix not in PREFIXES:
            return None
        scale *= (1024 if match["binary"] else thousand) ** PREFIXES[prefix]
    digits = match["digits"].replace(",", "")
    unit = scale / 10 ** len(digits.partition(".")[2])
    value = Fraction(digits) * scale * (-1 if match["sign"] == "-" else 1)
    return Printed(text.strip(), _tidy(value), _tidy(unit), suffix == "%", False,
                   prefix[:1].upper(), match["unit"] or "")  # fmt: skip


def _tidy(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


class Tolerance(Record):
    """How far a derived number may be from a printed one.

    ``kind`` is ``last digit`` (within one unit of the last place, however it came about),
    ``rounded``, ``truncated`` or ``raised`` (in that way and no other), ``digits`` (only so
    many leading digits count), ``relative`` or ``absolute``.
    """

    kind: str = "last digit"
    amount: Any = 0


WAYS = ("last digit", "rounded", "truncated", "raised")
_DIGITS = re.compile(r"\s*([1-9])\s+digits?\s*")


def tolerance(text: str) -> Tolerance | None:
    """The tolerance that *text* spells; None if it spells none."""
    if text.strip() in WAYS:
        return Tolerance(text.strip())
    if match := _DIGITS.fullmatch(text):
        return Tolerance("digits", int(match.group(1)))
    number = printed(text)
    if number is None or number.power or number.value < 0:
        return None
    return Tolerance("relative" if number.percent else "absolute", number.value)


def allowed(number: Printed, within: Tolerance, derived: Any) -> Any:
    """How far from the printed number *derived* may be at most."""
    if within.kind == "relative":
        return abs(number.value) * within.amount
    if within.kind == "absolute":
        return within.amount
    if within.kind == "digits":
        return _step(number.value, within.amount)
    if number.power:  # to the first digit, which below a power of ten is worth a tenth of it
        return Fraction(number.unit, 10 if derived < number.value else 1) / 2
    return number.unit


def _step(value: Any, digits: int) -> Fraction:
    """What the last of the leading *digits* digits of *value* is worth."""
    size, power = abs(Fraction(value)), 0
    while size and size >= 10:
        size, power = size / 10, power + 1
    while size and size < 1:
        size, power = size * 10, power - 1
    return Fraction(10) ** (power + 1 - digits)


def agrees(number: Printed, within: Tolerance, derived: Any) -> bool:
    """Whether *derived* is what the printed number says.

    >>> [agrees(printed("1.8G"), Tolerance(way), 1_814_073_344) for way in WAYS]
    [True, True, True, False]
    """
    difference, most = derived - number.value, allowed(number, within, derived)
    if within.kind in ("relative", "absolute") or number.power or difference == 0:
        return bool(abs(difference) <= most)
    outward = difference * (-1 if number.value < 0 else 1)  # half a unit outward rounds away
    if within.kind == "rounded":
        return bool(-most <= 2 * outward < most)
    if within.kind == "truncated":
        return bool(0 <= outward < most)
    if within.kind == "raised":
        return bool(0 <= -outward < most)
    return bool(abs(difference) < most)


def came_about(number: Printed, derived: Any) -> str:
    """How the printed digits follow from *derived*; empty if they do not.

    >>> came_about(printed("3.8G"), 3_857_973_248)
    'truncated'
    """
    if derived == number.value:
        return "exact"
    for way in WAYS[1:]:
        if agrees(number, Tolerance(way), derived):
            return way
    return ""
