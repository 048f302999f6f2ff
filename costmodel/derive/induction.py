"""Questions about networks that repeat a symbolic number of times."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from costmodel.derive.algebra import domain_of
from costmodel.derive.problem import Quantities
from costmodel.derive.proof import Step
from costmodel.derive.repetition import WALKS, Lemma, Unrolled, unrolled, walk
from costmodel.derive.result import Bound
from costmodel.derive.spelling import spelled
from costmodel.errors import BindingError
from costmodel.spec.syntax import Spec

PARTS_OF = {
    "mem_access": ("reads", "writes"),
    "mem_bytes": ("reads", "writes"),
    "flops": ("mult_adds", "scalar_ops"),
}


def repeated(
    spec: Spec, name: str, closed: str | None = None, *, at: Mapping[str, Any] | None = None,
    free: Collection[str] = (), **question: Any,
) -> Bound:  # fmt: skip
    """The answer to a question on *spec* with the symbol *name* for a number of repetitions.

    ``closed`` asks for a quantity in closed form; the other questions are those of ``bound``.
    Each closed form that the answer rests on comes with its induction.

    >>> from costmodel.spec.document import parse_spec
    >>> chain = parse_spec('''
    ... model: chain
    ... symbols: {c: {}, m: {}}
    ... input: [1, c, 8, 8]
    ... layers: [{repeat: {times: m, layers: [{conv: {out: c, kernel: 1}}]}}]
    ... ''')
    >>> repeated(chain, "m", "params").as_json()["bound"]
    'c**2*m'
    """
    network = unrolled(spec, name, at, free=free)
    if closed is not None:
        answer = _closed_form(network, closed)
    elif network.powers:
        raise BindingError(f"costs hold a power of {name}: only closed forms can be asked for")
    else:
        from costmodel.derive import bound

        answer = bound(network.graph, **question)
    asked = " ".join(str(text) for text in (closed, *question.values()) if text)
    return _resting_on(answer, network, _needed(network.lemmas, asked))


def _needed(lemmas: tuple[Lemma, ...], asked: str) -> list[Lemma]:
    wanted = {part for key, parts in PARTS_OF.items() if key in asked for part in parts}
    found = []
    for lemma in lemmas:
        quantity, _, place = lemma.name.partition(" ")
        if place.startswith("after") or quantity in wanted or quantity in asked:
            found.append(lemma)
    return found


def _resting_on(answer: Bound, network: Unrolled, lemmas: list[Lemma]) -> Bound:
    n = spelled(network.variable)
    steps: list[Step] = []
    written = []
    for lemma in lemmas:
        data = {"name": lemma.name, "closed": spelled(lemma.closed), "variable": n}
        start, after = spelled(lemma.start), spelled(lemma.after)
        inner = {last: {k: spelled(v) for k, v in moved.items()}
                 for last, moved in lemma.inner.items()}  # fmt: skip
        base = {**data, "first": str(lemma.first), "start": start}
        step = {**data, "after": after, "inner": inner}
        written.append({**base, **step})
        steps.append(Step("base", f"{lemma.name}: {start} at {n} = {lemma.first}",
                          "built for this number", base))  # fmt: skip
        steps.append(Step("induction", f"{lemma.name}: {data['closed']} for every {n}",
                          f"{n} + 1 repetitions take {after}" + _where(inner), step))  # fmt: skip
    forms = [f for lemma in lemmas for f in (lemma.start, lemma.after, lemma.closed)]
    domain = {**domain_of([*forms, network.variable]), **answer.domain}
    told = dict.fromkeys([*answer.conditions, *network.assumptions])
    conditions = [
        *told,
        *(f"for every whole number {n} from {lemma.first}" for lemma in lemmas[:1]),
    ]
    names = {last for lemma in lemmas for last in lemma.inner}
    return answer._replace(
        steps=[*steps, *answer.steps],
        formulas={**answer.formulas, "recurrences": written},
        domain={k: v for k, v in domain.items() if k.isidentifier() and k not in names},
        conditions=conditions,
    )  # fmt: skip


def _where(inner: Mapping[str, Mapping[str, str]]) -> str:
    said = [
        f"{last} is that of the part inside"
        + "".join(f", {k} being {v} there" for k, v in moved.items())
        for last, moved in inner.items()
    ]
    return f", where {' and '.join(said)}" if said else ""


def _closed_form(network: Unrolled, quantity: str) -> Bound:
    graph = network.graph
    if quantity in WALKS:
        weights = {x: network.walks[x.op] for x in graph.layers if x.op in network.walks}
        again = quantity == "paths" and any(layer.runs != 1 for layer in graph.layers)
        if again or any(quantity not in costs for costs in weights.values()):
            raise BindingError(f"the {quantity} has no closed form in {network.variable}")
        form = walk(quantity, graph.inputs[0], graph.output, graph.layers, weights)
    else:
        form = Quantities(graph).expression(quantity, "closed form")
    text = spelled(form)
    definition = Step("definition", f"{quantity} = {text}",
                      "the sum of the layers' formulas, those of repeated parts as shown",
                      {"formula": text})  # fmt: skip
    return Bound(
        quantity, [], (), form, {}, list(graph.assumptions), "induction", "proved", [definition],
        {"objective": text, "given": []}, domain_of([form]), question="closed form",
        extra={"variable": spelled(network.variable)},
    )  # fmt: skip
