"""What expressions see of an incoming shape, and what values must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.arith import Condition, Dim, evaluate, free_symbols, is_symbolic
from costmodel.errors import SpecError
from costmodel.graph import Tensor
from costmodel.ops import Op
from costmodel.spec.expressions import Expression
from costmodel.spec.layers import COUNTS
from costmodel.spec.syntax import Env


class Stated(Condition):
    """A condition in the words of the spec, which symbols leave open."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def holds(self) -> bool | None:
        return None

    def denial(self) -> str:
        return f"{self.text} does not hold"

    def __str__(self) -> str:
        return self.text


def env_at(env: Env, current: Tensor) -> Env:
    """*env* with what expressions may say of the incoming shape."""
    shape = current.shape
    inner = {**env, "n_in": shape[0], "c_in": shape[1], "d_in": shape[-1]}
    if len(shape) > 2:
        inner["h_in"] = shape[2]
    if len(shape) > 3:
        inner["w_in"] = shape[3]
    return inner


def as_usual(
    rule: Expression, names: Env, usual: Mapping[str, Dim]
) -> tuple[bool | None, Condition | None]:
    """What the condition *rule* is at the *usual* values of its symbols, and the assumption."""
    used = {name: names[name] for name in rule.names if is_symbolic(names[name])}
    free = frozenset[str]().union(*map(free_symbols, used.values()))
    known = {name: usual[name] for name in sorted(free) if name in usual}
    verdict = rule.evaluate({**names, **{k: evaluate(v, known) for k, v in used.items()}})
    if verdict is None:
        return None, None
    at = ", ".join(f"{name} = {value}" for name, value in known.items())
    return verdict, Stated(f"{'' if verdict else 'not '}({rule.text.strip()}), as at {at}")


def check_whole(target: type[Op], name: str, value: Any) -> None:
    """Fields that hold extents or counts take whole numbers only."""
    if isinstance(value, tuple):
        for part in value:
            check_whole(target, name, part)
    elif target.notes[name] == "bool" and not isinstance(value, bool):
        raise SpecError(f"{target.kind}: {name} is true or false, not {value}")
    elif target.notes[name] == "int" and type(value) is not int:
        raise SpecError(f"{target.kind}: {name} is a whole number, not {value}")
    elif target.notes[name] in COUNTS and (
        isinstance(value, bool) or not (isinstance(value, (int, str)) or is_symbolic(value))
    ):
        raise SpecError(f"{target.kind}: {name} must be a whole number, not {value}")
