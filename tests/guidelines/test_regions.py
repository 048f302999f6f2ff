"""Forks and joins, against all ways through a network."""

import pytest

from costmodel import load, loads
from costmodel.guidelines.regions import regions
from costmodel.guidelines.seen import Seen


def passed(layers):
    """For each tensor, every tensor that all ways from an input to it pass."""
    found = {}
    for layer in layers:
        ways = [found.get(tensor, frozenset()) | {tensor} for tensor in layer.inputs]
        found[layer.output] = frozenset.intersection(*ways)
    return found


def between(join, common):
    """The layers on the ways from the common tensors to *join*."""
    inside, waiting = set(), list(join.inputs)
    while waiting:
        tensor = waiting.pop()
        if tensor not in common and tensor.maker is not None and tensor.maker not in inside:
            inside.add(tensor.maker)
            waiting += tensor.maker.inputs
    return inside


@pytest.mark.parametrize("name", ["googlenet", "densenet121", "fractalnet", "shufflenet_v2",
                                  "efficientnet_b0", "espnet", "cspdarknet53"])  # fmt: skip
def test_a_region_is_what_lies_behind_the_last_common_tensor(name):
    seen = Seen(load(name).graph)
    common = passed(seen.layers)
    found = list(regions(seen))

    assert found
    assert all(set(r.layers) == between(r.join, common[r.join.output]) for r in found)
    assert [r.join for r in found] == [x for x in seen.layers if len(set(x.inputs)) > 1]


def test_two_inputs_meet_before_the_network():
    """Nothing is common: both convolutions lie between."""
    text = """model: t
input: {a: [1, 8, 4, 4], b: [1, 8, 4, 4]}
layers:
  - conv: {name: x, from: a, out: 8, kernel: 1}
  - conv: {name: y, from: b, out: 8, kernel: 1}
  - add: {from: [x, y]}
"""
    (region,) = regions(Seen(loads(text).graph))

    assert [x.path for x in region.layers] == ["x", "y"]
    assert (region.fragments, region.path, region.branches) == (2, 1, 2)
