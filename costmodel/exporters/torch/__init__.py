"""Graph -> PyTorch: source that needs nothing but torch, and modules made from it.

Each layer is a module under its own path (``layer1/0/conv1`` is ``layer1.0.conv1``), so where a
spec's names are torchvision's, so are the keys of the state dict.  What a spec's block made is a
class of the block's name; modules that differ in values only are one class with arguments.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import linecache
import sys
from typing import TYPE_CHECKING, Any

from costmodel.errors import CostModelError
from costmodel.exporters import Traced, trace
from costmodel.exporters.torch.classes import Classes, camel
from costmodel.exporters.torch.parts import part
from costmodel.exporters.torch.text import class_text
from costmodel.exporters.torch.tree import Leaf, Step, Unit, grow
from costmodel.graph import Graph
from costmodel.version import __version__

if TYPE_CHECKING:
    from torch import nn


def to_source(graph: Graph, name: str = "") -> str:
    """The network as Python source: a class for each kind of block, and one for the whole.

    ExportError, naming layer and operator, for what PyTorch has no code for.

    >>> import costmodel as cm
    >>> text = "model: m, input: [1, 3, 8, 8], layers: [{conv: {name: stem, out: 4, kernel: 3}}]"
    >>> source = to_source(cm.loads(f"{{{text}}}").graph)
    >>> print(*(line.strip() for line in source.splitlines() if "stem" in line), sep=chr(10))
    self.stem = nn.Conv2d(3, 4, 3, bias=False)
    return self.stem(x)
    """
    return write_source(trace(graph), name or graph.spec.model)


def to_torch(graph: Graph, name: str = "") -> nn.Module:
    """The network as a module with random weights, from the same source.

    Under ``with torch.device("meta"):`` it takes no memory.  CostModelError without PyTorch.
    """
    return load(to_source(graph, name), camel(name or graph.spec.model))


def write_source(traced: Traced, name: str) -> str:
    """The source of the network *traced*, whose class is called after *name*."""
    top, names = grow(traced)
    classes = Classes(top, camel(name))
    body: list[str] = []
    parts = _parts(top)
    for helper in parts:
        body += ["", "", *part(helper).split("\n")]
    for made in classes.all:
        ties = _ties(traced, names) if made is classes.top else []
        body += ["", "", *class_text(made, classes, ties)]
    body += ["", "", *_trial(traced, classes.top.name)]
    return "\n".join([*_head(name, "\n".join(body)), *body]) + "\n"


def _head(name: str, body: str) -> list[str]:
    shown = "".join(c for c in name if c.isalnum() or c in "_.:-")
    lines = [f'"""{shown}, as costmodel {__version__} wrote it; needs only torch."""', ""]
    lines += ["import math"] if "math." in body else []
    lines += ["from collections import OrderedDict"] if "OrderedDict(" in body else []
    lines += [""] if len(lines) > 2 else []
    lines += ["import torch"]
    lines += ["import torch.nn.functional as F"] if "F." in body else []
    return [*lines, "from torch import nn"]


def _trial(traced: Traced, name: str) -> list[str]:
    """What the file does when it is run."""
    shapes = [tensor.shape for tensor in traced.inputs]
    if not all(isinstance(extent, int) for shape in shapes for extent in shape):
        return [f'if __name__ == "__main__":\n    print({name}())']
    inputs = ", ".join(f"torch.randn({', '.join(map(str, shape))})" for shape in shapes)
    shape = ".shape" if len(traced.outputs) == 1 else "[0].shape"
    return ['if __name__ == "__main__":', f"    print({name}().eval()({inputs}){shape})"]


def _parts(step: Step) -> list[str]:
    found: dict[str, None] = {}
    for inner in step.steps if isinstance(step, Unit) else ():
        found.update(dict.fromkeys(inner.code.parts if isinstance(inner, Leaf) else _parts(inner)))
    return list(found)


def _ties(traced: Traced, names: dict[str, str]) -> list[str]:
    """Statements that give layers which share weights the same module."""
    lines = []
    for layer in traced.layers:
        first = traced.shares.get(layer.path)
        cost = layer.op.forward(layer.xs, layer.y)
        if first is not None and (cost.params or cost.buffers):
            outer, _, own = names[layer.path].rpartition(".")
            lines.append(f'setattr(self.get_submodule("{outer}"), "{own}", '
                         f'self.get_submodule("{names[first]}"))')  # fmt: skip
    return lines


# -- modules -------------------------------------------------------------------------------------


class _Text(importlib.abc.InspectLoader):
    """Loads a module from its source text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, fullname: str) -> str:
        return self.text


def load(text: str, name: str) -> nn.Module:
    """An instance of the class *name* in the source *text*, which ``write_source`` wrote.

    All that such a source holds of a spec is numbers and names reduced to identifiers.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise CostModelError("this needs PyTorch", hint="pip install torch") from None
    title = f"<costmodel {name}>"
    spec = importlib.util.spec_from_loader(title, _Text(text), origin=title)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{title} has no loader")
    module: Any = importlib.util.module_from_spec(spec)
    linecache.cache[title] = (len(text), None, text.splitlines(keepends=True), title)
    sys.modules[title] = module  # so that its classes can be pickled and inspected
    spec.loader.exec_module(module)
    made: nn.Module = getattr(module, name)()
    return made
