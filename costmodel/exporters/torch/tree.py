"""Layers by their paths -> a tree of modules: who holds whom, and what flows in and out."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Any

from costmodel.exporters import Traced
from costmodel.exporters.torch.ops import PLAIN, Arg, Code, code_of
from costmodel.graph import Layer, Tensor

# What nn.Module itself has, which a layer of that name would hide.
TAKEN = frozenset({
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children",
    "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward",
    "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu",
    "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules",
    "named_parameters", "parameters", "register_buffer", "register_module", "register_parameter",
    "requires_grad_", "set_extra_state", "set_submodule", "share_memory", "state_dict", "to",
    "to_empty", "train", "training", "type", "xpu", "zero_grad",
})  # fmt: skip


class Step:
    """One thing that a module does: its name there, the tensors it takes and makes."""

    def __init__(self, name: str, ins: Sequence[Tensor], outs: Sequence[Tensor]) -> None:
        self.name, self.ins, self.outs = name, tuple(ins), tuple(outs)


class Leaf(Step):
    """A layer, or the slices of a split, as code."""

    def __init__(self, name: str, layer: Layer, code: Code, outs: Sequence[Tensor]) -> None:
        super().__init__(name, layer.inputs, outs)
        self.layer, self.code = layer, code

    @property
    def is_plain(self) -> bool:
        """Whether it is a module applied to its one input."""
        return self.code.module != "" and self.code.apply == PLAIN


class Unit(Step):
    """A module that holds others; ``block`` is the block of the spec that it was made by."""

    def __init__(
        self,
        name: str,
        steps: Sequence[Step],
        ins: Sequence[Tensor],
        outs: Sequence[Tensor],
        block: str = "",
    ) -> None:
        super().__init__(name, ins, outs)
        self.steps, self.block = tuple(steps), block

    @property
    def is_chain(self) -> bool:
        """Whether each step is a module that takes just what the one before it makes."""
        current = self.ins
        for step in self.steps:
            plain = isinstance(step, Unit) or (isinstance(step, Leaf) and step.is_plain)
            if len(current) != 1 or step.ins != current or not plain:
                return False
            current = step.outs
        return len(current) == 1 and current == self.outs


def grow(traced: Traced) -> tuple[Unit, dict[str, str]]:
    """The tree of modules, and the name that each layer's path has in it, with dots."""
    grower = _Grower(traced)
    return grower.unit("", 0, len(traced.layers), 0), grower.names


class _Grower:
    def __init__(self, traced: Traced) -> None:
        self.traced, self.names = traced, dict[str, str]()
        self.parts = [layer.path.split("/") for layer in traced.layers]
        self.made = {id(layer.output): i for i, layer in enumerate(traced.layers)}
        self.last: dict[int, int] = {}
        for i, layer in enumerate(traced.layers):
            self.last.update((id(tensor), i) for tensor in layer.inputs)
        self.last.update((id(tensor), len(traced.layers)) for tensor in traced.outputs)

    def unit(self, prefix: str, start: int, end: int, depth: int) -> Unit:
        """The module of the layers from *start* up to *end*, whose paths agree to *depth*."""
        steps: list[Step] = []
        used = set(TAKEN)
        i = start
        while i < end:
            parts, first = self.parts[i], i
            is_leaf = len(parts) == depth + 1
            while i < end and not is_leaf and self._together(parts, self.parts[i], depth):
                i += 1
            i = max(i, first + 1)
            name = attribute(parts[depth], used)
            used.add(name)
            path = f"{prefix}.{name}" if prefix else name
            if is_leaf:
                layer = self.traced.layers[first]
                self.names[layer.path] = path
                steps.append(Leaf(name, layer, code_of(layer), [layer.output]))
            else:
                inner = self.unit(path, first, i, depth + 1)
                steps.append(_as_split(inner) or inner)
        if not prefix:
            return Unit("", steps, self.traced.inputs, self.traced.outputs)
        block = self.traced.calls.get("/".join(self.parts[start][:depth]), "")
        ins, outs = self._between(start, end)
        return Unit(prefix.rpartition(".")[2], steps, ins, outs, block)

    @staticmethod
    def _together(a: list[str], b: list[str], depth: int) -> bool:
        return len(b) > depth + 1 and a[depth] == b[depth]

    def _between(self, start: int, end: int) -> tuple[list[Tensor], list[Tensor]]:
        """What the layers from *start* up to *end* take from before and give to after them."""
        layers = self.traced.layers[start:end]
        ins = {id(t): t for layer in layers for t in layer.inputs}
        outside = [t for key, t in ins.items() if self.made.get(key, -1) < start]
        made = [layer.output for layer in layers]
        return outside, [t for t in made if self.last.get(id(t), -1) >= end]


def _as_split(unit: Unit) -> Leaf | None:
    """The slices of one tensor that together are all of it, as one step."""
    leaves = [step for step in unit.steps if isinstance(step, Leaf)]
    if len(leaves) < len(unit.steps) or len(unit.outs) < len(leaves) or len(unit.ins) > 1:
        return None
    ops: list[Any] = [leaf.layer.op for leaf in leaves]
    place, sizes = 0, []
    for op in ops:
        if op.kind != "slice" or (op.axis, op.step, op.start) != (1, 1, place):
            return None
        if not isinstance(op.stop, int):
            return None
        place, size = op.stop, op.stop - op.start
        sizes.append(size)
    if place != unit.ins[0].shape[1]:
        return None
    equal = len(set(sizes)) == 1
    values = () if equal else (Arg("sizes", tuple(sizes)),)
    apply = f"{{0}}.chunk({len(sizes)}, 1)" if equal else "{0}.split({sizes}, 1)"
    return Leaf(unit.name, leaves[0].layer, Code(apply=apply, values=values), unit.outs)


def attribute(name: str, used: set[str] | frozenset[str]) -> str:
    """*name* as that of an attribute, different from those *used*.

    >>> attribute("conv1.a-b", set()), attribute("half", TAKEN), attribute("0", {"0"})
    ('conv1_a_b', 'half_', 'm0')
    """
    clean = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    if clean.startswith("__") or (clean[0].isdigit() and not clean.isdigit()):
        clean = f"m{clean}"
    while clean in used or keyword.iskeyword(clean):
        clean = f"m{clean}" if clean.isdigit() else f"{clean}_"
    return clean
