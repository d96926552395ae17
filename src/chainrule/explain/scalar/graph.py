"""A network of scalars: every entry a node, every partial derivative an edge; paths and counts."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

import numpy as np

from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.ops.indexing import Take

__all__ = [
    "Edge",
    "Entry",
    "Gradient",
    "Route",
    "Scalar",
    "ScalarGraph",
    "entry_symbols",
    "gradient_of",
    "is_entry",
]


class Scalar(Record):
    """An entry of a computed quantity.

    `symbol` is the entry as others read it, `own` stands for it in its own partial derivatives;
    `formula` is how it is computed of other scalars, None where it is only known as an entry of
    what an operation makes of an array: `whole`.
    """

    symbol: Node
    array: Node
    index: tuple[int, ...]
    formula: Node | None
    own: Node
    whole: Node


class Edge(Record):
    """∂of/∂wrt, all other scalars held: `formula` is how it is written, `node` how computed."""

    of: Node
    wrt: Node
    formula: Node | None
    node: Node


Route = tuple[Edge, ...]


class ScalarGraph(Record):
    """Scalars by symbol, inputs first, and the edges that lead down from each."""

    scalars: Mapping[Node, Scalar]
    below: Mapping[Node, tuple[Edge, ...]]

    def counts(self, of: Node) -> Mapping[Node, int]:
        """How many paths lead from a scalar to each: a sum over the graph, not a list."""
        found = {of: 1}
        for node in reversed(topological([of], self._lower)):
            for edge in self.below.get(node, ()):
                found[edge.wrt] = found.get(edge.wrt, 0) + found[node]
        return found

    def paths(self, of: Node, ends: Iterable[Node]) -> dict[Node, list[Route]]:
        """The paths from a scalar down to each of the ends, by end; no path passes an end."""
        targets = frozenset(ends)
        leads = self._leading(of, targets)
        found: dict[Node, list[Route]] = {}
        stack: list[tuple[Node, Route]] = [(of, ())]
        while stack:
            node, path = stack.pop()
            if node in targets:
                found.setdefault(node, []).append(path)
                continue
            ways = [edge for edge in self.below.get(node, ()) if edge.wrt in leads]
            stack.extend([(edge.wrt, (*path, edge)) for edge in reversed(ways)])
        return found

    def _leading(self, of: Node, targets: frozenset[Node]) -> set[Node]:
        """What lies on a path to an end."""
        found: set[Node] = set()
        for node in topological([of], self._lower):
            if node in targets or any(edge.wrt in found for edge in self.below.get(node, ())):
                found.add(node)
        return found

    def _lower(self, node: Node) -> list[Node]:
        return [edge.wrt for edge in self.below.get(node, ())]


class Gradient(Record):
    """∂of/∂wrt, entry by entry: outputs × inputs, both flattened row by row."""

    of: Node
    wrt: Node
    entries: tuple[Entry, ...]


class Entry(Record):
    """One entry of a derivative, and the paths that it is the sum over."""

    of: Node
    wrt: Node
    routes: tuple[Route, ...]

    @property
    def has_direct(self) -> bool:
        """Whether ∂of/∂wrt is one of the edges, and not the only path."""
        return len(self.routes) > 1 and any(len(route) == 1 for route in self.routes)


def gradient_of(graph: ScalarGraph, of: Node, wrt: Node) -> Gradient:
    """All paths of a derivative, from each entry of `of` to each of `wrt`."""
    ends = list(entry_symbols(wrt).flat)
    entries = []
    for top in entry_symbols(of).flat:
        found = graph.paths(top, ends)
        entries += [Entry(top, end, tuple(found.get(end, ()))) for end in ends]
    return Gradient(of, wrt, tuple(entries))


def entry_symbols(array: Node) -> Array:
    """The entries of an array as scalar nodes: x[0], x[1]; a number is its own."""
    found = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        found[index] = array[index] if index else array
    return found


def is_entry(node: Node, arrays: Container[Node]) -> bool:
    """Whether a node is nothing but an entry of one of the arrays."""
    is_taken = isinstance(node.operation, Take) and node.shape == () and not node.distinct
    return is_taken and node.inputs[0] in arrays
