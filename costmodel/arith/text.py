"""Closed forms as text: plain infix that Python and SymPy can read, and LaTeX.

Terms of higher degree come first, then alphabetically; the same in every process.
"""

from __future__ import annotations

import re
from typing import Any

from costmodel.arith.atoms import Atom, Base, Extremum, Floor, Symbol, reachable
from costmodel.arith.form import from_terms, terms_of
from costmodel.arith.program import cleared
from costmodel.arith.rational import Rational, is_rational
from costmodel.arith.roots import leading
from costmodel.arith.terms import Monomial


def ascii_form(x: Any) -> str:
    """Plain infix, such as ``25/2*h*w + floor((h + 7)/8)``."""
    return _Ascii().sum(x)


def latex_form(x: Any) -> str:
    """LaTeX for math mode, without dollar signs."""
    writer = _Latex()
    for atom in reachable(atom for monomial in terms_of(x) for atom, _ in monomial):
        writer.known[atom] = writer.written(atom)  # innermost first: no deep recursion
    return writer.sum(x)


def atom_text(atom: Atom) -> str:
    """One atom as plain infix."""
    return _Ascii().written(atom)


def term_key(monomial: Monomial) -> tuple[Any, ...]:
    """Sorts monomials for readers: by degree, then by name, higher powers first."""
    factors = sorted((atom.key, -p) for atom, p in monomial)
    return -sum(p for _, p in monomial), factors


def argument_key(x: Any) -> tuple[bool, str]:
    """Sorts the arguments of Max and Min: forms by their text, then the number."""
    return is_rational(x), ascii_form(x)


def rounds_up(atom: Atom, p: Rational) -> bool:
    """Whether a factor is shown as a ceiling: a whole power of ``floor(-x)``."""
    if not isinstance(atom, Floor) or p.denominator != 1:
        return False
    return bool(atom.form.terms[leading(atom.form.terms)] < 0)


class _Writer:
    """What the two notations share: order, signs, and which factors go below the line."""

    def sum(self, x: Any) -> str:
        terms = terms_of(x)
        parts: list[str] = []
        for monomial in sorted(terms, key=term_key):
            c = self._signed(monomial, terms[monomial])
            text = self.term(monomial, abs(c))
            parts.append((" - " if c < 0 else " + ") if parts else "-" if c < 0 else "")
            parts.append(text)
        return "".join(parts) or "0"

    def _signed(self, monomial: Monomial, c: Any) -> Any:
        """The coefficient beside what is shown: ``-floor(-x)`` is shown as ``ceiling(x)``."""
        return -c if sum(p for atom, p in monomial if rounds_up(atom, p)) % 2 else c

    def factors(self, monomial: Monomial) -> tuple[list[str], list[str]]:
        """The factors above and below the fraction line, in order."""
        above: list[str] = []
        below: list[str] = []
        for atom, p in sorted(monomial, key=lambda factor: factor[0].key):
            up = rounds_up(atom, p)
            (above if p > 0 else below).append(self.power(atom, abs(p), up))
        return above, below

    def term(self, monomial: Monomial, c: Rational) -> str:
        raise NotImplementedError

    def power(self, atom: Atom, p: Rational, up: bool) -> str:
        raise NotImplementedError

    def atom(self, atom: Atom) -> str:
        raise NotImplementedError

    def written(self, atom: Atom) -> str:
        raise NotImplementedError

    def rounding(self, atom: Atom, up: bool) -> str:
        raise NotImplementedError


