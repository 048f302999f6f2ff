"""Every shipped spec: it loads, its names are its own, its schema accepts it."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

import costmodel as cm
from costmodel.spec.schema import schema, schema_text
from costmodel.zoo import folder, names, shipped, variants_of

FILES = shipped()
MODELS = [
    name
    for stem, path in FILES.items()
    for name in (stem, *(f"{stem}:{v}" for v in variants_of(path)))
]


def test_the_schema_beside_the_specs_is_the_one_the_program_makes():
    assert Path(folder(), "costmodel.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_a_spec_is_accepted_by_the_schema(path):
    jsonschema.validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")), schema())


def test_the_schema_refuses_a_misspelt_key():
    document = {"model": "m", "layers": [{"conv": {"out": 3, "kernal": 3}}]}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema())


@pytest.mark.parametrize("model", MODELS)
def test_a_shipped_network_builds_and_names_n_h_and_w(model):
    net = cm.load(model)

    assert {"n", "h", "w"} <= net.spec.symbols.keys()
    assert net.graph.layers
    json.dumps(net.table().report.data)


def test_a_bare_name_is_a_file_or_the_one_variant_of_that_name():
    assert len(names()) == len(set(names()))
    assert "resnet50" in names()
