"""``costmodel diff``: what differs between two models."""

from __future__ import annotations

import click

from costmodel.cli._common import emit, network, shared


@click.command()
@click.argument("a")
@click.argument("b")
@shared
def command(
    a: str, b: str, at: tuple[str, ...], variant: str | None, profile: str, format: str,
    output: str | None,
) -> None:  # fmt: skip
    """What B has more or less than A, and which layers cause it."""
    from costmodel.difference import difference

    report = difference(network(a, at, variant), network(b, at, variant), profile)
    emit(report, format, output)
