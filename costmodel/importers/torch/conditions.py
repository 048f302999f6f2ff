"""What the module's own code asked about open sizes while it was traced.

``if h % 32:`` is answered for the sizes of the example, and the graph is what follows from the
answer; for other sizes it holds where the answer is the same.  So the answers are kept as notes.
"""

from __future__ import annotations

from typing import Any

from costmodel.arith import ascii
from costmodel.importers.torch.sizes import Sizes
from costmodel.importers.torch.trace import is_torch

RELATIONS = {
    "Equality": "=", "Unequality": "!=", "StrictGreaterThan": ">", "GreaterThan": ">=",
    "StrictLessThan": "<", "LessThan": "<=",
}  # fmt: skip
MOST = 6


def conditions(program: Any, sizes: Sizes) -> list[str]:
    """The conditions under which the graph is the module's, each with the line that asked."""
    found: dict[str, None] = {}
    for guard in _guards(program):
        place = getattr(getattr(guard, "sloc", None), "framework_loc", None)
        if place is None or is_torch(str(getattr(place, "filename", "/torch/"))):
            continue  # torch's own questions: about strides, about extents of 0 and 1
        text = _text(guard.expr, sizes)
        if text:
            name = str(place.filename).replace("\\", "/").rpartition("/")[2]
            found[f"traced for {text} ({name}:{place.lineno})"] = None
    shown = list(found)[:MOST]
    return [*shown, f"and {len(found) - MOST} more such"] if len(found) > MOST else shown


def _guards(program: Any) -> list[Any]:
    for node in program.graph.nodes:
        mode = getattr(node.meta.get("val"), "fake_mode", None)
        if mode is not None and mode.shape_env is not None:
            return list(mode.shape_env.guards)
    return []


def _text(expr: Any, sizes: Sizes) -> str:
    relation = RELATIONS.get(type(expr).__name__)
    if relation is None:
        return ""
    left, right = expr.args
    if relation == "=" and right == 0 and type(left).__name__ in ("Mod", "PythonMod"):
        whole, part = map(sizes.form, left.args)
        return f"{ascii(part)} divides {ascii(whole)}" if None not in (whole, part) else ""
    sides = [sizes.form(side) for side in (left, right)]
    return "" if None in sides else f"{ascii(sides[0])} {relation} {ascii(sides[1])}"
