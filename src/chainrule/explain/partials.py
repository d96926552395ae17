"""Entries of derivatives as symbols, ∂u0/∂x1, and products of matrices written with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from chainrule.explain.entries import diagonal_entries, matrix_entries
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.graph.node import Array, Node, variable
from chainrule.jacobians.kinds import Diagonal, Identity, LinearMap, Mask
from chainrule.notation.compact import entry_name
from chainrule.ops.abstract import AbstractFunction
from chainrule.ops.indexing import Take

__all__ = ["Partials", "multiplied_entries", "symbols"]

MOST_ENTRIES = 64
Quotient = tuple[Node, Node]


class Partials:
    """What the entries of derivative arrays are called: those of functions without a formula, and
    of `products`, arrays that stand for a derivative as a whole.
    """

    def __init__(self, source: Explainable, products: Mapping[Node, Quotient]) -> None:
        self.source = source
        self.products = products
        self.values = {
            (node.operation.called, node.inputs): node
            for node in source.graph.named_nodes
            if isinstance(node.operation, AbstractFunction) and not any(node.operation.orders)
        }

    def name_of(self, node: Node) -> str | None:
        """A node's name; of an entry of a derivative, the quotient that it is."""
        if isinstance(node.operation, Take) and node.shape == () and not node.distinct:
            return self._quotient(node.inputs[0], node.operation) or self.source.name_of(node)
        return self._quotient(node, None) or self.source.name_of(node)

    def _quotient(self, array: Node, entry: Take | None) -> str | None:
        found = self.products.get(array) or self._of_function(array)
        if found is None or (entry is None and array.shape != ()):
            return None
        of, wrt = found
        index = tuple(at for at in entry.index if isinstance(at, int)) if entry else ()
        if len(index) == of.ndim + wrt.ndim:
            above, below = index[: of.ndim], index[of.ndim :]
        else:  # of a diagonal one
            above = below = index
        return f"∂{self._entry(of, above)}/∂{self._entry(wrt, below)}"

    def _of_function(self, array: Node) -> Quotient | None:
        """u and x, where the array is the derivative by x of u = g(x), and both have names."""
        operation = array.operation
        if not isinstance(operation, AbstractFunction) or sum(operation.orders) != 1:
            return None
        of = self.values.get((operation.called, array.inputs))
        wrt = array.inputs[operation.orders.index(1)]
        return None if of is None or self.source.name_of(wrt) is None else (of, wrt)

    def _entry(self, array: Node, index: tuple[int, ...]) -> str:
        source = self.source
        return entry_name(source.name(array), index, source.graph.names, source.index_base)


def symbols(of: Node, wrt: Node, is_diagonal: bool) -> tuple[Node, Array] | None:
    """A new array that stands for ∂of/∂wrt, and its entries: a matrix, or only the diagonal."""
    size = of.size if is_diagonal else of.size * wrt.size
    if has_named_sizes(of.shape + wrt.shape) or size > MOST_ENTRIES:
        return None
    array = variable(of.shape if is_diagonal else of.shape + wrt.shape)
    entries = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        entries[index] = array[index] if index else array
    return array, entries.reshape(-1) if is_diagonal else entries.reshape(of.size, wrt.size)


def map_entries(map_: LinearMap, named: frozenset[Node]) -> Array | None:
    """A map's entries as scalar nodes: a matrix, or the diagonal of a diagonal one."""
    if isinstance(map_, Diagonal | Mask | Identity) and map_.output_shape != ():
        return diagonal_entries(map_, named)
    return matrix_entries(map_, named)


def multiplied_entries(factors: Iterable[Array | None]) -> Array | None:
    """The product of matrices of scalar nodes; a vector stands for a diagonal one."""
    first, *others = factors
    for other in others:
        if first is None or other is None:
            return None
        first = _product(first, other)
    return first


def _product(left: Array, right: Array) -> Array:
    if left.ndim == 1:
        return left * right if right.ndim == 1 else left[:, None] * right
    if right.ndim == 1:
        return left * right
    product: Array = np.matmul(left, right)
    return product
