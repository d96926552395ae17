"""A drawing as plain data: quantities, edges, and the texts that stand in and beside them.

Printers place and format it; nothing here computes.
"""

from __future__ import annotations

from typing import Any

from chainrule.explain.explanation import Sentence
from chainrule.graph.node import Shape
from chainrule.graph.record import Record

__all__ = ["LAYERS", "Block", "Constant", "Drawing", "Edge", "Gradient", "Quantity"]

LAYERS = ("both", "forward", "backward")
Json = dict[str, Any]


class Block(Record):
    """A value as it is drawn: a sign (`=`, `≈`, `∈`), and rows; those of a matrix in brackets."""

    sign: str
    rows: tuple[str, ...]
    is_matrix: bool = False

    @property
    def text(self) -> str:
        """The block on one line.

        >>> Block("=", ("1  -2", "2   5"), True).text
        '= [1 -2; 2 5]'
        """
        if not self.is_matrix:
            return f"{self.sign} {' '.join(self.rows)}"
        return f"{self.sign} [{'; '.join(' '.join(row.split()) for row in self.rows)}]"


class Gradient(Record):
    """∂of/∂name, and its value."""

    symbol: str
    value: Block


class Constant(Record):
    """What is only read, and nothing asks for the derivative by: labels, learning rates."""

    name: str
    shape: Shape
    value: Block

    @property
    def text(self) -> str:
        """The constant on one line."""
        return f"{self.name} {self.value.text}"


class Quantity(Record):
    """A named quantity: `kind` is "given", "declared" or "defined".

    A function's argument and result are quantities, too.  `constants` are those that it alone, or
    it first, reads; they stand beside it.  The gradient is that of the number that is asked for.
    """

    name: str
    kind: str
    formula: str
    shape: Shape
    value: Block | None
    gradient: Gradient | None
    constants: tuple[Constant, ...] = ()


class Edge(Record):
    """`upper` reads `lower`, both counted in the drawing's quantities.

    `text` are the lines of the local derivative, `number` its value if it is a single number;
    no lines where no derivative is passed on.
    """

    lower: int
    upper: int
    symbol: str
    shape: tuple[int, int]
    text: tuple[str, ...] = ()
    number: Block | None = None


class Drawing(Record):
    """The graph of a program: quantities before those that read them.

    `aside` are constants that nothing in the picture reads, such as a learning rate.
    """

    title: Sentence
    quantities: tuple[Quantity, ...]
    edges: tuple[Edge, ...]
    aside: tuple[Constant, ...] = ()
    layers: str = "both"
    language: str = "en"

    @property
    def has_forward(self) -> bool:
        """Whether formulas and values are drawn."""
        return self.layers != "backward"

    @property
    def has_backward(self) -> bool:
        """Whether local derivatives and gradients are drawn."""
        return self.layers != "forward"
