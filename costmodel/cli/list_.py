"""``costmodel list``: what there is."""

from __future__ import annotations

import click

from costmodel.cli._common import emit, format_option, output_option


@click.command()
@click.argument("what", default="specs")
@format_option()
@output_option
def command(what: str, format: str, output: str | None) -> None:
    """What there is, and the file that defines it.

    WHAT is ops, profiles, guidelines, bounds, devices, importers, specs or formats.
    """
    from costmodel.catalogue import catalogue

    emit(catalogue(what, as_text=format == "table"), format, output)
