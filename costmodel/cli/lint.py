"""``costmodel lint``: guideline findings with what a fix saves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from costmodel.cli._common import emit, format_option, network, output_option, write

if TYPE_CHECKING:
    from costmodel.guidelines.outcome import Outcome


@click.command()
@click.argument("model")
@click.option("--select", default="", metavar="CODES", help="Only these rules: G1,G2 or G.")
@click.option("--ignore", default="", metavar="CODES", help="All rules but these.")
@click.option(
    "--set",
    "options",
    multiple=True,
    metavar="CODE.NAME=VALUE",
    help="A rule's threshold, for example G1.tolerance=1.2; repeatable.",
)
@click.option(
    "--at", multiple=True, metavar="NAME=VALUE", help="Bind a symbol or param; repeatable."
)
@click.option("--variant", metavar="NAME", help="A named variant of the spec.")
@click.option(
    "--device",
    metavar="NAME",
    help="Tell the time a fix saves there (modelled); suggest only what saves some.",
)
@click.option("--suggest", is_flag=True, help="Show rewrites that help, before and after.")
@click.option("--fix", is_flag=True, help="Apply them; the new spec goes to --output.")
@click.option("--in-place", is_flag=True, help="With --fix: into the spec itself.")
@format_option("github", "sarif", "junit")
@output_option
def command(
    model: str, select: str, ignore: str, options: tuple[str, ...], at: tuple[str, ...],
    variant: str | None, device: str | None, suggest: bool, fix: bool, in_place: bool,
    format: str, output: str | None,
) -> None:  # fmt: skip
    """Look at MODEL with the design guidelines (`costmodel list guidelines`).

    Exits with 1 if a rule finds something.  `# noqa: G1` on a line of the spec silences a
    rule for the layer that stands there, or for all that come by the call or the row that does.
    [tool.costmodel.lint] of pyproject.toml holds a project's choice.
    """
    from costmodel.guidelines.linting import lint
    from costmodel.guidelines.settings import from_project, parse_options

    settings = from_project()
    if select:
        settings = settings._replace(select=_codes(select))
    if ignore:
        settings = settings._replace(ignore=_codes(ignore))
    settings = settings.with_options(parse_options(options))
    outcome = lint(network(model, at, variant), settings)
    if device is not None:
        from costmodel.guidelines.devices import device as find

        outcome = outcome._replace(device=find(device))
    if fix:
        _fix(outcome, in_place, format, output)
    elif suggest:
        from costmodel.guidelines.rewriting import offers
        from costmodel.guidelines.suggesting import with_offers

        emit(with_offers(outcome, offers(outcome)), format, output)
    else:
        emit(outcome.report(), format, output)
    sys.exit(outcome.exit_code)


def _fix(outcome: Outcome, in_place: bool, format: str, output: str | None) -> None:
    """Write the rewritten spec, and tell on the terminal what was done."""
    from costmodel.guidelines.rewriting import fixed
    from costmodel.guidelines.suggesting import with_offers

    target = outcome.seen.graph.spec.path if in_place else output
    if target is None or (in_place and output is not None):
        raise click.UsageError("--fix writes to --output FILE, or with --in-place to the spec")
    left, taken, text = fixed(outcome)
    write(text, target)
    emit(with_offers(outcome, taken, left), format, None)


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code.strip().upper() for code in text.split(",") if code.strip())
