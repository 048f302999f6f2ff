r"""Proofs as LaTeX: the chain of a bound as one ``align*`` block, each step with its reason.

Formulas are set from the text of the steps, so that roots stay joined as they are printed
everywhere else.  Only what MathJax and amsmath both know is used, so that a notebook and a paper
show the same: reasons stand in a second column, and words hold no character that needs a
backslash.
"""

from __future__ import annotations

import ast
import re
from textwrap import wrap

from costmodel.derive.proof import Step
from costmodel.derive.result import Bound
from costmodel.quantities import QUANTITIES

LONG = 48  # characters of a reason that still fit beside a formula
WIDEST = 84
RELATIONS = {"=": "=", ">=": r"\ge", "<=": r"\le", "<": "<", ">": ">", "==": "="}
_RELATION = re.compile(r"<=|>=|==|=|<|>")
_PLAIN = str.maketrans({"_": " ", **dict.fromkeys("\\~^#{}$%", "")})


def align(bound: Bound) -> str:
    r"""The proof as an ``align*`` environment, one row a step.

    >>> from costmodel.derive.library import named
    >>> print(align(named("G1")).splitlines()[2].strip())
    &= c_{2} h w + \frac{B}{c_{2}} + \frac{B}{h w} && \text{by } \text{mult-adds} = B \\
    """
    rows = [line for step in bound.steps for line in _lines(_row(step, bound))]
    body = " \\\\\n".join(f"  {row}" for row in rows)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def markdown(bound: Bound) -> str:
    """The question, the answer with its proof, and the conditions, for a notebook."""
    asked = f"**{bound.question}** ${statement(bound.objective)}$"
    if bound.over:
        asked += f" over ${', '.join(map(_name, bound.over))}$"
    if bound.given:
        asked += f" given ${', '.join(map(statement, bound.given))}$"
    blocks = [f"{asked}: {_answer(bound)}"]
    if known := bound.extra.get("library"):
        blocks.insert(0, f"**{known['name']}**: {_escaped(known['statement'])}")
    if bound.steps:
        chain = align(bound).replace("{align*}", "{aligned}")
        blocks.append(f"$$\n{chain}\n$$")
    if bound.conditions:
        blocks.append("\n".join(f"- {_escaped(c)}" for c in bound.conditions))
    return "\n\n".join(blocks)


def _escaped(text: str) -> str:
    return re.sub(r"([*_<>\[\]$])", r"\\\1", text)


def _answer(bound: Bound) -> str:
    told = f"*{bound.status}* ({bound.method}; {len(bound.steps)} steps, each checked)"
    if bound.witness is not None:
        seen = ", ".join(f"{name} = {value}" for name, value in bound.witness.items())
        return f"{told}; counterexample {seen}"
    if bound.question == "when" and isinstance(bound.bound, str):
        return f"exactly if ${statement(bound.bound)}$, {told}"
    if bound.question == "monotone":
        return f"{bound.bound}, {told}"
    return told


def _lines(row: str) -> list[str]:
    """The row; a long reason in words goes below its formula, broken to fit a page."""
    if row.startswith(r"&\text{") and row.find("}") == len(row) - 1:
        words, row = row[len(r"&\text{") : -1], ""
    else:
        formula_, _, words = row.partition(r" && \text{")
        if len(words) <= LONG or words.find("}") != len(words) - 1:
            return [row]
        row, words = formula_, words[:-1]
    below = [rf"&\quad \text{{{part}}}" for part in wrap(words, WIDEST)]
    return [row, *below] if row else below


def _row(step: Step, bound: Bound) -> str:
    data = step.data
    match step.kind:
        case "definition":
            return f"{_subject(bound)} &= {formula(data['formula'])}"
        case "attained":
            return rf"&\text{{with equality at }} {_places(data['at'])}"
        case "monotone":
            sign = ">" if data["direction"] == "increasing" else "<"
            of, by = _subject(bound), _name(data["variable"])
            slope = rf"\frac{{\partial\, {of}}}{{\partial {by}}}"
            return rf"{slope} &= {formula(data['derivative'])} {sign} 0"
        case "elasticity":
            name = _name(data["variable"])
            rate = rf"\frac{{{name}}}{{f}} \frac{{\partial f}}{{\partial {name}}}"
            return rf"{rate} &= {formula(data['value'])} && f = {_subject(bound)}"
        case "factor" if data.get("condition"):
            factor = "" if data["factor"] == "1" else formula(data["factor"])
            product = f"{factor} {_held(data['core'])}".strip()
            return rf"&= {product} && \text{{positive iff }} {statement(data['condition'])}"
        case "base" | "induction":
            return _recurrence(step)
        case "once":
            return rf"\text{{traffic}} &\ge {formula(data['right'])} && {_reason(step, bound)}"
        case "loomis-whitney" | "runs":
            left = rf"\text{{{_words(data['left'])}}}"
            shown = f"{left} &{RELATIONS[data['relation']]} {formula(data['right'])}"
            return f"{shown} && {_reason(step, bound)}"
    if {"left", "relation", "right"} <= data.keys() and data["relation"] in RELATIONS:
        reason = f" && {_reason(step, bound)}"
        return f"&{RELATIONS[data['relation']]} {formula(data['right'])}{reason}"
    return rf"&\text{{{_words(step.claim)}}}"


