"""ptflops with its default backend, ``pytorch``."""

from __future__ import annotations

from collections.abc import Mapping

from costmodel.arith import Dim, prod
from costmodel.profiles import MODULES, Profile, Rule, Seen, profile
from costmodel.profiles.rules import bias, per_element, per_input, per_output, response_norm

HOOKS: Mapping[str, Rule] = {  # what a module of exactly the standard class adds
    "conv": bias,
    "conv_transpose": bias,
    "linear": bias,
    "batch_norm": per_element(2, 1),
    "group_norm": per_element(2, 1),
    "layer_norm": per_input(1),
    "relu": per_output(1),
    "relu6": per_output(1),
    "prelu": per_output(1),
    "elu": per_output(1),
    "leaky_relu": per_output(1),
    "gelu": per_output(1),
    "pool": per_input(1),
    "upsample": per_output(1),
}
FUNCTIONS: Mapping[str, Rule] = {  # what the patched torch.nn.functional adds to that, or alone
    "relu": per_input(1),
    "relu6": lambda seen: prod(seen.xs[0]) if seen.written == "function" else 0,
    "prelu": per_input(1),
    "elu": per_input(1),
    "gelu": per_input(1),
    "swish": per_input(1),
    "softmax": per_input(1),
    "pool": per_input(1),
    "upsample": per_output(1),
    "local_response_norm": response_norm,
}


@profile("ptflops")
class Ptflops(Profile):
    """ptflops 0.7.5, backend pytorch: its "MACs".

    ``get_model_complexity_info(model, size)`` with the default backend.  Adds each bias, 2 for
    each element of a batch norm (1 without weights), 1 of a layer norm, of ReLU, ReLU6, PReLU,
    ELU, GELU, SiLU, softmax, of each pool's input and each upsampled element.
    Bugs    ReLU, PReLU, ELU, GELU, pools and upsampling count **twice**: nn.ReLU has a hook, and
            calls F.relu, which is patched too (as sovrasov/flops-counter.pytorch#139 found for
            custom hooks; ``count_functional: False`` is the way out).  ReLU6 does not: it calls
            F.hardtanh.  Hooks are looked up by exact class, so derived ones count nothing (timm's
            Conv2dSame, Linear and BatchNormAct2d).  F.linear and F.conv2d are not patched.
            Sigmoid, tanh and the hard ones are nothing.
    Limits  Whether code calls nn.ReLU or F.relu is in a spec only as ``assume: written``; the
            module is taken for granted.  Attention networks are not reproduced: their hooks hide
            the linear layers inside.  Exact for a batch of 1, which it is made for.

    63 comparisons, twice:

    >>> from costmodel.ops import OPS
    >>> Ptflops().alone(OPS["relu"](), (1, 1, 9, 7))
    126
    >>> Ptflops().alone(OPS["relu"](), (1, 1, 9, 7), way="function")
    63
    """

    ways = MODULES

    def counted(self, seen: Seen) -> Dim:
        # torch.matmul is patched: whatever calls it counts
        return seen.cost.mult_adds if seen.op.family == "matmul" else super().counted(seen)

    def extra(self, seen: Seen) -> Dim:
        if seen.written == "mean":
            return 0
        tables = [HOOKS, FUNCTIONS] if seen.written in self.ways else [FUNCTIONS]
        rules = [table.get(seen.op.kind) or table.get(seen.op.family) for table in tables]
        return sum(rule(seen) for rule in rules if rule is not None)
