"""The gates: lint, layout, types."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def tool(*command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing():
    tool("ruff", "check", ".")


def test_the_layout_is_ruffs():
    tool("ruff", "format", "--check", ".")


def test_mypy_finds_nothing():
    tool("mypy")
