"""Text -> closures, by a grammar that holds nothing but arithmetic.

    choice   condition ["if" condition "else" choice]
    others   or, and, not, comparisons (chained), + -, * // %, unary -, **, as in Python;
             in published formulas also /, the exact quotient
    atoms    123  0.75  name  function(choice, ...)  (choice)

No Python is compiled or evaluated, and recursion is as deep as ``MAX_DEPTH`` allows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from costmodel.errors import nearest
from costmodel.records import Record
from costmodel.spec import expr_eval as ev
from costmodel.spec import expr_logic as logic
from costmodel.spec.expr_eval import FUNCTIONS, Fault, Run
from costmodel.spec.expr_words import RESERVED, unexpected_character, unexpected_word
from costmodel.spec.reader_nodes import MAX_DIGITS
from costmodel.spec.reader_traps import number_trap

if TYPE_CHECKING:
    from fractions import Fraction

MAX_LENGTH = 500
MAX_DEPTH = 32

_TOKEN = re.compile(
    r"(?P<number>\.?[0-9][0-9A-Za-z_.]*)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>//|\*\*|<=|>=|==|!=|[-+*%()<>,])"
    r"|(?P<other>\S)"
)
_DECIMAL = r"[0-9]+\.[0-9]*|\.[0-9]+"
_SUMS = {"+": 1, "-": 1, "*": 2, "//": 2, "%": 2, "/": 2}  # how tightly each binds
_LOOSEST = 1


class Token(Record):
    """A piece of an expression: ``number``, ``name``, ``sign``, ``word``, ``other`` or ``end``."""

    kind: str
    text: str
    column: int


class Part(Record):
    """A piece that was understood: a ``number``, a ``condition``, or a ``name`` for either."""

    sort: str
    run: Run
    column: int
    name: str = ""


class Parsed(Record):
    """An expression without its place; of a single name it is not known what it stands for."""

    run: Run
    names: frozenset[str]
    is_condition: bool = False


def parse_text(text: str, divides: bool = False) -> Parsed:
    """*text* understood, or a Fault; a single ``/`` is one unless it *divides*."""
    if len(text) > MAX_LENGTH:
        hint = "name its parts: let, params"
        problem = f"an expression of {len(text)} characters; at most {MAX_LENGTH} are read"
        raise Fault(0, problem, hint, limit=True)
    return _Parser(_tokens(text, divides), text).parsed()


def _tokens(text: str, divides: bool) -> list[Token]:
    found = []
    for match in _TOKEN.finditer(text):
        kind, piece = match.lastgroup or "other", match.group()
        if kind == "name" and piece in RESERVED:
            kind = "word"
        elif piece == "/" and divides:
            kind = "sign"
        found.append(Token(kind, piece, match.start()))
    found.append(Token("end", "", len(text.rstrip())))
    return found


class _Parser:
    def __init__(self, tokens: list[Token], text: str) -> None:
        self.text, self.tokens = text, tokens
        self.at = self.depth = 0
        self.next = self.tokens[0]
        self.names: set[str] = set()

    def parsed(self) -> Parsed:
        if self.next.kind == "end":
            raise Fault(0, "an expression is missing here")
        part = self.choice()
        if self.next.kind != "end":
            raise self.surprise("an operator")
        return Parsed(part.run, frozenset(self.names), part.sort == "condition")

    def advance(self) -> Token:
        token = self.next
        self.at += 1
        self.next = self.tokens[self.at]
        return token

    def accept(self, text: str) -> Token | None:
        return self.advance() if self.next.text == text else None

    def expect(self, text: str, why: str) -> None:
        if not self.accept(text):
            raise self.surprise(why)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            problem = f"an expression nested deeper than {MAX_DEPTH} levels"
            raise Fault(
                self.tokens[self.at - 1].column, problem, "name its parts: let, params", limit=True
            )

    def surprise(self, wanted: str) -> Fault:
        """What to say when *wanted* is not what comes next."""
        token = self.next
        if token.kind == "end":
            return Fault(token.column, f"the expression ends where {wanted} belongs")
        if token.kind == "other" or (token.kind == "number" and token.text[0] == "."):
            return Fault(token.column, *unexpected_character(self.text, token.column))
        before = self.tokens[self.at - 1] if self.at else token
        for word in (before, token):
            if word.kind in ("word", "name") and (said := unexpected_word(word.text)):
                return Fault(word.column, *said)
        product = token.kind in ("name", "number") or token.text == "("
        hint = "write * to multiply" if product and wanted == "an operator" else ""
        return Fault(token.column, f"{wanted} belongs here, not {token.text!r}", hint)

    def number(self, part: Part) -> Run:
        if part.sort == "condition":
            hint = "choose with: a if condition else b"
            raise Fault(part.column, "a condition stands where a number belongs", hint)
        return ev.number_name(part.name, part.column) if part.sort == "name" else part.run

    def condition(self, part: Part) -> Run:
        if part.sort == "number":
            hint = "compare it, for example with != 0"
            raise Fault(part.column, "a number stands where a condition belongs", hint)
        return ev.condition_name(part.name, part.column) if part.sort == "name" else part.run

    def choice(self) -> Part:
        yes = self.any_of()
        if not self.accept("if"):
            return yes
        outermost = self.depth == 0  # then a name may stand for a word, such as `same`
        self.deeper()
        start, before, self.names = self.next.column, self.names, set()
        test = self.condition(self.any_of())
        used = frozenset(self.names)
        self.names = before | used
        text = self.text[start : self.next.column].strip()
        self.expect("else", "'else'")
        no = self.choice()
        self.depth -= 1
        if yes.sort == no.sort == "condition":
            sort, runs = "condition", (yes.run, no.run)
        else:
            sort = "number"
            runs = self.chosen(yes, outermost), self.chosen(no, outermost)
        return Part(sort, logic.choice(test, *runs, text, used, start), yes.column)

    def chosen(self, part: Part, any_kind: bool) -> Run:
        if any_kind and part.sort == "name":
            return ev.any_name(part.name, part.column)
        return self.number(part)

    def any_of(self) -> Part:
        first = self.all_of()
        if self.next.text != "or":
            return first
        parts = [self.condition(first)]
        while self.accept("or"):
            parts.append(self.condition(self.all_of()))
        return Part("condition", logic.either(parts), first.column)

    def all_of(self) -> Part:
        first = self.negation()
        if self.next.text != "and":
            return first
        parts = [self.condition(first)]
        while self.accept("and"):
            parts.append(self.condition(self.negation()))
        return Part("condition", logic.both(parts), first.column)

    def negation(self) -> Part:
        token = self.accept("not")
        if not token:
            return self.compared()
        self.deeper()
        run = self.condition(self.negation())
        self.depth -= 1
        return Part("condition", logic.opposite(run), token.column)

    def compared(self) -> Part:
        first = self.sum(_LOOSEST)
        if self.next.text not in logic.COMPARISONS:
            return first
        left, parts = self.number(first), []
        while self.next.text in logic.COMPARISONS:
            relation = self.advance().text
            right = self.number(self.sum(_LOOSEST))
            parts.append(logic.comparison(relation, left, right))
            left = right
        return Part("condition", logic.both(parts) if len(parts) > 1 else parts[0], first.column)

    def sum(self, tightness: int) -> Part:
        """Operands joined by operators that bind at least so tightly."""
        left = self.signed()
        while self.next.kind == "sign" and (binds := _SUMS.get(self.next.text, 0)) >= tightness:
            token = self.advance()
            right = self.sum(binds + 1)
            left = self.joined(token, left, right)
        return left

    def joined(self, token: Token, left: Part, right: Part) -> Part:
        a, b = self.number(left), self.number(right)
        run = ev.arithmetic(token.text, a, b, token.column, right.column)
        return Part("number", run, left.column)

    def signed(self) -> Part:
        token = self.accept("-") or self.accept("+")
        if not token:
            return self.power()
        self.deeper()
        run = self.number(self.signed())
        self.depth -= 1
        return Part("number", ev.negative(run) if token.text == "-" else run, token.column)

    def power(self) -> Part:
        base = self.atom()
        token = self.accept("**")
        if not token:
            return base
        self.deeper()
        part = self.joined(token, base, self.signed())
        self.depth -= 1
        return part

    def atom(self) -> Part:
        token = self.next
        if token.kind == "number":
            return Part("number", ev.constant(self.literal(self.advance())), token.column)
        if token.kind == "name":
            self.advance()
            if self.next.text == "(":
                return self.call(token)
            self.names.add(token.text)
            return Part("name", ev.any_name(token.text, token.column), token.column, token.text)
        if not self.accept("("):
            raise self.surprise("a number or a name")
        self.deeper()
        inner = self.choice()
        self.expect(")", "')'")
        self.depth -= 1
        return inner

    def literal(self, token: Token) -> int | Fraction:
        text = token.text
        if len(text) > MAX_DIGITS + 1 or (len(text) > MAX_DIGITS and "." not in text):
            raise Fault(token.column, f"a number of more than {MAX_DIGITS} digits", limit=True)
        if text.isdigit() and (text[0] != "0" or text == "0"):
            return int(text)
        if re.fullmatch(_DECIMAL, text):
            from fractions import Fraction

            value = Fraction(text)
            return value.numerator if value.denominator == 1 else value
        signs = self.tokens[self.at : self.at + 2]
        if text[-1] in "eE" and signs[0].text in ("+", "-") and len(signs) == 2:
            text += signs[0].text + signs[1].text  # 1e-3 is three tokens
        if trap := number_trap(text):
            raise Fault(token.column, *trap)
        digits = re.match(r"[0-9.]+", text)
        rest = text[digits.end() :] if digits else ""
        hint = f"write {text[: -len(rest)]}*{rest}" if rest else ""
        raise Fault(token.column, f"{text!r} is not a number", hint)

    def call(self, token: Token) -> Part:
        if token.text not in FUNCTIONS:
            hint = nearest(token.text, FUNCTIONS)
            raise Fault(token.column, f"there is no function {token.text!r}", hint)
        self.deeper()
        self.advance()
        parts: list[Part] = []
        while not parts or self.accept(","):
            parts.append(self.choice())
        self.expect(")", "',' or ')'")
        self.depth -= 1
        _, least, most, _ = FUNCTIONS[token.text]
        if not least <= len(parts) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            problem = f"{token.text} takes {wanted} arguments, {len(parts)} given"
            raise Fault(token.column, problem)
        runs, columns = [self.number(p) for p in parts], [p.column for p in parts]
        return Part("number", ev.call(token.text, runs, columns, token.column), token.column)
