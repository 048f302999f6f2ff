"""``costmodel bound``: a derived bound with its proof."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from costmodel.cli._common import bindings, emit, network, shared, symbolic_option, write
from costmodel.errors import BindingError

if TYPE_CHECKING:
    from costmodel.render import Report

ANSWERED = ("proved", "numeric")
ATLAS = "atlas"


@click.command()
@click.argument("model")
@click.option("--minimize", metavar="Q", help="The quantity to bound from below.")
@click.option("--over", default="", metavar="NAMES", help="The symbols that may be chosen.")
@click.option("--given", multiple=True, metavar="Q=EXPR", help="What is held; repeatable.")
@click.option("--at-least", metavar="EXPR", help="Is the quantity never below this?")
@click.option("--monotone", metavar="NAME", help="Does the quantity grow with this symbol?")
@click.option("--compare", metavar="INEQUALITY", help='For example "mult_adds(a) <= mult_adds(b)".')
@click.option("--when", metavar="NAME", help="The exact condition for --compare, solved for NAME.")
@click.option("--repeats", metavar="NAME", help="A number of repetitions, by induction over it.")
@click.option("--closed", metavar="Q", help="With --repeats: the closed form of this quantity.")
@click.option(
    "--on-chip",
    multiple=True,
    type=click.IntRange(1),
    metavar="ELEMENTS",
    help="Bracket the traffic at this on-chip memory instead; repeatable.",
)
@symbolic_option("Further symbols that stay free.")
@shared
def command(
    model: str, minimize: str | None, over: str, given: tuple[str, ...], at_least: str | None,
    monotone: str | None, compare: str | None, when: str | None, repeats: str | None,
    closed: str | None, on_chip: tuple[int, ...], symbolic: str | None, at: tuple[str, ...],
    variant: str | None, profile: str, format: str, output: str | None,
) -> None:  # fmt: skip
    """Derive a bound for MODEL, or show one of the library (`costmodel list bounds`).

    `costmodel bound atlas` shows how far every shipped network stands above its floors.
    """
    from costmodel.derive import bound, listed
    from costmodel.derive.library import LIBRARY, named

    if on_chip:
        from costmodel.derive.cache import traffic

        emit(traffic(network(model, at, variant), list(on_chip)), format, output)
        return
    if model == ATLAS:
        emit(_atlas(), format, output)
        return
    chosen = listed(over)
    question: dict[str, Any] = {
        "minimize": minimize, "over": chosen, "given": given, "at_least": at_least,
        "monotone": monotone, "compare": compare, "when": when,
    }  # fmt: skip
    if model in LIBRARY and not (minimize or monotone or compare):
        answer = named(model)
    elif repeats is not None:
        from costmodel.derive.induction import repeated

        if variant is not None:
            raise BindingError("--repeats takes no --variant", hint="bind its params with --at")
        spec, asked = network(model, at, None).spec, {k: v for k, v in question.items() if v}
        answer = repeated(spec, repeats, closed, at=bindings(at), **asked)
    else:
        net = network(model, at, variant, symbolic)
        freed = [name for name in (*chosen, monotone or "") if name in net.spec.symbols]
        answer = bound(net.free(*freed) if freed else net, **question, profile=profile)
    if format == "latex":
        write(answer.latex(), output)
    else:
        emit(answer.report(), format, output)
    sys.exit(0 if answer.status in ANSWERED else 1)


def _atlas() -> Report:
    from costmodel.derive.gap import atlas
    from costmodel.network import load
    from costmodel.zoo import shipped

    return atlas((name, load(name).graph) for name in shipped())
