"""The numbers of scalars, of their partial derivatives, and of the sums over paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from operator import add, mul
from typing import Any

import numpy as np

from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.exact import part_of
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.scalar.graph import Edge, Route, ScalarGraph
from chainrule.graph.node import Array, Node, Shape, variable
from chainrule.ops.indexing import Take

__all__ = ["ScalarNumbers", "together"]

ZERO, ONE = [Value(np.array(float(n)), np.array(Fraction(n), dtype=object)) for n in (0, 1)]


class ScalarNumbers:
    """Values from as few runs as there are steps: quantities, edges, paths, sums.

    By hand each step goes on from the displayed numbers of the one before it.  Of what has no
    numbers the value is None.
    """

    def __init__(self, evaluation: Evaluation, graph: ScalarGraph, arrays: Iterable[Node]) -> None:
        self.evaluation = evaluation
        self.graph = graph
        known = list(dict.fromkeys(arrays))
        self._arrays = dict(zip(known, evaluation.values(known), strict=True))
        self._edges: dict[Edge, Value] = {}
        self._routes: dict[Route, Value] = {}

    def of(self, symbol: Node) -> Value | None:
        """The value of an entry, or of a number."""
        value = self._arrays.get(symbol)
        if value is None and isinstance(symbol.operation, Take):
            whole = self._arrays.get(symbol.inputs[0])
            return None if whole is None else part_of(whole, symbol.operation.index)
        return value

    def shown(self, symbol: Node) -> Shown | None:
        """The same as it is shown."""
        value = self.of(symbol)
        return None if value is None else self.evaluation.shown(value)

    def compute(self, routes: Sequence[Route]) -> None:
        """The numbers of the paths and of all their edges."""
        edges = list(dict.fromkeys(edge for route in routes for edge in route))
        scalars = [self.graph.scalars[edge.of] for edge in edges]
        given = {
            one.own: value
            for one in scalars
            if one.own is not one.symbol and (value := self.of(one.symbol)) is not None
        }
        computed = [edge.node for edge in edges]
        written = [edge.node if edge.formula is None else edge.formula for edge in edges]
        both = self.evaluation.values([*written, *computed], given)
        found = map(self._better, both[: len(edges)], both[len(edges) :])
        self._edges = {
            edge: value for edge, value in zip(edges, found, strict=True) if value is not None
        }
        known = [one for one in routes if one and all(edge in self._edges for edge in one)]
        values = self._combined(mul, [[self._edges[edge] for edge in route] for route in known])
        self._routes = {(): ONE, **dict(zip(known, values, strict=True))}

    def _better(self, written: Value | None, computed: Value | None) -> Value | None:
        """By hand, or if it is exact, as it is written; else without what that loses."""
        if written is None:
            return computed
        is_kept = self.evaluation.options.by_hand and np.isfinite(written.array)
        return written if is_kept or written.exact is not None else computed

    def edge(self, edge: Edge) -> Value | None:
        """A partial derivative."""
        return self._edges.get(edge)

    def route(self, route: Route) -> Value | None:
        """The product along a path."""
        return self._routes.get(route)

    def sums(self, entries: Sequence[Sequence[Route]]) -> list[Value | None]:
        """For each entry the sum over its paths; of no path it is exactly 0."""
        terms = [[self.route(route) for route in routes] for routes in entries]
        known = [[one for one in row if one is not None] for row in terms]
        found = iter(self._combined(add, [row for row in known if row]))
        sums = [next(found) if row else ZERO for row in known]
        return [
            None if len(row) < len(routes) else value
            for row, routes, value in zip(known, entries, sums, strict=True)
        ]

    def _combined(
        self, operation: Callable[[Any, Any], Any], rows: Sequence[Sequence[Value]]
    ) -> list[Value]:
        """Each row's values, multiplied or added: what is rounded is only the result."""
        symbols: dict[int, Node] = {}
        given: dict[Node, Value] = {}
        nodes = []
        for row in rows:
            for value in row:
                if id(value) not in symbols:
                    symbols[id(value)] = variable(())
                    given[symbols[id(value)]] = value
            nodes.append(reduce(operation, [symbols[id(value)] for value in row]))
        several = [node for node, row in zip(nodes, rows, strict=True) if len(row) > 1]
        found = dict(zip(several, self.evaluation.values(several, given), strict=True))
        values = [found.get(node, row[0]) for node, row in zip(nodes, rows, strict=True)]
        assert all(value is not None for value in values)
        return [value for value in values if value is not None]


def together(values: Sequence[Value], shape: Shape) -> Value:
    """Numbers as an array of a shape, row by row."""
    array: Array = np.array([float(value.array) for value in values]).reshape(shape)
    exact = None
    if all(value.exact is not None for value in values):
        exact = np.array([value.exact[()] for value in values], dtype=object).reshape(shape)
    return Value(
        array,
        exact,
        any(value.has_underflow for value in values),
        any(value.is_rounded for value in values),
        any(value.has_cancelled for value in values),
        any(value.is_rounded_to_zero for value in values),
    )
