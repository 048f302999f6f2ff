"""What the verbs share: options, the model they name, where their output goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from costmodel.errors import BindingError

if TYPE_CHECKING:
    from costmodel.importers import Wishes
    from costmodel.network import Network
    from costmodel.render import Report

FORMATS = ("table", "markdown", "csv", "json", "latex", "html")
MOST_COLUMNS = 100

output_option = click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="Write to a file."
)


def foreign(command: Callable[..., None]) -> Callable[..., None]:
    """The options for models that are no specs; the command gets them as ``wishes``."""

    @click.option(
        "--unknown-as",
        type=click.Choice(["elementwise", "free"]),
        help="Take imported operators that are not known for this, and say so.",
    )
    @click.option(
        "--input",
        "shape",
        metavar="SHAPE",
        help='Of a PyTorch module: "1,3,224,224", or "n,3,h=224,w=224" to name its extents.',
    )
    @click.option(
        "--run-python",
        is_flag=True,
        help="Let package.module:factory run its code, with all your rights.",
    )
    @wraps(command)
    def with_wishes(
        *, unknown_as: str | None, shape: str | None, run_python: bool, **given: Any
    ) -> None:
        from costmodel.importers import Wishes

        command(wishes=Wishes(unknown_as, run_python, shape), **given)

    return with_wishes


def symbolic_option(help: str) -> Callable[..., Any]:
    """``--symbolic [NAMES]``; without names it means every symbol."""
    return click.option(
        "--symbolic", is_flag=False, flag_value="*", default=None, metavar="[NAMES]", help=help
    )


def format_option(*more: str) -> Callable[..., Any]:
    """``--format`` with the formats every verb has, and *more*."""
    choice = click.Choice((*FORMATS, *more))
    return click.option("--format", type=choice, default="table", show_default=True)


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options every verb has."""
    for option in (
        output_option,
        format_option(),
        click.option("--profile", default="paper", show_default=True,
                     help="What is counted; see `costmodel list profiles`."),
        click.option("--variant", metavar="NAME", help="A named variant of the spec."),
        click.option("--at", multiple=True, metavar="NAME=VALUE",
                     help="Bind a symbol or param; repeatable."),
    ):  # fmt: skip
        command = option(command)
    return command


def bindings(at: tuple[str, ...]) -> dict[str, Any]:
    """What the ``--at`` options bind."""
    from costmodel.spec.expressions import parse_value

    values: dict[str, Any] = {}
    for binding in at:
        name, equals, text = binding.partition("=")
        if not equals or not name.strip() or not text.strip():
            raise BindingError(f"--at {binding}: write NAME=VALUE")
        values[name.strip()] = parse_value(text.strip(), f"--at {name.strip()}")
    return values


def network(
    model: str,
    at: tuple[str, ...],
    variant: str | None,
    symbolic: str | None = None,
    wishes: Wishes | None = None,
) -> Network:
    """The model with what the options bind and free."""
    from costmodel.network import load

    net = load(model, variant, wishes)
    values = bindings(at)
    if symbolic is not None:
        names = [n.strip() for n in symbolic.strip("[]").split(",") if n.strip() not in ("", "*")]
        net = net.free(*names)
    return net.at(**values) if values else net


def emit(report: Report, format: str, output: str | None, **options: Any) -> None:
    """Render *report* and write it where it belongs."""
    from costmodel.render import render

    if options.get("width") is None:
        options["width"] = MOST_COLUMNS if output else max(40, min(_terminal(), MOST_COLUMNS))
    color = output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    write(render(report, format, color=color, **options), output)


def _terminal() -> int:
    """The columns of the terminal, or as many as are wanted where there is none."""
    if os.environ.get("COLUMNS", "").isdigit():
        return int(os.environ["COLUMNS"]) or MOST_COLUMNS
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or MOST_COLUMNS
    except (OSError, ValueError):
        return MOST_COLUMNS


def write(content: str | bytes, output: str | None) -> None:
    """Print *content*, or put it into the file *output* whole or not at all."""
    if isinstance(content, str):
        content = content.rstrip("\n") + "\n"
    if output is None:
        click.echo(content, nl=False)
        return
    from pathlib import Path

    target = Path(output)
    partial = target.with_name(f".{target.name}.part")
    try:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BindingError(f"--output {output}: {error.strerror}") from None
