"""Closed forms of shipped networks against their numbers, at sizes of every kind."""

import random
from fractions import Fraction

import pytest

import costmodel as cm
from costmodel.arith import compile_form, evaluate
from costmodel.errors import ShapeError
from costmodel.zoo import shipped

QUANTITIES = ("params", "mult_adds", "flops", "mem_access", "activations", "peak_memory")


@pytest.mark.parametrize("model", shipped())
def test_closed_forms_equal_the_numbers_at_fifty_random_sizes(model):
    net = cm.load(model)
    forms = net.free("n", "h", "w").table()._table.totals
    program = compile_form([getattr(forms, key) for key in QUANTITIES], ["n", "h", "w"])
    rng = random.Random(model)
    checked = 0
    while checked < 50:
        n, h, w = rng.randint(1, 3), rng.randint(20, 600), rng.randint(20, 600)
        try:
            totals = net.at(n=n, h=h, w=w).table()._table.totals
        except ShapeError:
            continue  # too small for the network: its assumptions say from where on it holds
        assert program(n, h, w) == tuple(getattr(totals, key) for key in QUANTITIES)
        checked += 1


@pytest.mark.parametrize(
    "name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3", "efficientnet", "ghostnet", "mnasnet"]
)
def test_the_closed_form_in_the_channel_multiplier_is_that_of_every_network(name):
    closed = cm.load(name).free("width").table()._table.totals
    for width in (Fraction(1, 2), Fraction(3, 4), Fraction(7, 5), 2):
        counted = cm.load(name).at(width=width).table()._table.totals
        for quantity in ("params", "mult_adds", "mem_access", "peak_memory"):
            assert evaluate(getattr(closed, quantity), {"width": width}) == getattr(
                counted, quantity
            )


COUNTS = [
    ("resnet50", ("n3",), ({"n3": 1}, {"n3": 6}, {"n3": 36})),
    ("resnet_cifar", ("blocks",), ({"blocks": 3}, {"blocks": 18})),
    ("efficientnet", ("depth",), ({"depth": 1}, {"depth": Fraction(11, 5)})),
    ("regnet", ("n1", "n4"), ({"n1": 1, "n4": 1}, {"n1": 3, "n4": 2})),
    ("highway", ("depth",), ({"depth": 9}, {"depth": 31})),
]


@pytest.mark.parametrize(("name", "free", "points"), COUNTS, ids=[c[0] for c in COUNTS])
def test_the_closed_form_in_the_depth_is_that_of_every_network(name, free, points):
    closed = cm.load(name).free(*free).table()._table.totals
    for point in points:
        counted = cm.load(name).at(**point).table()._table.totals
        for quantity in (*QUANTITIES, "depth"):
            assert evaluate(getattr(closed, quantity), point) == getattr(counted, quantity)
