"""Written numbers: alone, in brackets, and as indices."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from chainrule.errors import DomainProblem, PaperError, ShapeError
from chainrule.graph.node import Array, Node, Shape, constant
from chainrule.graph.record import Record
from chainrule.notation.numbers import exact
from chainrule.ops.contract import show_shape
from chainrule.paper.calls import NO_SIZES, setting
from chainrule.paper.syntax import Bracket, Expression, Number

__all__ = ["Literal", "literal_of", "whole_number"]

LARGEST = "the largest number is about 1.8e308"


class Literal(Record):
    """A number, or brackets of numbers: the texts row by row, and the shape."""

    texts: tuple[str, ...]
    shape: Shape

    @property
    def value(self) -> Array:
        """The numbers.

        Raises:
            DomainProblem: one of them is too large for a float64.
        """
        numbers = [float(text) for text in self.texts]
        for text, number in zip(self.texts, numbers, strict=True):
            if not math.isfinite(number):
                raise DomainProblem(f"{text[:40]} is too large; {LARGEST}.")
        return np.array(numbers).reshape(self.shape)

    @property
    def node(self) -> Node:
        """The constant; it keeps a text that differs from how the number would be printed."""
        value = self.value
        plain = all(exact(float(text)) == text for text in self.texts)
        return constant(value, text=None if plain else self.texts)


def literal_of(expression: Expression, others: set[int] | None = None) -> Literal | None:
    """The numbers that an expression writes down; None if it is anything else.

    `others` are the identities of brackets known to hold something else, and is added to.

    Raises:
        ShapeError: the rows differ in length.
    """
    if isinstance(expression, Number):
        return Literal((expression.text,), ())
    others = set() if others is None else others
    if not isinstance(expression, Bracket) or id(expression) in others:
        return None
    rows: list[Literal] = []
    for item in expression.items:
        row = literal_of(item, others)
        if row is None:
            others.add(id(expression))
            return None
        if rows and row.shape != rows[0].shape:
            raise ShapeError(
                f"The rows of a matrix have one length; found {show_shape(rows[0].shape)} "
                f"and {show_shape(row.shape)}."
            )
        rows.append(row)
    texts = tuple([text for row in rows for text in row.texts])
    return Literal(texts, (len(rows), *rows[0].shape))


def whole_number(expression: Expression, sizes: Mapping[str, int] = NO_SIZES) -> int:
    """A written whole number; it may be one of the sizes.

    Raises:
        PaperError: it is anything else.
    """
    value = setting(expression, sizes)
    if not isinstance(value, int):
        raise PaperError("An index is a whole number, a slice a:b, or several with commas.")
    return value
