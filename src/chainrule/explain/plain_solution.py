"""Solutions as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.solution import Change, Solution
from chainrule.explain.symbolic import ClosedAnswer, ClosedChange
from chainrule.graph.node import Array, Shape
from chainrule.notation.numbers import significant

__all__ = ["matrix_text", "shape_text", "solution_lines"]

MOST_SHOWN = 160  # entries of a matrix that is printed in full
MOST_FORWARD = 96  # entries of a forward value that is printed in full


def solution_lines(solution: Solution, digits: int = 6) -> Iterator[str]:
    """The lines of a solution: values, answers, updates, remarks."""
    symbolic = solution.symbolic
    if solution.givens or symbolic.declared:
        yield "Given"
        yield from (f"  {text}" for text in symbolic.declared)
        for name, value in solution.givens:
            yield f"  {name} = {value_text(value, digits)}"
    if symbolic.formulas:
        yield "Formulas"
        yield from (f"  {f.name} = {f.formula} : {space_text(f.shape)}" for f in symbolic.formulas)
    if solution.values:
        yield "Values"
        for one in solution.values:
            formula = f"{one.formula} = " if one.formula else ""
            yield f"  {one.name} = {formula}{value_text(one.value, digits)}"
    if solution.answers or symbolic.answers:
        yield "Answers"
        for closed in symbolic.answers:
            yield from _closed_answer_lines(closed)
        written: dict[int, str] = {}  # an array that is asked for again is not looked at again
        for answer in solution.answers:
            array = id(answer.value)
            if array not in written:
                written[array] = matrix_text(answer.value, digits)
            shape = f"   ({shape_text(answer.value.shape)})" if answer.value.ndim else ""
            yield f"  {answer.text} = {written[array]}{shape}"
    if solution.changes or symbolic.changes:
        yield "Updates"
        for update in symbolic.changes:
            yield from _closed_change_lines(update)
        for change in solution.changes:
            yield from _change_lines(change, digits)
    if solution.conventions or solution.notes:
        yield "Remarks"
        yield from (f"  {text}" for text in (*solution.conventions, *solution.notes))


def _change_lines(change: Change, digits: int) -> Iterator[str]:
    yield f"  {change.name} := {change.formula}"
    yield f"    old      {value_text(change.old, digits)}"
    if change.gradient is not None:
        yield f"    gradient {value_text(change.gradient, digits)}"
    yield f"    new      {value_text(change.new, digits)}"


def _closed_change_lines(change: ClosedChange) -> Iterator[str]:
    yield f"  {change.name} := {change.formula} : {space_text(change.shape)}"
    if change.gradient is not None:
        yield f"    gradient {change.gradient}"
    yield f"    new      {change.closed}"


def _closed_answer_lines(answer: ClosedAnswer) -> Iterator[str]:
    lead = f"  {answer.text} = "
    yield f"{lead}{answer.closed} : {space_text(answer.shape)}"
    if answer.entries is not None:
        yield f"{' ' * (len(lead) - 2)}= {answer.entries}"


def value_text(value: Array, digits: int) -> str:
    """An array as brackets of numbers; only the shape of a large one."""
    if value.size > MOST_FORWARD:
        return f"an array of {shape_text(value.shape)}"
    return array_literal(value, digits)


def matrix_text(values: Array, digits: int = 6) -> str:
    """A matrix as [a b; c d]; a vector as a row; a number as it is.

    >>> import numpy as np
    >>> matrix_text(np.array([[4.0, 0.0], [0.0, 2.5e-10]]))
    '[4 0; 0 2.5e-10]'
    """
    if values.size == 1:
        return significant(float(values.reshape(())), digits)
    if values.size > MOST_SHOWN:
        return f"{' × '.join(map(str, values.shape))} numbers {_range(values, digits)}"
    if values.ndim > 2:
        return array_literal(values, digits)
    rows = values.reshape(1, -1) if values.ndim == 1 else values
    lines = [" ".join(significant(float(entry), digits) for entry in row) for row in rows]
    return "[" + "; ".join(lines) + "]"


def _range(values: Array, digits: int) -> str:
    low, high = float(values.min()), float(values.max())
    return f"from {significant(low, digits)} to {significant(high, digits)}"


def shape_text(shape: Shape) -> str:
    """A shape in words.

    >>> shape_text(()), shape_text((3,)), shape_text((2, 3))
    ('a number', '3 entries', '2 × 3')
    """
    if not shape:
        return "a number"
    if len(shape) == 1:
        return "1 entry" if shape[0] == 1 else f"{shape[0]} entries"
    return " × ".join(map(str, shape))


def space_text(shape: Shape) -> str:
    """The space that arrays of a shape are in, as it is declared.

    >>> space_text(()), space_text((3,)), space_text((2, 3))
    ('R', 'R^3', 'R^(2 x 3)')
    """
    if len(shape) < 2:
        return f"R^{shape[0]}" if shape else "R"
    return f"R^({' x '.join(map(str, shape))})"


def array_literal(value: Array, digits: int = 6) -> str:
    """An array as brackets of numbers with so many significant digits.

    >>> import numpy as np
    >>> array_literal(np.array([[1.0, 2.5e-10], [-3.0, 1 / 3]]))
    '[[1, 2.5e-10], [-3, 0.333333]]'
    """
    if value.ndim == 0:
        return significant(float(value), digits)
    return "[" + ", ".join(array_literal(row, digits) for row in value) + "]"
