"""What derivations are made from, whichever front end it comes from; the forward values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from chainrule.explain.derivation import ForwardStep
from chainrule.explain.indices import shown
from chainrule.explain.substitute import substituted
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.notation.text import TOO_LONG
from chainrule.ops.naming import Same
from chainrule.run.interpreter import Plan, check_cost

__all__ = ["ARRANGING", "Explainable", "forward_steps", "is_readable"]

MOST_NUMBERS = 20_000_000  # all values together: 160 MB
MOST_WORK = 1_000_000_000  # multiplications: about a second
ARRANGING = ("broadcast(", "reshape(", "einsum(", "place(", "gather(", "scatter(", "concatenate(")


class Explainable(Record):
    """A named graph with its inputs' numbers.

    `formulas` are the computed names as they were written, in that order; `aliases` are names of
    entries, which are printed but do not cut the chain; `points` are where functions are
    differentiated.  A formula that would say nothing to a reader is "".
    """

    graph: Graph
    formulas: Mapping[str, str]
    values: Mapping[Node, Array]
    index_base: int = 0
    aliases: Mapping[Node, str] = MappingProxyType({})
    points: frozenset[Node] = frozenset()

    def name_of(self, node: Node) -> str | None:
        """A node's name or alias, or None."""
        return self.graph.name_of(node) or self.aliases.get(node)

    def name(self, node: Node) -> str:
        """A node's name, or the expression it is."""
        return self.name_of(node) or shown(node, self.name_of, self.index_base)

    def symbol(self, of: Node, wrt: Node) -> str:
        """∂of/∂wrt."""
        return f"∂{self.name(of)}/∂{self.name(wrt)}"

    def evaluated(self, nodes: Sequence[Node]) -> list[Array]:
        """The nodes' values, from one run.

        Raises:
            TooLarge: the values or the work exceed the stated limits; nothing was run.
        """
        check_cost(nodes, MOST_NUMBERS, MOST_WORK)
        inputs = list(self.values)
        return Plan(nodes, inputs)(*[self.values[node] for node in inputs])


def forward_steps(
    source: Explainable, outputs: Sequence[Node] | None = None, digits: int = 6
) -> Iterator[ForwardStep]:
    """The named values that the outputs need (all of them by default), with numbers put in."""
    graph = source.graph
    wanted = [graph[name] for name in source.formulas]
    if outputs is not None:
        needed = set(topological(outputs))
        wanted = [node for node in wanted if node in needed]
    known = [*source.values, *wanted]
    values = dict(zip(known, source.evaluated(known), strict=True))
    for node in wanted:
        name = source.name(node)
        numbers = _with_numbers(source, node, values, digits)
        yield ForwardStep(name, source.formulas[name], numbers, values[node])


def _with_numbers(
    source: Explainable, node: Node, values: Mapping[Node, Array], digits: int
) -> str | None:
    """The formula with numbers; None where arranging steps would hide them."""
    text = substituted(node, source.name_of, values, source.index_base, digits)
    return None if isinstance(node.operation, Same) or not is_readable(text) else text


def is_readable(text: str) -> bool:
    """Whether a formula has only what a person would write in it."""
    return not any(word in text for word in (*ARRANGING, TOO_LONG, "same(", "<input>", "]["))
