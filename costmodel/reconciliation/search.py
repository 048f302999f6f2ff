"""Every convention's number for one network, and which of them print the given digits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.claims.numbers import Printed, came_about, printed
from costmodel.claims.subjects import KNOWN, unknown_quantity
from costmodel.errors import CostModelError, UnknownNameError
from costmodel.graph import Graph, build
from costmodel.profiles import PROFILES
from costmodel.quantities import QUANTITIES
from costmodel.reconciliation import conventions as c
from costmodel.reconciliation.conventions import Convention, Match
from costmodel.reconciliation.counts import Counts
from costmodel.records import Record
from costmodel.zoo import find

COUNTED = ("mult_adds", "flops", "reported")
NEAREST = 5
RELATED = 0.02  # variants whose params differ by less are one network counted in two ways


class Asked(Record):
    """A reported number: its quantity and its text."""

    quantity: str
    text: str


def asked(reported: Mapping[str, str]) -> list[Asked]:
    """The reported numbers, their quantities and texts checked."""
    found = []
    for quantity, text in reported.items():
        if quantity not in KNOWN:
            raise unknown_quantity(quantity)
        if printed(text) is None:
            raise CostModelError(
                f"{text!r} is not a number as printed", hint="4.1G or 13.07 BFLOPs"
            )
        found.append(Asked(quantity, text))
    if not found:
        raise CostModelError("there is nothing to reconcile", hint='--reported "mult_adds=4.1G"')
    return found


class Search:
    """The networks that a name may stand for, each counted once however many numbers are asked."""

    def __init__(self, model: str, at: dict[str, Any], variant: str | None) -> None:
        found = find(model)
        self.name, self.spec, self.at = model, found.spec, at
        self.variant = variant or found.variant or found.implied
        if self.variant is not None and self.variant not in self.spec.variants:
            raise UnknownNameError(
                f"variant of {self.spec.model}", self.variant, self.spec.variants
            )
        self.own = build(self.spec, at, self.variant)
        self._own_params = Counts(self.own).of("paper", "params", True)

    def run(self, number: Asked) -> list[Match]:
        """The conventions that print the number, the plainest first; else the nearest few."""
        matches = [match for match in self._matches(number) if match.value]
        good = [match for match in matches if match.way]
        if good:
            return _distinct(sorted(good, key=lambda m: (m.distance, abs(m.off))))
        return _distinct(sorted(matches, key=lambda m: abs(m.off) * (1 + m.distance)))[:NEAREST]

    def _matches(self, number: Asked) -> Iterator[Match]:
        for variant, size, graph, far in self._graphs():
            counts = Counts(graph)
            shown = variant if variant != self.variant else None
            for profile, quantity, classifier, cost in _ways(number, far <= c.RELATED_VARIANT):
                value = counts.of(profile, quantity, classifier)
                if value is None:
                    continue
                for unit, thousand, reading, more in _readings(number):
                    convention = Convention(profile, quantity, shown, size, classifier, thousand,
                                            unit)  # fmt: skip
                    way = came_about(reading, value)
                    distance = far + cost + more + c.WAYS.get(way, 0.0)
                    yield Match(convention, value, reading, way, distance)

    def _graphs(self) -> Iterator[tuple[str | None, tuple[tuple[str, int], ...], Graph, float]]:
        """Each variant at each size, with its distance from what was asked for."""
        yield self.variant, (), self.own, 0.0
        related: list[str | None] = [self.variant]
        for name in self.spec.variants:
            graph = self._build(name, {})
            if name == self.variant or graph is None:
                continue
            params = Counts(graph).of("paper", "params", True)
            close = abs(params - self._own_params) <= RELATED * self._own_params
            related += [name] if close else []
            far = c.RELATED_VARIANT if close else c.OTHER_VARIANT
            yield name, self._difference(graph), graph, far
        for variant in related:
            own = self._build(variant, {})
            for size in self._sizes(own):
                graph = self._build(variant, dict(size))
                if graph is not None:
                    near = c.COMMON_SIZE if size[0][1] in c.SIZES[:3] else c.OTHER_SIZE
                    yield variant, size, graph, near + (variant != self.variant) * c.RELATED_VARIANT

    def _difference(self, graph: Graph) -> tuple[tuple[str, int], ...]:
        """The symbols that a variant binds to other values than the network that was asked for."""
        mine, its = self.own.binding, graph.binding
        return tuple((name, its[name]) for name in self.spec.symbols if its[name] != mine[name])

    def _sizes(self, graph: Graph | None) -> Iterator[tuple[tuple[str, int], ...]]:
        """The inputs to try: common ones, and those that the document's variants name."""
        symbols = self.spec.symbols
        if graph is None or "h" not in symbols or {"h", "w"} & {*self.at}:
            return
        own = graph.binding["h"]
        named = [rule["h"].evaluate({}) for rule in self.spec.variants.values()
                 if "h" in rule and not rule["h"].names]  # fmt: skip
        for size in dict.fromkeys((*c.SIZES, *named)):
            if size != own:
                yield (("h", size), ("w", size)) if "w" in symbols else (("h", size),)

    def _build(self, variant: str | None, at: dict[str, Any]) -> Graph | None:
        try:
            return build(self.spec, {**self.at, **at}, variant)
        except CostModelError:
            return None  # the network cannot be built so


def _ways(number: Asked, every: bool) -> Iterator[tuple[str, str, bool, float]]:
    """Profile, quantity, classifier in or out, and the distance of each way of counting.

    *every* profile, or only what papers print.
    """
    if number.quantity not in COUNTED:
        if number.quantity == "params":
            yield "paper", "params", True, 0.0
            yield "paper", "params", False, c.NO_CLASSIFIER
            yield "weights-only", "params", True, c.OTHER_PROFILE
            yield "weights-only", "params", False, c.OTHER_PROFILE + c.NO_CLASSIFIER
        elif number.quantity in QUANTITIES:
            yield "paper", number.quantity, True, 0.0
        return
    twice = "flop" in number.text.lower() or number.quantity == "flops"
    for classifier in (True, False):
        out = 0.0 if classifier else c.NO_CLASSIFIER
        yield "paper", "mult_adds", classifier, out + (0.25 if twice else 0.0)
        yield "paper", "flops", classifier, out + (0.0 if twice else c.OTHER_PROFILE)
    for name in PROFILES if every else ():
        if name != "paper":
            known = name in c.PLAIN_PROFILES
            yield name, "reported", True, c.OTHER_PROFILE + 0.1 if known else c.TOOL_PROFILE


def _readings(number: Asked) -> Iterator[tuple[str, int, Printed, float]]:
    """What the text may mean: thousands or 1024s, and the prefixes that it leaves out."""
    plain = printed(number.text)
    if plain is None:
        return
    bare = not plain.prefix and not plain.percent and plain.value < 10_000
    for unit in ("", "k", "M", "G") if bare and number.quantity != "depth" else ("",):
        text = number.text.strip() + unit if not plain.counts else number.text
        for thousand in (1000, 1024):
            reading = printed(text, thousand)
            if reading is not None and (thousand == 1000 or reading.prefix):
                yield unit, thousand, reading, c.BINARY_PREFIX if thousand == 1024 else 0.0


def _distinct(matches: list[Match]) -> list[Match]:
    """One match for each number of one network: the plainest, with the others' names."""
    seen: dict[Any, Match] = {}
    for match in matches:
        con = match.convention
        key = (match.value, con.thousand, con.unit, con.size, con.variant)
        if key in seen:
            first = seen[key]
            seen[key] = first._replace(also=(*first.also, con.counting))
        else:
            seen[key] = match
    return list(seen.values())
