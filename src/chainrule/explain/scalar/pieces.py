"""Taking a network apart: each array of a cut as scalar expressions, and their derivatives.

What is between two cuts (`scalar_cut.py`) is unfolded to scalar expressions, and these are
differentiated by the operations' own local Jacobians.  Where an operation cannot be unfolded, the
entries of the Jacobian of its array are the edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import matrix
from chainrule.differentiate.walk import Paths, adjoints
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
    size_of,
    topological,
)
from chainrule.ops.abstract import AbstractFunction
from chainrule.ops.broadcasting import literal
from chainrule.ops.contract import lower_nodes
from chainrule.ops.elementary import exp, log
from chainrule.ops.indexing import Take
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import LogSumExp, Softmax
from chainrule.run.interpreter import evaluate_all

__all__ = ["taken_apart"]


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
    """One array of the cut, over the entries of those that it reads."""

    def __init__(self, node: Node, held: frozenset[Node], on_path: frozenset[Node]) -> None:
        self.node = node
        self.held = held - {node}
        self.on_path = on_path

    def scalars(self) -> list[Scalar]:
        """The entries, row by row."""
        formulas = self._formulas()
        whole = self.node.operation(*self.node.inputs)
        found = []
        symbols: Any = entry_symbols(self.node)
        for index in np.ndindex(self.node.shape):
            symbol: Node = symbols[index]
            formula: Any = None if formulas is None else formulas[index]
            own = symbol if self._is_special or formula is None else self._standing_for(formula)
            part = whole[index] if index else whole
            found.append(Scalar(symbol, self.node, index, formula, own, part))
        return found

    def _standing_for(self, formula: Node) -> Node:
        """A scalar that stands for itself in its own derivative: the y of y(1 - y)."""
        is_other = formula in self.held or isinstance(formula.operation, Constant | Input | Take)
        return fresh(Same(), formula) if is_other else fresh(formula.operation, *formula.inputs)

    def edges(self, scalars: Sequence[Scalar]) -> list[tuple[Edge, ...]]:
        """The partial derivatives of each entry, those that are zero by their form left out."""
        if isinstance(self.node.operation, Softmax):
            return self._of_softmax(scalars)
        if isinstance(self.node.operation, LogSumExp):
            return self._of_logsumexp(scalars)
        if scalars and scalars[0].formula is None:
            return self._of_jacobian(scalars)
        symbols = self._symbols()
        return [_of_formula(one, symbols) for one in scalars]

    @property
    def _is_special(self) -> bool:
        return isinstance(self.node.operation, Softmax | LogSumExp)

    def _formulas(self) -> Array | None:
        """The entries as expressions over entries; None if some operation hides them."""
        operation = self.node.operation
        if isinstance(operation, AbstractFunction):
            return None
        if self._is_special:
            rows = self._rows()
            if rows is None:
                return None
            powers: Array = np.array([[exp(one) for one in row] for row in rows], dtype=object)
            totals: Array = powers.sum(axis=1)
            if isinstance(operation, Softmax):
                return (powers / totals[:, None]).reshape(self.node.shape)
            return np.array([log(total) for total in totals], object).reshape(self.node.shape)
        return unfold(self.node, self.held | self._constants())

    def _rows(self) -> Array | None:
        """What an entry of a softmax, or of a log-sum-exp, is made of: a row each."""
        (x,) = self.node.inputs
        entries = unfold(x, self.held)
        if entries is None:
            return None
        operation = self.node.operation
        axes = operation.axis if isinstance(operation, LogSumExp) else (x.ndim - 1,)
        kept = [axis for axis in range(x.ndim) if axis not in axes]
        moved: Array = entries.transpose(*kept, *axes)
        return moved.reshape(-1, size_of(tuple([x.shape[axis] for axis in axes])))

    def _symbols(self) -> dict[Node, None]:
        """The entries that this array varies with, in the order they stand in its formula."""
        arrays = _read(self.node, self.held)
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

    def _of_softmax(self, scalars: Sequence[Scalar]) -> list[tuple[Edge, ...]]:
        """S_i (1 - S_i) and -S_i S_j; the first is computed as S_i Σ_j S_j, which keeps digits."""
        rows = self._rows()
        assert rows is not None
        shares: Any = np.array([one.symbol for one in scalars], dtype=object).reshape(rows.shape)
        found = []
        for i, at in np.ndindex(*rows.shape):
            s = shares[i]
            others = sum([s[k] for k in range(len(s)) if k != at], constant(0.0))
            terms = [
                (x, s[at] * (1 - s[at]), s[at] * others) if j == at
                else (x, -(s[at] * s[j]), -(s[at] * s[j]))
                for j, x in enumerate(rows[i])
            ]  # fmt: skip
            found.append(self._collected(s[at], terms))
        return found

    def _of_logsumexp(self, scalars: Sequence[Scalar]) -> list[tuple[Edge, ...]]:
        rows = self._rows()
        assert rows is not None
        return [
            self._collected(
                one.symbol, [(x, exp(x - one.symbol), exp(x - one.symbol)) for x in row]
            )
            for one, row in zip(scalars, rows, strict=True)
        ]

    def _collected(self, of: Node, terms: list[tuple[Node, Node, Node]]) -> tuple[Edge, ...]:
        """The terms of each entry together: one may be read in several places."""
        symbols = self._symbols()
        found: dict[Node, Edge] = {}
        for wrt, formula, node in terms:
            if wrt not in symbols:
                continue
            if wrt in found:
                before = found[wrt]
                assert before.formula is not None
                formula, node = before.formula + formula, before.node + node
            found[wrt] = Edge(of, wrt, formula, node)
        return tuple(found.values())

    def _of_jacobian(self, scalars: Sequence[Scalar]) -> list[tuple[Edge, ...]]:
        """Edges from the entries of the array's local Jacobians."""
        found: list[list[Edge]] = [[] for _ in scalars]
        for array in _read(self.node, self.held):
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
        if not any(isinstance(one.operation, Input) for one in topological([entries])):
            numbers = evaluate_all([entries], {})[0]
            return np.array([[constant(float(one)) for one in row] for row in numbers], object)
        held = self.held | {self.node}
        return unfold(entries, held | self._opaque(entries))


def _read(node: Node, held: frozenset[Node]) -> list[Node]:
    """The held nodes that a node varies with, in the order they stand in its formula."""
    edges = Paths(node, held=held).edges
    found: dict[Node, None] = {}
    seen: set[Node] = set()
    stack = [node]
    while stack:
        here = stack.pop()
        if here in seen:
            continue
        seen.add(here)
        if here in held:
            found[here] = None
        else:
            stack.extend([lower for lower, _ in reversed(edges[here])])
    return list(found)


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
