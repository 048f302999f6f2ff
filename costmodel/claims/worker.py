"""A process that checks some files and prints what it found: python -m costmodel.claims.worker."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Check the files after ``--``; their results on stdout, as JSON."""
    from costmodel.claims.file import check_file

    sys.set_int_max_str_digits(0)
    files = sys.argv[sys.argv.index("--") + 1 :]
    sys.stdout.buffer.write(json.dumps({path: check_file(path) for path in files}).encode())


if __name__ == "__main__":
    main()
