"""Classes -> Python source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from costmodel.exporters.torch.classes import Class, Classes, Slot
from costmodel.exporters.torch.ops import PLAIN, Arg
from costmodel.exporters.torch.tree import Leaf, Step, Unit
from costmodel.graph import Tensor

WIDTH = 96
INDENT = "    "
FOLLOWERS = ("norm", "activation")  # may stand on one line with the layer before them
LETTERS = "xyzuvwabcde"


def class_text(made: Class, classes: Classes, ties: Sequence[str] = ()) -> list[str]:
    """The lines of one class; *ties* come at the end of its constructor."""
    unit, slots = made.units[0], iter(made.slots)
    init = [f"self.{name} = {name}" for name in _kept(made, classes)]
    forward = _Forward(unit)
    for step in unit.steps:
        code = _Writer(classes, slots, len(INDENT) * 2)
        init += code.member(step)
        forward.add(step, code.applied)
    body = ["super().__init__()", *init, *ties]
    names = ", ".join(["self", *made.params])
    return [
        f"class {made.name}(nn.Module):",
        *_indented([f"def __init__({names}):"], 1),
        *_indented(body, 2),
        "",
        *_indented([f"def forward({', '.join(['self', *forward.given])}):"], 1),
        *_indented(forward.lines(), 2),
    ]


def _indented(lines: Sequence[str], levels: int) -> list[str]:
    return [INDENT * levels + line for line in lines]


def _kept(made: Class, classes: Classes) -> list[str]:
    """The arguments that the forward pass needs, not only the constructor."""
    kept: dict[str, None] = {}
    place = 0
    for step in made.units[0].steps:
        count = len(classes.args(step))
        if isinstance(step, Leaf):
            own = made.slots[place + len(step.code.args) : place + count]
            kept.update((slot.text, None) for slot in own if not slot.literal)
        place += count
    return list(kept)


class _Writer:
    """Writes one member of a class, taking the slots of its code one after the other."""

    def __init__(self, classes: Classes, slots: Iterator[Slot], column: int) -> None:
        self.classes, self.slots, self.column = classes, slots, column
        self.applied: dict[str, str] = {}  # name of a value -> its text in the forward pass

    def member(self, step: Step) -> list[str]:
        """The lines of the constructor that make *step*."""
        target = f"self.{step.name} = "
        made = self.made(step, self.column + len(target))
        if not made:
            return []
        if step.name.isdigit():
            return f'self.add_module("{step.name}", {made})'.split("\n")
        return f"{target}{made}".split("\n")

    def made(self, step: Step, column: int) -> str:
        """The expression that makes *step*; lines after its first are indented to match."""
        if isinstance(step, Leaf):
            args = self._given(step.code.args)
            for arg in step.code.values:
                slot = next(self.slots)
                self.applied[arg.name] = slot.text if slot.literal else f"self.{slot.text}"
            return _call(step.code.module, args, column) if step.code.module else ""
        if not isinstance(step, Unit):
            return ""
        found = self.classes.of(step)
        if found is None:
            return self._sequential(step, column)
        texts = [next(self.slots).text for _ in found.params]
        if len(texts) > 3:
            texts = [f"{name}={text}" for name, text in zip(found.params, texts, strict=True)]
        return _call(found.name, texts, column)

    def _given(self, args: Sequence[Arg]) -> list[str]:
        texts = []
        for arg in args:
            slot = next(self.slots)
            if slot.literal and arg.default is not ... and _same(slot.value, arg.default):
                continue
            texts.append(f"{arg.key}={slot.text}" if arg.key else slot.text)
        return texts

    def _sequential(self, unit: Unit, column: int) -> str:
        names = [step.name for step in unit.steps]
        made = [self.made(step, column + len(INDENT)) for step in unit.steps]
        if names == [str(i) for i in range(len(names))]:
            return _call("nn.Sequential", list(_runs(made)), column)
        if not any(name.isdigit() for name in names):
            named = [f"{name}={text}" for name, text in zip(names, made, strict=True)]
            return _call("nn.Sequential", [_call("OrderedDict", named, column)], column)
        pairs = [f'("{name}", {text})' for name, text in zip(names, made, strict=True)]
        inner = _call("OrderedDict", ["[" + ", ".join(pairs) + "]"], column)
        return _call("nn.Sequential", [inner], column)


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _runs(texts: Sequence[str]) -> Iterator[str]:
    """The texts, equal ones in a row as one."""
    for text, group in groupby(texts):
        times = len(list(group))
        if times < 3:
            yield from [text] * times
        else:
            yield f"*({text} for _ in range({times}))"


def _call(function: str, args: Sequence[str], column: int) -> str:
    line = f"{function}({', '.join(args)})"
    if len(args) < 2 or ("\n" not in line and column + len(line) <= WIDTH):
        return line
    if not function.endswith(("Sequential", "OrderedDict")):
        return f"{function}(\n{INDENT}{', '.join(args)}\n)"
    inner = [f"{INDENT}{line}" for arg in args for line in f"{arg},".split("\n")]
    return "\n".join([f"{function}(", *inner, ")"])


class _Forward:
    """The body of a forward pass; a variable is used again once its tensor is."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.given = list(LETTERS[: len(unit.ins)])
        if len(unit.ins) > len(LETTERS):
            self.given = [f"x{i}" for i in range(len(unit.ins))]
        self.names = {id(t): name for t, name in zip(unit.ins, self.given, strict=True)}
        self.last: dict[int, int] = {}
        for i, step in enumerate(unit.steps):
            self.last.update((id(t), i) for t in step.ins)
        self.last.update((id(t), len(unit.steps)) for t in unit.outs)
        self.statements: list[tuple[list[str], str]] = []
        self.place = 0

    def add(self, step: Step, values: dict[str, str]) -> None:
        """The statement that applies *step*."""
        ins = [self.names[id(t)] for t in step.ins]
        module = f"self.{step.name}"
        if step.name.isdigit():
            module = f'self.get_submodule("{step.name}")'
        apply = step.code.apply if isinstance(step, Leaf) else "{m}({all})"
        previous = self.statements[-1] if self.statements else None
        alive = {id(t) for t, at in self._live(self.place)}
        dead = [t for t in step.ins if id(t) not in alive]
        outs = self._named(step.outs, dead)
        self.place += 1
        follows = isinstance(step, Leaf) and step.layer.op.family in FOLLOWERS
        if previous and follows and apply == PLAIN and previous[0] == ins == outs:
            text = f"{module}({previous[1]})"
            if len(text) <= WIDTH - 16:
                self.statements[-1] = (outs, text)
                return
        text = apply.format(*ins, m=module, all=", ".join(ins), **values)
        self.statements.append((outs, text))

    def _live(self, place: int) -> Iterator[tuple[Tensor, int]]:
        seen = [*self.unit.ins, *(t for step in self.unit.steps[:place] for t in step.outs)]
        return ((t, self.last.get(id(t), -1)) for t in seen if self.last.get(id(t), -1) > place)

    def _named(self, outs: Sequence[Tensor], dead: Sequence[Tensor]) -> list[str]:
        used = {self.names[id(t)] for t, _ in self._live(self.place)}
        wished = [self.names[id(t)] for t in dead]
        fresh = (name for name in [*LETTERS, *(f"t{i}" for i in range(100_000))])
        chosen: list[str] = []
        for tensor in outs:
            while wished and wished[0] in used:
                wished.pop(0)
            name = wished.pop(0) if wished else next(n for n in fresh if n not in used)
            used.add(name)
            self.names[id(tensor)] = name
            chosen.append(name)
        return chosen

    def lines(self) -> list[str]:
        """The statements and what is returned."""
        ends = [self.names[id(t)] for t in self.unit.outs]
        lines = [f"{', '.join(outs)} = {text}" for outs, text in self.statements]
        if self.statements and self.statements[-1][0] == ends:
            return [*lines[:-1], f"return {self.statements[-1][1]}"]
        return [*lines, f"return {', '.join(ends)}"]
