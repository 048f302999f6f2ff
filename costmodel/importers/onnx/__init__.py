"""ONNX -> Spec, in three steps: file -> Model -> layers -> Spec.

``model`` reads a file into plain records (``nodes``); ``importer.spec_of`` turns these into a
spec, with the help of a handler for each operator.  The reader needs no ``onnx`` package and no
weights: extents alone make the costs.
"""

from __future__ import annotations

from costmodel.importers import Wishes, ends_with, reads
from costmodel.importers.onnx.importer import spec_of as spec_of
from costmodel.importers.onnx.importer import uncollected
from costmodel.importers.onnx.model import read_model
from costmodel.spec.syntax import Spec


def load_onnx(path: str, unknown_as: str | None = None) -> Spec:
    """The network in the ONNX file at *path*, its layers in a flat list.

    ``unknown_as`` says what an operator that is not known counts as: ``elementwise`` (one
    operation an element) or ``free``; without it such an operator is an error.
    Raises OnnxError, naming the node, if the file is broken or cannot be counted.
    """
    with uncollected():
        return spec_of(read_model(path), path, unknown_as)


@reads("onnx", ends_with(".onnx"))
def imported(model: str, wishes: Wishes) -> Spec:
    """An ONNX file."""
    return load_onnx(model, wishes.unknown_as)


def initializer_elements(path: str) -> int:
    """Elements of all initializers of the file at *path*."""
    return read_model(path).initializer_elements
