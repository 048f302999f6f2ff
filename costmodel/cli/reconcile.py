"""``costmodel reconcile``: which convention prints a given number."""

from __future__ import annotations

import sys
from typing import Any

import click

from costmodel.cli._common import bindings, emit, format_option, output_option
from costmodel.errors import BindingError


@click.command()
@click.argument("model")
@click.option(
    "--reported",
    multiple=True,
    required=True,
    metavar="Q=VALUE",
    help='A printed number, such as "mult_adds=4.1G"; repeatable.',
)
@click.option("--at", multiple=True, metavar="NAME=VALUE", help="Keep this bound; repeatable.")
@click.option("--variant", metavar="NAME", help="A named variant of the spec.")
@format_option()
@output_option
def command(
    model: str, reported: tuple[str, ...], at: tuple[str, ...], variant: str | None, format: str,
    output: str | None,
) -> None:  # fmt: skip
    """Find the profile, size, variant and prefix under which MODEL has the reported numbers."""
    from costmodel.reconciliation import reconcile

    numbers = {}
    for text in reported:
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise BindingError(f"--reported {text}: write QUANTITY=VALUE")
        numbers[name.strip()] = value.strip()
    report = reconcile(model, numbers, bindings(at), variant)
    emit(report, format, output)
    found: Any = report.data
    sys.exit(0 if all(number["matches"] for number in found["reported"]) else 1)
