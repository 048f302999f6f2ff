"""``costmodel analyze``: the cost table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from costmodel.cli._common import emit, foreign, network, shared, symbolic_option

if TYPE_CHECKING:
    from costmodel.importers import Wishes


@click.command()
@click.argument("model")
@click.option("--by", default="stage", show_default=True, help="layer, block, stage or op.")
@symbolic_option("Keep these symbols free (all of them without names) and print closed forms.")
@click.option("--columns", default="", help="Comma-separated; +KEY adds to the usual ones.")
@click.option("--device", metavar="NAME", help="Model the time on a device (`list devices`).")
@click.option("--exact-padding", is_flag=True, help="Show mult-adds that touch no padding too.")
@click.option("--sort", metavar="QUANTITY", help="The costliest first.")
@click.option("--top", type=click.IntRange(1), metavar="N", help="Only the first N rows.")
@click.option("--mode", default="inference", show_default=True, help="inference or train.")
@click.option("--raw", is_flag=True, help="Exact integers, no prefixes.")
@click.option("--width", type=click.IntRange(40), help="Columns of text; default: the terminal's.")
@foreign
@shared
def command(
    model: str, by: str, symbolic: str | None, columns: str, sort: str | None, top: int | None,
    device: str | None, exact_padding: bool, mode: str, raw: bool, width: int | None,
    wishes: Wishes, at: tuple[str, ...], variant: str | None,
    profile: str, format: str, output: str | None,
) -> None:  # fmt: skip
    """The cost table of MODEL: a spec file, or the name of a shipped network."""
    from costmodel.table.report import DEFAULT_COLUMNS

    net = network(model, at, variant, symbolic, wishes)
    keys = [key.strip() for key in columns.split(",") if key.strip()]
    keys += ["+exact_mult_adds"] * exact_padding
    table = net.table(
        by, profile=profile, mode=mode, columns=keys or DEFAULT_COLUMNS, sort=sort, top=top
    )
    report = table.report if device is None else table.timed(device)
    emit(report, format, output, raw=raw, width=width)
