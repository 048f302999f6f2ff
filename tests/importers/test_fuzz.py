"""A short run of the fuzzer; ``fuzz.py`` says how to make a long one."""

from __future__ import annotations

from pathlib import Path

from .fuzz import fuzz
from .models import node, numbers, save, weight


def test_broken_files_give_an_error_or_a_network(tmp_path: Path) -> None:
    nodes = [
        node("Conv", ["x", "w", "b"], "c", strides=[2, 2], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        node("Sigmoid", ["c"], "s"), node("Mul", ["c", "s"], "m"), node("Shape", ["m"], "t"),
        node("Slice", ["t", "i0", "i2"], "lead"), node("Concat", ["lead", "rest"], "to", axis=0),
        node("Reshape", ["m", "to"], "r"), node("Transpose", ["r"], "p", perm=[0, 2, 1]),
        node("MatMul", ["p", "v"], "q"), node("Softmax", ["q"], "y"),
    ]  # fmt: skip
    consts = [weight("w", 8, 3, 3, 3), weight("b", 8), weight("v", 8, 5), numbers("i0", [0]),
              numbers("i2", [2]), numbers("rest", [-1])]  # fmt: skip

    counts = fuzz([Path(save(tmp_path, nodes, consts))], seconds=10)

    assert min(counts.values()) > 0
