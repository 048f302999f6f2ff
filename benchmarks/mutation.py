"""Do the tests notice when a formula is wrong?  Mutants of arith and ops, and who kills them.

Each mutant changes one operator, comparison, constant or condition in a copy of the package
and runs the tests of its room there.  A mutant that no test notices is printed: either it
changes nothing that matters, or a test is missing.

    python benchmarks/mutation.py ops --count 80 --seed 11

What survived the runs so far, and why, stands in mutation.md beside this file.
"""

from __future__ import annotations

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = 300
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def mutants(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """The nodes that can be changed, and how."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in OPERATORS:
            yield node, "operator"
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in OPERATORS:
            yield node, "comparison"
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
            yield node, "constant"
        elif isinstance(node, (ast.If, ast.IfExp)):
            yield node, "condition"


def change(source: str, number: int) -> tuple[str, str]:
    """*source* with its mutant *number*, and the line it is on."""
    tree = ast.parse(source)
    node, kind = list(mutants(tree))[number]
    line = f"{node.lineno}: {source.splitlines()[node.lineno - 1].strip()}"  # type: ignore[attr-defined]
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)):
        node.op = OPERATORS[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.Compare):
        node.ops[0] = OPERATORS[type(node.ops[0])]()  # type: ignore[assignment]
    elif isinstance(node, ast.Constant):
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1  # type: ignore[operator]
    elif isinstance(node, (ast.If, ast.IfExp)):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    return ast.unparse(ast.fix_missing_locations(tree)), f"{kind} in line {line}"


def survives(room: str, file: Path, text: str) -> bool:
    """Whether the room's tests pass with *file* replaced by *text*."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("costmodel", "tests", "specs"):
            shutil.copytree(ROOT / name, copy / name)
        shutil.copy(ROOT / "pyproject.toml", copy)
        (copy / file.relative_to(ROOT)).write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider",
                   f"tests/{room}", f"costmodel/{room}"]  # fmt: skip
        try:
            done = subprocess.run(command, cwd=copy, env={"PYTHONPATH": str(copy)},
                                  capture_output=True, timeout=SECONDS, check=False)  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("room", choices=["arith", "ops"])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    files = sorted((ROOT / "costmodel" / options.room).glob("*.py"))
    sources = {file: file.read_text(encoding="utf-8") for file in files}
    every = [(f, i) for f, s in sources.items() for i, _ in enumerate(mutants(ast.parse(s)))]
    picked = random.Random(options.seed).sample(every, min(options.count, len(every)))
    survived = 0
    for file, number in picked:
        text, what = change(sources[file], number)
        if survives(options.room, file, text):
            survived += 1
            print(f"survived: {file.relative_to(ROOT)}: {what}", flush=True)
    print(f"{len(picked) - survived} of {len(picked)} killed, {len(every)} possible")


if __name__ == "__main__":
    main()
