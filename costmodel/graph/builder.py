"""Walk the items of a spec in order, evaluate their arguments, make layers of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from costmodel.arith import Condition, Dim, is_symbolic
from costmodel.errors import CostModelError, LimitError, Mark, ShapeError, SpecError
from costmodel.graph import Graph, Layer, Tensor, shape_text
from costmodel.graph.repetition import MOST_STEPS, repeated
from costmodel.graph.scope import Scope
from costmodel.graph.values import Stated, as_usual, check_whole, env_at
from costmodel.ops import REQUIRED, Op, Shape
from costmodel.spec.bind import Binding
from costmodel.spec.custom import FormulaOp
from costmodel.spec.expressions import Expression
from costmodel.spec.syntax import Block, Call, Common, CustomOp, Env, Item, Spec, Value, resolve

DEEPEST = 64  # blocks within blocks


class Builder:
    """Makes one Graph."""

    def __init__(self, spec: Spec, binding: Binding) -> None:
        self.spec, self.binding = spec, binding
        self.layers: list[Layer] = []
        self.conditions: dict[Condition, None] = {}
        self.values: Env = {}
        self.top = Scope(None, "", self.values)
        self._steps = 0
        self.runs: Dim = 1  # how often the layers at hand run
        self._shared: dict[str, Dim] = {}
        self._made: dict[Any, tuple[Op, Shape]] = {}  # (class, arguments, shapes) -> checked op

    def run(self, variant: str | None) -> Graph:
        """The whole network."""
        self.values.update((name, self.binding[name]) for name in self.binding)
        self.require(self.spec.assume.require, self.values)
        if not self.spec.inputs:
            raise SpecError(f"{self.spec.model} has no layers", self.spec.root.mark)
        inputs = {}
        for name, dims in self.spec.inputs.items():
            shape = tuple([self.extent(dim, self.values) for dim in dims])
            inputs[name] = Tensor(shape, None)
        first = next(iter(inputs.values()))
        self.top.tensors.update({"input": first, **inputs})
        end = self.body(self.spec.body, self.top, first)
        return Graph(
            self.spec,
            self.binding,
            variant,
            tuple(inputs.values()),
            tuple(self.layers),
            end,
            tuple(self.conditions),
        )

    def body(self, items: tuple[Item, ...], scope: Scope, current: Tensor) -> Tensor:
        """Run *items* one after the other from *current*; the last one's output."""
        for item in items:
            current = self.item(item, scope, current)
        return current

    def item(self, item: Item, scope: Scope, current: Tensor) -> Tensor:
        """Run one item; its output."""
        common = item.common
        sources: tuple[Tensor, ...] = (current,)
        if common.sources is not None:
            sources = tuple([scope.find(ref) for ref in common.sources])
        if common.when is not None and not self.holds(common.when, scope.env, sources[0]):
            if common.name is not None:
                scope.tensors[common.name] = sources[0]
            return current
        if isinstance(item, Call):
            return self._call(item, scope, sources)
        if len(sources) != 1:
            raise SpecError(f"this takes one input, {len(sources)} are named", common.mark)
        from costmodel.graph.structure import STRUCTURES

        return STRUCTURES[type(item)](self, item, scope, sources[0])

    def _call(self, item: Call, scope: Scope, sources: tuple[Tensor, ...]) -> Tensor:
        common, target = item.common, item.target
        name = scope.label(common, item.kind)
        path = scope.path(name)
        if common.repeat is None:
            out = self._once(item, item.args, scope, path, sources)
        elif isinstance(target, type) and target.arity != (1, 1):
            raise SpecError(f"{item.kind} cannot repeat", common.mark)
        else:

            def once(i: int, current: Tensor) -> Tensor:
                args = {**item.args, **common.first} if i == 0 else item.args
                inputs = sources if i == 0 else (current,)
                return self._once(item, args, scope, f"{path}/{i}", inputs)

            out = repeated(self, common.repeat, scope.env, common.mark, sources[0], once)
        scope.tensors[name] = out
        return out

    def _once(
        self,
        item: Call,
        args: Mapping[str, Value],
        scope: Scope,
        path: str,
        sources: tuple[Tensor, ...],
    ) -> Tensor:
        if not isinstance(item.target, str):
            return self.layer(item.target, args, item.common, scope, path, sources)
        if len(sources) != 1:
            raise SpecError(f"{item.kind} takes one input, {len(sources)} named", item.common.mark)
        return self.block(item.target, args, item.common, scope, path, sources[0])

    def layer(
        self,
        target: type[Op] | CustomOp,
        args: Mapping[str, Value],
        common: Common,
        scope: Scope,
        path: str,
        sources: tuple[Tensor, ...],
    ) -> Tensor:
        """Append one operator applied to *sources*; its output."""
        self.step(common.mark)
        for source in sources:
            if source.parts:
                parts = ", ".join(source.parts)
                raise SpecError("a split has several outputs; name the one that goes in here",
                                common.mark, f"from: one of {parts}")  # fmt: skip
        xs = tuple([source.shape for source in sources])
        env = scope.env if not args and isinstance(target, type) else env_at(scope.env, sources[0])
        try:
            op, y = self._make(target, args, env, xs)
        except CostModelError as error:
            raise self._placed(error, common.mark, path, sources) from None
        shared = self._is_shared(scope.share_key(common.share, path), op, xs, y, common.mark)
        layer = Layer(path, op, sources, y, common.mark, shared, scope.calls, self.runs)
        self.layers.append(layer)
        return layer.output

    def _make(
        self,
        target: type[Op] | CustomOp,
        args: Mapping[str, Value],
        env: Env,
        xs: tuple[Shape, ...],
    ) -> tuple[Op, Shape]:
        if args and isinstance(target, type) and target.choices:
            env = {**{word: word for words in target.choices.values() for word in words}, **env}
        values = {key: resolve(value, env) for key, value in args.items()}
        key = (target if isinstance(target, type) else target.name, *values.items(), xs)
        known = self._made.get(key)
        if known is None:
            if isinstance(target, type):
                for name, value in values.items():
                    check_whole(target, name, value)
                op: Op = target(**values)
            else:
                op = FormulaOp.of(target, values, env)
            for condition in op.check(*xs):
                self.conditions[condition] = None
            known = self._made[key] = (op, op.out_shape(*xs))
        return known

    def block(
        self,
        name: str,
        args: Mapping[str, Value],
        common: Common,
        scope: Scope,
        path: str,
        current: Tensor,
    ) -> Tensor:
        """Run the body of the block *name* from *current*; its output."""
        block = self.spec.blocks[name]
        inner = Scope(self.top, path, self._block_env(block, args, scope.env, current))
        inner.depth, inner.share = scope.depth + 1, scope.share
        inner.calls = (*scope.calls, common.mark)
        if common.share is not None and scope.share is None:
            inner.share = (common.share, path)
        if inner.depth > DEEPEST:
            raise LimitError(f"blocks nested deeper than {DEEPEST}", common.mark,
                             "does a block call itself?")  # fmt: skip
        inner.tensors["input"] = current
        self.require(block.require, env_at(inner.env, current))
        return self.body(block.body, inner, current)

    def _block_env(self, block: Block, args: Mapping[str, Value], env: Env, current: Tensor) -> Env:
        caller = env_at(env, current)
        inner: Env = env_at(self.values, current)
        for key, default in block.args.items():
            if key in args:
                inner[key] = resolve(args[key], caller)
            elif default is not REQUIRED:
                inner[key] = resolve(default, inner)
        for key, rule in block.let.items():
            inner[key] = self.decided(rule, inner)
        return inner

    def _is_shared(
        self, key: str | None, op: Op, xs: tuple[Shape, ...], y: Shape, mark: Mark
    ) -> bool:
        if key is None:
            return False
        params = op.forward(xs, y).params
        if key not in self._shared:
            self._shared[key] = params
            return False
        if self._shared[key] != params:
            raise SpecError(f"layers sharing {key!r} have different weights: "
                            f"{self._shared[key]} and {params}", mark)  # fmt: skip
        return True

    def _placed(
        self, error: CostModelError, mark: Mark, path: str, sources: tuple[Tensor, ...]
    ) -> CostModelError:
        """*error* with the place, where several inputs came from, and the layers so far."""
        error.at(mark)
        if isinstance(error, ShapeError):
            error.problem = f"{path}: {error.problem}"
            if len(sources) > 1:
                error.related += tuple(
                    (f"{t.maker.path} gives {shape_text(t.shape)}", t.maker.mark)
                    for t in sources
                    if t.maker is not None
                )
            if self.layers:
                made = [f"    {x.path:<30} {shape_text(x.y)}" for x in self.layers[-6:]]
                error.partial = "\n".join(["so far:", *made])
        return error

    # -- values ------------------------------------------------------------------------------

    def step(self, mark: Mark) -> None:
        """Count one layer or repetition against what a network may have."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise LimitError(f"more than {MOST_STEPS:,} layers and repetitions", mark)

    def extent(self, rule: Expression, env: Env) -> Dim:
        """A dimension of an input: a whole number from 1."""
        size = rule.evaluate(env)
        if not is_symbolic(size) and (
            isinstance(size, bool) or not isinstance(size, int) or size < 1
        ):
            raise SpecError(f"a dimension is a whole number from 1, not {size}", rule.mark)
        return size

    def holds(self, rule: Expression, env: Env, current: Tensor) -> bool:
        """Whether a ``when`` is true; symbols may not leave it open."""
        verdict = self.decided(rule, env_at(env, current))
        if verdict is None:
            raise SpecError("symbols leave this condition open", rule.mark,
                            "bind them with --at")  # fmt: skip
        return bool(verdict)

    def decided(self, rule: Expression, names: Env) -> Any:
        """The value of *rule*; of a condition that symbols leave open, its usual one.

        So a network keeps its structure when its width is set free, which is an assumption.
        """
        value = rule.evaluate(names)
        if value is None:
            value, assumption = as_usual(rule, names, self.binding.usual())
            if assumption is not None:
                self.conditions[assumption] = None
        return value

    def require(self, rules: tuple[Expression, ...], env: Env) -> None:
        """Refuse a broken condition; keep an undecided one as an assumption."""
        for rule in rules:
            verdict = rule.evaluate(env)
            if verdict is None:
                self.conditions[Stated(rule.text.strip())] = None
            elif not verdict:
                raise SpecError(f"the condition {rule.text} does not hold", rule.mark)
