"""A text's tree, in a form that fits into a table."""

from __future__ import annotations

from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
from chainrule.paper.parser import parse
from chainrule.paper.syntax import Name, Number, Program, Question, Sequence

GIVEN = "l = 1\nW1 = 2\nS = [1, 2]\nO = [3, 4]\n"


def read(text: str) -> Program:
    return parse(Source(text))


def compact(value: object) -> str:
    """`(Power x 2)`: the tree without its places; a sequence shows its operators in order."""
    if isinstance(value, Name):
        return value.name
    if isinstance(value, Number):
        return value.text
    if isinstance(value, Sequence):
        rest = "".join(f" {sign} {compact(operand)}" for sign, _, operand in value.rest)
        return f"({compact(value.first)}{rest})"
    if isinstance(value, Record):
        fields = [compact(field) for field in value.key() if not isinstance(field, Span)]
        return f"({' '.join([type(value).__name__, *fields])})"
    if isinstance(value, tuple):
        return f"[{' '.join(compact(item) for item in value)}]"
    return "_" if value is None else str(value)


def tree(text: str) -> str:
    """The compact tree of the last line, which is a question."""
    question = read(text).statements[-1]
    assert isinstance(question, Question)
    return compact(question.expression)
