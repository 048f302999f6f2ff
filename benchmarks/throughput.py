"""How many configurations of a network a second, on plain ints and on arrays.

A network's totals are closed forms; compiled once, they are evaluated at each configuration.
Run it with nothing else going on:  python benchmarks/throughput.py
"""

from __future__ import annotations

import time

import numpy as np

import costmodel as cm
from costmodel.arith import compile_form

KEYS = ("params", "mult_adds", "mem_access", "activations")
MODELS = ("resnet50", "mobilenet_v2", "densenet121", "shufflenet_v2_x1_0", "efficientnet_b0")
GOAL = 7_000  # pycls computes about 7,200 RegNets a second from their parameters


def rate(run: object, count: int) -> float:
    start = time.perf_counter()
    run()  # type: ignore[operator]
    return count / (time.perf_counter() - start)


def main() -> None:
    print(f"goal: {GOAL:,} a second on ints\n")
    print(f"{'network':20} {'build, per s':>13} {'ints, per s':>13} {'arrays, per s':>15}")
    heights = range(64, 64 + 4_000)
    column = np.arange(64, 64 + 200_000, dtype=np.int64) % 1_024 + 64
    for name in MODELS:
        net = cm.load(name)
        builds = rate(lambda net=net: [net.at(h=h).table().totals for h in range(200, 220)], 20)
        totals = net.free("n", "h", "w").table()._table.totals
        program = compile_form([getattr(totals, key) for key in KEYS], ["n", "h", "w"])
        ints = rate(lambda p=program: [p(1, h, h) for h in heights], len(heights))
        arrays = rate(lambda p=program: p(1, column, column), len(column))
        print(f"{name:20} {builds:13,.0f} {ints:13,.0f} {arrays:15,.0f}")


if __name__ == "__main__":
    main()
