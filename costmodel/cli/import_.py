"""``costmodel import``: a model of another format as a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from costmodel.cli._common import foreign, output_option, write
from costmodel.errors import BindingError

if TYPE_CHECKING:
    from costmodel.importers import Wishes


@click.command()
@click.argument("model")
@foreign
@output_option
def command(model: str, wishes: Wishes, output: str | None) -> None:
    """Write MODEL as a readable spec.

    MODEL is an ONNX file, a darknet .cfg, a YOLO .yaml, a text of timm's block strings, or
    package.module:factory of PyTorch (`costmodel list importers`).
    """
    from costmodel.importers.fold import write_yaml
    from costmodel.zoo import find

    found = find(model, wishes)
    if not found.imported:
        raise BindingError(f"{model} is a spec already")
    root = found.spec.root  # which is empty unless the importer wrote the spec's text
    write(root.mark.source.text if root.items else write_yaml(found.spec), output)
