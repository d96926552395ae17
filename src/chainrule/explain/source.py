"""What derivations are made from, whichever front end it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from chainrule.explain.indices import shown
from chainrule.graph.declaration import Declaration
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node, Shape, topological
from chainrule.graph.record import Record
from chainrule.graph.sizes import Size
from chainrule.notation.text import TOO_LONG
from chainrule.ops.contraction import MatMul
from chainrule.ops.naming import Same
from chainrule.paper.program import find_symbolic
from chainrule.run.interpreter import Plan, check_cost

__all__ = ["ARRANGING", "Explainable", "has_named_sizes", "is_readable"]

MOST_NUMBERS = 20_000_000  # all values together: 160 MB
MOST_WORK = 1_000_000_000  # multiplications: about a second
ARRANGING = ("broadcast(", "reshape(", "einsum(", "place(", "gather(", "scatter(", "concatenate(")


class Explainable(Record):
    """A named graph with its inputs' numbers.

    `formulas` are the computed names as they were written, in that order; `aliases` are names of
    entries, which are printed but do not cut the chain; `points` are where functions are
    differentiated.  A formula that would say nothing to a reader is "".  `declarations` are facts;
    `is_known` says whether every quantity has numbers.
    """

    graph: Graph
    formulas: Mapping[str, str]
    values: Mapping[Node, Array]
    index_base: int = 0
    aliases: Mapping[Node, str] = MappingProxyType({})
    points: frozenset[Node] = frozenset()
    declarations: tuple[Declaration, ...] = ()
    is_known: bool = True

    def name_of(self, node: Node) -> str | None:
        """A node's name or alias, or None."""
        return self.graph.name_of(node) or self.aliases.get(node)

    def name(self, node: Node) -> str:
        """A node's name, or the expression it is; a point that stands for another has its name."""
        if self.name_of(node) is None and isinstance(node.operation, Same):
            return self.name(node.inputs[0])
        return self.name_of(node) or shown(node, self.name_of, self.index_base)

    def symbol(self, of: Node, wrt: Node) -> str:
        """∂of/∂wrt."""
        return f"∂{self.name(of)}/∂{self.name(wrt)}"

    @cached_property
    def vectors(self) -> str:
        """How vectors stand here: "column" where matrices stand before them, and never behind.

        Otherwise it is "row".
        """
        nodes = topological(self.graph.named_nodes)
        products = [node.inputs for node in nodes if isinstance(node.operation, MatMul)]
        ranks = {(left.ndim, right.ndim) for left, right in products}
        return "column" if (2, 1) in ranks and (1, 2) not in ranks else "row"

    def evaluated(self, nodes: Sequence[Node]) -> list[Array]:
        """The nodes' values, from one run.

        Raises:
            TooLarge: the values or the work exceed the stated limits; nothing was run.
        """
        check_cost(nodes, MOST_NUMBERS, MOST_WORK)
        inputs = list(self.values)
        return Plan(nodes, inputs)(*[self.values[node] for node in inputs])

    def numbers(self, nodes: Sequence[Node]) -> list[Array | None]:
        """The same; None for a node that depends on what has no numbers."""
        unknown = self.unknown(nodes)
        found = iter(self.evaluated([node for node in nodes if node not in unknown]))
        return [None if node in unknown else next(found) for node in nodes]

    def unknown(self, nodes: Iterable[Node]) -> frozenset[Node]:
        """Those that have no numbers: some quantity, function or size below has only a name."""
        return frozenset() if self.is_known else without_numbers(nodes, self.values)


def without_numbers(nodes: Iterable[Node], values: Mapping[Node, Array]) -> frozenset[Node]:
    """The nodes that depend on a quantity, a function or a size of which only the name is known."""
    found: dict[Node, bool] = {}
    nodes = frozenset(nodes)
    for node in nodes:
        find_symbolic(node, found, values)
    return frozenset(node for node in nodes if found[node])


def has_named_sizes(shape: Shape) -> bool:
    """Whether some length is known by name only."""
    return any(isinstance(length, Size) for length in shape)


def is_readable(text: str) -> bool:
    """Whether a formula has only what a person would write in it."""
    return not any(word in text for word in (*ARRANGING, TOO_LONG, "same(", "<input>", "]["))
