"""Whole Jacobians: the graph is cut where all paths meet, and the pieces are composed.

A node that every path passes (a dominator) cuts the Jacobian into a product.  Between two cuts
the Jacobian is the sum over the paths.  Nothing is multiplied out: an elementwise chain stays
diagonal, a linear layer stays a Kronecker product; see `compose.multiplied_out`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from chainrule.differentiate.compose import add, compose, multiplied_out
from chainrule.differentiate.walk import Paths, adjoints, gradient
from chainrule.graph.node import Node
from chainrule.jacobians.kinds import Block, Dense, Identity, LinearMap, Product, Sum, Zero
from chainrule.ops.broadcasting import reshape

__all__ = ["cuts", "derivative", "jacobian"]

MOST_MAPS = 32  # a sum over paths with more maps than this is kept as a walk through the graph


def jacobian(of: Node, wrt: Node, held: frozenset[Node] = frozenset()) -> LinearMap:
    """∂of/∂wrt as a structured map; `held` nodes, except `of`, count as constant.

    The Jacobian of a single number is its gradient, from one reverse walk.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.elementary import exp, sin
    >>> x = variable((5,))
    >>> jacobian(sin(x) * exp(-(x**2)), x)
    Diagonal[5 × 5]
    """
    if of is wrt:
        return Identity(of.shape)
    paths = Paths(of, (wrt,), held)
    if of not in paths.edges:
        return Zero(of.shape, wrt.shape)
    if of.size == 1:
        row = adjoints(of, (wrt,), held=held)[wrt]
        return Dense(reshape(row, to=of.shape + wrt.shape), of.shape, wrt.shape)
    places = cuts(paths.order, lambda node: [lower for lower, _ in paths.edges[node]])
    pieces = [_piece(paths, start, stop, held) for start, stop in pairwise(places)]
    return compose(*reversed(pieces))


def derivative(of: Node, wrt: Node) -> Node:
    """∂of/∂wrt, all entries: the gradient of a number, else outputs × inputs, both flattened.

    >>> from chainrule.graph.node import variable
    >>> x = variable((5,))
    >>> derivative(x @ x, x).shape, derivative(2 * x, x).shape
    ((5,), (5, 5))
    """
    if of.shape == ():
        return gradient(of, wrt)
    return reshape(multiplied_out(jacobian(of, wrt), of.dtype), to=(of.size, wrt.size))


def cuts(order: list[Node], below: Callable[[Node], Iterable[Node]]) -> list[int]:
    """Where every path passes: places in `order`, whose first and last node are among them.

    Linear: each edge covers the places it jumps over; a place nobody jumps over is a cut.
    """
    place = {node: at for at, node in enumerate(order)}
    change = [0] * (len(order) + 1)
    for node, at in place.items():
        for lower in below(node):
            change[place[lower] + 1] += 1
            change[at] -= 1
    covered, found = 0, []
    for at in range(len(order)):
        covered += change[at]
        if covered == 0:
            found.append(at)
    return found


def _piece(paths: Paths, start: int, stop: int, held: frozenset[Node]) -> LinearMap:
    """The sum over the paths between two neighbouring cuts."""
    first, last = paths.order[start], paths.order[stop]
    reached: dict[Node, LinearMap] = {first: Identity(first.shape)}
    for node in paths.order[start + 1 : stop + 1]:
        ways = [compose(map_, reached[lower]) for lower, map_ in paths.edges[node]]
        reached[node] = add(ways, last.dtype)
        if _maps_in(reached[node]) > MOST_MAPS:
            return Block(last, first, held)
    return reached[last]


def _maps_in(map_: LinearMap) -> int:
    if isinstance(map_, Product):
        return sum(_maps_in(factor) for factor in map_.factors)
    if isinstance(map_, Sum):
        return sum(_maps_in(term) for term in map_.terms)
    return 1
