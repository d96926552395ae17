"""Taking a network apart: each array of a cut as scalar expressions, and their derivatives.

What is between two cuts (`cut.py`) is unfolded to scalar expressions, and these are differentiated
by the operations' own local Jacobians.  Where an operation cannot be unfolded, or is only written
as it is defined, the entries of the Jacobian of its array are the edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.batched import replaced
from chainrule.differentiate.factors import read_directly
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import matrix
from chainrule.differentiate.walk import adjoints
from chainrule.explain.entries import unfold
from chainrule.explain.scalar.cut import Cut
from chainrule.explain.scalar.graph import Edge, Scalar, ScalarGraph, entry_symbols, is_entry
from chainrule.graph.node import (
    Array,
    Constant,
    Input,
    Node,
    constant,
    fresh,
    topological,
)
from chainrule.ops.abstract import AbstractFunction
from chainrule.ops.broadcasting import literal
from chainrule.ops.contract import lower_nodes
from chainrule.ops.elementary import exp, log
from chainrule.ops.indexing import Take
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import LogSumExp, Softmax
from chainrule.ops.reduction import spread, sum_
from chainrule.run.interpreter import evaluate_all

__all__ = ["taken_apart"]

MOST_WORK = 200_000  # entries of all on the way to a Jacobian's
MOST_TERMS = 16  # of a sum of exponentials that is written out in a slope


def taken_apart(nodes: Sequence[Node], cut: Cut, named: frozenset[Node]) -> ScalarGraph:
    """The entries of `nodes`, inputs first, and the edges of those that are on a path."""
    held = named | set(cut.nodes)
    scalars: dict[Node, Scalar] = {}
    below: dict[Node, tuple[Edge, ...]] = {}
    for node in nodes:
        if isinstance(node.operation, Input) or is_entry(node, held):
            continue
        piece = _Piece(node, held, cut.on_path)
        own = piece.scalars()
        scalars |= {one.symbol: one for one in own}
        if node in cut.on_path:
            below |= {one.symbol: edges for one, edges in zip(own, piece.edges(own), strict=True)}
    return ScalarGraph(scalars, below)


class _Piece:
    """One array of the cut, over the entries of those that it reads.

    `formulas` are its entries as expressions over theirs; None if some operation hides them.
    """

    def __init__(self, node: Node, held: frozenset[Node], on_path: frozenset[Node]) -> None:
        self.node = node
        self.held = held - {node}
        self.on_path = on_path
        self.known = self.held | self._constants()
        form = _as_defined(node)
        is_hidden = isinstance(node.operation, AbstractFunction)
        self.formulas = None if is_hidden else unfold(form, self.known)
        self.has_jacobian = self.formulas is None or form is not node

    def scalars(self) -> list[Scalar]:
        """The entries, row by row."""
        whole = self.node.operation(*self.node.inputs)
        found = []
        symbols: Any = entry_symbols(self.node)
        for index in np.ndindex(self.node.shape):
            symbol: Node = symbols[index]
            formula: Any = None if self.formulas is None else self.formulas[index]
            own = symbol if self.has_jacobian else self._standing_for(formula)
            part = whole[index] if index else whole
            found.append(Scalar(symbol, self.node, index, formula, own, part))
        return found

    def _standing_for(self, formula: Node) -> Node:
        """A scalar that stands for itself in its own derivative: the y of y(1 - y)."""
        is_other = formula in self.held or isinstance(formula.operation, Constant | Input | Take)
        return fresh(Same(), formula) if is_other else fresh(formula.operation, *formula.inputs)

    def edges(self, scalars: Sequence[Scalar]) -> list[tuple[Edge, ...]]:
        """The partial derivatives of each entry, those that are zero by their form left out."""
        if self.has_jacobian:
            return self._of_jacobian(scalars)
        symbols = self._symbols()
        return [_of_formula(one, symbols) for one in scalars]

    def _symbols(self) -> dict[Node, None]:
        """The entries that this array varies with, in the order they stand in its formula."""
        arrays = read_directly(self.node, self.held)
        varying = [array for array in arrays if array in self.on_path]
        return dict.fromkeys(one for array in varying for one in entry_symbols(array).flat)

    def _constants(self) -> frozenset[Node]:
        """What cannot be unfolded on the way and does not vary: it stands as it is written."""
        varying: set[Node] = set(self.on_path)
        found = []
        for one in topological([self.node], self._below):
            if not varying.isdisjoint(self._below(one)):
                varying.add(one)
            elif one not in varying and self._is_opaque(one):
                found.append(one)
        return frozenset(found)

    def _opaque(self, node: Node) -> frozenset[Node]:
        """All on the way that cannot be unfolded."""
        return frozenset(filter(self._is_opaque, topological([node], self._below)))

    def _below(self, node: Node) -> tuple[Node, ...]:
        return () if node in self.held else lower_nodes(node)

    def _is_opaque(self, node: Node) -> bool:
        if node is self.node or node in self.held:
            return False
        return unfold(node, frozenset(lower_nodes(node))) is None

    def _of_jacobian(self, scalars: Sequence[Scalar]) -> list[tuple[Edge, ...]]:
        """Edges from the entries of the array's local Jacobians."""
        found: list[list[Edge]] = [[] for _ in scalars]
        for array in read_directly(self.node, self.held):
            if array not in self.on_path:
                continue
            entries = matrix(jacobian(self.node, array, self.held))
            formulas = self._written(entries)
            for (row, column), wrt in _places(len(scalars), entry_symbols(array)):
                formula = None if formulas is None else formulas[row, column]
                if formula is None or literal(formula) != 0:
                    edge = Edge(scalars[row].symbol, wrt, formula, entries[row, column])
                    found[row].append(edge)
        return [tuple(edges) for edges in found]

    def _written(self, entries: Node) -> Array | None:
        """The entries of a Jacobian as expressions, if there are any to be seen."""
        if isinstance(self.node.operation, AbstractFunction):
            return None
        if self.formulas is not None:
            return self._written_out(entries)
        if not any(isinstance(one.operation, Input) for one in topological([entries])):
            numbers = evaluate_all([entries], {})[0]
            return np.array([[constant(float(one)) for one in row] for row in numbers], object)
        held = self.held | {self.node}
        return unfold(entries, held | self._opaque(entries))

    def _written_out(self, entries: Node) -> Array | None:
        """The same where the array itself is written out: then a softmax in its slopes is, too."""
        known = self.known | {self.node}
        inside = topological([entries], lambda one: () if one in known else one.inputs)
        shares = {one for one in inside if isinstance(one.operation, Softmax)} - known
        forms = {one: _as_defined(one) for one in shares if one.shape[-1] <= MOST_TERMS}
        known |= shares - forms.keys()
        (entries,) = replaced([entries], {**{one: one for one in known}, **forms})
        return unfold(entries, known, MOST_WORK)


def _as_defined(node: Node) -> Node:
    """A softmax and a log-sum-exp as a lecture defines them; all others are themselves.

    They are only read like that: computed, the exponentials might overflow.
    """
    operation = node.operation
    if isinstance(operation, Softmax):
        powers = exp(node.inputs[0])
        last = (node.ndim - 1,)
        return powers / spread(sum_(powers, axis=last), last, node.shape)
    if isinstance(operation, LogSumExp):
        powers = exp(node.inputs[0])
        return log(sum_(powers, axis=operation.axis, keepdims=operation.keepdims))
    return node


def _of_formula(scalar: Scalar, symbols: Mapping[Node, None]) -> tuple[Edge, ...]:
    """The partial derivatives of one expression, from one reverse walk."""
    found = adjoints(scalar.own, symbols, held=frozenset(symbols))
    return tuple(
        Edge(scalar.symbol, wrt, found[wrt], found[wrt])
        for wrt in symbols
        if wrt in found and literal(found[wrt]) != 0
    )


def _places(rows: int, symbols: Array) -> Iterator[tuple[tuple[int, int], Node]]:
    for row in range(rows):
        for column, symbol in enumerate(symbols.flat):
            yield (row, column), symbol
