"""What a paper text means: named nodes, given numbers, questions, updates."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node, Shape
from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span

__all__ = ["Asked", "Defined", "Function", "Given", "Layout", "Paper", "Question", "Updated"]


class Layout(Record):
    """Of a derivative: the shape of what is differentiated, and of what it is differentiated by."""

    numerator: Shape
    denominator: Shape


class Asked(Record):
    """What a question differentiates: `∂of/∂wrt`.

    `names` are names that hold for this derivative alone: of a function's parameters, of the
    values on the way through a composition.  `aliases` are what entries of them are called.
    """

    of: Node
    wrt: Node
    names: tuple[tuple[str, Node], ...] = ()
    aliases: tuple[tuple[str, Node], ...] = ()


class Given(Record):
    """A name whose numbers are written down, with their texts row by row."""

    name: str
    node: Node
    value: Array
    texts: tuple[str, ...]
    span: Span


class Defined(Record):
    """A name whose value is computed; `formula` is how it was written.

    `asked` are the derivatives in the formula.
    """

    name: str
    node: Node
    formula: str
    span: Span
    asked: tuple[Asked, ...] = ()


class Function(Record):
    """A function of the user's, as written."""

    name: str
    formula: str
    span: Span


class Question(Record):
    """An expression on a line of its own.

    `asked` are the derivatives in it; `is_derivative` says whether it is about one, and
    `is_plain` whether it is nothing but one.
    """

    text: str
    node: Node
    asked: tuple[Asked, ...]
    is_derivative: bool
    is_plain: bool
    span: Span


class Updated(Record):
    """A name that gets a new value at the end of the step; `gradient` is the derivative used."""

    name: str
    old: Node
    new: Node
    gradient: Node | None
    asked: tuple[Asked, ...]
    formula: str
    span: Span


class Paper(Record):
    """A paper text, looked up and laid out as a graph."""

    source: Source
    graph: Graph
    givens: tuple[Given, ...]
    definitions: tuple[Defined, ...]
    functions: tuple[Function, ...]
    questions: tuple[Question, ...]
    updates: tuple[Updated, ...]
    notes: tuple[str, ...]
    index_base: int = 0

    @property
    def values(self) -> Mapping[Node, Array]:
        """The numbers of the givens, by node."""
        return {given.node: given.value for given in self.givens}
