"""The shape of the code: who may import whom, what a start may load, how big a file may get."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "costmodel"
ROOMS = [  # a room imports only from rooms above it
    "version errors records registry",
    "arith",
    "quantities",
    "profiles",
    "ops",
    "render",
    "spec",
    "graph",
    "table",
    "importers exporters",
    "derive",
    "guidelines",
    "zoo",
    "network",
    "claims",
    "reconciliation difference",
    "sweep",
    "search",
    "catalogue",
    "cli pytest_plugin __main__",
]
LEVEL = {room: level for level, row in enumerate(ROOMS) for room in row.split()}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imported_rooms(path):
    """Rooms imported at run time; imports for type checkers only do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.dump(guard.test)
        for child in guard.body
        for node in ast.walk(child)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("costmodel."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (n.name.split(".")[1] for n in node.names if n.name.startswith("costmodel."))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_from_the_rooms_above_it(path):
    room = room_of(path)
    if room == "__init__":
        return
    wrong = {other for other in imported_rooms(path) if LEVEL[other] > LEVEL[room]}

    assert not wrong


def test_the_import_check_can_fail(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from costmodel.cli import main\n")

    assert list(imported_rooms(bad)) == ["cli"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]

    assert text.count("\n") <= 310
    assert {f.name for f in functions if f.end_lineno - f.lineno > 45} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_name_means_two_things_and_nothing_is_evaluated(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    names |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}

    assert not {name for name in names if name.lower() in {"mac", "macs"}}
    called = {n.func.id for n in ast.walk(tree)
              if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
    assert not called & {"eval", "exec", "sympify", "parse_expr"}
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree))


HEAVY = {"sympy", "pandas", "numpy", "onnx", "torch", "scipy", "clarabel"}


def modules_after(*arguments):
    code = (
        "import sys; from costmodel.cli import main; sys.argv = ['costmodel', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [("analyze", "resnet50"), ("analyze", "resnet50", "--format", "json"),
     ("analyze", "resnet50", "--symbolic", "h,w,n")],
)  # fmt: skip
def test_an_analysis_loads_nothing_heavy(arguments):
    assert not modules_after(*arguments) & HEAVY


def test_the_light_import_check_can_fail():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, sympy; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert HEAVY & set(done.stdout.split())
