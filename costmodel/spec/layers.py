"""Nodes -> layers: the bodies of blocks and of the network, checked against what they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from costmodel.errors import Mark, SpecError, UnknownNameError, nearest
from costmodel.ops import OPS, REQUIRED, Op
from costmodel.spec.expressions import Expression, parse
from costmodel.spec.reader import Map, Node, Scalar, Seq, as_identifier, as_name, is_null
from costmodel.spec.reader_nodes import check_name
from costmodel.spec.syntax import (
    Arm,
    Branches,
    Call,
    Common,
    CustomOp,
    Item,
    Ref,
    Repeat,
    Split,
    Value,
)

COMMON = ("name", "from", "repeat", "first", "when", "share")
JOINS = ("add", "concat", "multiply", "mean")
COUNTS = ("Dim", "Pair", "Padding")  # annotations of fields that hold whole numbers
SINGLE = ("Dim",)
BOOLS = {"true": True, "false": False}


def expression(node: Node) -> Expression:
    """The expression a scalar holds."""
    if not isinstance(node, Scalar) or is_null(node):
        raise SpecError(f"a number or an expression belongs here, not {node.kind}", node.mark)
    return parse(node.text, node.mark.shifted(1) if node.quoted else node.mark)


def number(node: Node) -> Expression:
    """The expression a scalar holds, which must not be a condition."""
    rule = expression(node)
    if rule.is_condition:
        raise SpecError(f"a condition, {rule.text}, is not a number", rule.mark)
    return rule


def value(
    node: Node, words: Collection[str] = (), lists: bool = True, switches: bool = True
) -> Value:
    """An argument: one of *words* or an expression.

    If *lists*, a list of these too; if *switches*, also true, false or a condition.
    """
    if isinstance(node, Seq):
        if not lists:
            raise SpecError("one number belongs here, not a list", node.mark)
        return tuple(value(item, words, lists, switches) for item in node.items)
    if isinstance(node, Scalar) and node.text in words:
        return node.text
    if not switches:
        return number(node)
    if isinstance(node, Scalar) and node.text in BOOLS and not node.quoted:
        return BOOLS[node.text]
    return expression(node)


def mapping(node: Node, what: str) -> Map:
    """*node* if it is a mapping."""
    if not isinstance(node, Map):
        raise SpecError(f"{what} is a mapping of names to values, not {node.kind}", node.mark)
    return node


def sequence(node: Node, what: str) -> Seq:
    """*node* if it is a list."""
    if not isinstance(node, Seq):
        raise SpecError(f"{what} is a list, not {node.kind}", node.mark)
    return node


def reject_unknown_keys(node: Map, known: Collection[str], what: str) -> None:
    """SpecError at the first key that *what* does not have."""
    for key, mark in node.keys.items():
        if key not in known:
            raise SpecError(f"{what} has no key {key!r}", mark, nearest(key, known))


class LayerReader:
    """Reads layers, given the names of the blocks and operators that the document defines."""

    def __init__(self, blocks: Mapping[str, Mapping[str, Value]], ops: Mapping[str, CustomOp]):
        self.blocks, self.ops = blocks, ops

    def body(self, node: Node, what: str = "layers") -> tuple[Item, ...]:
        """A list of layers."""
        return tuple([self.item(entry) for entry in sequence(node, what).items])

    def item(self, node: Node) -> Item:
        """One layer: ``op`` or ``{op: {arguments}}``."""
        if isinstance(node, Scalar):
            return self._call(as_name(node, "a layer"), node.mark, None)
        entry = mapping(node, "a layer")
        if len(entry.items) != 1:
            raise SpecError(
                f"a layer has one key, its operator or block; this has {len(entry.items)}",
                entry.mark,
                "arguments go inside: {conv: {out: 64, kernel: 3, name: stem}}",
            )
        ((kind, argument),) = entry.items.items()
        structure = getattr(self, f"_{kind}", None) if kind in STRUCTURES else None
        if structure is not None:
            made: Item = structure(mapping(argument, kind), entry.keys[kind])
            return made
        arguments = None if is_null(argument) else mapping(argument, f"what {kind} is given")
        return self._call(kind, entry.keys[kind], arguments)

    def structural(self, node: Map, mark: Mark, kind: str) -> Common:
        """The keys that items made of other items may have."""
        for key in ("repeat", "first", "share"):
            if key in node.items and not (kind == "stages" and key == "first"):
                raise SpecError(f"{kind} takes no {key}", node.keys[key],
                                "put the items into a block, and that on the block")  # fmt: skip
        known = {k: v for k, v in node.items.items() if k != "first"}
        return self.common(Map(known, node.keys, node.mark), mark)

    def common(self, node: Map | None, mark: Mark) -> Common:
        """The keys every layer may have, taken from its arguments."""
        if node is None or not any(key in node.items for key in COMMON):
            return Common(mark)
        get = node.items.get
        name, share, sources = get("name"), get("share"), get("from")
        repeat, when, first = get("repeat"), get("when"), get("first")
        if first is not None and repeat is None:
            raise SpecError("first goes with repeat", node.keys["first"])
        return Common(
            mark,
            name=as_name(name, "a layer's name") if name is not None else None,
            sources=self._refs(sources) if sources is not None else None,
            repeat=number(repeat) if repeat is not None else None,
            first=self.values(first, "first") if first is not None else {},
            when=expression(when) if when is not None else None,
            share=as_name(share, "share") if share is not None else None,
        )

    def values(self, node: Node, what: str) -> Mapping[str, Value]:
        """A mapping of names to arguments."""
        return {key: value(item) for key, item in mapping(node, what).items.items()}

    def _refs(self, node: Node) -> tuple[Ref, ...]:
        items = node.items if isinstance(node, Seq) else [node]
        return tuple([Ref(as_name(item, "the name of a layer"), item.mark) for item in items])

    def _call(self, kind: str, mark: Mark, node: Map | None) -> Call:
        common = self.common(node, mark)
        given = {} if node is None else {k: v for k, v in node.items.items() if k not in COMMON}
        if kind in self.blocks or kind in self.ops:
            known = self.blocks[kind] if kind in self.blocks else self.ops[kind].args
            args: dict[str, Value] = {key: value(item) for key, item in given.items()}
            missing = {k for k, default in known.items() if default is REQUIRED}
            missing -= {*args, *common.first} if common.repeat is not None else args.keys()
            self._complete(kind, mark, node, known, missing)
            for key in common.first:
                if key not in known and node is not None:
                    raise SpecError(f"{kind} has no key {key!r}", node.keys["first"])
            target = kind if kind in self.blocks else self.ops[kind]
            return Call(common, target, kind, args)
        op = self._op(kind, mark)
        missing = {k for k, default in op.fields.items() if default is REQUIRED} - given.keys()
        self._complete(kind, mark, node, op.fields, missing)
        words, notes = op.choices, op.notes
        args = {
            key: value(item, words.get(key, ()), notes[key] not in SINGLE, notes[key] not in COUNTS)
            for key, item in given.items()
        }
        return Call(common, op, kind, args)

    def _op(self, kind: str, mark: Mark) -> type[Op]:
        if kind in OPS:
            return OPS[kind]
        known = [*OPS, *self.blocks, *self.ops, *STRUCTURES]
        raise UnknownNameError("op or block", kind, known, mark)

    def _complete(
        self, kind: str, mark: Mark, node: Map | None, known: Mapping[str, Any], missing: set[str]
    ) -> None:
        if node is not None:
            for key, where in node.keys.items():
                if key not in known and key not in COMMON:
                    raise SpecError(f"{kind} has no key {key!r}", where, nearest(key, known))
        if missing:
            raise SpecError(
                f"{kind} needs {', '.join(sorted(missing))}",
                mark,
                f"{kind} takes {', '.join(known)}",
            )

    def _branches(self, node: Map, mark: Mark) -> Branches:
        if "join" not in node.items:
            raise SpecError("branches needs join", mark, "join: add, concat, multiply or mean")
        join = as_name(node.items["join"], "join")
        if join not in JOINS:
            raise SpecError(
                f"branches cannot join by {join!r}", node.items["join"].mark, nearest(join, JOINS)
            )
        arms = [
            Arm(check_name(key, node.keys[key], "a branch"), node.keys[key], self.body(item, key))
            for key, item in node.items.items()
            if key not in COMMON and key not in ("join", "axis")
        ]
        if len(arms) < 2:
            raise SpecError(f"branches needs at least two branches, not {len(arms)}", mark)
        axis = node.items.get("axis")
        args: dict[str, Value] = {"axis": expression(axis)} if axis is not None else {}
        return Branches(self.structural(node, mark, "branches"), OPS[join], args, tuple(arms))

    def _split(self, node: Map, mark: Mark) -> Split:
        reject_unknown_keys(node, ("parts", "names", "sizes", *COMMON), "split")
        if "names" not in node.items or ("parts" in node.items) == ("sizes" in node.items):
            raise SpecError("split needs names, and either parts or sizes", mark)
        names = self._refs(sequence(node.items["names"], "names"))
        sizes = node.items.get("sizes")
        return Split(
            self.structural(node, mark, "split"),
            parts=number(node.items["parts"]) if sizes is None else None,
            sizes=tuple(number(n) for n in sequence(sizes, "sizes").items) if sizes else None,
            names=names,
        )

    def _repeat(self, node: Map, mark: Mark) -> Repeat:
        reject_unknown_keys(node, ("times", "layers", "index", *COMMON), "repeat")
        for key in ("times", "layers"):
            if key not in node.items:
                raise SpecError(f"repeat needs {key}", mark)
        index = node.items.get("index")
        return Repeat(
            self.structural(node, mark, "repeat"),
            number(node.items["times"]),
            as_identifier(index, "index") if index is not None else None,
            self.body(node.items["layers"]),
        )

    def _stages(self, node: Map, mark: Mark) -> Item:
        from costmodel.spec.stages import read_stages

        return read_stages(self, node, mark)


STRUCTURES = ("branches", "split", "repeat", "stages")
