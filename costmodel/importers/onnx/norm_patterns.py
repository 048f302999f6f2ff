"""Layer and group normalisation, put together from their pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.importers.onnx.nodes import TensorData

if TYPE_CHECKING:
    from costmodel.importers.onnx.patterns import Found, Links


def layer_norm(links: Links, number: int) -> Found | None:
    """(x - mean) / sqrt(mean((x - mean)²) + eps), with or without weight and bias."""
    plus = links.made_by(links.nodes[number].inputs[0], "Add")
    spread = _made_from(links, plus, "ReduceMean")
    square = _made_from(links, spread, "Pow", "Mul")
    centred = _made_from(links, square, "Sub")
    if plus is None or spread is None or square is None or centred is None:
        return None
    x, mean_name = (*links.nodes[centred].inputs, "", "")[:2]
    mean = links.made_by(mean_name, "ReduceMean")
    last = links.only_user(number, "Div")
    if mean is None or last is None or links.nodes[mean].inputs[0] != x:
        return None
    axes, same = _axes(links, mean), _axes(links, spread)
    if axes is None or axes != same or links.other(last, links.out(number)) != links.out(centred):
        return None
    if any(user not in (square, last) for user in links.users.get(links.out(centred), [])):
        return None
    parts = [mean, centred, square, spread, plus, number, last]
    weights, ends = _affine(links, last)
    if axes == [1]:
        return "ChannelLayerNorm", [x, *weights], {}, [*parts, *ends]
    if axes == [-1]:
        return "LayerNormalization", [x, *weights], {"axis": -1}, [*parts, *ends]
    return None


def _made_from(links: Links, number: int | None, *ops: str) -> int | None:
    """The node among *ops* that makes an input of node *number*."""
    if number is None:
        return None
    made = (links.made_by(name, *ops) for name in links.nodes[number].inputs)
    return next((m for m in made if m is not None), None)


def _axes(links: Links, number: int) -> list[int] | None:
    node = links.nodes[number]
    if len(node.inputs) < 2:
        return node.integers("axes")
    tensor = links.tensor(node.inputs[1])
    return tensor.values() if tensor is not None else None


def _affine(links: Links, number: int) -> tuple[list[str], list[int]]:
    """The weight and bias that are applied to what node *number* makes, and by which nodes."""
    scale = links.only_user(number, "Mul")
    weight = links.other(scale, links.out(number)) if scale is not None else None
    shift = links.only_user(scale, "Add") if scale is not None else None
    bias = links.other(shift, links.out(scale)) if scale is not None and shift is not None else None
    if scale is None or shift is None or weight is None or bias is None:
        return [], []
    if not (links.weights(weight) and links.weights(bias)):
        return [], []
    if links.extents(weight) != links.extents(bias):
        return [], []
    return [weight, bias], [scale, shift]


def group_norm(links: Links, number: int) -> Found | None:
    """reshape, instance norm over groups, reshape back, weight and bias."""
    node = links.nodes[number]
    split = links.made_by(node.inputs[0], "Reshape")
    back = links.only_user(number, "Reshape")
    groups: Any = links.tensor(node.inputs[1])
    if split is None or back is None or not isinstance(groups, TensorData):
        return None
    if links.only_user(split, "InstanceNormalization") != number or len(groups.dims) != 1:
        return None
    weights, ends = _affine(links, back)
    inputs = [links.nodes[split].inputs[0], *weights]
    given = {"num_groups": groups.dims[0]}
    return "GroupNormalization", inputs, given, [split, number, back, *ends]
