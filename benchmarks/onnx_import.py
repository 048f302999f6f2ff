"""Importing an ONNX file beside ``onnx.load`` and ``onnx.shape_inference`` on the same file.

    python benchmarks/onnx_import.py FILE... [--with-weights]

Prints the best of ten runs of each, in one process, and their ratio; the modules are imported
before.  ``import`` is file to Spec; ``yaml`` is what folding, writing, reading back and comparing
cost beside that.  ``--with-weights`` fills the stripped weights in first, which is how exporters
write files: ``onnx`` then reads them, the importer does not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import onnx
import onnx.shape_inference

from costmodel.importers.fold import write_yaml
from costmodel.importers.onnx import load_onnx
from costmodel.importers.onnx.model import read_model

RUNS = 10


def best(action: Callable[[], object]) -> float:
    """Seconds of processor time that the fastest of ``RUNS`` took."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def filled(path: Path, folder: Path) -> Path:
    """A copy of the model with a payload for every weight."""
    model = onnx.load(str(path), load_external_data=False)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and not tensor.raw_data:
            count = 1
            for extent in tensor.dims:
                count *= extent
            tensor.raw_data = b"\0" * (4 * count)
    target = folder / path.name
    onnx.save(model, str(target))
    return target


def compare(path: Path) -> None:
    """Print a line for the file at *path*."""
    reference = best(lambda: onnx.shape_inference.infer_shapes(onnx.load(str(path))))
    read, whole = best(lambda: read_model(str(path))), best(lambda: load_onnx(str(path)))
    spec = load_onnx(str(path))
    written = best(lambda: write_yaml(spec))
    print(
        f"{path.name:<48} {path.stat().st_size / 2**20:8.1f} MiB   onnx {1e3 * reference:8.1f} ms"
        f"   read {1e3 * read:7.1f} ms   import {1e3 * whole:8.1f} ms   {whole / reference:5.2f}x"
        f"   yaml {1e3 * written:8.1f} ms more"
    )


def main() -> None:
    """Compare on the files named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--with-weights", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for path in given.files:
            compare(filled(path, Path(folder)) if given.with_weights else path)


if __name__ == "__main__":
    main()
