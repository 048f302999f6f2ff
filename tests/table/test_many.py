"""Arrays of configurations against one configuration after the other."""

import numpy as np
import pytest

import costmodel as cm
from costmodel.errors import BindingError, ShapeError

QUANTITIES = ("params", "mult_adds", "mem_access", "activations", "peak_memory", "depth")


@pytest.mark.parametrize(
    ("model", "values"),
    [
        ("resnet50", {"h": [64, 97, 224]}),
        ("mobilenet_v1", {"n": [1, 8, 32]}),
        ("shufflenet_v1", {"groups": [1, 2, 3, 4]}),  # what `groups > 1` says differs among these
        ("resnet50", {"n3": [1, 6, 23]}),
    ],
)
def test_totals_of_an_array_are_those_of_its_elements(model, values):
    ((name, numbers),) = values.items()
    together = cm.load(model).at(**{name: np.array(numbers)}).totals

    for i, number in enumerate(numbers):
        alone = cm.load(model).at(**{name: number}).totals
        for key in QUANTITIES:
            assert np.broadcast_to(getattr(together, key), (len(numbers),))[i] == getattr(
                alone, key
            )


def test_arrays_broadcast():
    h, w = np.array([[64], [96]]), np.array([64, 80, 128])
    totals = cm.load("resnet18").at(h=h, w=w).totals

    assert totals.mult_adds.shape == (2, 3)
    assert totals.mult_adds[1, 2] == cm.load("resnet18").at(h=96, w=128).totals.mult_adds


def test_no_integer_wraps():
    n = np.array([1, 2**45])
    totals = cm.load("resnet50").at(n=n).totals

    assert totals.mult_adds[1] == 2**45 * int(totals.mult_adds[0])


LIMITED = "model: m\nsymbols: {c: {multiple_of: 8, max: 64}}\ninput: [1, c, 4, 4]\nlayers: [relu]"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([8, 12], "no multiples of 8"),
        ([8, 72], "outside its domain"),
        ([0, 8], "outside its domain"),
        ([8.0], "array of float64"),
    ],
)
def test_values_outside_the_domain_are_refused(values, problem):
    with pytest.raises(BindingError, match=problem):
        _ = cm.loads(LIMITED).at(c=np.array(values)).totals


def test_a_configuration_that_cannot_be_built_is_refused():
    with pytest.raises(ShapeError, match="does not divide"):
        _ = cm.load("shufflenet_v1").at(groups=np.array([3, 7])).totals


def test_of_many_configurations_there_is_no_table():
    with pytest.raises(BindingError, match="h: of many configurations at once"):
        cm.load("resnet18").at(h=np.array([64, 96])).table().render()
