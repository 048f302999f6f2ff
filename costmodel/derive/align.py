r"""Proofs as LaTeX: the chain of a bound as one ``align*`` block, each step with its reason.

Formulas are set from the text of the steps, so that roots stay joined as they are printed
everywhere else.  Needs amsmath.
"""

from __future__ import annotations

import ast
import re

from costmodel.derive.result import Bound

RELATIONS = {"=": "=", ">=": r"\ge", "<=": r"\le"}
_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
            "<": r"\textless{}", ">": r"\textgreater{}",
            **{c: f"\\{c}" for c in "_%&#{}$"}}  # fmt: skip


def align(bound: Bound) -> str:
    r"""The proof as an ``align*`` environment; steps that are no formula stand between lines.

    >>> from costmodel.derive.library import named
    >>> print(align(named("G1")).splitlines()[3].strip())
    &= c_{2} h w + \frac{B}{c_{2}} + \frac{B}{h w}
    """
    lines = [r"\begin{align*}"]
    for step in bound.steps:
        data = step.data
        if step.kind == "definition":
            lines.append(rf"  \text{{{_words(bound.objective)}}} &= {formula(data['formula'])} \\")
        elif {"left", "relation", "right"} <= data.keys() and data["relation"] in RELATIONS:
            relation = RELATIONS[data["relation"]]
            lines.append(rf"  \intertext{{{_words(_short(step.because))}}}")
            lines.append(rf"  &{relation} {formula(data['right'])} \\")
        else:
            lines.append(rf"  \intertext{{{_words(_short(step.claim))}}}")
    return "\n".join([*_tidied(lines), r"\end{align*}"])


def _tidied(lines: list[str]) -> list[str]:
    r"""Without the line breaks that amsmath refuses before ``\intertext`` and at the end."""
    result = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        last = not after or after.lstrip().startswith(r"\intertext")
        result.append(line.removesuffix(r" \\") if last else line)
    return result


def _short(text: str) -> str:
    return text if len(text) <= 400 else text[:397] + "..."


def _words(text: str) -> str:
    spaced = re.sub(r"-(?=-)", "-\0", text)
    return "".join(_SPECIAL.get(c, c) for c in spaced).replace("\0", "{}")


def formula(text: str) -> str:
    r"""A formula in plain infix, for math mode; one that cannot be read is set as words.

    >>> print(formula("2*s*sqrt(B*h/w)/k**2 - (B**2)**(1/3) + floor((h + 1)/2)"))
    \frac{2 s \sqrt{\frac{B h}{w}}}{k^{2}} - \left(B^{2}\right)^{\frac{1}{3}} + \left\lfloor \frac{h + 1}{2} \right\rfloor
    """  # noqa: E501
    try:
        return _set(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError):
        return rf"\text{{{_words(text)}}}"


def _set(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=int() | float()):
            return str(node.value)
        case ast.Name(id=name):
            return _name(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return f"-{_factor(inner)}"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{_set(left)} + {_set(right)}"
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return f"{_set(left)} - {_factor(right)}"
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(left, right)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{_set(left)}}}{{{_set(right)}}}"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base = _set(left) if isinstance(left, ast.Name | ast.Constant) else _held(left)
            return f"{base}^{{{_set(right)}}}"
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, [_set(a) for a in arguments])
    raise ValueError(f"{ast.unparse(node)} is not part of a formula")


def _product(left: ast.expr, right: ast.expr) -> str:
    digits = isinstance(right, ast.Constant) or (
        isinstance(right, ast.BinOp) and isinstance(right.left, ast.Constant)
    )
    sign = r" \cdot " if digits else " "
    return f"{_factor(left)}{sign}{_factor(right)}"


def _factor(node: ast.expr) -> str:
    sums = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    return _held(node) if sums or isinstance(node, ast.UnaryOp) else _set(node)


def _held(node: ast.expr) -> str:
    return rf"\left({_set(node)}\right)"


def _call(name: str, arguments: list[str]) -> str:
    inside = ", ".join(arguments)
    if name == "sqrt":
        return rf"\sqrt{{{inside}}}"
    if name in ("floor", "ceiling"):
        kind = name.replace("ceiling", "ceil")
        return rf"\left\l{kind} {inside} \right\r{kind}"
    if name in ("Max", "Min"):
        return rf"\{name.lower()}\left({inside}\right)"
    raise ValueError(f"there is no function {name}")


def _name(name: str) -> str:
    stem, _, index = re.sub(r"(?<=[A-Za-z])(?=\d+$)", "_", name, count=1).partition("_")
    stem = stem if len(stem) == 1 else rf"\mathit{{{_words(stem)}}}" if stem else r"\_"
    if not index:
        return stem
    shown = index if index.isdigit() else "\\mathrm{" + _words(index) + "}"
    return f"{stem}_{{{shown}}}"
