"""What a solution says of quantities without numbers: shapes, formulas, closed forms, as data."""

from __future__ import annotations

from chainrule.graph.node import Shape
from chainrule.graph.record import Record

__all__ = ["ClosedAnswer", "ClosedChange", "Formula", "Symbolic"]


class Formula(Record):
    """A name that is computed from what has no numbers: its formula as written, and its shape."""

    name: str
    formula: str
    shape: Shape


class ClosedAnswer(Record):
    """A question without a number: what it comes to, as an expression over the file's names."""

    text: str
    closed: str
    shape: Shape
    is_derivative: bool
    entries: str | None = None  # the same in symbols, entry by entry, where that is short


class ClosedChange(Record):
    """A name without a number after the step; the gradient that was used, as an expression."""

    name: str
    formula: str
    gradient: str | None
    closed: str
    shape: Shape


class Symbolic(Record):
    """`declared` are quantities and functions as they were declared; the rest depends on them.

    `shapes` are those of the declared quantities, by name.
    """

    declared: tuple[str, ...] = ()
    shapes: tuple[tuple[str, Shape], ...] = ()
    formulas: tuple[Formula, ...] = ()
    answers: tuple[ClosedAnswer, ...] = ()
    changes: tuple[ClosedChange, ...] = ()
