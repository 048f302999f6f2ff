"""A builder for networks whose number of repetitions is a symbol.

A part that repeats is a ``repeat`` over the symbol, or a block that calls itself with one
less.  With a number for the symbol the parts are built as ever and remembered.  With the
symbol itself a part stands as one operator that costs what is known of it; and the part at
hand is opened once: the part inside it stands as that operator, for one repetition less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from costmodel.arith import free_symbols, is_symbolic
from costmodel.arith.atoms import Symbol
from costmodel.arith.form import terms_of
from costmodel.arith.rational import is_rational
from costmodel.derive.algebra import names_in, same
from costmodel.derive.sequences import Closed
from costmodel.errors import BindingError
from costmodel.graph import Graph, Layer, Tensor
from costmodel.graph.builder import Builder
from costmodel.graph.scope import Scope
from costmodel.records import Record
from costmodel.spec.bind import Binding
from costmodel.spec.custom import FormulaOp
from costmodel.spec.expressions import Expression
from costmodel.spec.syntax import Common, Env, Item, Repeat, Spec

COSTS = ("params", "buffers", "mult_adds", "scalar_ops", "reads", "writes", "activations")


class Forms(NamedTuple):
    """What a part makes and costs, as functions of the number of repetitions."""

    shape: tuple[Closed, ...]
    costs: Mapping[str, Closed]


class Part(NamedTuple):
    """A part that repeats, as it was built."""

    path: str
    entry: Tensor
    exit: Tensor
    layers: tuple[Layer, ...]


class Inner(NamedTuple):
    """A part inside the part, and what stands for each symbol of the part's input there."""

    layer: Layer
    moved: Mapping[str, Any]


class _Inside(NamedTuple):
    """The part that is being built; an empty counter where it is a ``repeat``."""

    block: str
    counter: str
    env: Mapping[str, Any]
    entry: Tensor


class _Built(Exception):  # noqa: N818  # not an error: no more is wanted
    pass


