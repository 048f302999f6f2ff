"""``costmodel import``: a model of another format as a spec."""

from __future__ import annotations

import click

from costmodel.cli._common import output_option, unknown_option, write


@click.command()
@click.argument("file")
@unknown_option
@output_option
def command(file: str, unknown_as: str | None, output: str | None) -> None:
    """Write the ONNX model FILE as a readable spec."""
    from costmodel.importers.fold import write_yaml
    from costmodel.importers.onnx import load_onnx

    write(write_yaml(load_onnx(file, unknown_as)), output)
