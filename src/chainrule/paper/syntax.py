"""The syntax tree of the paper language: what was written, before anything is looked up."""

from __future__ import annotations

from typing import TypeAlias

from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span

__all__ = [
    "COMPARISON",
    "LEVELS",
    "PRODUCT",
    "SUM",
    "AbstractDefinition",
    "Bracket",
    "Call",
    "Composition",
    "Declaration",
    "Definition",
    "Derivative",
    "Expression",
    "FunctionDefinition",
    "Index",
    "Name",
    "Negative",
    "Number",
    "Power",
    "Program",
    "Question",
    "Sequence",
    "Setting",
    "Slice",
    "Space",
    "Statement",
    "Transpose",
    "Update",
]


class Number(Record):
    """A literal in the text it was typed in, a minus sign directly before it included."""

    span: Span
    text: str


class Name(Record):
    """A word as typed; nothing is folded, `ℓ` stays `ℓ`."""

    span: Span
    name: str


class Bracket(Record):
    """`[a, b, c]`: entries stacked along a new first axis."""

    span: Span
    items: tuple[Expression, ...]


class Call(Record):
    """`F(1, 2)`, `sum(D, axis=0)`; the function may itself be one: `D(F)(1, 2)`."""

    span: Span
    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...]


class Slice(Record):
    """`start:stop:step` in an index; a part that was left out is None."""

    span: Span
    start: Expression | None
    stop: Expression | None
    step: Expression | None


class Index(Record):
    """`x[0]`, `W[:, 1]`."""

    span: Span
    operand: Expression
    indices: tuple[Expression | Slice, ...]


class Negative(Record):
    """`-x`."""

    span: Span
    operand: Expression


COMPARISON, SUM, PRODUCT = 1, 2, 3
LEVELS = {
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARISON),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys("*/@·", PRODUCT),
}
"""How tightly each operator of a sequence binds; all that is no sequence binds more tightly."""


class Sequence(Record):
    """Operators of one precedence level, to be applied from left to right.

    `a - b + c` is one Sequence with two entries in `rest`, each an operator, the place of
    that operator, and its right operand.  So a sum of 100,000 terms is no deeper than `a + b`.
    """

    span: Span
    first: Expression
    rest: tuple[tuple[str, Span, Expression], ...]


class Power(Record):
    """`base^exponent`."""

    span: Span
    base: Expression
    exponent: Expression


class Transpose(Record):
    """`Wᵀ` or `W.T`."""

    span: Span
    operand: Expression


class Derivative(Record):
    """`dl/dW1` or `∂l/∂W1`."""

    span: Span
    of: Expression
    wrt: Expression


class Composition(Record):
    """`F∘G∘H`: the last function is applied first."""

    span: Span
    functions: tuple[Expression, ...]


class Setting(Record):
    """`index_base 1`."""

    span: Span
    name: str
    value: int


class Definition(Record):
    """`h = I @ W0`."""

    span: Span
    name: str
    name_span: Span
    value: Expression


class FunctionDefinition(Record):
    """`F(x, y) = [x^2 + 2*y, 3*x]`."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[str, ...]
    body: Expression


class Update(Record):
    """`W1 := W1 - 0.1 * dl/dW1`."""

    span: Span
    name: str
    name_span: Span
    value: Expression


class Space(Record):
    """`R`, `R^2`, `R^(n x m)`: sizes are whole numbers or names."""

    span: Span
    sizes: tuple[Number | Name, ...]


class Declaration(Record):
    """`W : R^(n x m)`, `x, y : R^2, positive`, `label : one_hot`: a shape, facts, or both."""

    span: Span
    names: tuple[Name, ...]
    space: Space | None
    facts: tuple[Name, ...]


class AbstractDefinition(Record):
    """`f : R^2 -> R`: a function of which only the shapes are known."""

    span: Span
    name: str
    name_span: Span
    inputs: tuple[Space, ...]
    output: Space


class Question(Record):
    """An expression on a line of its own; `text` is how it was written."""

    span: Span
    expression: Expression
    text: str


class Program(Record):
    """A whole text, one statement a line."""

    source: Source
    statements: tuple[Statement, ...]


Expression: TypeAlias = (
    Number
    | Name
    | Bracket
    | Call
    | Index
    | Negative
    | Sequence
    | Power
    | Transpose
    | Derivative
    | Composition
)
Statement: TypeAlias = (
    Setting | Declaration | AbstractDefinition | Definition | FunctionDefinition | Update | Question
)
