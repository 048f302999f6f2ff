"""What to say about the things people write into expressions that are not in them."""

from __future__ import annotations

from costmodel.spec.reader_traps import FALSE, TRUE, number_trap

RESERVED = frozenset({"and", "or", "not", "if", "else"})

_PYTHON = frozenset(
    {"lambda", "for", "in", "is", "import", "await", "yield", "async", "from", "def", "while"}
)
_CONSTANTS = frozenset({"True", "False", "None", "true", "false", "null"})

_CHARACTERS = {
    "/": ("'/' does not say what happens to a remainder", "write exact division as //"),
    "^": ("'^' is not an operator", "write a power as **"),
    ".": ("'.' is not an operator: values have no attributes", ""),
    "[": ("'[' is not an operator: values have no parts", ""),
    "]": ("'[' is not an operator: values have no parts", ""),
    "{": ("braces are not part of expressions", ""),
    "}": ("braces are not part of expressions", ""),
    "'": ("text is not part of expressions", "leave out the quotes of a name"),
    '"': ("text is not part of expressions", "leave out the quotes of a name"),
    "`": ("text is not part of expressions", "leave out the quotes of a name"),
    "=": ("'=' does not compare", "write =="),
    "&": ("'&' is not an operator", "write and"),
    "|": ("'|' is not an operator", "write or"),
    "!": ("'!' is not an operator", "write not"),
    "~": ("'~' is not an operator", "write not"),
    "$": ("'$' is not part of expressions", "write a name as it is"),
    "#": ("'#' is not part of expressions", ""),
    ";": ("one expression at a time: ';' ends none", ""),
    "\\": ("'\\' is not an operator", "write //"),
    "@": ("'@' is not an operator", "write * to multiply"),
    "×": ("'×' is not an operator", "write *"),
    "·": ("'·' is not an operator", "write *"),
    "÷": ("'÷' is not an operator", "write //"),
    "−": ("this minus is not the one on the keyboard (U+2212)", "write -"),
    "–": ("this dash is not a minus (U+2013)", "write -"),
    "≤": ("'≤' is not an operator", "write <="),
    "≥": ("'≥' is not an operator", "write >="),
    "≠": ("'≠' is not an operator", "write !="),
    "²": ("'²' is not an operator", "write **2"),
}


def unexpected_character(text: str, column: int) -> tuple[str, str]:
    """The problem with the character at *column*, and what to write instead."""
    c = text[column]
    if text.startswith(":=", column):
        return "':=' is not an operator: expressions define no names", "define it under let"
    if c in ":." and (trap := number_trap(text.strip())):
        return trap
    if c == ":":
        return "':' is not an operator", "for two sizes write a list: [16, 9]"
    if c in _CHARACTERS:
        return _CHARACTERS[c]
    if c.isascii():
        return f"{c!r} is not part of expressions", ""
    shown = f" {c!r}" if c.isprintable() else ""
    hint = "names have the letters a to z, digits and '_'"
    return f"the character{shown} (U+{ord(c):04X}) is not part of expressions", hint


def unexpected_word(word: str) -> tuple[str, str] | None:
    """The problem with a *word* that stands where it cannot, if there is one to tell."""
    if word in _PYTHON:
        return f"{word!r} is not part of expressions", "there are numbers, names and operators"
    if word in RESERVED:
        return f"{word!r} stands where a number or an operator belongs", ""
    return None


def unknown_name_hint(name: str) -> str:
    """A hint for an undefined *name* that YAML or Python define."""
    if name in TRUE | FALSE and name.lower() not in ("true", "false"):
        reading = "true" if name in TRUE else "false"
        return f"YAML reads {name} as {reading}; a number or a name belongs here"
    if name in _CONSTANTS:
        return f"{name} is no number; compare numbers instead, for example groups > 1"
    return ""
