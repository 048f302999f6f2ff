"""Formulas for the checker: read from text, evaluated exactly, and as SymPy expressions.

This module uses nothing of costmodel but ``numbers``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from costmodel.derive.checker.numbers import Number, Undecided

Node = ast.expr


def parse(text: str) -> Node:
    """The formula that *text* is; ValueError if it is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(f"{text!r} is not a formula") from None


def names(node: Node) -> set[str]:
    """The names of its symbols."""
    functions = {n.func for n in ast.walk(node) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n not in functions}


def opaque(node: Node) -> list[ast.Call]:
    """Its floors, ceilings, maxima and minima."""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    return [c for c in calls if isinstance(c.func, ast.Name) and c.func.id != "sqrt"]


def called(node: Node, function: str) -> list[ast.Call]:
    """Its calls of *function*, different ones once."""
    found = {ast.unparse(c): c for c in opaque(node) if ast.unparse(c.func) == function}
    return list(found.values())


def put(node: Node, bindings: Mapping[str, Node]) -> Node:
    """*node* with names replaced by formulas."""

    class Putter(ast.NodeTransformer):
        def visit_Call(self, call: ast.Call) -> Any:  # ast's name for it
            return ast.Call(call.func, [self.visit(a) for a in call.args], [])

        def visit_Name(self, name: ast.Name) -> Any:
            return bindings.get(name.id, name)

    import copy

    result: Node = Putter().visit(copy.deepcopy(node))
    return result


def value(node: Node, point: Mapping[str, Number]) -> Number:
    """The exact value of *node* at *point*."""
    if isinstance(node, ast.Constant):
        return Number.of(node.value if isinstance(node.value, int) else Fraction(str(node.value)))
    if isinstance(node, ast.Name):
        if node.id not in point:
            raise ValueError(f"{node.id} is not a symbol of this proof")
        return point[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -value(node.operand, point)
    if isinstance(node, ast.BinOp):
        return _binary(node, point)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _call(node.func.id, [value(a, point) for a in node.args])
    raise ValueError(f"{ast.unparse(node)} is not part of a formula")


def rational(node: Node, point: Mapping[str, Fraction]) -> Fraction:
    """The value of *node* where no root is left, the fast way."""
    if isinstance(node, ast.Name):
        return point[node.id]
    if isinstance(node, ast.BinOp):
        left, right = rational(node.left, point), rational(node.right, point)
        kind = type(node.op)
        if kind is ast.Pow and right.denominator == 1:
            return left ** int(right)
        if kind in (ast.Add, ast.Sub, ast.Mult, ast.Div):
            found: Fraction = _OPERATIONS[kind](left, right)
            return found
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value)
    return value(node, {n: Number.of(x) for n, x in point.items()}).rational()


def _binary(node: ast.BinOp, point: Mapping[str, Number]) -> Number:
    left, right = value(node.left, point), value(node.right, point)
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    if isinstance(node.op, ast.Mult):
        return left * right
    if isinstance(node.op, ast.Div):
        return left * right.inverse()
    if isinstance(node.op, ast.Pow):
        return left.power(right.rational())
    raise ValueError(f"{ast.unparse(node)} is not part of a formula")


def _call(function: str, arguments: list[Number]) -> Number:
    if function == "sqrt":
        return arguments[0].power(Fraction(1, 2))
    if function in ("floor", "ceiling"):
        x = arguments[0].rational()
        return Number.of(x.numerator // x.denominator if function == "floor"
                         else -(-x.numerator // x.denominator))  # fmt: skip
    if function in ("Max", "Min"):
        best = arguments[0]
        for other in arguments[1:]:
            sign = (other - best).sign()
            if sign > 0 if function == "Max" else sign < 0:
                best = other
        return best
    raise ValueError(f"there is no function {function}")


def symbolic(node: Node) -> Any:
    """*node* as a SymPy expression in positive symbols; floors and extrema as symbols too."""
    import sympy

    if isinstance(node, ast.Constant):
        return sympy.Rational(str(node.value))
    if isinstance(node, ast.Name):
        return sympy.Symbol(node.id, positive=True)
    if isinstance(node, ast.UnaryOp):
        return -symbolic(node.operand)
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](symbolic(node.left), symbolic(node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "sqrt":
            return sympy.sqrt(sympy.factor_terms(sympy.expand(symbolic(node.args[0]))))
        inner = [sympy.expand(symbolic(a)) for a in node.args]
        if node.func.id in ("floor", "ceiling") and inner[0].is_Rational:
            return getattr(sympy, node.func.id)(inner[0])
        return sympy.Symbol(f"{node.func.id}({', '.join(map(str, inner))})", positive=True)
    raise ValueError(f"{ast.unparse(node)} is not part of a formula")


_OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


__all__ = [
    "Undecided", "called", "names", "opaque", "parse", "put", "rational", "symbolic", "value",
]  # fmt: skip
