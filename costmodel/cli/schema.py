"""``costmodel schema``: for editors."""

from __future__ import annotations

import click

from costmodel.cli._common import output_option, write


@click.command()
@output_option
def command(output: str | None) -> None:
    """The JSON Schema of specs, for editors."""
    from costmodel.spec.schema import schema_text

    write(schema_text(), output)
