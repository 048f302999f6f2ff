"""Where each summand of a layer's quantity comes from."""

from __future__ import annotations

from typing import Any

from costmodel.arith import ascii, exact_div, prod
from costmodel.derive.explain import Term
from costmodel.table import Entry

AXES = {1: ("l",), 2: ("h", "w"), 3: ("d", "h", "w")}


def origins(entry: Entry, key: str) -> list[Term]:
    """The summands of *key*."""
    op = entry.layer.op
    if op.kind in ("conv", "conv_transpose", "linear"):
        return _RULES[key](_Weighted(entry))
    return _plain(entry, key)


def _plain(entry: Entry, key: str) -> list[Term]:
    """Of a layer without products: what is read and written."""
    layer, cost = entry.layer, entry.cost
    if key == "mem_access":
        terms = [
            _product(
                f"input {i + 1} read" if len(layer.xs) > 1 else "input read",
                _names(x, "in"),
                list(x),
            )
            for i, x in enumerate(layer.xs)
        ]
        if entry.cost.reads == 0:
            return []
        if isinstance(cost.params, int) and cost.params == 0:
            return [*terms, _product("output written", _names(layer.y, "out"), list(layer.y))]
        stored = cost.params + cost.buffers
        terms.append(Term("parameters and buffers read", "params + buffers", ascii(stored), stored))
        return [*terms, _product("output written", _names(layer.y, "out"), list(layer.y))]
    value = getattr(entry, key)
    if isinstance(value, int) and value == 0:
        return []
    return _known(entry, key) or [Term(f"{layer.op.kind} ({key})", key, ascii(value), value)]


def _known(entry: Entry, key: str) -> list[Term]:
    """Of layers whose summands have names of their own."""
    layer = entry.layer
    names = {("batch_norm", "params"): ("scale", "shift"),
             ("batch_norm", "buffers"): ("running mean", "running variance")}  # fmt: skip
    if found := names.get((layer.op.kind, key)):
        return [_product(name, ["c_out"], [layer.y[1]]) for name in found]
    if layer.op.kind == "attention" and key in ("mult_adds", "flops"):
        n, length, width = layer.y
        twice = [2] if key == "flops" else []
        letters, values = [*map(str, twice), *"nlld"], [*twice, n, length, length, width]
        return [_product(name, letters, values) for name in ("queries * keys", "weights * values")]
    return []


class _Weighted:
    """The factors of a convolution or linear layer."""

    def __init__(self, entry: Entry) -> None:
        layer, op = entry.layer, entry.layer.op
        self.entry, self.x, self.y = entry, layer.xs[0], layer.y
        self.transposed, self.bias = op.kind == "conv_transpose", bool(getattr(op, "bias", False))
        channels = -1 if op.kind == "linear" else 1
        self.c_in, self.c_out = self.x[channels], self.y[channels]
        self.groups = getattr(op, "groups", 1)
        spatial = len(self.x) - 2 if channels == 1 else 0
        kernel: Any = getattr(op, "kernel", 1)
        pair = isinstance(kernel, tuple | list)
        self.kernel: list[Any] = list(kernel) if pair else [kernel] * spatial
        self.axes = AXES.get(spatial, ())
        grid = self.x if self.transposed else self.y
        self.positions = list(grid[2:]) if channels == 1 else list(grid[1:-1])

    def weights(self) -> tuple[list[str], list[Any]]:
        """Names and values of the factors of W."""
        names = [f"k_{a}" for a in self.axes]
        values = list(self.kernel)
        other = "c_out" if self.transposed else "c_in"
        divided = self.c_out if self.transposed else self.c_in
        ungrouped = isinstance(self.groups, int) and self.groups == 1
        kept = ("c_in", self.c_in) if self.transposed else ("c_out", self.c_out)
        names += [other if ungrouped else f"({other}/groups)", kept[0]]
        values += [exact_div(divided, self.groups), kept[1]]
        return names, values

    def grid(self) -> tuple[list[str], list[Any]]:
        """Names and values of the positions at which W is used."""
        where = "in" if self.transposed else "out"
        names = [f"{a}_{where}" for a in self.axes] or ["l"] * len(self.positions)
        return ["n", *names], [self.x[0], *self.positions]


def _product(origin: str, names: list[str], values: list[Any]) -> Term:
    return Term(origin, " * ".join(names), " * ".join(_factor(v) for v in values), prod(values))


def _factor(value: Any) -> str:
    text = ascii(value)
    return f"({text})" if " " in text or "/" in text else text


def _names(shape: tuple[Any, ...], where: str) -> list[str]:
    if len(shape) == 2:
        return ["n", f"c_{where}"]
    return ["n", f"c_{where}", *(f"{a}_{where}" for a in AXES.get(len(shape) - 2, ()))]


def _params(w: _Weighted) -> list[Term]:
    names, values = w.weights()
    terms = [_product("weights", names, values)]
    if w.bias:
        terms.append(Term("bias", "c_out", ascii(w.c_out), w.c_out))
    return terms


def _mult_adds(w: _Weighted) -> list[Term]:
    names, values = w.weights()
    more, where = w.grid()
    grid = "input" if w.transposed else "output"
    return [_product(f"each weight once at each {grid} position", names + more, values + where)]


def _flops(w: _Weighted) -> list[Term]:
    (products,) = _mult_adds(w)
    return [Term("a multiplication and an addition for each mult-add", f"2 * {products.formula}",
                 f"2 * {products.numbers}", 2 * products.value)]  # fmt: skip


def _mem_access(w: _Weighted) -> list[Term]:
    reads = _product("input read", _names(w.x, "in"), list(w.x))
    weights = [t._replace(origin=f"{t.origin} read") for t in _params(w)]
    return [reads, *weights, _product("output written", _names(w.y, "out"), list(w.y))]


def _activations(w: _Weighted) -> list[Term]:
    return [_product("output elements", _names(w.y, "out"), list(w.y))]


_RULES = {
    "params": _params,
    "buffers": lambda w: [],
    "mult_adds": _mult_adds,
    "flops": _flops,
    "mem_access": _mem_access,
    "activations": _activations,
}
