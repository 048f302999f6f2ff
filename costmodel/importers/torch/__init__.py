"""A PyTorch module -> Spec, through ``torch.export``; torch 2.6 or newer.

The graph that torch exports is translated into the graph of operators that the ONNX importer
consumes; layers, names, closed forms and folding into blocks are the same from there on.
"""

from __future__ import annotations

from typing import Any

from costmodel.importers import Wishes, reads
from costmodel.importers.onnx import spec_of
from costmodel.importers.torch import (  # noqa: F401  (each registers its operators)
    handlers,
    layers,
    pointwise,
    shapes,
)
from costmodel.importers.torch.example import examples_of
from costmodel.importers.torch.factory import is_factory, module_from
from costmodel.importers.torch.program import model_of
from costmodel.importers.torch.trace import traced
from costmodel.spec.syntax import Spec

USUAL_SHAPE = "1,3,224,224"


def from_module(
    module: Any, example_shape: Any, unknown_as: str | None = None, name: str = ""
) -> Spec:
    """The network that *module* computes in evaluation mode, its layers in a flat list.

    ``example_shape`` is what forward() is traced with: (1, 3, 224, 224), whose batch, height and
    width become the symbols n, h, w; ("n", 3, "h=256", "w=256", ...) to name extents oneself; a
    tensor; a list of these for several inputs, or a dict by the names of forward()'s arguments.
    Sizes that torch.export cannot leave open within a minute are fixed, and the spec says so;
    ("n", 3, 224, 224) leaves only the batch open from the start.  The module is not changed, and
    no weight of it is read or copied.

    Raises CostModelError with torch's reason if the module cannot be exported, or names an
    operator that is not known unless ``unknown_as`` is ``elementwise`` or ``free``.
    """
    examples = examples_of(example_shape)
    program, notes = traced(module, examples)
    model = model_of(program, examples, notes)
    model.name = name or type(module).__name__
    spec = spec_of(model, model.name, unknown_as)
    return spec._replace(source=f"{type(module).__module__}.{type(module).__qualname__}")


@reads("torch", is_factory)
def load_factory(model: str, wishes: Wishes) -> Spec:
    """The network of the module that ``package.module:factory`` makes."""
    module = module_from(model, run_python=wishes.run_python)
    name = model.rpartition(":")[2].rpartition(".")[2]
    spec = from_module(module, wishes.shape or USUAL_SHAPE, wishes.unknown_as, name)
    return spec._replace(source=model)
