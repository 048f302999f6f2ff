"""Spellings that YAML readers disagree about, or that do not say what they seem to."""

from __future__ import annotations

import re

from costmodel.errors import Mark

Trap = tuple[str, str]  # the problem, the hint

TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
NULL = frozenset({"", "~", "null", "Null", "NULL"})

# Patterns are compiled on first use: a well-written spec needs none of them.
_BASE_60 = r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
_BASED = r"[-+]?0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)"
_LEADING_0 = r"[-+]?0[0-9_]+"
_POWER_10 = r"([-+]?[0-9_]*\.?[0-9_]*)[eE]([-+]?[0-9]*)"
_UNDERSCORE = r"[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?"
_NUMBER = r"[-+]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_NOT_FINITE = r"(?i:[-+]?\.(?:inf|nan))"


def word_trap(text: str) -> Trap | None:
    """Why the unquoted *text* is not simply that text to YAML.

    `n` and `y` are safe: no reader in use takes them for booleans, and `n` is the batch size.

    >>> word_trap("no")
    ('YAML reads no as false', 'quote it: "no"')
    """
    if text in TRUE or text in FALSE:
        return f"YAML reads {text} as {'true' if text in TRUE else 'false'}", f'quote it: "{text}"'
    if text in NULL:
        if not text:
            return "a value is missing here", 'for an empty text write ""'
        return f"YAML reads {text} as nothing", f'quote it: "{text}"'
    return _base_60(text) if ":" in text and re.fullmatch(_BASE_60, text) else None


def number_trap(text: str) -> Trap | None:
    """Why *text*, meant as a number, is not one that every reader takes for the same.

    >>> number_trap("1e3")
    ('1e3 is a number to some YAML readers and text to others', 'write 1000')
    """
    if len(text) > 40:
        return None
    if re.fullmatch(_BASE_60, text):
        return _base_60(text)
    if re.fullmatch(_BASED, text):
        return f"{text} is not decimal", f"write {int(text, 0)}"
    if re.fullmatch(_LEADING_0, text):
        plain = text.replace("_", "")
        octal = f" or {int(plain, 8)}" if not set("89") & set(plain) else ""
        return f"{text} starts with 0, which YAML reads as octal", f"write {int(plain)}{octal}"
    if re.fullmatch(_NOT_FINITE, text):
        return f"{text} is not a finite number", ""
    if any(c.isdigit() for c in text) and (match := re.fullmatch(_POWER_10, text)):
        hint = f"write {_expanded(*match.groups())}"
        return f"{text} is a number to some YAML readers and text to others", hint
    if re.fullmatch(_UNDERSCORE, text):
        hint = f"write {text.replace('_', '')}"
        return f"{text} is a number to some YAML readers and text to others", hint
    return None


def key_trap(text: str) -> Trap | None:
    """Why the unquoted *text* cannot be a key."""
    if text == "<<":
        return "YAML merge keys (<<) are not part of specs", "share layers under blocks"
    if text in TRUE or text in FALSE:
        reading = "true" if text in TRUE else "false"
        return f"YAML reads the key {text} as {reading}", f'quote it: "{text}"'
    if text in NULL:
        return "a key is missing here" if not text else f"YAML reads the key {text} as nothing", ""
    if ":" in text:
        return f"{cut(text)!r} is no key", "put a space after ':'"
    if text[0] in "0123456789.+-" and re.fullmatch(_NUMBER, text):
        return f"a key is text, and {cut(text)} is a number", f'quote it: "{cut(text)}"'
    return None


def split_expression(text: str, mark: Mark) -> Trap:
    """What to say of an item whose parentheses do not match: a comma inside them ended it.

    The rest of the expression is looked for on the same line.
    """
    written = mark.source.line(mark.line)[mark.column - 1 :][:200]
    depth, end = 0, 0
    for end, c in enumerate(written, 1):  # noqa: B007  # the end is used after the loop
        depth += (c == "(") - (c == ")")
        if c == ")" and depth <= 0:
            break
    whole = written[:end] if depth == 0 and text in written[:end] else ""
    hint = f'quote the expression: "{whole}"' if whole and '"' not in whole else "quote it"
    return f"the parentheses of {cut(text)!r} do not match: a ',' ends an item here", hint


def cut(text: str) -> str:
    """*text*, short enough for a message."""
    return text if len(text) <= 60 else text[:57] + "..."


def _base_60(text: str) -> Trap:
    value = 0
    for digits in text.lstrip("+-").split(".")[0].replace("_", "").split(":"):
        value = value * 60 + int(digits[:18])
    parts = ", ".join(text.split(":"))
    hint = f'for two sizes write [{parts}], for text quote it: "{text}"'
    return f"YAML reads {text} as {value}, a number in base 60", hint


def _expanded(mantissa: str, exponent: str) -> str:
    """The decimal digits of a number in scientific notation, where they are few."""
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(f"{mantissa.replace('_', '')}e{exponent}")
        return f"{value:f}" if abs(value.adjusted()) <= 18 else "all its digits"
    except (InvalidOperation, ValueError):
        return "all its digits"
