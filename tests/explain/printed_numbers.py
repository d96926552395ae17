"""Numbers as they are printed: what they may have been, and the texts that they stand in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import numpy as np
from tests.explain.precise import CONTEXT, Precise, rounded

from chainrule.graph.node import Array
from chainrule.notation.formula import (
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
    filled,
    mark,
)

__all__ = [
    "HOLE",
    "are_within",
    "can_be_exact",
    "is_summary",
    "number_of",
    "numbers_in",
    "of_digits",
    "pattern_of",
    "with_holes",
    "with_zeros",
]

HOLE = "η"  # what stands for a number in a formula
TINY = Decimal("1e-28")


def number_of(formula: Number) -> Precise:
    """The number that is displayed."""
    with localcontext(CONTEXT):
        found = Fraction(formula.text)
        return Precise(found.numerator) / found.denominator


def numbers_in(formula: Formula) -> list[Number]:
    """All numbers of a number or a matrix of numbers."""
    if isinstance(formula, Number):
        return [formula]
    assert isinstance(formula, Matrix)
    return [one for row in formula.rows for entry in row for one in numbers_in(entry)]


def with_zeros(formula: Formula) -> Formula:
    """A diagonal matrix with its zeros."""
    if not isinstance(formula, Matrix) or formula.kind != "diagonal":
        return formula
    (entries,) = formula.rows
    return Matrix(
        tuple(
            tuple(one if i == j else Number("0") for j in range(len(entries)))
            for i, one in enumerate(entries)
        )
    )


def with_holes(formula: Formula, holes: list[Formula]) -> str:
    """The text with a mark for every number and every array of numbers; all of them in order."""
    if isinstance(formula, Line):
        return "".join([with_holes(one, holes) for one in formula.parts])
    if isinstance(formula, Expression):
        return filled(formula.text, formula.holes, lambda hole: with_holes(hole, holes))
    holes.append(formula)
    return mark(len(holes) - 1)


def pattern_of(template: str) -> re.Pattern[str]:
    """What a formula looks like that has names where the template has numbers."""
    written, at = "", 0
    for found in re.finditer(rf"(\()?((?<![\w)\]])-)?{HOLE}(\d+)(?(1)\))", template):
        number = found[3]
        written += re.escape(template[at : found.start()])
        if f"<name{number}>" in written:
            name = rf"-?(?P=name{number})"
        else:
            minus = rf"(?P<minus{number}>-?)" if found[2] else ""
            name = rf"{minus}(?P<name{number}>.+?)"
        written += rf"\(?{name}\)?" if found[1] else name
        at = found.end()
    return re.compile(written + re.escape(template[at:]))


def of_digits(number: Number, digits: int | None, least: Decimal) -> Precise:
    """All that a number may have been before it was rounded."""
    exact = number_of(number)
    if digits is None:
        return exact
    if exact.low == 0:
        return Precise(-least, least)
    with localcontext(CONTEXT):
        half = Decimal(10) ** (exact.low.adjusted() + 1 - digits) / 2
        return Precise(exact.low - half, exact.low + half)


def are_within(true: Array, found: Array) -> bool:
    """Whether each true number may be what was found, up to the last of all digits."""
    pairs = zip(true.reshape(-1), found.reshape(-1), strict=True)
    with localcontext(CONTEXT):
        ends = [(x.low, one.low, one.high, TINY * max(abs(one.low), abs(one.high)))
                for x, one in pairs]  # fmt: skip
        return all(low - least <= x <= high + least for x, low, high, least in ends)


def can_be_exact(numbers: Sequence[Decimal], digits: int) -> bool:
    """Whether numbers have few digits, or are simple fractions of which some do not end."""
    context = Context(prec=digits)
    if all(number == context.plus(number) for number in numbers):
        return True
    with localcontext(CONTEXT):
        simple = [Fraction(number).limit_denominator(99) for number in numbers]
        off = [
            abs(Decimal(one.numerator) / one.denominator - number)
            for one, number in zip(simple, numbers, strict=True)
        ]
    are_simple = max(off) <= TINY and all(abs(one.numerator) <= 999 for one in simple)
    return are_simple and any(one.denominator % 2 and one.denominator % 5 for one in simple)


def is_summary(found: Summary, true: Array, digits: int) -> bool:
    """Whether range, norm and first entries are those of the numbers."""
    if found.is_diagonal and true.ndim == 2:
        true = np.diagonal(true)
    numbers = [one.low for one in true.reshape(-1)]
    if found.low is None or found.high is None or found.norm is None:
        return True
    with localcontext(CONTEXT):
        norm = sum([one * one for one in numbers], Decimal(0)).sqrt()
    said = [(min(numbers), found.low), (max(numbers), found.high), (norm, found.norm)]
    said += zip(numbers, found.first, strict=False)
    return all(rounded(number, one.text, digits) for number, one in said)
