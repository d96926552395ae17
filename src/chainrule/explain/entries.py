"""The entries of a local Jacobian, written out: the array graph unfolded to scalar nodes.

An array node becomes an array of scalar nodes: entries of named quantities are symbols, entry-by-
entry operations are applied to each, and every operation that only moves, multiplies and sums
entries runs its own `evaluate` on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.differentiate.compose import as_diagonal
from chainrule.differentiate.maps import matrix
from chainrule.explain.source import has_named_sizes
from chainrule.graph.node import Array, Constant, Node, constant, topological
from chainrule.jacobians.kinds import Diagonal, Identity, LinearMap, Mask
from chainrule.ops.abstract import AbstractFunction
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, literal
from chainrule.ops.choice import Where
from chainrule.ops.contract import Composite, Elementwise, lower_nodes
from chainrule.ops.contraction import Einsum, MatMul, Outer
from chainrule.ops.indexing import Place, Take
from chainrule.ops.making import Eye
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import SoftmaxPullback
from chainrule.ops.reduction import Sum
from chainrule.ops.shaping import Concatenate, Stack
from chainrule.ops.transposition import Transpose
from chainrule.run import kernels

__all__ = ["MOST_ENTRIES", "diagonal_entries", "matrix_entries", "unfold"]

MOST_ENTRIES = 64  # of a Jacobian that is written out
MOST_WORK = 4_000  # entries of everything on the way to it
MOVES_AND_SUMS = (
    Broadcast,
    Concatenate,
    MatMul,
    Outer,
    Place,
    Reshaped,
    Stack,
    Sum,
    Take,
    Transpose,
)
FOLDING: dict[type, Any] = {
    Add: lambda a, b: a + b,
    Subtract: lambda a, b: a - b,
    Multiply: lambda a, b: a * b,
    Divide: lambda a, b: a / b,
    Negate: lambda a: -a,
    Same: lambda a: a,
    Where: lambda condition, a, b: _chosen(condition, a, b),
}


def diagonal_entries(map_: LinearMap, named: frozenset[Node]) -> Array | None:
    """The diagonal of a diagonal map as scalar nodes; None for other maps, or too many entries."""
    if not isinstance(map_, Identity | Diagonal | Mask) or map_.matrix_shape[0] > MOST_ENTRIES:
        return None
    if has_named_sizes(map_.output_shape):
        return None
    unfolded = unfold(as_diagonal(map_), named)
    return None if unfolded is None else unfolded.reshape(-1)


def matrix_entries(map_: LinearMap, named: frozenset[Node]) -> Array | None:
    """The map's matrix as scalar nodes; None if it cannot be written out, or is too large."""
    rows, columns = map_.matrix_shape
    if rows * columns > MOST_ENTRIES or has_named_sizes((rows, columns)):
        return None
    return unfold(matrix(map_), named)


def unfold(node: Node, named: frozenset[Node], most: int = MOST_WORK) -> Array | None:
    """The node's entries as scalar nodes over entries of named quantities.

    None if some operation on the way hides them, or if there are more than `most` in all.
    """

    def below(lower: Node) -> tuple[Node, ...]:
        return () if lower in named else lower_nodes(lower)

    order = topological([node], below)
    if any(has_named_sizes(lower.shape) for lower in order):
        return None
    if sum(lower.size for lower in order) > most:
        return None
    found: dict[Node, Array] = {}
    for lower in order:
        entries = _entries(lower, [found[one] for one in below(lower)], lower in named)
        if entries is None:
            return None
        found[lower] = entries
    return found[node]


def _entries(node: Node, inputs: list[Array], is_named: bool) -> Array | None:
    operation = node.operation
    if is_named or isinstance(operation, AbstractFunction):
        return _symbols(node)
    if isinstance(operation, Composite):
        return inputs[0]
    if isinstance(operation, Constant | Eye):
        return _nodes(operation.evaluate(kernels), node)
    if isinstance(operation, Cast):
        return inputs[0]
    if isinstance(operation, SoftmaxPullback):
        return _row_by_row(_pulled_back, inputs, node)
    if isinstance(operation, Elementwise):
        return _each(operation, inputs, node)
    if isinstance(operation, Einsum):  # as it stands: NumPy's faster ways need plain numbers
        return _nodes(np.einsum(operation.pattern, *inputs), node)
    if isinstance(operation, MOVES_AND_SUMS):
        return _nodes(operation.evaluate(kernels, *inputs), node)
    return None


def _symbols(node: Node) -> Array:
    symbols = np.empty(node.shape, dtype=object)
    for index in np.ndindex(node.shape):
        symbols[index] = node[index] if index else node
    return symbols


def _nodes(values: Any, like: Node) -> Array:
    """Entries as nodes; plain numbers become constants."""
    array = np.asarray(values, dtype=object)
    result = np.empty(like.shape, dtype=object)
    for index in np.ndindex(like.shape):
        entry: Any = array[index]
        if isinstance(entry, np.ndarray):  # an entry that NumPy boxed once more
            entry = entry[()]
        result[index] = entry if isinstance(entry, Node) else constant(float(entry))
    return result


def _chosen(condition: Node, a: Node, b: Node) -> Node:
    """where(c, a, 0) as [c] a, and where(c, a, a) as a."""
    if a is b or (literal(a) is not None and literal(a) == literal(b)):
        return a
    if literal(b) == 0 and literal(a) is None:
        return a * Where()(condition, constant(1.0), b)
    return Where()(condition, a, b)


def _row_by_row(build: Callable[..., Array], inputs: list[Array], like: Node) -> Array:
    result = np.empty(like.shape, dtype=object)
    for at in np.ndindex(like.shape[:-1]):
        result[at] = build(*[entries[at] for entries in inputs])
    return result


def _pulled_back(s: Array, u: Array) -> Array:
    """(diag(s) − s sᵀ) u; of a unit vector as a row is written: S_i (1 − S_i) and −S_i S_j."""
    numbers = [literal(one) for one in u]
    others = [number for number in numbers if number != 0]
    if not others:
        return u
    if others != [1]:
        products: Array = s * (u - np.sum(s * u, keepdims=True))
        return products
    i = numbers.index(1)
    row = [share * (1 - share) if j == i else -(s[i] * share) for j, share in enumerate(s)]
    return np.array(row, dtype=object)


def _each(operation: Elementwise, inputs: list[Array], like: Node) -> Array:
    build = FOLDING.get(type(operation), operation)
    result = np.empty(like.shape, dtype=object)
    for index in np.ndindex(like.shape):
        result[index] = build(*[entries[index] for entries in inputs])
    return result
