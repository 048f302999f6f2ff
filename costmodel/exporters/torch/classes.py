"""Modules that are alike -> one class, what differs between them its arguments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from itertools import count as count_from
from typing import Any

from costmodel.exporters.torch.ops import Arg
from costmodel.exporters.torch.tree import TAKEN, Leaf, Step, Unit, attribute


class Slot:
    """A place in the code of a class: an argument's name, or a value that never differs."""

    __slots__ = ("literal", "text", "value")

    def __init__(self, text: str, value: Any, literal: bool) -> None:
        self.text, self.value, self.literal = text, value, literal


class Class:
    """The modules of one structure, in the order they are first used."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.units: list[Unit] = []
        self.slots: list[Slot] = []
        self.params: list[str] = []
        self._chosen: list[int] = []  # the slot that gives each param its value

    def settle(self, classes: Classes) -> None:
        """Decide which places of the code are arguments: those where two modules differ."""
        rows = [classes.values_within(unit) for unit in self.units]
        taken = {*TAKEN, "self", *(step.name for step in self.units[0].steps)}
        known: dict[tuple[str, ...], str] = {}
        for i, (path, name) in enumerate(classes.names_within(self.units[0])):
            column = tuple(repr(row[i]) for row in rows)
            if len(set(column)) == 1:
                self.slots.append(Slot(column[0], rows[0][i], True))
                continue
            if column not in known:
                free = attribute(name if name not in taken else f"{path}_{name}", taken)
                known[column] = f"m{free}" if free[0].isdigit() else free
                taken.add(known[column])
                self.params.append(known[column])
                self._chosen.append(i)
            self.slots.append(Slot(known[column], None, False))

    def arguments(self, unit: Unit, classes: Classes) -> list[Arg]:
        """What the constructor of *unit* is given."""
        values = classes.values_within(unit)
        return [Arg(name, values[i]) for name, i in zip(self.params, self._chosen, strict=True)]


class Classes:
    """The classes that a tree of modules needs, those that others hold first."""

    def __init__(self, top: Unit, name: str) -> None:
        self._by_key: dict[Any, Class] = {}
        self._of: dict[int, Class] = {}
        self._names: set[str] = set()
        self.top = Class(self._unused(name))
        self._collect(top)
        self.all = [*self._by_key.values(), self.top]
        self._values: dict[int, list[Any]] = {}
        self._of[id(top)] = self.top
        self.top.units.append(top)
        for made in self.all:
            made.settle(self)

    def of(self, unit: Unit) -> Class | None:
        """The class of *unit*; None if it is no more than an nn.Sequential."""
        return self._of.get(id(unit))

    def _collect(self, unit: Unit) -> None:
        for step in unit.steps:
            if isinstance(step, Unit):
                self._collect(step)
                if step.block or not step.is_chain:
                    key = (step.block, self._structure(step))
                    if key not in self._by_key:
                        base = step.block or _word(step.name, unit.name)
                        self._by_key[key] = Class(self._unused(camel(base)))
                    self._by_key[key].units.append(step)
                    self._of[id(step)] = self._by_key[key]

    def _unused(self, base: str) -> str:
        stem = f"{base}_" if base[-1].isdigit() else base
        numbered = (f"{stem}{count}" for count in count_from(2))
        name = next(name for name in chain([base], numbered) if name not in self._names)
        self._names.add(name)
        return name

    def _structure(self, unit: Unit) -> Any:
        """What two modules must agree in to be of one class: all but values."""
        refs: dict[int, tuple[int, int]] = {id(t): (-1, i) for i, t in enumerate(unit.ins)}
        steps = []
        for i, step in enumerate(unit.steps):
            refs.update((id(t), (i, k)) for k, t in enumerate(step.outs))
            steps.append((step.name, self._kind(step), tuple(refs[id(t)] for t in step.ins)))
        return tuple(steps), tuple(refs[id(t)] for t in unit.outs)

    def _kind(self, step: Step) -> Any:
        if isinstance(step, Unit):
            made = self._of.get(id(step))
            return made or tuple((inner.name, self._kind(inner)) for inner in step.steps)
        if not isinstance(step, Leaf):
            raise TypeError(f"{step!r} is neither a layer nor a module")
        code = step.code
        keys = tuple((arg.key, repr(arg.default)) for arg in code.args)
        return code.module, keys, code.apply, tuple(arg.name for arg in code.values)

    # -- values ------------------------------------------------------------------------------

    def values_within(self, unit: Unit) -> list[Any]:
        """The values in the code of *unit*, in the order in which it is written."""
        if id(unit) not in self._values:
            self._values[id(unit)] = [arg.value for step in unit.steps for arg in self.args(step)]
        return self._values[id(unit)]

    def names_within(self, unit: Unit) -> Iterator[tuple[str, str]]:
        """For each of these values, the step it belongs to and what it is called there."""
        for step in unit.steps:
            for arg in self.args(step):
                yield step.name, arg.name

    def args(self, step: Step) -> list[Arg]:
        """The values in the code that makes and applies *step*."""
        if isinstance(step, Leaf):
            return [*step.code.args, *step.code.values]
        if not isinstance(step, Unit):
            return []
        made = self.of(step)
        if made is not None:
            return made.arguments(step, self)
        return [
            Arg(name, value) for (_, name), value in
            zip(self.names_within(step), self.values_within(step), strict=True)
        ]  # fmt: skip


def _word(*names: str) -> str:
    return next((name for name in names if not name.isdigit() and name), "block")


def camel(text: str) -> str:
    """*text* as the name of a class.

    >>> camel("inverted_residual"), camel("resnet50:x1_0"), camel("3d")
    ('InvertedResidual', 'Resnet50X10', 'Net3d')
    """
    words = re.split(r"[^A-Za-z0-9]+", text)
    name = "".join(word[:1].upper() + word[1:] for word in words) or "Block"
    return f"Net{name}" if name[0].isdigit() else name
