"""Values for names: defaults, variants, what the caller gives, domains."""

from fractions import Fraction

import pytest

from costmodel.errors import BindingError, SpecError, UnknownNameError
from costmodel.spec.bind import Binding
from costmodel.spec.document import parse_spec

TEXT = """
model: t
symbols: {n: 1, h: {default: 64, multiple_of: 32, max: 640}, w: {default: h}, c: {}}
params: {width: {default: 1, real: true}, a: 2 * b, b: 3}
variants: {half: {width: 0.5, b: 5}, big: {h: 128}}
"""


def bind(**options):
    return Binding(parse_spec(TEXT, "t.yaml"), **options)


def test_a_default_may_be_another_symbol_or_a_later_param():
    assert (bind()["w"], bind()["a"]) == (64, 6)


def test_what_is_given_wins_over_the_variant_and_the_variant_over_the_default():
    assert bind(variant="half")["a"] == 10
    assert bind(variant="half", at={"b": 7})["a"] == 14
    assert bind(variant="half")["width"] == Fraction(1, 2)
    assert bind(variant="big")["w"] == 128


def test_a_symbol_without_a_default_stays_free():
    assert str(bind()["c"]) == "c"
    assert bind(at={"c": 5})["c"] == 5


def test_a_symbol_that_follows_a_free_one_is_free_with_it():
    assert str(bind(free=["h"])["w"]) == "h"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ({"h": 100}, "h = 100 is not a multiple of 32\nhint: 96 or 128 is"),
        ({"h": 672}, "h = 672 is outside its domain: at least 1 and at most 640"),
        ({"n": 0}, "n = 0 is outside its domain: at least 1"),
        ({"n": Fraction(1, 2)}, "n = 1/2 is not a whole number"),
        ({"hh": 1}, "t has no symbol or param 'hh'\nhint: did you mean 'h'?"),
    ],
)
def test_a_value_outside_its_domain_is_refused(at, text):
    with pytest.raises(BindingError) as caught:
        bind(at=at).shown()

    assert str(caught.value) == text


def test_an_unknown_variant_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match=r"unknown variant of t 'hafl'\nhint: .* 'half'"):
        bind(variant="hafl")


def test_names_defined_by_each_other_are_refused():
    spec = parse_spec("model: t\nparams: {a: b + 1, b: c, c: a}\n", "t.yaml")

    with pytest.raises(SpecError, match=r"t.yaml:2:.* a is defined by itself: a -> b -> c -> a"):
        Binding(spec)["a"]
