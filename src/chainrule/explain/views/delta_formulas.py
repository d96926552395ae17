"""How deltas are written: their names, their rules as formulas, and what is said of the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from chainrule.explain.deltas import Share
from chainrule.explain.entries import MOST_ENTRIES, unfold
from chainrule.explain.source import has_named_sizes, is_readable
from chainrule.explain.writing import Writer
from chainrule.graph.node import Constant, Node, topological
from chainrule.notation.formula import Expression, Formula, Matrix
from chainrule.notation.latex import latex_name
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped
from chainrule.ops.contract import Operation
from chainrule.ops.indexing import Take
from chainrule.ops.naming import Same
from chainrule.ops.reduction import Sum
from chainrule.ops.shaping import Concatenate
from chainrule.ops.transposition import Transpose

__all__ = ["Formulas", "delta_name", "operations_of"]

PLAIN = re.compile(r"\w[\w\u0300-\u036f']*")  # a name that a δ can stand before
UNREADABLE = ("softmax_pullback(",)
PASSING = (
    Add, Broadcast, Cast, Concatenate, Negate, Reshaped, Same, Subtract, Sum, Take, Transpose
)  # fmt: skip


class Formulas:
    """Writes expressions over named quantities and the symbols of deltas."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.named = writer.source.graph.named_nodes.union(writer.names)

    def written(self, node: Node) -> Expression:
        """An expression; a delta as its name."""
        return self.writer.names.get(node) or self.writer.expression(node)

    def form(self, node: Node) -> Formula | None:
        """An expression, or its entries in brackets; None where nobody could read it."""
        found = self.written(node)
        return found if _is_readable(found) else self._entries(node)

    def is_plain(self, node: Node) -> bool:
        """Whether it is readable as one expression."""
        return _is_readable(self.written(node))

    def reads(self, nodes: Iterable[Node]) -> list[Node]:
        """The quantities and deltas that expressions are made of."""
        order = topological(nodes, lambda one: () if one in self.named else one.inputs)
        return [one for one in order if one in self.named]

    def _entries(self, node: Node) -> Formula | None:
        if node.ndim not in (1, 2) or has_named_sizes(node.shape) or node.size > MOST_ENTRIES:
            return None
        found = unfold(node, self.named)
        if found is None:
            return None
        rows = [
            tuple([self.written(one) for one in row]) for row in found.reshape(-1, node.shape[-1])
        ]
        if not all(_is_readable(entry) for row in rows for entry in row):
            return None
        return Matrix(tuple(rows), self.writer.source.vectors if node.ndim == 1 else "matrix")


def _is_readable(found: Expression) -> bool:
    return is_readable(found.text) and not any(word in found.text for word in UNREADABLE)


def delta_name(name: Expression, taken: set[str], of: str = "") -> Expression:
    r"""δ and the quantity's name, with something more where the program itself uses that name.

    `of` is the number that is differentiated, where the deltas of several stand side by side.

    >>> taken = {"δh"}
    >>> delta_name(Expression("h2", "h_{2}"), taken)
    Expression(text='δh2', latex='\\delta_{h_{2}}', holes=())
    >>> delta_name(Expression("h", "h"), taken).text
    'δh_'
    >>> delta_name(Expression("h2", "h_{2}"), taken, "l")
    Expression(text='δl_h2', latex='\\delta^{l}_{h_{2}}', holes=())
    """
    is_plain = PLAIN.fullmatch(name.text) is not None
    own, index = (name.text, name.latex) if is_plain else (f"{len(taken)}",) * 2
    text, latex = f"δ{own}", rf"\delta_{{{index}}}"
    if PLAIN.fullmatch(of):
        text, latex = f"δ{of}_{own}", rf"\delta^{{{latex_name(of)}}}_{{{index}}}"
    while text in taken:
        text, latex = f"{text}_", rf"\bar{{{latex}}}"
    taken.add(text)
    return Expression(text, latex)


def operations_of(share: Share) -> list[Operation]:
    """The operations between a reader and what it reads, each once, the nearest to that first.

    Those that only pass on, add up or scale by a number are left out, but for the nearest where
    there is no other.
    """
    found = list(_operations(share))
    telling = [operation for operation, passes in found if not passes]
    kept = telling or [operation for operation, _ in found[:1]]
    return list({one.name: one for one in kept}.values())


def _operations(share: Share) -> Iterator[tuple[Operation, bool]]:
    """From the nearest on, with whether each only passes on what comes to it."""
    for node in reversed(share.through):
        operation = node.operation
        if isinstance(operation, Multiply | Divide):
            yield operation, any(map(_is_constant, node.inputs))
        elif isinstance(operation, Operation):
            yield operation, isinstance(operation, PASSING)


def _is_constant(node: Node) -> bool:
    """Whether a node is made of nothing but written numbers."""
    return all(isinstance(one.operation, Constant) or one.inputs for one in topological([node]))
