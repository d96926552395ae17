"""What is affine in a quantity: y = J x + c, where neither J nor c depends on x."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.graph.named import Graph
from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import Multilinear
from chainrule.ops.broadcasting import literal
from chainrule.ops.contract import Composite, Operation
from chainrule.ops.making import zeros
from chainrule.rewrite.closed import simplest
from chainrule.rewrite.knowledge import Knowledge

__all__ = ["Affine", "affine", "unfolded"]


class Affine(Record):
    """The matrix (a row where y is a number) and the constant part; None where that is zero."""

    matrix: Node
    constant: Node | None


def affine(
    of: Node, wrt: Node, matrix: Node, graph: Graph, knowledge: Knowledge | None = None
) -> Affine | None:
    """`of` as an affine function of the vector or number `wrt`; None if it is none.

    `matrix` is the derivative.  Names that lie between the two are unfolded.

    >>> from chainrule.graph.node import fresh, variable
    >>> from chainrule.notation.text import show
    >>> from chainrule.ops.naming import Same
    >>> A, B, b, x = variable((2, 3)), variable((3, 4)), variable((3,)), variable((4,))
    >>> z = fresh(Same(), B @ x + b)
    >>> names = {"A": A, "B": B, "b": b, "x": x, "z": z}
    >>> found = affine(A @ z, x, A @ B, Graph(names))
    >>> show(found.constant, Graph(names).name_of)
    'A @ b'
    """
    if max(of.ndim, wrt.ndim) > 1 or of.ndim > wrt.ndim or wrt in topological([matrix]):
        return None
    at_zero = unfolded(of, {wrt: zeros(wrt.shape, wrt.dtype)})
    written = frozenset(topological(graph.named_nodes))
    (constant,), _ = simplest([at_zero], knowledge or Knowledge(), written)
    return Affine(matrix, None if literal(constant) == 0 else constant)


def unfolded(node: Node, new: Mapping[Node, Node]) -> Node:
    """The node with others in the place of some, names in between unfolded; other names stay."""
    found: dict[Node, Node] = dict(new)
    for lower in topological([node], lambda one: () if one in new else one.inputs):
        if lower not in found:
            inputs = tuple([found[one] for one in lower.inputs])
            rebuilt = lower if inputs == lower.inputs else lower.operation(*inputs)
            found[lower] = zeros(lower.shape, lower.dtype) if _is_zero(rebuilt) else rebuilt
    return found[node]


def _is_zero(node: Node) -> bool:
    """Whether a node is a linear operation on zeros, which gives zeros."""
    zero = [literal(one) == 0 for one in node.inputs]
    operation = node.operation
    if not any(zero) or not isinstance(operation, Operation) or isinstance(operation, Composite):
        return False
    if operation.linear:
        return all(zero)
    maps = operation.jacobians(node, *node.inputs)
    return any(
        is_zero and isinstance(map_, Multilinear) for map_, is_zero in zip(maps, zero, strict=True)
    )
