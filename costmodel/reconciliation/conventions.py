"""The conventions there are, and how far each is from what a reader would assume."""

from __future__ import annotations

from typing import Any

from costmodel.records import Record

SIZES = (224, 227, 256, 299, 320, 288, 240, 192, 160, 128, 96, 32, 384, 512)
PLAIN_PROFILES = ("paper", "weights-only", "conv-only", "darknet", "torch", "fbnet-zoo", "full")

# How much each departure from the usual reading costs in plausibility.
OTHER_PROFILE = 1.0
TOOL_PROFILE = 2.0
NO_CLASSIFIER = 1.0
BINARY_PREFIX = 3.0
COMMON_SIZE = 1.5
OTHER_SIZE = 3.0
RELATED_VARIANT = 0.5
OTHER_VARIANT = 4.0
WAYS = {"exact": 0.0, "rounded": 0.0, "truncated": 1.25, "raised": 2.0}


class Convention(Record):
    """One way of counting one network."""

    profile: str
    quantity: str  # mult_adds, flops, reported, params, ...
    variant: str | None
    size: tuple[tuple[str, int], ...]  # the symbols that differ from the variant's own
    classifier: bool = True
    thousand: int = 1000
    unit: str = ""  # the prefix that the text leaves out: G

    @property
    def counting(self) -> str:
        """What is counted, and under which profile."""
        out = "" if self.classifier else " without the classifier"
        return f"{self.profile} {self.quantity}{out}"

    def words(self) -> str:
        """The convention in words, the usual reading left out."""
        parts = [self.counting]
        if self.variant is not None:
            parts.append(f"variant {self.variant}")
        if self.size:
            parts.append("input " + "×".join(str(v) for name, v in self.size if name in "hw"))
        if self.thousand == 1024:
            parts.append("prefix of 1024s")
        if self.unit:
            parts.append(f"in {self.unit}")
        return ", ".join(parts)


class Match(Record):
    """A convention and the number it gives; ``way`` is empty if the digits do not follow."""

    convention: Convention
    value: Any
    printed: Any  # the reported number as this convention's prefix reads it
    way: str
    distance: float
    also: tuple[str, ...] = ()  # other conventions for the same number

    @property
    def off(self) -> float:
        """How far the derived number is from the reported one, relative to it."""
        return float(self.value / self.printed.value - 1) if self.printed.value else 0.0
