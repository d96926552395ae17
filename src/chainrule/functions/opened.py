"""Maps over variables: what a map holds, as quantities that nothing looks into.

A local Jacobian is written with nodes of the graph, and what is built from these may simplify them
(`a · (1/b)` is written `a / b`) and so read nodes further down.  A numeric Jacobian knows the
numbers of the nodes its map holds, and of no others: it works with a variable for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.differentiate.walk import Paths
from chainrule.graph.node import Node, Shape, fresh, variable
from chainrule.jacobians.kinds import Block, LinearMap
from chainrule.ops.contract import Operation

__all__ = ["held_nodes", "opened"]

Opened = tuple[LinearMap, dict[Node, Node]]


class Junction(Operation):
    """Where the paths of a block meet: all that is known is how it moves with what lies below."""

    name = "junction"
    maps: tuple[LinearMap, ...]

    def shape(self, *shapes: Shape) -> Shape:
        return self.maps[0].output_shape

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return self.maps


def held_nodes(map_: LinearMap) -> list[Node]:
    """The nodes whose numbers a map is made of, each once."""
    return list(dict.fromkeys(_held(map_)))


def _held(map_: LinearMap) -> Iterator[Node]:
    parts = _parts(map_)
    if parts is None:
        yield from map_.nodes
    else:
        for part in parts:
            yield from _held(part)


def _parts(map_: LinearMap) -> list[LinearMap] | None:
    """The maps that a map is made of; None if it is a kind of its own."""
    if isinstance(map_, Block):
        paths = Paths(map_.output, (map_.input,), map_.held)
        return [inner for ways in paths.edges.values() for _, inner in ways]
    values = [value for field in map_.key() for value in _each(field)]
    parts = [value for value in values if isinstance(value, LinearMap)]
    return parts or None


def _each(field: Any) -> tuple[Any, ...]:
    return field if isinstance(field, tuple) else (field,)


def opened(map_: LinearMap) -> Opened:
    """The map with a variable in the place of each node it holds, and these variables.

    It is kept with the map.
    """
    known: Opened | None = map_.__dict__.get("_opened")
    if known is None:
        variables = {node: variable(node.shape, node.dtype) for node in held_nodes(map_)}
        known = map_.__dict__["_opened"] = _replaced(map_, variables), variables
    return known


def _replaced(part: Any, nodes: Mapping[Node, Node]) -> Any:
    """A field of a map, or a map, with other nodes."""
    if isinstance(part, Node):
        return nodes.get(part, part)
    if isinstance(part, tuple):
        return tuple([_replaced(each, nodes) for each in part])
    if isinstance(part, Block):
        return _replaced_block(part, nodes)
    if isinstance(part, LinearMap):
        return type(part)(*[_replaced(field, nodes) for field in part.key()])
    return part


def _replaced_block(block: Block, nodes: Mapping[Node, Node]) -> Block:
    """The same paths through junctions, each of which has its maps."""
    paths = Paths(block.output, (block.input,), block.held)
    start = variable(block.input_shape, block.input.dtype)
    found = {block.input: start}
    for node in paths.order[1:]:
        ways = paths.edges[node]
        junction = Junction(tuple([_replaced(inner, nodes) for _, inner in ways]))
        found[node] = fresh(junction, *[found[lower] for lower, _ in ways])
    return Block(found[block.output], start)
