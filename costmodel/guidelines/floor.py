"""The fewest elements a convolution can move at its multiply-adds."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt, prod
from typing import Any

from costmodel.graph import Layer


def traffic_floor(layer: Layer) -> Any:
    """The floor of the layer's mem_access over its two widths, its multiply-adds held.

    At fixed resolution, kernel and groups the multiply-adds fix the product of the widths, so
    the weights W stay, and so does the product of the input's elements X and the output's Y.
    By AM-GM  X + W + Y >= 2·sqrt(X·Y) + W, equal only where X = Y: at equal widths for stride 1,
    at c_out = s²·c_in for stride s.  These are the library's bounds G1, G1-kernel, G1-grouped
    and G1-strided in one; a test holds them against each other.  A bias is left out.
    """
    x, y = prod(layer.xs[0]), prod(layer.y)
    return 2 * square_root(x * y) + weights(layer)


def traffic(layer: Layer) -> Any:
    """Input, weights and output, each moved once; without the bias."""
    return prod(layer.xs[0]) + weights(layer) + prod(layer.y)


def weights(layer: Layer) -> Any:
    """The elements of the kernel, without the bias."""
    op: Any = layer.op
    return op.weights(layer.xs[0])


def square_root(value: Any) -> Fraction:
    """The root of a whole number or a fraction, never above it, exact where it can be.

    >>> square_root(2304), float(square_root(2))
    (Fraction(48, 1), 1.4142135623730951)
    """
    number = Fraction(value)
    scale = 1 << 64
    return Fraction(isqrt(number.numerator * number.denominator * scale**2),
                    number.denominator * scale)  # fmt: skip
