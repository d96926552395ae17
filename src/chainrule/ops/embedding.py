"""Embedding: the rows of a table at whole-number positions, such as the vectors of words.

>>> from chainrule.graph.node import constant, variable
>>> embedding(variable((1000, 64)), constant([[3, 1, 4], [1, 5, 9]]))
<embedding float64[2, 3, 64]>
"""

from __future__ import annotations

from chainrule.graph.node import Node, Shape
from chainrule.ops.advanced_indexing import TakeAlong, take_
from chainrule.ops.contract import Composite, paper_function

__all__ = ["embedding"]


class Embedding(Composite):
    """Row `positions[…]` of a table; each row may be an array itself."""

    name = "embedding"
    arity = 2
    derivatives = ("1 for the row at the position, else 0", "0")
    sentence = "Only the rows that are looked up count, each as often as it is looked up."

    def shape(self, *shapes: Shape) -> Shape:
        table, positions = shapes
        return positions + table[1:]

    def body(self, *inputs: Node) -> Node:
        return TakeAlong()(*inputs)


@paper_function()
def embedding(table: Node, positions: Node) -> Node:
    """The rows of a table at positions, counted from 0 (from the end if they are below it).

    The result has the positions' shape, then a row's.

    Raises:
        ShapeError: the positions are not whole numbers, or known to lie outside the table.
        DomainProblem: when it runs, one lies outside the table.
    """
    return Embedding()(*take_(table, positions).inputs)
