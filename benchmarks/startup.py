"""Whole-process costs side by side: what a start of costmodel adds to a bare interpreter.

Each line is the median of paired runs: the baseline and the candidate take turns, so that a
busy machine slows both.  Run it with nothing else going on, from a tree whose bytecode is
compiled:  python -m compileall -q costmodel && python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15
MAIN = "from costmodel.cli import main; import sys; sys.argv[0] = 'costmodel'; main()"
LIGHT = [sys.executable, "-c", "import click, yaml"]
SYMPY = [sys.executable, "-c", "import sympy"]


def costmodel(*arguments: str) -> list[str]:
    return [sys.executable, "-c", MAIN, *arguments]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def ratio(command: list[str], baseline: list[str], runs: int = RUNS) -> tuple[float, float]:
    """The median of the paired ratios, and the median time of *command*."""
    pairs = [(seconds(command), seconds(baseline)) for _ in range(runs + 1)][1:]
    return statistics.median(a / b for a, b in pairs), statistics.median(a for a, _ in pairs)


def peak_mib(command: list[str]) -> float:
    code = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=-3, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, check=True)
    return int(done.stdout) / 1024


def generated(layers: int, folder: str) -> str:
    path = Path(folder) / f"{layers}.yaml"
    body = "".join(
        f"  - conv: {{out: {8 + i % 7}, kernel: 3, padding: 1}}\n" for i in range(layers)
    )
    path.write_text(f"model: long\nsymbols: {{n: 1, h: 32}}\ninput: [n, 3, h, h]\nlayers:\n{body}")
    return str(path)


def main() -> None:
    print(f"{'what':58} {'ratio':>7} {'goal':>6} {'seconds':>9}")
    analyze = costmodel("analyze", "resnet50")
    for what, command, baseline, goal in (
        ("analyze resnet50 / import click, yaml", analyze, LIGHT, 2),
        ("analyze resnet50 --format json / the same",
         costmodel("analyze", "resnet50", "--format", "json"), LIGHT, 2),
        ("analyze resnet50 --symbolic h,w,n / import sympy",
         costmodel("analyze", "resnet50", "--symbolic", "h,w,n"), SYMPY, 3),
    ):  # fmt: skip
        times, took = ratio(command, baseline)
        print(f"{what:58} {times:7.2f} {goal:6} {took:9.3f}")
    print(f"{'peak memory of analyze resnet50, MiB':58} {peak_mib(analyze):7.1f} {40:6}")
    with tempfile.TemporaryDirectory() as folder:
        long, short = (costmodel("analyze", generated(n, folder)) for n in (20_000, 1_000))
        times, took = ratio(long, short, runs=3)
        print(f"{'20,000 layers / 1,000 layers':58} {times:7.2f} {25:6} {took:9.3f}")


if __name__ == "__main__":
    main()
