"""An exported program -> the graph of operators that the importers share.

Parameters and buffers are those that the forward pass reaches: each counted once, whatever the
number of modules that hold it; the counters of batches that batch norms keep are never reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from costmodel.arith import symbol
from costmodel.importers.onnx.nodes import Input, Model, Node, TensorData
from costmodel.importers.torch.conditions import conditions
from costmodel.importers.torch.example import Example
from costmodel.importers.torch.graph import Translation
from costmodel.importers.torch.sizes import Sizes

TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int16": 5, "int32": 6, "int64": 7, "bool": 9,
         "float16": 10, "float64": 11, "bfloat16": 16}  # fmt: skip


class TorchModel(Model):
    """The graph of a module: its initializers are parameters, buffers are made by nodes."""

    def __init__(self, notes: Sequence[str]) -> None:
        import torch

        super().__init__(f"PyTorch {torch.__version__.partition('+')[0]}")
        self.about = f"Imported from {self.origin}."
        self.notes = list(notes)
        self.buffers: dict[str, int] = {}  # elements of each that forward() reaches

    @property
    def initializer_elements(self) -> int:
        """Elements of the parameters and buffers that the forward pass reaches."""
        return super().initializer_elements + sum(self.buffers.values())

    def unheld(self, count: int) -> tuple[int, int]:
        """How many of the *count* elements that no layer holds are params, and how many buffers.

        The only layers that hold buffers are batch norms.
        """
        held = {name for node in self.nodes if node.op == "aten.batch_norm"
                for name in node.inputs[3:]}  # fmt: skip
        loose = sum(size for name, size in self.buffers.items() if name not in held)
        return count - loose, loose


def model_of(program: Any, examples: Sequence[Example], notes: Sequence[str]) -> TorchModel:
    """The graph of *program*, which was exported with *examples*."""
    model = TorchModel(notes)
    sizes = Sizes({})
    translation = Translation(model, sizes)
    held, waiting = _Held(program), list(examples)
    for node in program.graph.nodes:
        if node.op != "placeholder":
            continue
        if node.name in held.user_inputs:
            _input(model, sizes, node, waiting.pop(0))
            translation.names[node.name] = node.name
        elif node.users and (name := held.name_of(node)) is not None:
            translation.names[node.name] = name
            _tensor(model, node, name, held)
    model.outputs = translation.run(program.graph, program.graph_module)
    model.notes += [*conditions(program, sizes), *held.unused(model)]
    return model


class _Held:
    """The parameters and buffers of a program, each under the first name it has."""

    def __init__(self, program: Any) -> None:
        signature = program.graph_signature
        self.user_inputs = set(signature.user_inputs)
        self.buffers = set(signature.buffers)
        self._targets = {**signature.inputs_to_parameters, **signature.inputs_to_buffers,
                         **signature.inputs_to_lifted_tensor_constants}  # fmt: skip
        first: dict[int, str] = {}
        self._first = {k: first.setdefault(id(t), k) for k, t in program.state_dict.items()}
        self.parameters = {
            self._first[name]: program.state_dict[name].numel() for name in signature.parameters
        }

    def name_of(self, node: Any) -> str | None:
        """The name of what a placeholder stands for."""
        name = self._targets.get(node.name)
        return self._first.get(name, name) if name is not None else None

    def unused(self, model: TorchModel) -> list[str]:
        """A note on the parameters that the model has no use for, if there are any."""
        names = [name for name in self.parameters if name not in model.initializers]
        if not names:
            return []
        count = sum(self.parameters[name] for name in names)
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return [f"{count:,} parameters that forward() never reaches are left out: {shown}"]


def _tensor(model: TorchModel, node: Any, name: str, held: _Held) -> None:
    extents = tuple(map(int, node.meta["val"].shape))
    if name in held.parameters:
        model.initializers[name] = TensorData(name, dtype_of(node), extents, learned=True)
    elif name not in model.buffers:
        model.nodes.append(Node("aten.constant", [], [name], {"shape": extents}, name=name))
        # tensors that are no buffers (plain attributes, literals) are not counted
        model.buffers[name] = prod(extents) if name in held.buffers else 0


def _input(model: TorchModel, sizes: Sizes, node: Any, example: Example) -> None:
    dims: list[int | str] = []
    value = node.meta["val"]
    for name, extent, size in zip(example.symbols, example.extents, value.shape, strict=True):
        if (known := sizes.of(size)) is not None:
            dims.append(known if isinstance(known, int) else str(known))
            if name and str(known) != name and f" {name} at " not in " ".join(model.notes):
                model.notes.append(f"fixed {name} at {known}: the module's code allows no other")
            continue
        sizes.symbols[size.node.expr.name] = symbol(name)
        like_h = name == "w" and model.defaults.get("h") == str(extent)
        model.defaults.setdefault(name, "h" if like_h else str(extent))
        dims.append(name)
    model.inputs.append(Input(node.name, dtype_of(node), tuple(dims)))


def dtype_of(node: Any) -> int:
    """The ONNX code of a placeholder's data type."""
    return TYPES.get(str(node.meta["val"].dtype).removeprefix("torch."), 1)
