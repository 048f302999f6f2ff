"""Names of layers and symbols, made from what exporters call nodes, tensors and dimensions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from costmodel.importers.onnx.nodes import Node
from costmodel.importers.onnx.values import Flow
from costmodel.spec.expr_words import RESERVED

LONGEST = 90
EXPRESSION_WORDS = {"ceil_div", "floor", "ceil", "min", "max", "round_to", "ratio"}
INCOMING = {"n_in", "c_in", "h_in", "w_in", "d_in"}
BATCH = {"n", "batch", "batch_size", "batchsize", "bs", "b", "bsz"}
HEIGHT = {"h", "height", "img_h", "image_height"}
WIDTH = {"w", "width", "img_w", "image_width"}


def identifier(text: str) -> str:
    """*text* as a name that expressions can use.

    >>> identifier("batch.size"), identifier("2h")
    ('batch_size', 'd_2h')
    """
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text)[:LONGEST].strip("_") or "d"
    if name[0].isdigit() or name in RESERVED | EXPRESSION_WORDS | INCOMING:
        name = f"d_{name}"
    return name


def axis_symbol(dim: str, axis: int, rank: int) -> str:
    """n, h or w where *dim* is a usual name of that axis, else its own name."""
    word = dim.lower()
    if axis == 0 and word in BATCH:
        return "n"
    if rank == 4 and axis == 2 and word in HEIGHT:
        return "h"
    if rank == 4 and axis == 3 and word in WIDTH:
        return "w"
    return identifier(dim)


_TIDY = re.compile(r"[A-Za-z]\w*(/\w+)*", re.ASCII)  # what needs no cleaning


@lru_cache(maxsize=4096)
def _clean(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", part).strip("_-") or "_"


@lru_cache(maxsize=4096)
def scopes(path: str) -> tuple[str, ...]:
    """The modules on a path, each by the name it has in its parent.

    >>> scopes("/layer1/layer1.0/conv1"), scopes("features.1.0")
    (('layer1', '0', 'conv1'), ('features', '1', '0'))
    """
    found: list[str] = []
    outer = ""
    for part in path.split("/"):
        if not part:
            continue
        own = part[len(outer) + 1 :] if outer and part.startswith(outer + ".") else part
        found += [p for p in own.split(".") if p]
        outer = part
    return tuple(found)


HEADS = frozenset({"global_avg_pool", "global_max_pool", "max_pool", "avg_pool", "flatten"})


class LayerNames:
    """Gives each layer a path of its own."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.used: set[str] = {"input"}
        self._numbers: dict[str, int] = {}  # name -> the number that the next of that name gets
        self._containers: set[tuple[str, ...]] = {()}
        for node in nodes:
            if "/" in node.name:
                outer = scopes(node.name.rpartition("/")[0])[:-1]
                while outer not in self._containers:
                    self._containers.add(outer)
                    outer = outer[:-1]

    def of(self, node: Node, kind: str, weight: str, sources: Sequence[Flow]) -> str:
        """The path of a layer of this *kind* made from *node*, whose weight has that name.

        Where nothing tells its module, it is that of the layer it goes on from.
        """
        parts = self._parts(node, weight)
        if not parts and kind not in HEADS:
            outer = max((x.name.rpartition("/")[0] for x in sources), key=len)
            parts = (*outer.split("/"), kind) if outer else ()
        if not parts or parts in self._containers:
            parts = (*parts, kind)
        name = "/".join(parts)
        if len(name) > LONGEST or not _TIDY.fullmatch(name):
            name = "/".join(map(_clean, parts))[-LONGEST:].strip("/")
            if not (name[0].isalpha() or name[0] == "_"):
                name = f"m{name}"
        if name in self.used and not name.endswith(kind):
            name = f"{name}_{kind}"
        return self.unused(name)

    def unused(self, name: str) -> str:
        """*name*, numbered if it is taken."""
        if name in self.used:
            number = self._numbers.get(name, 2)
            while f"{name}_{number}" in self.used:
                number += 1
            self._numbers[name] = number + 1
            name = f"{name}_{number}"
        self.used.add(name)
        return name

    def _parts(self, node: Node, weight: str) -> tuple[str, ...]:
        if "/" in node.name:
            return scopes(node.name.rpartition("/")[0])
        if "." in weight and "::" not in weight:
            return scopes(weight.rpartition(".")[0])
        return scopes(node.scope)
