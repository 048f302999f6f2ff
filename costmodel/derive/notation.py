"""Formulas as people and our own output write them: ``2*sqrt(B*h*w) + B/(h*w)``.

The closed grammar of specs has no exact division and no roots, because a dimension has
neither.  Bounds do, so questions about them are read here.  Nothing is evaluated as Python:
the text is only taken apart.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any, Final

from costmodel import arith
from costmodel.arith.rational import is_rational, ratio
from costmodel.arith.roots import power
from costmodel.errors import Mark, Source, SpecError

MAX_LENGTH: Final = 4000
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": arith.sqrt,
    "floor": arith.floor,
    "ceil": arith.ceil,
    "ceiling": arith.ceil,
    "ceil_div": arith.ceil_div,
    "min": arith.minimum,
    "Min": arith.minimum,
    "max": arith.maximum,
    "Max": arith.maximum,
    "round_to": arith.round_to,
}


def read(text: str, name: Callable[[str], Any], where: str = "expression") -> Any:
    """The closed form that *text* is; *name* says what a name stands for.

    >>> read("2*sqrt(B*h) + B/h", arith.symbol)
    2*sqrt(B)*sqrt(h) + B/h
    """
    mark = Mark(Source(where, text), 1, 1)
    if len(text) > MAX_LENGTH:
        raise SpecError(f"a formula of {len(text)} characters; at most {MAX_LENGTH} are read", mark)
    try:
        return _Reader(name, mark).value(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError as error:
        place = mark.shifted(max(0, (error.offset or 1) - 1))
        raise SpecError(f"{text!r} is not a formula", place) from None
    except (ArithmeticError, RecursionError, MemoryError, TypeError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(f"cannot work out {text!r}: {error}", mark) from None


class _Reader:
    def __init__(self, name: Callable[[str], Any], mark: Mark) -> None:
        self.name, self.mark = name, mark

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self.name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            inner = self.value(node.operand)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            if node.func.id in _FUNCTIONS:
                return _FUNCTIONS[node.func.id](*map(self.value, node.args))
            raise SpecError(f"there is no function {node.func.id!r}", self._place(node),
                            f"known: {', '.join(sorted(_FUNCTIONS))}")  # fmt: skip
        raise SpecError("this is not part of a formula", self._place(node))

    def _number(self, node: ast.Constant) -> Any:
        from fractions import Fraction

        text = self.mark.source.text.strip()[node.col_offset : node.end_col_offset]
        exact = Fraction(text.replace("_", ""))
        return exact.numerator if exact.denominator == 1 else exact

    def _binary(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Div):
            if is_rational(right) and right == 0:
                raise SpecError("division by zero", self._place(node.right))
            return ratio(left, right) if is_rational(left) and is_rational(right) else left / right
        if isinstance(node.op, ast.Pow):
            if not is_rational(right) or abs(right) > 64:
                raise SpecError("an exponent is a number up to 64", self._place(node.right))
            return power(left, right)
        if type(node.op) not in _OPERATORS:
            raise SpecError("this operator is not part of a formula", self._place(node))
        return _OPERATORS[type(node.op)](left, right)

    def _place(self, node: ast.expr) -> Mark:
        return self.mark.shifted(node.col_offset)
