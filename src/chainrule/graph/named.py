"""A graph with names: which node a user calls what, and where it was written."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.graph.node import Node
from chainrule.graph.source import Span

__all__ = ["Graph"]


class Graph:
    """Named nodes and, in side tables, where they were written.  Nodes know no names.

    >>> from chainrule.graph.node import variable
    >>> x = variable((2,))
    >>> graph = Graph({"x": x})
    >>> graph["x"] is x, graph.name_of(x), "y" in graph
    (True, 'x', False)
    """

    def __init__(self, nodes: Mapping[str, Node], spans: Mapping[str, Span] | None = None) -> None:
        self._nodes = dict(nodes)
        self._names = {node: name for name, node in self._nodes.items()}
        self.spans: Mapping[str, Span] = dict(spans or {})

    def __getitem__(self, name: str) -> Node:
        return self._nodes[name]

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def name_of(self, node: Node) -> str | None:
        """The node's name, or None if it is anonymous."""
        return self._names.get(node)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order they were written."""
        return tuple(self._nodes)

    @property
    def named_nodes(self) -> frozenset[Node]:
        """The nodes that bear a name: where a person would cut the chain."""
        return frozenset(self._names)
