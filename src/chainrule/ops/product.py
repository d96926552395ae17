"""Products over axes, right where entries are zero.

The derivative in one entry is the product of the others: of those before it, times those after
it, which divides by nothing and takes n steps, not n².
"""

from __future__ import annotations

from typing import Any

from chainrule.graph.node import Kernels, Node, Shape
from chainrule.jacobians.kinds import Diagonal, LinearMap, Product, SumOver
from chainrule.ops.along import delayed, flipped
from chainrule.ops.broadcasting import as_numbers
from chainrule.ops.contract import Composite, paper_function
from chainrule.ops.cumulative import CumulativeProduct
from chainrule.ops.reduction import Axes, Reduction, as_rows, from_rows, normal_axes

__all__ = ["ProductOver", "prod", "product_of_others"]

LAST = -1


class ProductOver(Reduction):
    """Π x over the axes."""

    name = "prod"
    latex = r"\prod {0}"
    derivatives = ("the product of the other entries",)
    sentence = (
        "The derivative with respect to an entry is the product of all others, even if the entry "
        "is 0."
    )

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.prod(values[0], axis=self.axis, keepdims=self.keepdims)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        others = Diagonal(ProductOfOthers(self.axis)(x))
        return (Product((SumOver(self.axis, x.shape, y.shape), others)),)


class ProductOfOthers(Reduction, Composite):
    """In each place the product of all entries over the axes but the one there."""

    name = "product_of_others"
    derivatives = ("0 where i = j, else the product of the entries that are neither",)
    sentence = "The product of the others does not depend on the entry that it leaves out."

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def body(self, *inputs: Node) -> Node:
        rows = as_rows(inputs[0], self.axis)
        times_along = CumulativeProduct(LAST)
        before = delayed(times_along(rows), LAST, 1.0)
        after = flipped(delayed(times_along(flipped(rows, LAST)), LAST, 1.0), LAST)
        return from_rows(before * after, self.axis, inputs[0].shape)


@paper_function()
def prod(x: Node, *, axis: int | Axes | None = None, keepdims: bool = False) -> Node:
    """Π x over the axes, all by default."""
    return ProductOver(normal_axes(axis, x.shape), bool(keepdims))(*as_numbers((x,)))


@paper_function()
def product_of_others(x: Node, *, axis: int | Axes | None = None) -> Node:
    """In each place the product of all entries over the axes but the one there."""
    return ProductOfOthers(normal_axes(axis, x.shape))(*as_numbers((x,)))
