"""What a line is about: a quantity of the problem, some of its entries, a derivative, an update."""

from __future__ import annotations

import numpy as np

from chainrule.errors import NameProblem, PaperError
from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.marking.reading.solution import Line
from chainrule.ops.indexing import Take, as_slices
from chainrule.ops.naming import Same
from chainrule.paper.syntax import Call, Derivative, Expression, Index, Name
from chainrule.paper.workbook import Workbook

__all__ = ["Target", "is_given", "target_of"]


class Target(Record):
    """`node` is what the line states, entries `positions` (flat) of `base`.

    `pair` is (of, wrt) if `base` is ∂of/∂wrt; `text` and `index` are how it is written.
    """

    text: str
    index: tuple[int, ...]
    node: Node
    base: Node
    positions: Array
    pair: tuple[Node, Node] | None
    counts_from: int = 0  # the first index, in the problem's counting
    is_each: bool = False  # the gradient of each example, where the whole was asked for


def target_of(line: Line, source: Source, workbook: Workbook) -> Target:
    """The target of a line, looked up.

    Raises:
        ChainruleError: a name, shape or index that the problem lacks, with its place.
    """
    placed = line.placed
    expression = _updated(placed, source, workbook) if line.is_update else placed
    node = workbook.value(source, expression).node
    base, positions, inner = node, np.arange(node.size), expression
    text = line.target_text
    index: tuple[int, ...] = ()
    if isinstance(expression, Index) and isinstance(node.operation, Take) and not node.distinct:
        base = node.inputs[0]
        places = np.arange(base.size).reshape(base.shape)
        positions = places[as_slices(node.operation.index)].reshape(-1)
        inner = expression.operand
        text = source.slice(expression.operand.span)
        if text[0] == "(" and text.find(")") == len(text) - 1:
            text = text[1:-1]
        index = _index_of(node, base, positions, workbook.paper.index_base)
    text = f"{text} :=" if line.is_update else text
    pair = _pair(inner, source, workbook)
    return Target(text, index, node, base, positions, pair, workbook.paper.index_base)


def _updated(target: Expression, source: Source, workbook: Workbook) -> Expression:
    """`W1 := …` is about new(W1)."""
    if isinstance(target, Index):
        return Index(target.span, _updated(target.operand, source, workbook), target.indices)
    if not isinstance(target, Name):
        problem = "An update gives a named quantity a new value: W := ..."
        raise PaperError(problem).at(source, target.span)
    if target.name not in {update.name for update in workbook.paper.updates}:
        problem = f"The problem has no update of {target.name}."
        raise NameProblem(problem).at(source, target.span)
    return Call(target.span, Name(target.span, "new"), (target,), ())


def _index_of(node: Node, base: Node, positions: Array, first: int) -> tuple[int, ...]:
    """The index of a single entry, as the problem counts."""
    if node.size != 1:
        return ()
    return tuple(int(one) + first for one in np.unravel_index(int(positions[0]), base.shape))


def _pair(expression: Expression, source: Source, workbook: Workbook) -> tuple[Node, Node] | None:
    if not isinstance(expression, Derivative) or isinstance(expression.wrt, Index):
        return None
    of, wrt = [workbook.value(source, one).node for one in (expression.of, expression.wrt)]
    return of, wrt


def is_given(node: Node, givens: dict[Node, Array]) -> bool:
    """Whether the node is a given, or only another name for one."""
    while isinstance(node.operation, Same):
        node = node.inputs[0]
    return node in givens
