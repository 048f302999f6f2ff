"""Networks of one layer, made from the examples that every operator has."""

import inspect

from costmodel.errors import Mark, Source
from costmodel.exporters import Traced
from costmodel.graph import Layer, Tensor

from ..ops.examples import EXAMPLES, VALUES

MARK = Mark(Source("example", ""), 1, 1)


def network_of(op, shapes):
    """The network that is *op* alone, called ``layer``."""
    inputs = tuple(Tensor(shape, None) for shape in shapes)
    layer = Layer("layer", op, inputs, op.out_shape(*shapes), MARK, False)
    return Traced(inputs, (layer,), layer.output)


def cases():
    """(label, operator, shapes of its inputs) for each example of every operator."""
    for kind, examples in sorted(EXAMPLES.items()):
        for number, example in enumerate(examples):
            names = list(inspect.signature(example).parameters)
            op, shapes = example(**{name: VALUES[name][2] for name in names})
            yield f"{kind}-{number}", op, shapes


UNSAID = {  # examples whose values a spec does not hold, so that nobody can run them
    "compute-0", "compute-1", "contract-0", "contract-1", "map-2", "map-4", "map-5", "reduce-5",
    "take-0", "take-1",
    "attention-1",  # a window of 13×3 for 8 queries
}  # fmt: skip
