"""Proofs as data: a chain with the steps that move a symbol to where the form is least.

Like every step of a chain they are checked by exact algebra when they are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.arith import minimum
from costmodel.derive.algebra import derivative, not_negative, positive, same, substituted
from costmodel.derive.chain import Chain, Given, ProofError, Step
from costmodel.derive.shapes import branches, slopes, unbounded, widened

__all__ = ["Given", "Proof", "ProofError", "Step", "rate_of"]


class Proof(Chain):
    """The chain so far: ``objective relation current`` under ``given``."""

    def lowest(self, name: str, least: Any) -> None:
        """Put a variable in which the form grows at its least value."""
        rises = slopes(self.current, name)
        if not all(map(not_negative, rises)):
            raise ProofError(f"{self.current} may fall with {name}")
        right = substituted(self.current, {name: least})
        self._bind({name: least})
        shown = list(dict.fromkeys(map(self.write, rises)))
        text = shown[0] if len(shown) == 1 else f"Min({', '.join(shown)})"
        self._move("boundary", ">=", right,
                   f"the derivative in {name}, {text if len(shown) == 1 else f'at least {text}'}, "
                   f"is never negative and {name} >= {least}",
                   variable=name, value=str(least), derivative=text)  # fmt: skip

    def capped(self, name: str, other: str, value: Any, least: Any) -> None:
        """Put a variable in which the form falls at the value where *other* is least."""
        if other in self.stale:
            raise ProofError(f"{other} may be below its least value here")
        falls = [widened(slope, name) for slope in slopes(self.current, name)]
        tied = widened(derivative(self.replaced[other], name), name)
        if not all(not_negative(-slope) for slope in falls) or not positive(-tied):
            raise ProofError(f"{self.current} may grow with {name}")
        if not same(substituted(self.replaced[other], {name: value}), least):
            raise ProofError(f"{other} is not {least} at {name} = {value}")
        right = substituted(self.current, {name: value})
        tie = self.write(self.replaced[other])
        self._bind({name: value})
        self._move("cap", ">=", right,
                   f"the form falls with {name}, and {other} = {tie} falls too: {other} >= {least} "
                   f"says {name} <= {self.write(value)}",
                   variable=name, tied=other, value=self.write(value), least=str(least),
                   tie=tie)  # fmt: skip

    def crossing(self, name: str, value: Any, falling: Any, rising: Any) -> None:
        """Put a variable where a falling and a rising argument of a maximum are equal."""
        down, up = (widened(derivative(x, name), name) for x in (falling, rising))
        right, other = (substituted(x, {name: value}) for x in (rising, falling))
        if not (not_negative(-down) and not_negative(up) and positive(value)):
            raise ProofError(f"the arguments of {self.current} may not cross in {name}")
        if not same(right, other):
            raise ProofError(f"the arguments are not equal at {name} = {value}")
        self._bind({name: value})
        self._move("crossing", ">=", right,
                   f"{self.write(falling)} falls with {name} and {self.write(rising)} rises; they "
                   f"are equal at {name} = {self.write(value)}, and elsewhere one of them is above",
                   variable=name, value=self.write(value), falling=self.write(falling),
                   rising=self.write(rising))  # fmt: skip

    def traded(self, index: int, pair: tuple[str, str], ends: Sequence[tuple[Any, Any]]) -> None:
        """Trade one symbol for another along a constraint, to an end of the curve.

        *ends* holds the values of the pair where the first is least and, if the form may also
        rise on the way there, where the second is.
        """
        a, b = pair
        given = self.given[index]
        gap = self._tradeable(index, pair)
        if not ends or not unbounded(gap, b):
            raise ProofError(f"{given.text} does not trade {a} for {b}")
        self._check_trade(gap, pair, len(ends))
        places = [dict(zip(pair, end, strict=True)) for end in ends]
        values = [substituted(self.current, place) for place in places]
        if any(not same(substituted(gap, place), 0) for place in places):
            raise ProofError(f"the ends of {given.text} are others")
        text = given.text.partition(given.relation)[0].strip()
        self._bind(places[0], index)
        shown = [{n: self.write(v) for n, v in place.items()} for place in places]
        where = " or ".join(", ".join(f"{n} = {v}" for n, v in p.items()) for p in shown)
        right = values[0]
        if len(values) > 1 and not not_negative(values[1] - values[0]):
            if not_negative(values[0] - values[1]):
                raise ProofError(f"the form is lower at the other end of {given.text}")
            right = minimum(*values)
        self._move("trade", ">=", right,
                   f"along {text} {a} is traded for {b}: the form is least at the end {where}",
                   given=index, pair=[a, b], ends=shown)  # fmt: skip

    def _tradeable(self, index: int, pair: tuple[str, str]) -> Any:
        """The constraint as ``gap = 0`` where *gap* rises with both symbols of the pair."""
        given = self.given[index]
        gap = given.left - given.right

        def rise(name: str) -> Any:
            return widened(widened(derivative(gap, name), pair[0]), pair[1])

        if not positive(rise(pair[1])):
            gap = -gap
        rises = map(rise, pair)
        if index in self.unused or given.relation != "=" or not all(map(positive, rises)):
            raise ProofError(f"{given.text} does not trade {pair[0]} for {pair[1]}")
        return gap

    def balanced(self, index: int, pair: tuple[str, str], place: Mapping[str, Any]) -> None:
        """Trade one symbol for another along a constraint, to where neither trade pays."""
        a, b = pair
        gap, text = self._tradeable(index, pair), self.given[index].text
        rate = rate_of(self.current, gap, pair)
        slopes_of = {n: widened(widened(derivative(rate, n), a), b) for n in pair}
        if not (not_negative(slopes_of[a]) and not_negative(-slopes_of[b])):
            raise ProofError(f"{self.current} may have another least value along {text}")
        if not all(same(substituted(x, place), 0) for x in (rate, gap)):
            raise ProofError(f"the trade does not balance at {place}")
        if not all(map(positive, place.values())):
            raise ProofError(f"{place} may not be positive")
        right = substituted(self.current, place)
        shown = {n: self.write(v) for n, v in place.items()}
        where = ", ".join(f"{n} = {v}" for n, v in shown.items())
        left = text.partition(self.given[index].relation)[0].strip()
        self._bind(place, index)
        self._move("balance", ">=", right,
                   f"along {left} {a} is traded for {b}: what a trade gains rises with {a} and "
                   f"falls with {b}, and is 0 at {where}",
                   given=index, pair=[a, b], at=shown)  # fmt: skip

    def _check_trade(self, gap: Any, pair: tuple[str, str], ends: int) -> None:
        """Where the form falls as *a* falls and *b* rises along ``gap = 0``, it keeps falling."""
        a, b = pair
        rates = [rate_of(form, gap, pair) for form in branches(self.current)]
        if ends == 1:
            if not all(map(not_negative, rates)):
                raise ProofError(f"{self.current} may fall with {a}")
            return
        (rate,) = rates if len(rates) == 1 else (None,)
        if (
            rate is None
            or not unbounded(gap, a)
            or not (not_negative(derivative(rate, b)) and not_negative(-derivative(rate, a)))
        ):
            raise ProofError(f"{self.current} may be least between the ends")

    def stationary(self, name: str, value: Any) -> None:
        """Put a variable where the derivative, as was counted, changes its sign only once."""
        slope = derivative(self.current, name)
        if not same(substituted(slope, {name: value}), 0):
            raise ProofError(f"the derivative in {name} does not vanish at {value}")
        right = substituted(self.current, {name: value})
        self._move("stationary", ">=", right,
                   f"the derivative in {name}, {self.write(slope)}, is negative before "
                   f"{name} = {self.write(value)} and positive beyond: its numerator has one "
                   "root there, counted by Sturm's theorem",
                   variable=name, value=self.write(value),
                   derivative=self.write(slope))  # fmt: skip

    def sturm(self, name: str, right: Any) -> None:
        """A number that the form, as was counted, nowhere falls below."""
        self._move("sturm", ">=", right,
                   "the numerator of the difference is positive and changes its sign nowhere: its "
                   "roots are counted by Sturm's theorem",
                   variable=name)  # fmt: skip


def rate_of(form: Any, gap: Any, pair: tuple[str, str]) -> Any:
    """How *form* grows with the first of the pair where ``gap = 0`` ties the second to it."""
    a, b = pair
    return derivative(form, a) * derivative(gap, b) - derivative(form, b) * derivative(gap, a)
