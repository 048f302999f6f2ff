"""Slow, independent answers: loops that execute, numbers that count what is done to them."""

from __future__ import annotations

import math
from itertools import product


def starts(extent, kernel, stride, before=0, after=0, dilation=1):
    """Every place a window may start: slide it along the padded axis while it fits."""
    last_tap = dilation * (kernel - 1)
    found, start = [], -before
    while start + last_tap <= extent - 1 + after:
        found.append(start)
        start += stride
    return found


def starts_rounded_up(extent, kernel, stride, before=0, after=0, dilation=1):
    """PyTorch's ceil mode: windows may hang over the end by less than a stride, but not start
    behind the input."""
    last_tap = dilation * (kernel - 1)
    found, start = [], -before
    while start + last_tap - (extent - 1 + after) < stride:
        found.append(start)
        start += stride
    return [start for start in found if start < extent]


def cells(extent, count):
    """PyTorch's adaptive pooling: where each cell starts and ends."""
    return [
        (math.floor(i * extent / count), math.ceil((i + 1) * extent / count)) for i in range(count)
    ]


def conv_products(x, out, kernel, axes_starts, dilation, groups):
    """The triples (weight, input, output) that a convolution multiplies and accumulates."""
    n, c_in = x[0], x[1]
    for image, o in product(range(n), range(out)):
        group = o // (out // groups)
        width = c_in // groups
        for where in product(*(list(enumerate(places)) for places in axes_starts)):
            for c in range(group * width, (group + 1) * width):
                for tap in product(*map(range, kernel)):
                    at = tuple(s + d * t for (_, s), d, t in zip(where, dilation, tap, strict=True))
                    position = tuple(i for i, _ in where)
                    yield (o, c, tap), (image, c, at), (image, o, position)


def transposed_products(x, out, kernel, stride, dilation, groups):
    """The triples (weight, input, output) of a transposed convolution, output uncropped."""
    n, c_in, *extents = x
    for image, c in product(range(n), range(c_in)):
        group = c // (c_in // groups)
        width = out // groups
        for at in product(*map(range, extents)):
            for o in range(group * width, (group + 1) * width):
                for tap in product(*map(range, kernel)):
                    to = tuple(
                        i * s + d * t for i, s, d, t in zip(at, stride, dilation, tap, strict=True)
                    )
                    yield (c, o, tap), (image, c, at), (image, o, to)


def run(products):
    """Forward and both gradients of a list of products, executed: what each does and touches."""
    weights, inputs, y, dw, dx = set(), set(), {}, {}, {}
    counts = {"forward": 0, "dw": 0, "dx": 0}
    for w, x, out in products:
        weights.add(w)
        inputs.add(x)
        y[out] = y.get(out, 0) + 1
        counts["forward"] += 1
        dw[w] = dw.get(w, 0) + 1
        counts["dw"] += 1
        dx[x] = dx.get(x, 0) + 1
        counts["dx"] += 1
    return counts, len(weights), inputs, len(y)


class Tally:
    """How many operations the numbers made by it went through."""

    def __init__(self):
        self.count = 0

    def number(self, value):
        return Num(value, self)

    def numbers(self, values):
        return [self.number(value) for value in values]


class Num:
    """A float that reports each operation on it; plain floats beside it are constants."""

    def __init__(self, value, tally):
        self.value, self.tally = value, tally

    def _do(self, value):
        self.tally.count += 1
        return Num(value, self.tally)

    def __add__(self, other):
        return self._do(self.value + float(other))

    def __radd__(self, other):
        return self._do(float(other) + self.value)

    def __sub__(self, other):
        return self._do(self.value - float(other))

    def __rsub__(self, other):
        return self._do(float(other) - self.value)

    def __mul__(self, other):
        return self._do(self.value * float(other))

    def __rmul__(self, other):
        return self._do(float(other) * self.value)

    def __truediv__(self, other):
        return self._do(self.value / float(other))

    def __rtruediv__(self, other):
        return self._do(float(other) / self.value)

    def __pow__(self, other):
        return self._do(self.value ** float(other))

    def __neg__(self):
        return self._do(-self.value)

    def __gt__(self, other):
        return self._do(float(self.value > float(other)))

    def __lt__(self, other):
        return self._do(float(self.value < float(other)))

    def __float__(self):
        return float(self.value)

    def __bool__(self):
        return bool(self.value)


def call(function, x):
    """One counted call of a function of the math module."""
    return x._do(function(x.value))


def exp(x):
    return call(math.exp, x)


def log(x):
    return call(math.log, x)


def erf(x):
    return call(math.erf, x)


def at_least(x, bound):
    """max(x, bound): one comparison."""
    return x if x > bound else x.tally.number(float(bound))


def at_most(x, bound):
    """min(x, bound): one comparison."""
    return x if x < bound else x.tally.number(float(bound))


def slope(function, x, step=1e-5):
    """The derivative of *function* at *x*, by differences."""
    return (function(x + step) - function(x - step)) / (2 * step)
