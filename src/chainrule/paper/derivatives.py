"""Derivatives inside expressions: their shapes, their products, and which were asked for.

The gradient of a number has its argument's shape; any other derivative is an outputs × inputs
matrix, both flattened row by row.  Between derivatives `·` is the chain product.
"""

from __future__ import annotations

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import adjoints, gradient
from chainrule.errors import ShapeError
from chainrule.graph.node import Constant, Node, Shape, size_of
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import Zero
from chainrule.ops.broadcasting import reshape
from chainrule.ops.contract import show_shape
from chainrule.ops.indexing import Index, Take, section_of, take
from chainrule.ops.linear import matmul
from chainrule.ops.making import zeros
from chainrule.paper.program import Asked, Layout

__all__ = ["Differentiator", "Value", "chain_product"]


class Value(Record):
    """What an expression means: a node, and for a derivative its layout."""

    node: Node
    layout: Layout | None = None


class Differentiator:
    """Answers ∂of/∂wrt; one reverse walk serves all derivatives of one number."""

    def __init__(self) -> None:
        self.adjoints: dict[Node, dict[Node, Node]] = {}
        self.asked: list[Asked] = []
        self.independent: list[Asked] = []

    def derivative(
        self,
        of: Node,
        wrt: Node,
        index: tuple[int | slice, ...] | None = None,
        names: tuple[tuple[str, Node], ...] = (),
        aliases: tuple[tuple[str, Node], ...] = (),
    ) -> Value:
        """∂of/∂wrt, or by the part of `wrt` that `index` names."""
        self.asked.append(Asked(of, wrt, names, aliases))
        if of.shape == ():
            found = self._gradient(of, wrt)
            node = found if index is None else take(found, index)
            return Value(node, Layout((), node.shape))
        map_ = jacobian(of, wrt)
        if isinstance(map_, Zero):
            self.independent.append(Asked(of, wrt))
            entries = zeros(of.shape + wrt.shape)
        else:
            entries = multiplied_out(map_)
        shape = wrt.shape
        if index is not None:
            part, shape = section_of(index, wrt.shape)
            whole: Index = tuple((0, length, 1) for length in of.shape)
            entries = Take(whole + part, of.shape + shape)(entries)
        matrix = reshape(entries, to=(of.size, size_of(shape)))
        return Value(matrix, Layout(of.shape, shape))

    def _gradient(self, of: Node, wrt: Node) -> Node:
        if isinstance(wrt.operation, Constant):  # π, for one
            return gradient(of, wrt)
        if of not in self.adjoints:
            self.adjoints[of] = adjoints(of)
        found = self.adjoints[of].get(wrt)
        if found is None:
            self.independent.append(Asked(of, wrt))
            return zeros(wrt.shape)
        return found


def chain_product(left: Value, right: Value) -> Value:
    """∂a/∂b · ∂b/∂c: each side flattened to a matrix, the result in the shape of the last one.

    Raises:
        ShapeError: the sizes that meet differ.
    """
    assert left.layout is not None
    assert right.layout is not None
    numerator, inner = left.layout.numerator, size_of(left.layout.denominator)
    denominator, meets = right.layout.denominator, size_of(right.layout.numerator)
    if inner != meets:
        raise ShapeError(
            f"in a chain product the left factor has {inner} columns (one for each entry of its "
            f"denominator, {show_shape(left.layout.denominator)}) and the right one {meets} rows; "
            "for a matrix or inner product of derivatives write @"
        )
    rows = reshape(left.node, to=(size_of(numerator), inner))
    columns = reshape(right.node, to=(meets, size_of(denominator)))
    shape: Shape = denominator
    if numerator != ():
        shape = (size_of(numerator), size_of(denominator))
    return Value(reshape(matmul(rows, columns), to=shape), Layout(numerator, denominator))
