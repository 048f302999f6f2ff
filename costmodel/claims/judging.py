"""One claim -> its verdict."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from costmodel.arith import ascii, is_symbolic
from costmodel.arith.rational import is_rational
from costmodel.claims.formula import Formula, Quotient, same
from costmodel.claims.measure import Workbench
from costmodel.claims.numbers import Printed, Tolerance, agrees, allowed, came_about
from costmodel.claims.record import Claim, Stated, Verdict
from costmodel.errors import CostModelError, SpecError

ROUNDED = Tolerance("rounded")


def judge(claim: Claim, bench: Workbench) -> Verdict:
    """What the check of *claim* says.

    Raises CostModelError where nothing can be said: a network that cannot be built, a formula
    with unknown names, a number compared with a closed form.
    """
    try:
        if claim.bound:
            return _judged_bound(claim, bench)
        derived = _derived(claim, bench)
        names = _names(claim, bench)
        expected = _expected(claim.stated, names)
        holds = _holds(claim, derived, expected)
        verdict, message = _verdict(claim, holds, derived, names)
    except CostModelError as error:
        raise error.at(claim.mark) from None
    subject = claim.subject
    number = claim.stated if isinstance(claim.stated, Printed) else None
    numeric = number is not None and is_rational(derived)
    return Verdict(
        id=claim.id,
        model=bench.name(subject) if subject is not None else _file_model(bench),
        variant=subject.variant if subject is not None else None,
        kind=claim.kind,
        quantity=_quantity(claim),
        profile=subject.profile if subject is not None else None,
        at={k: plain(v) for k, v in subject.at.items()} if subject is not None else {},
        printed=claim.stated.text,
        reported=plain(expected),
        derived=plain(derived),
        deviation=deviation(derived, expected),
        tolerance=_relative(number, claim, derived) if number is not None and numeric else 0.0,
        verdict=verdict,
        rounding=came_about(number, derived) if number is not None and numeric else "",
        message=message,
        source=claim.source,
        file=claim.mark.source.path,
        line=claim.mark.line,
    )


def _derived(claim: Claim, bench: Workbench) -> Any:
    """What follows from the formulas."""
    if claim.counted is not None:
        return claim.counted.value(bench.document.symbols)
    if claim.subject is None:
        raise SpecError("a claim needs quantity", claim.mark)
    value = bench.value(claim.subject)
    if claim.over is None:
        return value
    other = bench.value(claim.over)
    if claim.way == "difference":
        return value - other
    if is_rational(other) and other == 0:
        raise SpecError("the quantity to compare with is 0", claim.over.mark)
    if is_rational(value) and is_rational(other):
        quotient: Any = Fraction(value) / other
        quotient = quotient.numerator if quotient.denominator == 1 else quotient
    else:
        quotient = Quotient(value, other)
    way = {"ratio": quotient, "saving": 1 - quotient, "growth": quotient - 1}[claim.way]
    return way.settled() if isinstance(way, Quotient) else way


def _judged_bound(claim: Claim, bench: Workbench) -> Verdict:
    """Whether the library proves the bound, and in the very words of the claim."""
    from costmodel.derive.library import named
    from costmodel.derive.spelling import spelled

    answer = named(claim.bound)
    found, stated = spelled(answer.bound), claim.stated.text
    holds = answer.status == "proved" and found.replace(" ", "") == stated.replace(" ", "")
    verdict, message = ("holds", claim.note) if holds else ("fails", f"{answer.status}: {found}")
    return Verdict(
        id=claim.id, model=_file_model(bench), variant=None, kind=claim.kind, quantity=claim.bound,
        profile=None, at={}, printed=stated, reported=stated, derived=found, deviation=None,
        tolerance=0.0, verdict=verdict, rounding="", message=message, source=claim.source,
        file=claim.mark.source.path, line=claim.mark.line,
    )  # fmt: skip


def _names(claim: Claim, bench: Workbench) -> dict[str, Any]:
    """The names that a formula in the claim may use."""
    names = dict(bench.document.symbols)
    if claim.subject is None:
        return names
    own = bench.names(claim.subject)
    other = bench.names(claim.over) if claim.over is not None else {}
    for name in own.keys() & other.keys():
        if is_symbolic(own[name]) and is_symbolic(other[name]) and own[name] != other[name]:
            raise SpecError(f"{name} is declared in two ways, as {claim.subject.quantity} of both "
                            "is compared", claim.mark, "give it one domain")  # fmt: skip
    return {**names, **other, **own}


def _expected(stated: Stated, names: dict[str, Any]) -> Any:
    return stated.value(names) if isinstance(stated, Formula) else stated.value


def _holds(claim: Claim, derived: Any, expected: Any) -> bool:
    """Whether the published value is what was derived."""
    if claim.kind in ("at_most", "at_least"):
        _check_bound(claim, derived, expected)
        return bool(derived <= expected if claim.kind == "at_most" else derived >= expected)
    if isinstance(claim.stated, Formula):
        return same(derived, expected)
    _check_bound(claim, derived, expected)
    return agrees(claim.stated, claim.tolerance, derived)


def _check_bound(claim: Claim, *values: Any) -> None:
    """Refuse to compare a number with a closed form."""
    for value in values:
        if not is_rational(value):
            names = ", ".join(sorted(_free(value)))
            raise SpecError(f"{names} stays free: the derived value is {ascii(value)}",
                            claim.mark, "bind it with at, or state a formula")  # fmt: skip


def _free(value: Any) -> frozenset[str]:
    from costmodel.arith import free_symbols

    if isinstance(value, Quotient):
        return _free(value.over) | _free(value.under)
    return free_symbols(value)


def _verdict(claim: Claim, holds: bool, derived: Any, names: dict[str, Any]) -> tuple[str, str]:
    """The verdict and what to say of it; what is on record must be right whatever holds."""
    problem = _off_the_record(claim, derived, names)
    if claim.reason:
        if holds:
            return "unexpectedly-holds", f"recorded as wrong: {claim.reason}"
        return ("fails", problem) if problem else ("known-wrong", claim.reason)
    if not holds:
        return "fails", f"derived {ascii_of(derived)}, published {claim.stated.text}"
    return ("fails", problem) if problem else ("holds", claim.note)


def _off_the_record(claim: Claim, derived: Any, names: dict[str, Any]) -> str:
    """How the right value and the deviation on record differ from what was derived."""
    right = claim.derived
    if isinstance(right, Printed) and not (
        is_rational(derived) and agrees(right, _record_tolerance(right), derived)
    ):
        return f"derived {ascii_of(derived)}, on record as {right.text}"
    if isinstance(right, Formula) and not same(derived, right.value(names)):
        return f"derived {ascii_of(derived)}, on record as {right.text}"
    if claim.deviation is not None and is_rational(derived):
        expected = _expected(claim.stated, names)
        if expected == 0:
            return f"nothing is off from 0 by {claim.deviation.text}"
        off = Fraction(derived) / Fraction(expected) - 1
        if not agrees(claim.deviation, ROUNDED, off):
            return f"off by {float(off):+.3%}, on record as {claim.deviation.text}"
    return ""


def _record_tolerance(right: Printed) -> Tolerance:
    return Tolerance("absolute", 0) if right.unit == 1 and not right.power else ROUNDED


def deviation(derived: Any, expected: Any) -> float | None:
    """How far the derived value is from the published one, relative to it.

    >>> deviation(4608, 4068)
    0.132743
    """
    if not (is_rational(derived) and is_rational(expected)) or expected == 0:
        return None
    try:
        return round(float(Fraction(derived) / Fraction(expected) - 1), 6)
    except OverflowError:
        return None


def _relative(number: Printed, claim: Claim, derived: Any) -> float | None:
    """The tolerance as a fraction of the published value."""
    if claim.kind in ("at_most", "at_least") or number.value == 0:
        return 0.0
    most = Fraction(allowed(number, claim.tolerance, derived))
    half = 2 if claim.tolerance.kind == "rounded" else 1
    return round(float(most / half / abs(number.value)), 9)


def _quantity(claim: Claim) -> str:
    if claim.subject is None:
        return claim.bound or (claim.counted.text if claim.counted is not None else "")
    if claim.over is not None:
        return f"{claim.subject.quantity} {claim.way}"
    return claim.subject.quantity


def _file_model(bench: Workbench) -> str:
    from pathlib import Path

    spec = bench.document.spec
    return spec.model if spec is not None else Path(bench.document.path).stem


def ascii_of(value: Any) -> str:
    """*value* for a sentence."""
    if is_rational(value):
        return f"{value:,}" if isinstance(value, int) else f"{float(value):.6g}"
    return ascii(value)


def plain(value: Any) -> Any:
    """*value* for JSON: an int, a float, or a formula as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if is_rational(value):
        return float(value)
    return ascii(value)
