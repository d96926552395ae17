"""Matrices: a transpose missing or too many, factors in the wrong order, ⊙ and @ confused."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.errors import ChainruleError
from chainrule.graph.node import Node
from chainrule.marking.mistakes.scene import Change, Scene
from chainrule.ops.arithmetic import Multiply
from chainrule.ops.contraction import MatMul, Outer
from chainrule.ops.transposition import Transpose, transpose

__all__ = ["MUTATORS"]


def whole(node: Node, scene: Scene) -> Iterator[Change]:
    """The transpose of the result."""
    if node is scene.target and node.ndim == 2:
        yield Change("result-transposed", scene.where(node), ((node, turned(node)),))


def turned(node: Node) -> Node:
    """xᵀ; of a transpose what it is of."""
    is_plain = isinstance(node.operation, Transpose) and node.operation.reverses
    return node.inputs[0] if is_plain and not node.distinct else transpose(node)


def factors(node: Node, scene: Scene) -> Iterator[Change]:
    """a @ b with a factor turned, in the other order, or entry by entry."""
    if scene.is_known(node) or not isinstance(node.operation, MatMul | Outer):
        return
    a, b = node.inputs
    place = scene.formula(node)
    for at, factor in enumerate((a, b)):
        if factor.ndim == 2:
            other = (turned(factor), b) if at == 0 else (a, turned(factor))
            yield from _product("transpose", scene.where(_plain(factor)), node, other)
    yield from _product("product-order", place, node, (b, a))
    if a.shape == b.shape and a.ndim:
        yield Change("entrywise", place, ((node, a * b),))
    if a.ndim == b.ndim == 2 and turned(a).shape == b.shape:
        yield Change("entrywise", place, ((node, turned(a) * b),))
    if a.ndim == 2 and node is not scene.target and a.shape[0] == b.shape[-1]:
        yield Change("result-transposed", place, ((node, turned(node)),))


def _plain(node: Node) -> Node:
    return node.inputs[0] if isinstance(node.operation, Transpose) else node


def _product(code: str, place: str, node: Node, inputs: tuple[Node, Node]) -> Iterator[Change]:
    try:
        made = type(node.operation)()(*inputs)
    except ChainruleError:
        return
    yield Change(code, place, ((node, made),))


def entrywise(node: Node, scene: Scene) -> Iterator[Change]:
    """a ⊙ b taken for a matrix product."""
    if scene.is_known(node) or not isinstance(node.operation, Multiply) or node.ndim != 2:
        return
    a, b = node.inputs
    for first, second in ((a, b), (b, a)):
        if first.shape[1] == second.shape[0] and node.shape[0] == node.shape[1]:
            made = MatMul()(first, second)
            yield Change("matrix-product", scene.formula(node), ((node, made),))


MUTATORS = whole, factors, entrywise
