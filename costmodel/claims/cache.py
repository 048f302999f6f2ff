"""Verdicts kept from one run to the next, as long as nothing they depend on has changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from costmodel.version import __version__

FOLDER = ".costmodel-cache"


@lru_cache(maxsize=1)
def program() -> str:
    """What stands for this program: its version, and the state of its files."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256(__version__.encode())
    for file in sorted(package.rglob("*.py")):
        stat = file.stat()
        digest.update(f"{file.relative_to(package)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def digest_of(path: str) -> str:
    """What stands for the content of a file; empty if it cannot be read."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _place(path: str, folder: str) -> Path:
    name = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return Path(folder) / f"check-{name}.json"


def recall(path: str, folder: str = FOLDER) -> dict[str, Any] | None:
    """What was remembered of the file at *path*, if all it came from is as it was."""
    try:
        kept = json.loads(_place(path, folder).read_text(encoding="utf-8"))
        fresh = kept["program"] == program() and kept["path"] == path
        fresh = fresh and all(digest_of(file) == was for file, was in kept["files"].items())
        return dict(kept["result"]) if fresh else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def remember(path: str, files: Iterable[str], result: dict[str, Any], folder: str = FOLDER) -> None:
    """Keep *result*, which came from *files*; where that is not possible, do without."""
    place = _place(path, folder)
    kept = {"program": program(), "path": path, "files": {f: digest_of(f) for f in files},
            "result": result}  # fmt: skip
    try:
        place.parent.mkdir(exist_ok=True)
        ignore = place.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        draft = place.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        draft.replace(place)
    except (OSError, ValueError):
        return
