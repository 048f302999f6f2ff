"""The names of one body: its tensors, its labels, its path and the values it sees."""

from __future__ import annotations

from costmodel.errors import Mark, SpecError, UnknownNameError
from costmodel.graph import Tensor
from costmodel.spec.syntax import Common, Env, Ref


class Scope:
    """A body being walked.

    Names are looked up here, then in the enclosing body (``outer``); a block's body sees
    only the network's own names beyond its own.  ``calls`` are the places of the calls that
    the body is within, the outermost first.
    """

    __slots__ = ("calls", "counts", "depth", "env", "marks", "outer", "prefix", "share", "tensors")

    def __init__(self, outer: Scope | None, prefix: str, env: Env) -> None:
        self.outer, self.prefix, self.env = outer, prefix, env
        self.tensors: dict[str, Tensor] = {}
        self.marks: dict[str, Mark] = {}
        self.counts: dict[str, int] = {}
        self.depth: int = 0 if outer is None else outer.depth
        self.calls: tuple[Mark, ...] = () if outer is None else outer.calls
        self.share: tuple[str, str] | None = None if outer is None else outer.share

    def label(self, common: Common, kind: str) -> str:
        """The layer's own name, or its kind and its number in this body."""
        name = common.name
        if name is None:
            name = self._next(kind)
            while name in self.marks:
                name = self._next(kind)
        elif name in self.marks:
            raise SpecError(
                f"two layers here are called {name!r}",
                common.mark,
                related=[("the first", self.marks[name])],
            )
        self.marks[name] = common.mark
        return name

    def _next(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}{self.counts[kind]}"

    def path(self, name: str) -> str:
        """The path of something called *name* in this body."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def find(self, ref: Ref) -> Tensor:
        """The tensor that *ref* names, here or further out."""
        scope: Scope | None = self
        known: list[str] = []
        while scope is not None:
            if ref.name in scope.tensors:
                return scope.tensors[ref.name]
            known += scope.tensors
            scope = scope.outer
        raise UnknownNameError("layer", ref.name, known, ref.mark)

    def share_key(self, own: str | None, path: str) -> str | None:
        """What the weights of the layer at *path* are shared under, if they are."""
        if self.share is None:
            return own
        key, base = self.share
        return f"{key}{path[len(base) :]}"
