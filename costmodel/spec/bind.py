"""Values for the names of a spec: defaults, a variant, what the caller gives, what stays free."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from costmodel.arith import Dim, divides, is_symbolic, symbol
from costmodel.errors import BindingError, CostModelError, SpecError, UnknownNameError, nearest
from costmodel.spec.expressions import Expression
from costmodel.spec.syntax import Spec, SymbolDecl


class Binding(Mapping[str, Dim]):
    """Each symbol and param of *spec* with its value; worked out on demand, cycles refused.

    ``at`` gives values, ``variant`` names a set of the document's own, ``free`` names what
    stays a symbol.  A symbol without a default is free unless given.
    """

    def __init__(
        self,
        spec: Spec,
        at: Mapping[str, Dim] | None = None,
        variant: str | None = None,
        free: Collection[str] = (),
    ) -> None:
        self.spec = spec
        self._given: dict[str, Dim] = dict(at or {})
        self._free = frozenset(free)
        self._values: dict[str, Dim] = {}
        self._open: list[str] = []
        for name in (*self._given, *self._free):
            if name not in spec.symbols and name not in spec.params:
                known = [*spec.symbols, *spec.params]
                raise BindingError(f"{spec.model} has no symbol or param {name!r}",
                                   hint=nearest(name, known))  # fmt: skip
        self._chosen = variant
        self._variant: Mapping[str, Expression] = {}
        if variant is not None:
            if variant not in spec.variants:
                raise UnknownNameError(f"variant of {spec.model}", variant, spec.variants)
            self._variant = spec.variants[variant]

    def __getitem__(self, name: str) -> Dim:
        if name not in self._values:
            if name not in self.spec.symbols and name not in self.spec.params:
                raise KeyError(name)
            self._values[name] = self._work_out(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.spec.symbols
        yield from self.spec.params

    def __len__(self) -> int:
        return len(self.spec.symbols) + len(self.spec.params)

    def __contains__(self, name: object) -> bool:
        return name in self.spec.symbols or name in self.spec.params

    def _work_out(self, name: str) -> Dim:
        declared = self.spec.symbols.get(name)
        if name in self._free:
            return self._symbol(name, declared)
        if name in self._given:
            return self._admit(name, self._given[name], declared)
        rule = self._variant.get(name)
        if rule is None:
            rule = declared.default if declared is not None else self.spec.params[name]
        if rule is None:
            return self._symbol(name, declared)
        if name in self._open:
            circle = " -> ".join((*self._open[self._open.index(name) :], name))
            raise SpecError(f"{name} is defined by itself: {circle}", rule.mark)
        self._open.append(name)
        try:
            value = rule.evaluate(self)
        finally:
            self._open.pop()
        try:
            return self._admit(name, value, declared)
        except CostModelError as error:
            raise error.at(rule.mark) from None

    def _symbol(self, name: str, declared: SymbolDecl | None) -> Dim:
        if declared is None:
            return symbol(name, integer=name not in self.spec.reals)
        return symbol(name, multiple_of=declared.multiple_of, minimum=declared.minimum)

    def _admit(self, name: str, value: Dim, declared: SymbolDecl | None) -> Dim:
        """*value*, if the domain of *name* holds it."""
        if declared is None or is_symbolic(value) or hasattr(value, "dtype"):
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            raise BindingError(f"{name} = {value} is not a whole number")
        if value < declared.minimum or (declared.maximum is not None and value > declared.maximum):
            upper = f" and at most {declared.maximum}" if declared.maximum is not None else ""
            raise BindingError(f"{name} = {value} is outside its domain: "
                               f"at least {declared.minimum}{upper}")  # fmt: skip
        if divides(declared.multiple_of, value) is False:
            below = value // declared.multiple_of * declared.multiple_of
            raise BindingError(
                f"{name} = {value} is not a multiple of {declared.multiple_of}",
                hint=f"{below or declared.multiple_of} or {below + declared.multiple_of} is",
            )
        return value

    def usual(self) -> Binding:
        """The same with nothing set free that has a default."""
        return Binding(self.spec, self._given, self._chosen)

    def shown(self) -> dict[str, Any]:
        """The symbols with their values, for headers."""
        return {name: self[name] for name in self.spec.symbols}