class Unroller(Builder):
    """Builds a network, one operator for each part that *known* has forms of.

    The part number *opened* is opened once, and the building ends with it.
    """

    def __init__(
        self, spec: Spec, binding: Binding, variable: str, known: tuple[Forms, ...] = (),
        opened: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(spec, binding)
        self.variable, self.known, self.opened = variable, known, opened
        self.parts: list[Part] = []
        self.inner: list[Inner] = []
        self._inside: _Inside | None = None

    def graph(self, variant: str | None) -> Graph:
        """The network; up to the opened part, if one is."""
        try:
            return self.run(variant)
        except _Built:
            inputs = tuple({t: None for x in self.layers for t in x.inputs if t.maker is None})
            return Graph(self.spec, self.binding, variant, inputs, tuple(self.layers),
                         self.parts[-1].exit, tuple(self.conditions))  # fmt: skip

    def item(self, item: Item, scope: Scope, current: Tensor) -> Tensor:
        if not isinstance(item, Repeat) or self._inside or item.times.names != {self.variable}:
            return super().item(item, scope, current)
        times, name = item.times.evaluate(scope.env), scope.label(item.common, "repeat")
        path, inside = scope.path(name), _Inside(name, "", {}, current)
        if is_rational(times):
            return self._part(path, inside, lambda: self._rounds(item, scope, path, current, times))

        def once_more() -> Tensor:
            return self._round(
                item, scope, path, self._stand(path, current, item.common), times - 1
            )

        return self._symbolic(path, inside, item.common, once_more)

    def _rounds(self, item: Repeat, scope: Scope, path: str, current: Tensor, times: int) -> Tensor:
        for i in range(times):
            current = self._round(item, scope, path, current, i)
        return current

    def _round(self, item: Repeat, scope: Scope, path: str, current: Tensor, i: Any) -> Tensor:
        self.step(item.common.mark)
        env = self._apart(scope.env) if is_symbolic(i) else {**scope.env}
        env |= {} if item.counter is None else {item.counter: i}
        return self.body(item.body, Scope(scope, f"{path}/{i}", env), current)

    def block(
        self, name: str, args: Mapping[str, Any], common: Common, scope: Scope, path: str,
        current: Tensor,
    ) -> Tensor:  # fmt: skip
        block = self.spec.blocks[name]
        if self._inside:
            if self._inside.block != name or self.opened is None:
                return super().block(name, args, common, scope, path, current)
            self._check(name, self._block_env(block, args, scope.env, current))
            return self._stand(path, current, common)
        rules = {key: args[key] for key in block.args if isinstance(args.get(key), Expression)}
        counter = next((k for k, rule in rules.items() if rule.names == {self.variable}), None)
        if counter is None or name not in set(_words(block.body)):
            return super().block(name, args, common, scope, path, current)
        env = self._block_env(block, args, scope.env, current)
        given = {key: env[key] for key in block.args}
        inside = _Inside(name, counter, given, current)

        def once() -> Tensor:
            return super(Unroller, self).block(name, given, common, scope, path, current)

        if is_rational(env[counter]):
            return self._part(path, inside, once)
        return self._symbolic(path, inside, common, once)

    def _check(self, name: str, env: Mapping[str, Any]) -> None:
        """Refuse a call of the block by itself with other arguments than one repetition less."""
        inside: Any = self._inside
        for key, value in inside.env.items():
            wanted = value - 1 if key == inside.counter else value
            if env[key] != wanted:
                raise BindingError(f"{name} calls itself with {key} = {env[key]}, not {wanted}")

    def _part(self, path: str, inside: _Inside, build: Callable[[], Tensor]) -> Tensor:
        self._inside, start, values = inside, len(self.layers), dict(self.values)
        if any(self.variable in names_in(dim) for dim in inside.entry.shape):
            raise BindingError(f"what goes into {path} depends on {self.variable}")
        kept = self._apart(self.values)
        self.values.clear()
        self.values.update(kept)
        end = build()
        self.values.update(values)
        self._inside = None
        self.parts.append(Part(path, inside.entry, end, tuple(self.layers[start:])))
        return end

    def _apart(self, env: Env) -> Env:
        """*env* without what depends on the symbol: one round is to cost the same in all."""
        return {key: v for key, v in env.items() if self.variable not in free_symbols(v)}

    def _symbolic(
        self, path: str, inside: _Inside, common: Common, build: Callable[[], Tensor]
    ) -> Tensor:
        if self.opened == len(self.parts):
            self._part(path, inside, build)
            raise _Built
        return self._part(path, inside, lambda: self._stand(path, inside.entry, common))

    def _stand(self, path: str, current: Tensor, common: Common) -> Tensor:
        """One operator for the part on *current*, costing what its forms say."""
        forms = self.known[len(self.parts)]
        moved = self._moved(current)
        shape = tuple(c.put(moved).after() for c in forms.shape)
        costs = tuple((key, forms.costs[key].put(moved).after()) for key in COSTS)
        op = FormulaOp(name=path.rpartition("/")[2], inputs=1, shape=shape, costs=costs)
        op.__dict__.update(kind="repeated", weighted=True)
        layer = Layer(path, op, (current,), shape, common.mark, False)
        self.layers.append(layer)
        self.inner.append(Inner(layer, moved))
        return layer.output

    def _moved(self, current: Tensor) -> dict[str, Any]:
        """What stands for each symbol of the part's input in *current*.

        The forms hold for every input only if nothing else depends on that symbol.
        """
        entry = self._inside.entry.shape if self._inside else current.shape
        moved = {}
        for own, here in zip(entry, current.shape, strict=True):
            if same(own, here):
                continue
            name = _name(own)
            others = sum(name in names_in(dim) for dim in entry)
            if name is None or others > 1 or name in self._used():
                raise BindingError(f"the part inside starts from {here} where the whole has {own}",
                                   hint="give the input a symbol of its own there")  # fmt: skip
            moved[name] = here
        return moved

    def _used(self) -> set[str]:
        """The names that blocks use, and those that params hide."""
        return set(_words((*self.spec.blocks.values(), *self.spec.params.values())))


def _name(dim: Any) -> str | None:
    """The name of a bare symbol."""
    terms = terms_of(dim)
    if list(terms.values()) == [1]:
        (monomial,) = terms
        if len(monomial) == 1 and isinstance(monomial[0][0], Symbol) and monomial[0][1] == 1:
            return monomial[0][0].name
    return None


def _words(part: Any) -> Iterator[str]:
    """Every name in the expressions and calls of a part of a spec."""
    if isinstance(part, Expression):
        yield from part.names
    elif isinstance(part, str):
        yield part
    elif isinstance(part, Record):
        yield from _words(tuple(part.__dict__.values()))
    elif isinstance(part, Mapping):
        yield from _words(tuple(part.values()))
    elif isinstance(part, tuple):
        for item in part:
            yield from _words(item)
