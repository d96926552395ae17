"""The chain as a person writes it: local Jacobians between *named* quantities.

∂l/∂W1 = ∂l/∂S · ∂S/∂O · ∂O/∂W1.  Where the graph forks, a link is a sum over paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from chainrule.differentiate.compose import add, compose
from chainrule.differentiate.jacobian import cuts, jacobian
from chainrule.differentiate.walk import Paths
from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import LinearMap

__all__ = ["MOST_PATHS", "Factor", "Fork", "Link", "factors", "named_below", "read_directly"]

MOST_PATHS = 12  # a fork is printed with at most this many paths; the others are counted


class Factor(Record):
    """One local Jacobian: how `of` moves with `wrt`, all other named quantities held."""

    of: Node
    wrt: Node
    map: LinearMap


class Fork(Record):
    """A sum over the paths from `wrt` to `of`: the first `MOST_PATHS` of `count`, and the total."""

    of: Node
    wrt: Node
    paths: tuple[tuple[Factor, ...], ...]
    count: int
    map: LinearMap


Link = Factor | Fork


def factors(
    of: Node, wrt: Node, named: frozenset[Node], held: frozenset[Node] = frozenset()
) -> tuple[Link, ...]:
    """The links of ∂of/∂wrt, from `of` down to `wrt`, cut at every named quantity on all paths.

    Empty if `of` does not depend on `wrt`.  `held` are named quantities that count as constant.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.elementary import exp, sin
    >>> x = variable((2,)); a = sin(x); b = exp(a)
    >>> [link.map for link in factors(b, x, frozenset({x, a, b}))]
    [Diagonal[2 × 2], Diagonal[2 × 2]]
    """
    named = named | {of, wrt}
    below = named_below(of, wrt, named, held)
    if of not in below or of is wrt:
        return ()
    order = topological([of], lambda node: below[node])
    places = cuts(order, lambda node: below[node])
    links = [
        _link(order[stop], order[start], below, named, held) for start, stop in pairwise(places)
    ]
    return tuple(reversed(links))


def named_below(
    of: Node, wrt: Node, named: frozenset[Node], held: frozenset[Node] = frozenset()
) -> Mapping[Node, tuple[Node, ...]]:
    """For each named node on a path: the named nodes it reads directly that are on one, too."""
    direct: dict[Node, tuple[Node, ...]] = {}

    def read(node: Node) -> tuple[Node, ...]:
        if node is wrt:
            return ()
        if node not in direct:
            direct[node] = tuple(one for one in read_directly(node, named) if one not in held)
        return direct[node]

    kept: dict[Node, tuple[Node, ...]] = {}
    for node in topological([of], read):
        ways = tuple(lower for lower in read(node) if lower in kept)
        if ways or node is wrt:
            kept[node] = ways
    return kept


def read_directly(node: Node, named: frozenset[Node]) -> tuple[Node, ...]:
    """The named nodes that a node varies with, in the order they stand in its own formula.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.elementary import exp, sin
    >>> x = variable((2,)); a = sin(x); b = exp(a) * x
    >>> read_directly(b, frozenset({x, a, b})) == (a, x)
    True
    """
    edges = Paths(node, held=named).edges
    found: dict[Node, None] = {}
    seen: set[Node] = set()
    stack = [node]
    while stack:
        here = stack.pop()
        if here in seen:
            continue
        seen.add(here)
        if here in named and here is not node:
            found[here] = None
        else:
            stack.extend([lower for lower, _ in reversed(edges[here])])
    return tuple(found)


def _link(
    of: Node,
    wrt: Node,
    below: Mapping[Node, tuple[Node, ...]],
    named: frozenset[Node],
    held: frozenset[Node],
) -> Link:
    if below[of] == (wrt,):
        return Factor(of, wrt, jacobian(of, wrt, named))
    ways = _routes(of, wrt, below)
    local: dict[tuple[Node, Node], Factor] = {}

    def factor(upper: Node, lower: Node) -> Factor:
        if (upper, lower) not in local:
            local[upper, lower] = Factor(upper, lower, jacobian(upper, lower, named))
        return local[upper, lower]

    paths = tuple(tuple(factor(a, b) for a, b in pairwise(route)) for route in ways)
    count = _count(of, wrt, below)
    if count > len(paths):
        total = jacobian(of, wrt, held)
    else:
        total = add([compose(*[step.map for step in path]) for path in paths], of.dtype)
    return Fork(of, wrt, paths, count, total)


def _routes(of: Node, wrt: Node, below: Mapping[Node, tuple[Node, ...]]) -> list[list[Node]]:
    """The first few ways from `of` down to `wrt`."""
    found: list[list[Node]] = []
    trail: list[Node] = []
    stack: list[tuple[int, Node]] = [(0, of)]  # how many nodes stand above, and the next one
    while stack and len(found) < MOST_PATHS:
        depth, node = stack.pop()
        trail[depth:] = [node]
        if node is wrt:
            found.append(trail.copy())
        else:
            stack.extend([(depth + 1, lower) for lower in reversed(below[node])])
    return found


def _count(of: Node, wrt: Node, below: Mapping[Node, tuple[Node, ...]]) -> int:
    """How many ways there are: a sum over the graph, not a list of them."""
    ways = {wrt: 1}
    for node in topological([of], lambda node: below[node]):
        if node is not wrt:
            ways[node] = sum(ways.get(lower, 0) for lower in below[node])
    return ways[of]
