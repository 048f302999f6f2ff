"""``costmodel check``: every published number under some paths."""

from __future__ import annotations

import sys

import click

from costmodel.cli._common import emit, format_option, output_option


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--jobs", type=click.IntRange(1), help="Processes; default: as it pays.")
@click.option("--cache/--no-cache", default=True, show_default=True, help="Skip unchanged files.")
@click.option("--all", "every", is_flag=True, help="List the claims that hold too.")
@click.option("--summary", "short", is_flag=True, help="One or two figures of each network.")
@format_option("junit", "github", "sarif")
@output_option
def command(
    paths: tuple[str, ...], jobs: int | None, cache: bool, every: bool, short: bool, format: str,
    output: str | None,
) -> None:  # fmt: skip
    """Check every claim in the files and folders at PATHS; a shipped network's name will do."""
    from costmodel.claims import check

    outcome = check(paths, jobs, cache)
    if short:
        from costmodel.claims.summary import summary

        emit(summary(outcome.verdicts), format, output)
    else:
        emit(outcome.report(every), format, output)
    sys.exit(outcome.exit_code)
