"""The command line: parse, call one function, print, exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from costmodel.errors import BindingError, CostModelError
from costmodel.version import __version__

if TYPE_CHECKING:
    from costmodel.network import Network
    from costmodel.render import Report

FORMATS = ("table", "markdown", "csv", "json", "latex", "html")
MOST_COLUMNS = 100


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Analytical cost models of convolutional networks: exact, symbolic, checked."""


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options every verb has."""
    for option in (
        click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to a file."),
        click.option("--format", type=click.Choice(FORMATS), default="table", show_default=True),
        click.option("--profile", default="paper", show_default=True,
                     help="What is counted; see `costmodel list profiles`."),
        click.option("--variant", metavar="NAME", help="A named variant of the spec."),
        click.option("--at", multiple=True, metavar="NAME=VALUE",
                     help="Bind a symbol or param; repeatable."),
    ):  # fmt: skip
        command = option(command)
    return command


@cli.command()
@click.argument("model")
@click.option("--by", default="stage", show_default=True, help="layer, block, stage or op.")
@click.option(
    "--symbolic",
    is_flag=False,
    flag_value="*",
    default=None,
    metavar="[NAMES]",
    help="Keep these symbols free (all of them without names) and print closed forms.",
)
@click.option("--columns", default="", help="Comma-separated; +KEY adds to the usual ones.")
@click.option("--sort", metavar="QUANTITY", help="The costliest first.")
@click.option("--top", type=click.IntRange(1), metavar="N", help="Only the first N rows.")
@click.option("--mode", default="inference", show_default=True, help="inference or train.")
@click.option("--raw", is_flag=True, help="Exact integers, no prefixes.")
@click.option("--width", type=click.IntRange(40), help="Columns of text; default: the terminal's.")
@shared
def analyze(
    model: str, by: str, symbolic: str | None, columns: str, sort: str | None, top: int | None,
    mode: str, raw: bool, width: int | None, at: tuple[str, ...], variant: str | None,
    profile: str, format: str, output: str | None,
) -> None:  # fmt: skip
    """The cost table of MODEL: a spec file, or the name of a shipped network."""
    from costmodel.table.report import DEFAULT_COLUMNS

    net = network(model, at, variant, symbolic)
    keys = [key.strip() for key in columns.split(",") if key.strip()] or DEFAULT_COLUMNS
    table = net.table(by, profile=profile, mode=mode, columns=keys, sort=sort, top=top)
    emit(table.report, format, output, raw=raw, width=width)


@cli.command("list")
@click.argument("what", default="specs")
@click.option("--format", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to a file.")
def list_(what: str, format: str, output: str | None) -> None:
    """What there is: ops, profiles, specs, formats, and the file that defines each."""
    from costmodel.catalogue import catalogue

    emit(catalogue(what), format, output)


@cli.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to a file.")
def schema(output: str | None) -> None:
    """The JSON Schema of specs, for editors."""
    from costmodel.spec.schema import schema_text

    write(schema_text(), output)


def network(
    model: str, at: tuple[str, ...], variant: str | None, symbolic: str | None = None
) -> Network:
    """The model with what the options bind and free."""
    from costmodel.network import load
    from costmodel.spec.expressions import parse_value

    net = load(model, variant)
    values: dict[str, Any] = {}
    for binding in at:
        name, equals, text = binding.partition("=")
        if not equals or not name.strip() or not text.strip():
            raise BindingError(f"--at {binding}: write NAME=VALUE")
        values[name.strip()] = parse_value(text.strip(), f"--at {name.strip()}")
    if symbolic is not None:
        names = [n.strip() for n in symbolic.strip("[]").split(",") if n.strip() not in ("", "*")]
        net = net.free(*names)
    return net.at(**values) if values else net


def emit(report: Report, format: str, output: str | None, **options: Any) -> None:
    """Render *report* and write it where it belongs."""
    from costmodel.render import render

    if options.get("width") is None:
        import shutil

        terminal = shutil.get_terminal_size((MOST_COLUMNS, 40)).columns
        options["width"] = MOST_COLUMNS if output else max(40, min(terminal, MOST_COLUMNS))
    color = output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    write(render(report, format, color=color, **options), output)


def write(text: str, output: str | None) -> None:
    """Print *text*, or put it into the file *output* whole or not at all."""
    if output is None:
        click.echo(text.rstrip("\n"))
        return
    from pathlib import Path

    target = Path(output)
    partial = target.with_name(f".{target.name}.part")
    try:
        partial.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BindingError(f"--output {output}: {error.strerror}") from None


def main() -> None:
    """Run the command line; a user's mistake is told on stderr and exits with 2."""
    gc.set_threshold(100_000, 50, 50)  # a run makes many objects and drops few
    # tables of widths that tabulate would load and, given cells of known width, never use
    sys.modules.setdefault("wcwidth", None)  # type: ignore[arg-type]
    try:
        cli(standalone_mode=False)
    except CostModelError as error:
        _fail(f"error: {error}", error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _fail(text: str, code: int) -> None:
    click.echo(text, err=True)
    sys.exit(code)
