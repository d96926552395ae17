"""What a paper text means: named nodes, given numbers, questions, updates."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.graph.declaration import Declaration
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Input, Node, Shape, topological
from chainrule.graph.record import Record
from chainrule.graph.sizes import Size
from chainrule.graph.source import Source, Span
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.ops.making import Extent

__all__ = [
    "Abstract",
    "Asked",
    "Declared",
    "Defined",
    "Function",
    "Given",
    "Layout",
    "Paper",
    "Question",
    "Updated",
    "find_symbolic",
]


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


class Declared(Record):
    """A name of which only the shape is known; `text` is `W : R^(n x m)`, as it was written."""

    name: str
    node: Node
    shape: Shape
    span: Span
    text: str


class Abstract(Record):
    """A function of which only the shapes are known; `text` is `f : R^2 -> R`, as it was written.

    From numbers to numbers it is taken entry by entry, of an array of any shape.
    """

    name: str
    inputs: tuple[Shape, ...]
    output: Shape
    span: Span
    text: str

    @property
    def is_elementwise(self) -> bool:
        """Whether it takes a number and gives one."""
        return self.inputs == ((),) and self.output == ()


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
    """A paper text, looked up and laid out as a graph.

    `declared` are the quantities without numbers, `abstract` the functions without a formula,
    `sizes` the names of lengths without a number, `declarations` the facts.
    """

    source: Source
    graph: Graph
    givens: tuple[Given, ...]
    definitions: tuple[Defined, ...]
    functions: tuple[Function, ...]
    questions: tuple[Question, ...]
    updates: tuple[Updated, ...]
    notes: tuple[str, ...]
    index_base: int = 0
    declared: tuple[Declared, ...] = ()
    abstract: tuple[Abstract, ...] = ()
    sizes: tuple[str, ...] = ()
    declarations: tuple[Declaration, ...] = ()

    @property
    def values(self) -> Mapping[Node, Array]:
        """The numbers of the givens, by node."""
        return {given.node: given.value for given in self.givens}


def find_symbolic(node: Node, found: dict[Node, bool], given: Mapping[Node, object]) -> None:
    """Whether each node below has no number, added to `found`."""
    for one in topological([node], lambda lower: () if lower in found else lower.inputs):
        if one not in found:
            unknown = isinstance(one.operation, Input) and one not in given
            unknown = unknown or isinstance(one.operation, UNKNOWN)
            unknown = unknown or any(isinstance(length, Size) for length in one.shape)
            found[one] = unknown or any(found[lower] for lower in one.inputs)


UNKNOWN = (Extent, AbstractElementwise, AbstractFunction)
