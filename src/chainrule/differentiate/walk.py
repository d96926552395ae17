"""Reverse and forward mode: two walks through the graph that apply local Jacobians.

Reverse mode keeps the adjoint of *every* node it passes.  Both are linear in the edges.
Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., 2008, ch. 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chainrule.differentiate.maps import ADJOINT, APPLY, added, adjoint, apply
from chainrule.graph.named import Graph
from chainrule.graph.node import Constant, Node, topological
from chainrule.jacobians.kinds import Block, LinearMap, Zero
from chainrule.ops.algebra import number
from chainrule.ops.contract import edges
from chainrule.ops.making import zeros

__all__ = ["Edges", "Paths", "adjoints", "gradient", "named_adjoints", "tangents"]

Edges = Mapping[Node, tuple[tuple[Node, LinearMap], ...]]


class Paths:
    """The part of a graph that lies between an output and the nodes it is differentiated by.

    `order` has inputs before users; `edges[node]` are the node's inputs with their maps, only
    those on a path.  `held` nodes, except the output, count as constant; without `wrt` every
    node is followed but written numbers, unless they are held.
    """

    def __init__(
        self,
        output: Node,
        wrt: Iterable[Node] | None = None,
        held: frozenset[Node] = frozenset(),
    ) -> None:
        targets = None if wrt is None else frozenset(wrt)
        # Below the one node that is asked for lies nothing of interest.
        last = next(iter(targets)) if targets is not None and len(targets) == 1 else None
        found: dict[Node, tuple[tuple[Node, LinearMap], ...]] = {}

        def below(node: Node) -> list[Node]:
            is_end = node is last or (node in held and node is not output)
            ways = () if is_end else edges(node)
            found[node] = tuple([way for way in ways if not isinstance(way[1], Zero)])
            if targets is None:
                found[node] = tuple([way for way in found[node] if is_quantity(way[0])])
            return [lower for lower, _ in found[node]]

        def is_quantity(node: Node) -> bool:
            return node in held or not isinstance(node.operation, Constant)

        order = topological([output], below)
        if targets is not None:
            order, found = _on_a_path(order, found, targets)
        self.order: list[Node] = order
        self.edges: Edges = found


def _on_a_path(
    order: list[Node], found: Edges, targets: frozenset[Node]
) -> tuple[list[Node], dict[Node, tuple[tuple[Node, LinearMap], ...]]]:
    """Only what leads to a target."""
    kept: dict[Node, tuple[tuple[Node, LinearMap], ...]] = {}
    for node in order:
        ways = tuple([way for way in found[node] if way[0] in kept])
        if ways or node in targets:
            kept[node] = ways
    return list(kept), kept


def adjoints(
    output: Node,
    wrt: Iterable[Node] | None = None,
    seed: Node | None = None,
    held: frozenset[Node] = frozenset(),
) -> dict[Node, Node]:
    """Reverse mode: the adjoint of every node between `output` and `wrt`.

    By default that is every node but written numbers.

    The seed is a cotangent of `output`, one by default; leading axes of it are a batch.
    An adjoint has the shape of its node, behind the axes of the batch.

    >>> from chainrule.graph.node import variable
    >>> X, W = variable((5, 3)), variable((3, 2))
    >>> H = X @ W
    >>> found = adjoints(H, seed=variable((5, 2)))
    >>> found[W], found[X].shape, found[H].shape
    (<matmul float64[3, 2]>, (5, 3), (5, 2))
    """
    paths = Paths(output, wrt, held)
    start = number(1.0, output) if seed is None else seed
    found: dict[Node, Node] = {output: start}
    for node in reversed(paths.order):
        if node not in found:
            continue
        cotangent = found[node]
        for lower, map_ in paths.edges[node]:
            share = adjoint(map_, cotangent)
            found[lower] = added(found[lower], share) if lower in found else share
    return found


def tangents(
    outputs: Iterable[Node], seeds: Mapping[Node, Node], held: frozenset[Node] = frozenset()
) -> dict[Node, Node]:
    """Forward mode: the tangent of every node above the seeded ones that `outputs` depend on.

    An output that depends on no seeded node has no tangent.  All seeds have the same leading
    axes, a batch, which every tangent then has in front of its node's shape.

    >>> from chainrule.graph.node import variable
    >>> x, dx = variable((3,)), variable((4, 3))
    >>> tangents([x**2], {x: dx})[x**2].shape
    (4, 3)
    """
    found: dict[Node, Node] = dict(seeds)
    for output in outputs:
        paths = Paths(output, seeds, held)
        for node in paths.order:
            if node in found:
                continue
            shares = [apply(map_, found[lower]) for lower, map_ in paths.edges[node]]
            total = shares[0]
            for share in shares[1:]:
                total = total + share
            found[node] = total
    return found


def gradient(output: Node, wrt: Node, held: frozenset[Node] = frozenset()) -> Node:
    """The adjoint of one node, in its own shape; zeros if `output` does not depend on it.

    >>> from chainrule.graph.node import variable
    >>> x = variable(())
    >>> gradient(x**3, x) is 3 * x**2
    True
    """
    found = adjoints(output, (wrt,), held=held).get(wrt)
    return zeros(wrt.shape, wrt.dtype) if found is None else found


def named_adjoints(graph: Graph, output: str) -> dict[str, Node]:
    """The adjoint of every named node that a scalar depends on, under the name `∂output/∂name`.

    Raises:
        KeyError: the graph has no such name.
    """
    found = adjoints(graph[output], graph.named_nodes)
    return {
        f"∂{output}/∂{name}": found[graph[name]] for name in graph.names if graph[name] in found
    }


def _block_applied(map_: Block, tangent: Node) -> Node:
    return tangents([map_.output], {map_.input: tangent}, map_.held)[map_.output]


def _block_adjoint(map_: Block, cotangent: Node) -> Node:
    return adjoints(map_.output, (map_.input,), cotangent, map_.held)[map_.input]


APPLY[Block] = _block_applied
ADJOINT[Block] = _block_adjoint
