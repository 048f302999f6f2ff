"""``costmodel explain``: a layer's cost, term by term."""

from __future__ import annotations

import click

from costmodel.cli._common import emit, network, shared


@click.command()
@click.argument("model")
@click.argument("layer", required=False)
@click.argument("quantity", required=False)
@click.option("--claimed", metavar="NUMBER", help="Which known slip gives this number?")
@shared
def command(
    model: str, layer: str | None, quantity: str | None, claimed: str | None, at: tuple[str, ...],
    variant: str | None, profile: str, format: str, output: str | None,
) -> None:  # fmt: skip
    """Shapes, formula with each term's origin, numbers, for LAYER of MODEL.

    With the code of a guideline instead (`costmodel explain G1`), its manual page.
    """
    if layer is None:
        from costmodel.guidelines.manual import manual
        from costmodel.guidelines.settings import from_project

        emit(manual(model, from_project()), format, output)
        return
    from costmodel.derive.explain import explain

    emit(explain(network(model, at, variant), layer, quantity, claimed).report(), format, output)