def _recurrence(step: Step) -> str:
    """A closed form at its first number, or of one repetition more."""
    data = step.data
    of, n = rf"\text{{{_words(data['name'])}}}", _name(data["variable"])
    if step.kind == "base":
        return f"{of} &= {formula(data['start'])} && {n} = {formula(data['first'])}"
    inner = [f"{k} = {formula(v)}" for moved in data["inner"].values() for k, v in moved.items()]
    at = rf"{n} + 1 \text{{ repetitions}}" + "".join(
        rf", {text} \text{{ within}}" for text in inner
    )
    after = rf"{formula(data['after'])} \text{{ for }} {at}"
    return rf"&= {formula(data['closed'])} && {after}"


def _subject(bound: Bound) -> str:
    if bound.question in ("compare", "when"):
        return r"\text{right} - \text{left}"
    return formula(bound.objective)


def _reason(step: Step, bound: Bound) -> str:
    data = step.data
    if step.kind == "substitution" and isinstance(data.get("given"), int):
        return rf"\text{{by }} {statement(bound.given[data['given']])}"
    if step.kind == "weighted-am-gm":
        terms, weights = (r",\; ".join(map(formula, data[key])) for key in ("terms", "weights"))
        return rf"\text{{AM–GM on }} {terms} \text{{ with weights }} {weights}"
    if step.kind == "boundary":
        name = _name(data["variable"])
        return rf"\text{{rising in }} {name} \ge {formula(data['value'])}"
    return rf"\text{{{_words(step.because)}}}"


def _places(at: dict[str, str]) -> str:
    return r",\quad ".join(f"{_name(name)} = {formula(value)}" for name, value in at.items())


def statement(text: str) -> str:
    r"""An equation or inequality in plain infix, for math mode.

    >>> print(statement("mem_access >= 2*c1*h"))
    \text{mem access} \ge 2 c_{1} h
    """
    match = _RELATION.search(text)
    if match is None:
        return formula(text)
    left, right = formula(text[: match.start()]), formula(text[match.end() :])
    return f"{left} {RELATIONS[match.group()]} {right}"


def equation(name: str, value: str) -> str:
    r"""``name = value`` set apart, the name as words.

    >>> print(equation("least mem_access", "2*sqrt(B*h)"))
    \[ \text{least mem access} = 2 \sqrt{B h} \]
    """
    said = rf"\text{{{_words(value)}}}" if value.isidentifier() and len(value) > 1 else ""
    left = _name(name) if re.fullmatch(r"[A-Za-z]\w?", name) else rf"\text{{{_words(name)}}}"
    return rf"\[ {left} = {said or statement(value)} \]"


def _words(text: str) -> str:
    """Words for ``text``: signs that MathJax or LaTeX would take for their own are left out."""
    short = text if len(text) <= 200 else text[:197] + "..."
    return _RELATION.sub(lambda m: f"${RELATIONS[m.group()]}$", short.translate(_PLAIN))


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
            sign, top = ("", _set(left)) if _is_sum(left) else _signed(_set(left))
            return rf"{sign}\frac{{{top}}}{{{_set(right)}}}"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base = _set(left) if isinstance(left, ast.Name | ast.Constant) else _held(left)
            return f"{base}^{{{_set(right)}}}"
        case ast.Call(func=ast.Name(id=name), args=[part]) if name in QUANTITIES:
            path = _words(ast.unparse(part).replace(" ", ""))
            return rf"{_name(name)}_{{\text{{{path}}}}}"
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, [_set(a) for a in arguments])
    raise ValueError(f"{ast.unparse(node)} is not part of a formula")


def _product(left: ast.expr, right: ast.expr) -> str:
    digits = isinstance(right, ast.Constant) or (
        isinstance(right, ast.BinOp) and isinstance(right.left, ast.Constant)
    )
    sign = r" \cdot " if digits else " "
    leading, other = _held(left) if _is_sum(left) else _set(left), _factor(right)
    if not digits and r"\mathit{" in leading + other:
        sign = r" \, "
    return f"{leading}{sign}{other}"


def _factor(node: ast.expr) -> str:
    text = _set(node)
    return _held(node) if _is_sum(node) or text.startswith("-") else text


def _is_sum(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def _signed(text: str) -> tuple[str, str]:
    return ("-", text[1:]) if text.startswith("-") else ("", text)


def _held(node: ast.expr | str) -> str:
    inside = formula(node) if isinstance(node, str) else _set(node)
    return rf"\left({inside}\right)"


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
    if name in QUANTITIES:
        return rf"\text{{{QUANTITIES[name].heading}}}"
    stem, _, index = re.sub(r"(?<=[A-Za-z])(?=\d+$)", "_", name, count=1).partition("_")
    stem = stem if len(stem) == 1 else rf"\mathit{{{_words(stem)}}}" if stem else r"\_"
    if not index:
        return stem
    shown = index if index.isdigit() else "\\mathrm{" + _words(index) + "}"
    return f"{stem}_{{{shown}}}"
