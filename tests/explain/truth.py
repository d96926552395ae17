"""Whether printed formulas are true: read back as the paper language, and evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from tests.explain.derived import paper
from tests.explain.reading_back import value_of

from chainrule.explain.explanation import Equal, Step
from chainrule.explain.solution import solve
from chainrule.graph.node import Array
from chainrule.notation.formula import Formula, Matrix, Number, Summary, inline, literal

__all__ = ["answers", "defined_deltas", "dense_array", "shown_array", "text_of", "untrue"]


def answers(text: str, definitions: Iterable[str], expressions: Sequence[str]) -> list[Array]:
    """What expressions come to in a program, with further definitions."""
    added = "\n".join([*definitions, *expressions])
    found = solve(paper(f"{text}\n{added}"))
    return [one.value for one in found.answers[len(found.answers) - len(expressions) :]]


def text_of(formula: Formula) -> str:
    """A formula as the paper language reads it."""
    return literal(formula) if isinstance(formula, Matrix) else inline(formula)


def shown_array(formula: Formula) -> Array | None:
    """The numbers of a result; None of a summary."""
    if isinstance(formula, Number):
        return np.asarray(value_of(formula.text))
    if isinstance(formula, Summary):
        return None
    assert isinstance(formula, Matrix)
    rows = [[shown_array(entry) for entry in row] for row in formula.rows]
    if any(entry is None for row in rows for entry in row):
        return None
    array = np.asarray(rows, float)
    is_vector = formula.kind in ("row", "column")
    return array[0] if is_vector else array


def dense_array(formula: Formula) -> Array:
    """The numbers of a matrix, a diagonal one written out."""
    assert isinstance(formula, Matrix)
    rows = [[value_of(inline(entry)) for entry in row] for row in formula.rows]
    return np.diag(rows[0]) if formula.kind == "diagonal" else np.array(rows)


def defined_deltas(steps: Iterable[Step]) -> list[str]:
    """`δh = ∂l/∂h` for every delta that has a name of its own."""
    return [
        f"{inline(step.what)} = {inline(step.sides[0].formula)}"
        for step in steps
        if step.what is not None and inline(step.what).startswith("δ") and step.sides
        if inline(step.sides[0].formula).startswith("∂")
    ]


def untrue(text: str, steps: Sequence[Step], digits: int) -> Iterator[str]:
    """The lines of which two sides differ, or of which the numbers are not those of the formula."""
    lines = [step for step in steps if step.kind == "quantity" and _formulas(step)]
    asked = [(step, formula) for step in lines for formula in _formulas(step)]
    found = answers(text, defined_deltas(steps), [formula for _, formula in asked])
    values: dict[int, list[Array]] = {}
    for (step, _), value in zip(asked, found, strict=True):
        values.setdefault(id(step), []).append(value)
    for step in lines:
        first, *others = values[id(step)]
        is_same = all(_is_close(first, other) for other in others)
        if not is_same or not all(_is_shown(first, side, digits) for side in _results(step)):
            assert step.what is not None
            yield " = ".join([inline(step.what), *(inline(side.formula) for side in step.sides)])


def _formulas(step: Step) -> list[str]:
    what = [] if step.what is None else [inline(step.what)]
    return what + [text_of(side.formula) for side in step.sides if side.role == "symbolic"]


def _results(step: Step) -> list[Equal]:
    return [side for side in step.sides if side.role == "result"]


def _is_close(a: Array, b: Array) -> bool:
    if a.shape != b.shape:
        return False
    return np.allclose(a, b, rtol=1e-10, atol=_nothing(a, 1e-10), equal_nan=True)


def _is_shown(value: Array, side: Equal, digits: int) -> bool:
    shown = shown_array(side.formula)
    if shown is None:
        return True
    last = 10.0 ** (1 - digits)  # a unit of the last digit, relative
    tolerance = 1e-13 if side.is_exact else last
    shaped = shown.reshape(value.shape)
    return np.allclose(shaped, value, rtol=tolerance, atol=_nothing(value, 1e-13), equal_nan=True)


def _nothing(value: Array, precision: float) -> float:
    """What is left where entries cancel: it has no digits of its own."""
    return precision * max(1.0, float(np.max(np.abs(value), initial=0.0)))
