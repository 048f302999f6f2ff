"""What a spec says, as plain records: every value still an expression, every name a word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from costmodel.errors import Mark, Source
from costmodel.ops import Op
from costmodel.profiles import Written
from costmodel.records import Record
from costmodel.spec.expressions import Expression
from costmodel.spec.reader import Map, Node, read_source

Value: TypeAlias = "Expression | bool | str | tuple[Any, ...] | None"
Env: TypeAlias = dict[str, Any]
NOTHING: Mapping[str, Value] = {}


class Ref(Record):
    """The name of an earlier output, and where it was written."""

    name: str
    mark: Mark

    def __init__(self, name: str, mark: Mark) -> None:  # of the records of a layer there are many
        mine = self.__dict__
        mine["name"], mine["mark"] = name, mark


class Common(Record):
    """The keys that every layer may have."""

    mark: Mark
    name: str | None = None
    sources: tuple[Ref, ...] | None = None
    repeat: Expression | None = None
    first: Mapping[str, Value] = NOTHING  # arguments of the first repetition, over the usual ones
    when: Expression | None = None
    share: str | None = None

    def __init__(
        self, mark: Mark, name: str | None = None, sources: tuple[Ref, ...] | None = None,
        repeat: Expression | None = None, first: Mapping[str, Value] = NOTHING,
        when: Expression | None = None, share: str | None = None,
    ) -> None:  # fmt: skip
        mine = self.__dict__
        mine["mark"], mine["name"], mine["sources"], mine["repeat"] = mark, name, sources, repeat
        mine["first"], mine["when"], mine["share"] = first, when, share


class CustomOp(Record):
    """An operator defined in the spec by its formulas."""

    name: str
    mark: Mark
    args: Mapping[str, Value]  # name -> default, or REQUIRED
    shape: tuple[Expression, ...]
    costs: Mapping[str, Expression]
    inputs: int


class Call(Record):
    """One use of an operator or of a block."""

    common: Common
    target: type[Op] | CustomOp | str  # a string names a block
    kind: str
    args: Mapping[str, Value]

    def __init__(
        self, common: Common, target: type[Op] | CustomOp | str, kind: str,
        args: Mapping[str, Value],
    ) -> None:  # fmt: skip
        mine = self.__dict__
        mine["common"], mine["target"], mine["kind"], mine["args"] = common, target, kind, args


class Arm(Record):
    """One branch: its name and its layers."""

    name: str
    mark: Mark
    body: tuple[Item, ...]


class Branches(Record):
    """Parallel branches and how their outputs join."""

    common: Common
    join: type[Op]
    args: Mapping[str, Value]
    arms: tuple[Arm, ...]


class Split(Record):
    """A cut along the channels into named parts."""

    common: Common
    parts: Value
    sizes: tuple[Value, ...] | None
    names: tuple[Ref, ...]


class Repeat(Record):
    """A body repeated; ``counter`` names the repetition's number, from 0, in expressions."""

    common: Common
    times: Expression
    counter: str | None
    body: tuple[Item, ...]


class Row(Record):
    """One line of a stage table."""

    mark: Mark
    name: str | None
    first: tuple[str, Mark]  # the block of the first repetition
    rest: tuple[str, Mark]
    repeat: Expression | None
    values: Mapping[str, Value]


class Stages(Record):
    """A table of stages, each a block repeated."""

    common: Common
    rows: tuple[Row, ...]
    args: Mapping[str, Value]  # arguments every row shares, over its columns
    first: Mapping[str, Value]


Item: TypeAlias = "Call | Branches | Split | Repeat | Stages"


class Block(Record):
    """A parametrised template."""

    name: str
    mark: Mark
    args: Mapping[str, Value]  # name -> default, or REQUIRED
    let: Mapping[str, Expression]
    require: tuple[Expression, ...]
    body: tuple[Item, ...]


class SymbolDecl(Record):
    """A declared symbol: default (None keeps it free) and domain."""

    name: str
    mark: Mark
    default: Expression | None = None
    multiple_of: int = 1
    minimum: int = 1
    maximum: int | None = None


class Spec(Record):
    """A whole document; nothing in it is evaluated yet."""

    path: str
    model: str
    about: str
    source: str
    symbols: Mapping[str, SymbolDecl]
    params: Mapping[str, Expression]
    reals: frozenset[str]  # params that need not be integers
    variants: Mapping[str, Mapping[str, Expression]]
    inputs: Mapping[str, tuple[Expression, ...]]
    input_marks: Mapping[str, Mark]
    blocks: Mapping[str, Block]
    ops: Mapping[str, CustomOp]
    body: tuple[Item, ...]
    read_claims: Node | None
    assume: Assume
    root: Map
    unread_claims: Source | None = None

    @property
    def claims(self) -> Node | None:
        """The published numbers, as written; most runs never read them."""
        if self.unread_claims is None:
            return self.read_claims
        section = read_source(self.unread_claims)
        return section.items["claims"] if isinstance(section, Map) else None


class Assume(Record):
    """What the document takes for granted: element type, fused ops, conditions, code."""

    dtype: str = "float32"
    fuse: frozenset[str] = frozenset()
    require: tuple[Expression, ...] = ()
    written: tuple[Written, ...] = ()  # how the code behind the network writes its layers


def resolve(value: Value, env: Mapping[str, Any]) -> Any:
    """*value* with its expressions evaluated."""
    if isinstance(value, Expression):
        return value.evaluate(env)
    if isinstance(value, tuple):
        return tuple([resolve(v, env) for v in value])
    return value
