"""Bounds with proofs that a machine checks and a student can read, derived from any spec.

``bound`` asks one question of a network with free symbols.  What is asked becomes forms
(``problem``), methods try to answer it (``methods``, a ladder), every step they take is
checked by exact algebra as it is made (``proof``), and ``checker``, which shares no code with
them, checks the printed proof again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from costmodel.derive.result import Bound

__all__ = ["Bound", "bound"]


def bound(
    model: Any,
    minimize: str | None = None,
    over: str | Sequence[str] = (),
    given: str | Sequence[str] = (),
    *,
    at_least: str | None = None,
    monotone: str | None = None,
    compare: str | None = None,
    when: str | bool | None = None,
    profile: str = "paper",
    others: Mapping[str, Any] | None = None,
) -> Bound:
    """The answer to one question about a Graph or Network.

    ``minimize`` a quantity over the symbols *over* under *given*; with ``at_least`` whether it
    never falls below a formula, with ``monotone`` whether it grows with a symbol.
    ``compare`` asks whether an inequality between parts holds, ``when`` for the exact
    condition (solved for the symbol it names).  Several symbols may stand in one text.
    """
    from costmodel.derive.questions import ask

    return ask(
        model, minimize, listed(over), (given,) if isinstance(given, str) else tuple(given),
        at_least=at_least, monotone=monotone, comparison=compare, when=when, profile=profile,
        others=others or {},
    )  # fmt: skip


def listed(names: str | Sequence[str]) -> tuple[str, ...]:
    """*names*, given apart or in one text with commas.

    >>> listed("c1, c2"), listed(["c1"])
    (('c1', 'c2'), ('c1',))
    """
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",") if name.strip()]
    return tuple(names)
