"""The command line: parse, call one function, print, exit code.

A verb is a module here with a click command called ``command``; its name is the module's,
without the underscore that keeps a Python keyword apart.  Only the verb that runs is loaded.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import click

from costmodel.errors import CostModelError
from costmodel.version import __version__


class Verbs(click.Group):
    """A group that finds its commands in this package when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        modules = (file[:-3] for folder in __path__ for file in os.listdir(folder)
                   if file.endswith(".py") and not file.startswith("_"))  # fmt: skip
        return sorted(module.rstrip("_") for module in modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        keyword = os.path.isfile(os.path.join(__path__[0], f"{cmd_name}_.py"))
        module = import_module(f"costmodel.cli.{cmd_name}{'_' * keyword}")
        command: click.Command = module.command
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Analytical cost models of convolutional networks: exact, symbolic, checked."""


def main() -> None:
    """Run the command line; a user's mistake is told on stderr and exits with 2."""
    gc.set_threshold(100_000, 50, 50)  # a run makes many objects and drops few
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
