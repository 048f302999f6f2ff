"""Paths -> outcome: which files have claims, checked in parallel, remembered, in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from costmodel.claims.cache import recall, remember
from costmodel.claims.file import check_file
from costmodel.claims.outcome import Fault, Outcome
from costmodel.claims.record import Verdict
from costmodel.errors import CostModelError
from costmodel.zoo import shipped

SUFFIXES = (".yaml", ".yml")
WORTH_A_WORKER = 60_000  # bytes of specs; below that starting a process costs more than it saves
MOST_JOBS = 16


def check(paths: str | Iterable[str], jobs: int | None = None, cache: bool = False) -> Outcome:
    """The verdict on every claim in the files at *paths* and in the folders there.

    The name of a shipped spec stands for its file.  Raises CostModelError if a path does not
    exist.  A file that cannot be read is a fault of the outcome, and the others are checked
    all the same.
    """
    files, skipped = discover([paths] if isinstance(paths, str) else paths)
    results: dict[str, dict[str, Any]] = {}
    if cache:
        kept = {path: recall(path) for path in files}
        results = {path: result for path, result in kept.items() if result is not None}
    missing = [path for path in files if path not in results]
    results.update(_run(missing, _jobs(jobs)))
    if cache:
        for path in missing:
            if results[path]["files"]:
                remember(path, results[path]["files"], results[path])
    verdicts = [Verdict(**v) for path in files for v in results[path]["verdicts"]]
    faults = [Fault(**f) for path in files for f in results[path]["faults"]]
    return Outcome(tuple(verdicts), tuple(faults), tuple(skipped))


def discover(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """The specs and files of claims at *paths*, and the other files that were named.

    Folders are searched for YAML; what is not like a spec is passed over there.
    """
    files: dict[str, None] = {}
    skipped = []
    for path in paths:
        place = Path(path if os.path.exists(path) else shipped().get(path, path))
        if place.is_dir():
            files.update(dict.fromkeys(str(p) for p in _under(place) if _is_ours(p)))
        elif not place.exists():
            raise CostModelError(f"there is no file or folder {path}")
        elif place.suffix in SUFFIXES and _is_ours(place):
            files[str(place)] = None
        else:
            skipped.append(str(place))
    return list(files), skipped


def _under(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place) / name for name in sorted(names) if name.endswith(SUFFIXES)]
    return found


def _is_ours(path: Path) -> bool:
    from costmodel.claims.document import is_document

    try:
        return is_document(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return True  # reading it will say why not


def _jobs(jobs: int | None) -> int:
    return max(1, min(jobs if jobs is not None else os.cpu_count() or 1, MOST_JOBS))


def _run(files: Sequence[str], jobs: int) -> dict[str, dict[str, Any]]:
    """Check *files*, some of them in other processes if that is worth it."""
    sizes = {path: _size(path) for path in files}
    jobs = min(jobs, 1 + sum(sizes.values()) // WORTH_A_WORKER, len(files))
    shares: list[list[str]] = [[] for _ in range(max(jobs, 1))]
    for path in sorted(files, key=lambda p: -sizes[p]):  # the largest first, to the least busy
        min(shares, key=lambda share: sum(sizes[p] for p in share)).append(path)
    workers = [(share, _start(share)) for share in shares[1:]]
    results = {path: check_file(path) for path in shares[0]}
    for share, worker in workers:
        told, _ = worker.communicate()
        done: dict[str, dict[str, Any]] = {}
        if worker.returncode == 0:
            done = json.loads(told)
        results.update({path: done[path] if path in done else check_file(path) for path in share})
    return results


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _start(files: Sequence[str]) -> subprocess.Popen[str]:
    """A process that checks *files*; started anew, it needs nothing of this one."""
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "costmodel.claims.worker", "--", *files],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
