"""``costmodel export``: a model as runnable PyTorch source or as an ONNX file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from costmodel.cli._common import foreign, network, output_option, symbolic_option, write
from costmodel.errors import BindingError

if TYPE_CHECKING:
    from costmodel.importers import Wishes

ENDINGS = {".py": "torch", ".onnx": "onnx"}


@click.command()
@click.argument("model")
@click.option(
    "--to",
    type=click.Choice(["torch", "onnx"]),
    help="The format; what the ending of --output says if not given.",
)
@click.option(
    "--weights",
    type=click.Choice(["random", "none"]),
    default="random",
    show_default=True,
    help="What an ONNX file holds; with none it cannot be run.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of an ONNX file's weights.")
@symbolic_option("Keep these symbols free: dim_param in ONNX.")
@click.option(
    "--at", multiple=True, metavar="NAME=VALUE", help="Bind a symbol or param; repeatable."
)
@click.option("--variant", metavar="NAME", help="A named variant of the spec.")
@foreign
@output_option
def command(
    model: str, to: str | None, weights: str, seed: int, symbolic: str | None,
    at: tuple[str, ...], variant: str | None, wishes: Wishes, output: str | None,
) -> None:  # fmt: skip
    """Write MODEL as a runnable model: readable PyTorch source, or an ONNX file.

    The source needs nothing but torch; its modules bear the names of the layers.
    """
    to = to or ENDINGS.get(os.path.splitext(output or "")[1])
    if to is None:
        raise BindingError("--to torch or --to onnx?", hint="or let --output end in .py or .onnx")
    net = network(model, at, variant, symbolic, wishes)
    name = f"{net.name}:{net.variant}" if net.variant else net.name
    if to == "torch":
        from costmodel.exporters.torch import to_source

        write(to_source(net.graph, name), output)
        return
    if output is None and sys.stdout.isatty():
        raise BindingError("an ONNX file is not text", hint="-o model.onnx")
    from costmodel.exporters.onnx import to_onnx

    write(to_onnx(net.graph, name, weights, seed).SerializeToString(), output)