class _Ascii(_Writer):
    def term(self, monomial: Monomial, c: Rational) -> str:
        above, below = self.factors(monomial)
        n, d = c.numerator, c.denominator
        if d != 1 and (n != 1 or not above):
            above.insert(0, f"{n}/{d}")
        elif d != 1:
            below.insert(0, str(d))
        elif n != 1 or not above:
            above.insert(0, str(n))
        text = "*".join(above)
        if not below:
            return text
        return f"{text}/{below[0]}" if len(below) == 1 else f"{text}/({'*'.join(below)})"

    def power(self, atom: Atom, p: Rational, up: bool) -> str:
        if p.denominator == 2:
            root = f"sqrt({self.sum(atom.value) if isinstance(atom, Base) else self.atom(atom)})"
            return root if p.numerator == 1 else f"{root}**{p.numerator}"
        text = self.rounding(atom, up) if up else self.atom(atom)
        if p == 1:
            return text
        return f"{text}**{p}" if p.denominator == 1 else f"{text}**({p})"

    def atom(self, atom: Atom) -> str:
        return atom.key[1]

    def written(self, atom: Atom) -> str:
        if isinstance(atom, Symbol):
            return atom.name
        if isinstance(atom, Floor):
            return self.rounding(atom, up=False)
        if isinstance(atom, Extremum):
            arguments = ", ".join(map(self.sum, atom.forms))
            return f"{'Max' if atom.top else 'Min'}({arguments})"
        return f"({self.sum(atom.args[0])})"

    def rounding(self, atom: Atom, up: bool) -> str:
        numerator, denominator = cleared(terms_of(-atom.args[0] if up else atom.args[0]))
        text, below = self.sum(from_terms(numerator)), self.sum(from_terms(denominator))
        if below != "1":
            text = f"({text})" if len(numerator) > 1 else text
            ((monomial, c),) = denominator.items()
            text += f"/{below}" if len(monomial) + (c != 1) == 1 else f"/({below})"
        return f"{'ceiling' if up else 'floor'}({text})"


class _Latex(_Writer):
    def term(self, monomial: Monomial, c: Rational) -> str:
        above, below = self.factors(monomial)
        if c.numerator != 1 or not above:
            above.insert(0, str(c.numerator))
        if c.denominator != 1:
            below.insert(0, str(c.denominator))
        if not below:
            return " ".join(above)
        return rf"\frac{{{' '.join(above)}}}{{{' '.join(below)}}}"

    def power(self, atom: Atom, p: Rational, up: bool) -> str:
        if p.denominator == 2:
            inner = self.sum(atom.value) if isinstance(atom, Base) else self.atom(atom)
            root = rf"\sqrt{{{inner}}}"
            return root if p.numerator == 1 else f"{root}^{{{p.numerator}}}"
        text = self.rounding(atom, up) if up else self.atom(atom)
        return text if p == 1 else f"{text}^{{{p}}}"

    def __init__(self) -> None:
        self.known: dict[Atom, str] = {}

    def atom(self, atom: Atom) -> str:
        return self.known[atom]

    def written(self, atom: Atom) -> str:
        if isinstance(atom, Symbol):
            return _latex_name(atom.name)
        if isinstance(atom, Floor):
            return self.rounding(atom, up=False)
        if isinstance(atom, Extremum):
            arguments = ", ".join(map(self.sum, atom.forms))
            return rf"\{'max' if atom.top else 'min'}\left({arguments}\right)"
        return rf"\left({self.sum(atom.args[0])}\right)"

    def rounding(self, atom: Atom, up: bool) -> str:
        numerator, denominator = cleared(terms_of(-atom.args[0] if up else atom.args[0]))
        text, below = self.sum(from_terms(numerator)), self.sum(from_terms(denominator))
        if below != "1":
            text = rf"\frac{{{text}}}{{{below}}}"
        bracket = "ceil" if up else "floor"
        return rf"\left\l{bracket} {text} \right\r{bracket}"


def _latex_name(name: str) -> str:
    """``c1`` and ``c_in`` get a subscript, words are upright."""
    stem, _, below = name.partition("_")
    if not below and (match := re.fullmatch(r"([A-Za-z]+)(\d+)", name)):
        stem, below = match[1], match[2]
    text = stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"
    if not below:
        return text
    below = below.replace("_", r"\_")
    if len(below) > 1 and not below.isdigit():
        below = rf"\mathrm{{{below}}}"
    return f"{text}_{{{below}}}"
