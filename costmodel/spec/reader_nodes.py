"""What a spec file consists of once read: scalars, lists and mappings that know their place."""

from __future__ import annotations

import re

from costmodel.errors import LimitError, Mark, SpecError
from costmodel.spec.expr_words import RESERVED
from costmodel.spec.reader_traps import FALSE, NULL, TRUE, cut, number_trap, word_trap

MAX_DIGITS = 18
MAX_NAME = 100

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_INTEGER = r"[-+]?(?:0|[1-9][0-9]*)"


class Scalar:
    """One value: its text, as written, and whether quotes (or ``|``, ``>``) protect it."""

    __slots__ = ("mark", "quoted", "text")

    def __init__(self, text: str, quoted: bool, mark: Mark) -> None:
        self.text, self.quoted, self.mark = text, quoted, mark

    @property
    def kind(self) -> str:
        """What to call it in a message."""
        if is_null(self):
            return "nothing"
        if not self.quoted and self.text in TRUE | FALSE:
            return "true or false"
        return "a number" if re.fullmatch(_INTEGER, self.text) and not self.quoted else "text"

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"


class Seq:
    """A list of nodes."""

    __slots__ = ("items", "mark")
    kind = "a list"

    def __init__(self, items: list[Node], mark: Mark) -> None:
        self.items, self.mark = items, mark

    def __repr__(self) -> str:
        return f"Seq({self.items!r})"


class Map:
    """Keys and their nodes in file order; ``keys`` holds where each key stands."""

    __slots__ = ("items", "keys", "mark")
    kind = "a mapping"

    def __init__(self, items: dict[str, Node], keys: dict[str, Mark], mark: Mark) -> None:
        self.items, self.keys, self.mark = items, keys, mark

    def __repr__(self) -> str:
        return f"Map({self.items!r})"


Node = Scalar | Seq | Map


def is_null(node: Node) -> bool:
    """Whether nothing is written there: ``relu:``, ``~`` or ``null``."""
    return isinstance(node, Scalar) and not node.quoted and node.text in NULL


def as_seq(node: Node, what: str = "the list") -> list[Node]:
    """The items of a list."""
    if not isinstance(node, Seq):
        raise _mismatch(node, what)
    return node.items


def as_map(node: Node, what: str = "the mapping") -> Map:
    """The node, which must be a mapping."""
    if isinstance(node, Map):
        return node
    error = _mismatch(node, what)
    if isinstance(node, Scalar) and not node.quoted and ":" in node.text:
        error.hint = "put a space after ':'"
    raise error


def as_text(node: Node, what: str = "the text") -> str:
    """The text of a scalar that YAML would not take for something else."""
    if not isinstance(node, Scalar):
        raise _mismatch(node, what)
    if not node.quoted and (trap := word_trap(node.text)):
        raise SpecError(trap[0], node.mark, trap[1])
    return node.text


def as_name(node: Node, what: str = "the name") -> str:
    """A name: letters, digits and ``_``, and after the first character also ``-`` and ``.``."""
    return check_name(as_text(node, what), node.mark, what)


def as_identifier(node: Node, what: str = "the name") -> str:
    """A name that expressions can use: no ``-`` and no ``.`` in it."""
    return check_identifier(as_text(node, what), node.mark, what)


def check_name(text: str, mark: Mark, what: str = "the name") -> str:
    """*text*, a key for example, if it is a name."""
    if len(text) <= MAX_NAME and re.fullmatch(_NAME, text):
        return text
    hint = f"a name starts with a letter and has at most {MAX_NAME} letters, digits and '_'"
    raise SpecError(f"{what} cannot be {cut(text)!r}", mark, hint)


def check_identifier(text: str, mark: Mark, what: str = "the name") -> str:
    """*text*, a key for example, if it is a name that expressions can use."""
    check_name(text, mark, what)
    if text in RESERVED:
        raise SpecError(f"{what} cannot be {text!r}", mark, "expressions use that word")
    if not text.isidentifier():
        hint = f"write {re.sub('[-.]', '_', text)}: expressions would read it as several things"
        raise SpecError(f"{what} cannot be {text!r}", mark, hint)
    return text


def as_bool(node: Node, what: str = "the switch") -> bool:
    """``true`` or ``false``, spelt so."""
    if not isinstance(node, Scalar) or is_null(node):
        raise _mismatch(node, what)
    if not node.quoted and node.text in ("true", "false"):
        return node.text == "true"
    word = node.text.lower()
    hint = ""
    if word in ("true", "yes", "on", "y", "1"):
        hint = "write true, without quotes"
    elif word in ("false", "no", "off", "n", "0"):
        hint = "write false, without quotes"
    raise SpecError(f"{what} is true or false, not {cut(node.text)!r}", node.mark, hint)


def as_int(node: Node, what: str = "the integer", minimum: int | None = None) -> int:
    """An integer in plain decimal digits, no less than *minimum*."""
    if not isinstance(node, Scalar) or is_null(node):
        raise _mismatch(node, what)
    text = node.text
    if not re.fullmatch(_INTEGER, text):
        if trap := number_trap(text):
            raise SpecError(trap[0], node.mark, trap[1])
        raise SpecError(f"{what} is an integer, not {cut(text)!r}", node.mark)
    if len(text) > MAX_DIGITS and len(text.lstrip("+-")) > MAX_DIGITS:
        raise LimitError(f"a number of more than {MAX_DIGITS} digits", node.mark)
    number = int(text)
    if minimum is not None and number < minimum:
        raise SpecError(f"{what} is at least {minimum}, not {number}", node.mark)
    return number


def _mismatch(node: Node, what: str) -> SpecError:
    return SpecError(f"{what} cannot be {node.kind}", node.mark)
