"""Solutions as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.plain import matrix_text, shape_text, space_text, value_text
from chainrule.explain.solution import Change, Solution
from chainrule.explain.symbolic import ClosedAnswer, ClosedChange

__all__ = ["solution_lines"]


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
        for answer in solution.answers:
            shape = f"   ({shape_text(answer.value.shape)})" if answer.value.ndim else ""
            yield f"  {answer.text} = {matrix_text(answer.value, digits)}{shape}"
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
