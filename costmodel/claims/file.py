"""One file -> its verdicts and faults, as plain data that a cache can keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from costmodel.claims.document import Document, load
from costmodel.claims.judging import judge
from costmodel.claims.measure import Workbench
from costmodel.errors import CostModelError
from costmodel.spec.reader import Map, Node, Scalar, Seq, read_file
from costmodel.zoo import shipped


def check_file(path: str) -> dict[str, Any]:
    """The ``verdicts`` and ``faults`` of the claims at *path*, and the ``files`` they come from.

    Without ``files`` the result holds for this moment only: something could not be read.
    """
    try:
        document = load(path)
    except CostModelError as error:
        return {"verdicts": [], "faults": [_fault(error, path)], "files": []}
    bench = Workbench(document)
    verdicts, faults = [], []
    for claim in document.claims:
        try:
            verdicts.append(judge(claim, bench).as_json())
        except CostModelError as error:
            faults.append(_fault(error, path, claim.id))
    files = [] if faults else [path, *_included(document)]
    if bench.reached_out:
        files += shipped().values()
    return {"verdicts": verdicts, "faults": faults, "files": files}


def _fault(error: CostModelError, path: str, claim: str = "") -> dict[str, Any]:
    line = error.mark.line if error.mark is not None else 1
    return {"text": str(error), "file": path, "line": line, "claim": claim}


def _included(document: Document) -> list[str]:
    """The files that the document includes, and those that they include."""
    spec = document.spec
    return [] if spec is None else _includes(spec.root, document.path)


def _includes(root: Node, path: str) -> list[str]:
    node = root.items.get("include") if isinstance(root, Map) else None
    if node is None:
        return []
    found: list[str] = []
    for item in node.items if isinstance(node, Seq) else [node]:
        if isinstance(item, Scalar):
            file = str(Path(path).parent / item.text)
            found += [file, *_includes(read_file(file), file)]
    return found
