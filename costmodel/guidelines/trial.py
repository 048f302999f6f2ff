"""What if some layers were others: the network run again from there on, without its spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heapify, heappop, heappush
from typing import Any

from costmodel.errors import CostModelError, ShapeError
from costmodel.graph import Layer, Tensor
from costmodel.guidelines import saving
from costmodel.guidelines.seen import Seen, is_depthwise
from costmodel.ops import Op
from costmodel.spec.custom import FormulaOp
from costmodel.table import Table
from costmodel.table.liveness import depth, peak_memory

Change = Callable[["Trial", tuple[Tensor, ...]], Tensor]


def what_if(
    seen: Seen, changes: Mapping[Layer, Change], *, whole: bool = False
) -> dict[str, int] | None:
    """What the network saves with *changes* made; *whole* adds peak memory and depth.

    None where a shape would not fit any more, or the network's output would be another.
    """
    trial = Trial(seen)
    try:
        trial.run(changes, whole)
    except CostModelError:
        return None
    end = trial.now.get(seen.graph.output, seen.graph.output)
    if end.shape != seen.graph.output.shape:
        return None
    made = [layer for layers in trial.made.values() for layer in layers]
    entries = Table(seen.graph._replace(layers=tuple(made))).entries
    saved = saving([seen.costs[x] for x in trial.made], [entry.cost for entry in entries])
    if whole:
        new = seen.graph._replace(layers=trial.layers(), output=end)
        for name, count in (("peak_memory", peak_memory), ("depth", depth)):
            if off := count(seen.graph) - count(new):
                saved[name] = off
    return saved


def half_as_wide(seen: Seen, layer: Layer) -> tuple[str, dict[str, int]]:
    """Half the channels of *layer*, or of what a depthwise one reads: where, and what it saves."""
    source = next(seen.sources(layer))
    if is_depthwise(layer) and source is not None and source.op.weighted:
        return half_as_wide(seen, source)
    op: Any = layer.op
    if "out" not in op.fields or is_depthwise(layer):
        return f"{layer.path} left out, that alone", saving([seen.costs[layer]], [])
    groups = getattr(op, "groups", 1)
    half = op._replace(out=max(groups, op.out // 2 // groups * groups))
    saved = what_if(seen, {layer: in_place(half)}, whole=True)
    if saved is None:
        alone = saving([seen.costs[layer]], [half.cost(*layer.xs)])
        return f"half the width of {layer.path}, that alone", alone
    return f"half the width of {layer.path}", saved


class Trial:
    """Layers made in the place of others, and the tensors that stand for the old ones."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.made: dict[Layer, list[Layer]] = {}
        self.now: dict[Tensor, Tensor] = {}
        self._at = seen.layers[0]

    def run(self, changes: Mapping[Layer, Change], whole: bool) -> None:
        """Make the changes, and again each layer that reads another shape than before."""
        waiting = [self.seen.order[layer] for layer in changes]
        heapify(waiting)
        while waiting:
            layer = self._at = self.seen.layers[heappop(waiting)]
            if layer in self.made:
                continue
            self.made[layer] = []
            inputs = tuple([self.now.get(tensor, tensor) for tensor in layer.inputs])
            change = changes.get(layer) or in_place(refitted(layer, inputs))
            self.now[layer.output] = new = change(self, inputs)
            if whole or new.shape != layer.y:
                for reader in self.seen.readers.get(layer.output, ()):
                    heappush(waiting, self.seen.order[reader])

    def apply(self, op: Op, *inputs: Tensor) -> Tensor:
        """The output of *op*, a layer more in the place that is worked at.

        Raises  ShapeError where the inputs do not fit.
        """
        xs = [tensor.shape for tensor in inputs]
        op.check(*xs)
        old = self._at
        layer = Layer(old.path, op, inputs, op.out_shape(*xs), old.mark, old.shared)
        self.made[old].append(layer)
        return layer.output

    def layers(self) -> tuple[Layer, ...]:
        """All layers as they are now, in execution order."""
        found: list[Layer] = []
        for layer in self.seen.layers:
            found += self.made.get(layer, [layer])
        return tuple(found)


def in_place(*ops: Op) -> Change:
    """The change to *ops* one after the other; without any the layer is left out."""

    def change(trial: Trial, inputs: tuple[Tensor, ...]) -> Tensor:
        for op in ops:
            inputs = (trial.apply(op, *inputs),)
        return inputs[0]

    return change


def refitted(layer: Layer, inputs: tuple[Tensor, ...]) -> Op:
    """The operator of *layer* for other inputs: a depthwise convolution follows their width.

    Raises  ShapeError for one whose numbers were made for the old width.
    """
    old, new = layer.xs[0], inputs[0].shape
    if old[1] == new[1] and not isinstance(layer.op, FormulaOp):
        return layer.op
    if is_depthwise(layer):
        return layer.op._replace(groups=new[1], out=layer.op.out * new[1] // old[1])  # type: ignore[attr-defined]
    if layer.op.kind == "slice" or (isinstance(layer.op, FormulaOp) and old != new):
        raise ShapeError(f"{layer.path} is made for {old[1]} channels")
    return layer.op
