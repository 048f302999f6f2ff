"""Items made of other items: branches, splits, repetitions, stage tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from costmodel.arith import Dim, Divides, exact_div, is_symbolic
from costmodel.errors import Mark, ShapeError, SpecError
from costmodel.graph import Tensor
from costmodel.graph.builder import Builder
from costmodel.graph.repetition import repeated, times
from costmodel.graph.scope import Scope
from costmodel.graph.values import env_at
from costmodel.ops import OPS
from costmodel.spec.syntax import Branches, Common, Env, Repeat, Row, Split, Stages, resolve


def branches(build: Builder, item: Branches, scope: Scope, current: Tensor) -> Tensor:
    """Each branch from *current*, or from the part of a split that bears its name."""
    common = item.common
    name = scope.label(common, item.join.kind)
    if idle := sorted(current.parts.keys() - {arm.name for arm in item.arms}):
        raise SpecError(f"no branch takes the part {idle[0]!r}", common.mark)
    ends = []
    for arm in item.arms:
        inner = Scope(scope, scope.path(arm.name), scope.env)
        ends.append(build.body(arm.body, inner, current.parts.get(arm.name, current)))
    out = build.layer(item.join, item.args, common, scope, scope.path(name), tuple(ends))
    scope.tensors[name] = out
    return out


def split(build: Builder, item: Split, scope: Scope, current: Tensor) -> Tensor:
    """Slices along the channels, each under its name."""
    name = scope.label(item.common, "split")
    mark = item.common.mark
    start: Dim = 0
    out = Tensor(current.shape, current.maker)
    for ref, size in zip(item.names, _sizes(build, item, scope, current), strict=True):
        args: dict[str, Any] = {"start": start, "stop": start + size}
        path = scope.path(f"{name}/{ref.name}")
        part = build.layer(OPS["slice"], args, Common(mark), scope, path, (current,))
        out.parts[ref.name] = scope.tensors[ref.name] = part
        start = start + size
    return out


def _sizes(build: Builder, item: Split, scope: Scope, current: Tensor) -> list[Dim]:
    env, mark, count = env_at(scope.env, current), item.common.mark, len(item.names)
    if item.sizes is not None:
        sizes = [resolve(size, env) for size in item.sizes]
        if len(sizes) != count:
            raise SpecError(f"{count} names for {len(sizes)} sizes", mark)
        return sizes
    parts, channels = resolve(item.parts, env), current.shape[1]
    if parts != count:
        raise SpecError(f"{count} names for {parts} parts", mark)
    return [_part(build, channels, count, mark)] * count


def _part(build: Builder, channels: Dim, parts: int, mark: Mark) -> Dim:
    condition = Divides(parts, channels, names=("parts", "c_in"))
    holds = condition.holds()
    if holds is False:
        raise ShapeError(condition.denial(), mark)
    if holds is None:
        build.conditions[condition] = None
    return exact_div(channels, parts)


def repeat(build: Builder, item: Repeat, scope: Scope, current: Tensor) -> Tensor:
    """The body, over and over, each repetition in a scope of its own."""
    name = scope.label(item.common, "repeat")
    rule, counter = item.times, item.counter
    if counter is not None and is_symbolic(times(rule, scope.env, current)):
        raise SpecError(f"{counter} counts the repetitions, so their number cannot be free",
                        rule.mark, "bind it with --at")  # fmt: skip

    def once(i: int, current: Tensor) -> Tensor:
        env = {**scope.env, counter: i} if counter is not None else scope.env
        inner = Scope(scope, scope.path(f"{name}/{i}"), env)
        return build.body(item.body, inner, current)

    current = repeated(build, rule, scope.env, item.common.mark, current, once)
    scope.tensors[name] = current
    return current


def stages(build: Builder, item: Stages, scope: Scope, current: Tensor) -> Tensor:
    """The rows of a table one after the other; each row's output goes by the row's name."""
    if item.common.name is not None:
        scope.label(item.common, "stages")
    for row in item.rows:
        name = scope.label(Common(row.mark, row.name), "stage")
        env: Env = {**scope.env}
        for key, value in row.values.items():
            env[key] = resolve(value, env_at(env, current))
        current = _row(build, item, row, scope, scope.path(name), env, current)
        scope.tensors[name] = current
    if item.common.name is not None:
        scope.tensors[item.common.name] = current
    return current


def _row(
    build: Builder, item: Stages, row: Row, scope: Scope, path: str, env: Env, current: Tensor
) -> Tensor:
    caller = Scope(scope, path, env)
    columns = {key: env[key] for key in row.values}

    def once(i: int, current: Tensor) -> Tensor:
        block, _ = row.first if i == 0 else row.rest  # a layer's call is its row
        given = {**columns, **item.args, **(item.first if i == 0 else {})}
        takes = build.spec.blocks[block].args
        args = {key: value for key, value in given.items() if key in takes}
        return build.block(block, args, Common(row.mark), caller, f"{path}/{i}", current)

    if row.repeat is None:
        return once(0, current)
    return repeated(build, row.repeat, env, row.mark, current, once)


STRUCTURES: dict[type, Callable[[Builder, Any, Scope, Tensor], Tensor]] = {
    Branches: branches,
    Split: split,
    Repeat: repeat,
    Stages: stages,
}
