"""What must be true of dimensions: decided where they are known, kept where they are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import costmodel.arith as arith


class Condition:
    """A statement about dimensions; equal ones say the same in the same words."""

    __slots__ = ()

    def holds(self) -> bool | None:
        """True or False where it is decided for all values of the symbols, else None."""
        raise NotImplementedError

    def denial(self) -> str:
        """What is wrong where it does not hold."""
        raise NotImplementedError

    def at(self, bindings: Mapping[str, Any]) -> Condition:
        """The same of these values, which may be arrays; itself where it cannot be said."""
        return self

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


class Divides(Condition):
    """*divisor* divides *value*, called by *names* in an error.

    >>> Divides(4, 6, ("groups", "c_in")).denial()
    'groups=4 does not divide c_in=6'
    """

    __slots__ = ("divisor", "names", "value")

    def __init__(self, divisor: Any, value: Any, names: tuple[str, str]) -> None:
        self.divisor, self.value, self.names = divisor, value, names

    def holds(self) -> bool | None:
        return arith.divides(self.divisor, self.value)

    def denial(self) -> str:
        divisor, value = self.names
        return f"{divisor}={self.divisor} does not divide {value}={self.value}"

    def at(self, bindings: Mapping[str, Any]) -> Condition:
        divisor, value = (arith.evaluate(x, bindings) for x in (self.divisor, self.value))
        return Divides(divisor, value, self.names)

    def __str__(self) -> str:
        return f"{arith.ascii(self.divisor)} divides {arith.ascii(self.value)}"


class AtLeast(Condition):
    """*value*, called *name*, is not below *minimum*.

    >>> from costmodel.arith import symbol
    >>> str(AtLeast((symbol("h") - 5) // 8 + 1, 1, "height"))
    'h >= 5'
    """

    __slots__ = ("minimum", "name", "value")

    def __init__(self, value: Any, minimum: Any, name: str) -> None:
        self.value, self.minimum, self.name = value, minimum, name

    def holds(self) -> bool | None:
        if isinstance(self.value, arith.Form):
            from costmodel.arith.thresholds import sure_above

            if sure_above(self.value, self.minimum):
                return True
        return arith.compare(self.value, ">=", self.minimum)

    def denial(self) -> str:
        return f"{self.name}={self.value} is less than {self.minimum}"

    def at(self, bindings: Mapping[str, Any]) -> Condition:
        value, minimum = (arith.evaluate(x, bindings) for x in (self.value, self.minimum))
        return AtLeast(value, minimum, self.name)

    def simple_bound(self) -> tuple[str, Any] | None:
        """The symbol and the least value of it that are all this condition asks for.

        None if it cannot be said so.  Of several bounds on one symbol the largest
        implies the others.
        """
        if not isinstance(self.value, arith.Form):
            return None
        from costmodel.arith.thresholds import threshold

        found = threshold(self.value, self.minimum)
        return found and (found[0].name, found[1])

    def __str__(self) -> str:
        left, right = self.simple_bound() or (arith.ascii(self.value), self.minimum)
        return f"{left} >= {arith.ascii(right)}"


class Equal(Condition):
    """*a* and *b*, called by *names* in an error, are the same.

    >>> Equal(3, 4, ("height", "skip height")).denial()
    'height=3 is not skip height=4'
    """

    __slots__ = ("a", "b", "names")

    def __init__(self, a: Any, b: Any, names: tuple[str, str]) -> None:
        self.a, self.b, self.names = a, b, names

    def holds(self) -> bool | None:
        return arith.compare(self.a, "==", self.b)

    def denial(self) -> str:
        return f"{self.names[0]}={self.a} is not {self.names[1]}={self.b}"

    def at(self, bindings: Mapping[str, Any]) -> Condition:
        a, b = (arith.evaluate(x, bindings) for x in (self.a, self.b))
        return Equal(a, b, self.names)

    def __str__(self) -> str:
        return f"{arith.ascii(self.a)} = {arith.ascii(self.b)}"
