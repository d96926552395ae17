"""Indices as the file counts them: from 0, or from 1 with the stop of a slice included."""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.notation.indices import index_entry
from chainrule.notation.precedence import LEVELS
from chainrule.notation.text import NameOf, Written, infix, operation_text, write
from chainrule.ops.indexing import Take

__all__ = ["shown", "text_counting_from"]


def shown(node: Node, name_of: NameOf, base: int) -> str:
    """The node's expression, with indices that count from `base`.

    >>> from chainrule.graph.node import variable
    >>> x = variable((9,))
    >>> shown(x[0] * x[2:5], {x: "x"}.get, 0), shown(x[0] * x[2:5], {x: "x"}.get, 1)
    ('x[0] * x[2:5]', 'x[1] * x[3:5]')
    """

    def form(lower: Node, inner: list[Node], texts: list[Written]) -> Written:
        return text_counting_from(base, lower, inner, texts)

    return write(node, name_of, form)


def text_counting_from(base: int, node: Node, inner: list[Node], texts: list[Written]) -> Written:
    """One operation over its operands' texts; an index counts from `base`."""
    operation = node.operation
    if base == 0 or not isinstance(operation, Take):
        return operation_text(node, inner, texts)
    index = ", ".join(index_entry(entry, base) for entry in operation.index)
    return infix(operation, f"{{0}}[{index}]", inner, texts), LEVELS[operation.precedence]
