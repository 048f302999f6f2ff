"""What the tests of derivations share: small networks from a line or two."""

import pytest

from costmodel.graph import build
from costmodel.spec.document import parse_spec


@pytest.fixture(scope="session")
def network():
    """A function that makes the graph of a few layers over free symbols."""

    def make(*layers, symbols="h, w, c1, c2", input="[1, c1, h, w]"):
        declared = "".join(f"  {name.strip()}: {{}}\n" for name in symbols.split(","))
        body = "".join(f"  - {layer}\n" for layer in layers)
        text = f"model: t\nsymbols:\n{declared}input: {input}\nlayers:\n{body}"
        return build(parse_spec(text))

    return make
