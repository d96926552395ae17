"""What each kind of linear map does: apply it, apply its adjoint, write out its entries.

One table a verb, one row a kind.  Maps act on trailing axes; leading axes are a batch, so that
the dense form of a map is its adjoint applied to the rows of the identity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from chainrule.graph.node import FLOAT, Node, Shape, size_of
from chainrule.jacobians.kinds import (
    Dense,
    Diagonal,
    DiagonalMinusOuter,
    Identity,
    LinearMap,
    Mask,
    Multilinear,
    Permute,
    Product,
    Reshape,
    Section,
    Select,
    Sum,
    SumOver,
    Transposed,
    Zero,
)
from chainrule.ops.broadcasting import broadcast, literal, reshape
from chainrule.ops.choice import Where
from chainrule.ops.contraction import LETTERS, contract
from chainrule.ops.indexing import as_slices, gather, place, scatter, take
from chainrule.ops.logic import Or
from chainrule.ops.making import eye, zeros
from chainrule.ops.normalizing import softmax_pullback
from chainrule.ops.reduction import reduced_shape, sum_
from chainrule.ops.transposition import permute

__all__ = ["ADJOINT", "APPLY", "added", "adjoint", "apply", "dense", "matrix", "scaled"]

Verb = Callable[[Any, Node], Node]


def apply(map_: LinearMap, tangent: Node) -> Node:
    """The map applied to a tangent (leading axes: a batch).

    >>> from chainrule.graph.node import variable
    >>> s, t = variable((3,)), variable((5, 3))
    >>> apply(Diagonal(s), t)
    <multiply float64[5, 3]>
    """
    return APPLY[type(map_)](map_, tangent)


def adjoint(map_: LinearMap, cotangent: Node) -> Node:
    """The map's adjoint applied to a cotangent (leading axes: a batch)."""
    return ADJOINT[type(map_)](map_, cotangent)


def dense(map_: LinearMap, dtype: np.dtype[Any] | None = None) -> Node:
    """All entries, as a node of shape `output_shape + input_shape`.

    `dtype` is the type of what the map acts on; by default that of the numbers it holds, or
    float64 if it holds none.

    >>> dense(Identity((2,)), np.dtype(np.float32))
    <eye float32[2, 2]>
    """
    if isinstance(map_, Dense):
        return map_.matrix
    if dtype is None:
        held = [node.dtype for node in map_.nodes if node.dtype.kind == "f"]
        dtype = held[0] if held else FLOAT
    rows = size_of(map_.output_shape)
    seeds = reshape(eye(rows, dtype), to=map_.output_shape * 2)
    if isinstance(map_, Diagonal):  # beside an infinite slope stand zeros, not 0 · ∞
        entries = broadcast(map_.entries, to=seeds.shape)
        return Where()(seeds > 0, entries, zeros(seeds.shape, entries.dtype))
    return adjoint(map_, seeds)


def matrix(map_: LinearMap, dtype: np.dtype[Any] | None = None) -> Node:
    """All entries as outputs × inputs, both flattened row by row; see `dense`."""
    return reshape(dense(map_, dtype), to=map_.matrix_shape)


def batch_of(node: Node, shape: Shape) -> Shape:
    """The leading axes that a tangent has beyond a map's own shape."""
    return node.shape[: node.ndim - len(shape)]


def _unchanged(map_: Identity, u: Node) -> Node:
    return u


def added(a: Node, b: Node) -> Node:
    """a + b; what is masked out of both is masked out of the sum."""
    if not (_is_masked(a) and _is_masked(b)):
        return a + b
    if a.inputs[0] is b.inputs[0]:
        return Where()(a.inputs[0], a.inputs[1] + b.inputs[1], a.inputs[2])
    either = Or()(a.inputs[0], b.inputs[0])
    return Where()(either, a + b, a.inputs[2])


def _is_masked(u: Node) -> bool:
    """Whether it is a choice between numbers and zeros."""
    return isinstance(u.operation, Where) and literal(u.inputs[2]) == 0


def scaled(entries: Node, u: Node) -> Node:
    """entries ⊙ u; what is masked out of one stays out, be the other infinite there."""
    if _is_masked(u):
        condition, kept, nothing = u.inputs
        return Where()(condition, scaled(entries, kept), nothing)
    if _is_masked(entries):
        condition, kept, nothing = entries.inputs
        wide = [broadcast(node, to=u.shape) for node in (condition, scaled(kept, u), nothing)]
        return Where()(*wide)
    return entries * u


def _scaled(map_: Diagonal, u: Node) -> Node:
    return scaled(map_.entries, u)


def _masked(map_: Mask, u: Node) -> Node:
    condition = broadcast(map_.condition, to=u.shape)
    return Where()(condition, u, zeros(u.shape, u.dtype))


def _pulled_back(map_: DiagonalMinusOuter, u: Node) -> Node:
    return softmax_pullback(broadcast(map_.weights, to=u.shape), u)


def _reshaped(map_: Reshape, t: Node) -> Node:
    return reshape(t, to=batch_of(t, map_.input_shape) + map_.output_shape)


def _reshaped_back(map_: Reshape, u: Node) -> Node:
    return reshape(u, to=batch_of(u, map_.output_shape) + map_.input_shape)


def _permuted(map_: Permute, t: Node) -> Node:
    lead = t.ndim - len(map_.axes)
    return permute(t, (*range(lead), *(lead + axis for axis in map_.axes)))


def _permuted_back(map_: Permute, u: Node) -> Node:
    lead = u.ndim - len(map_.axes)
    inverse = sorted(range(len(map_.axes)), key=lambda at: map_.axes[at])
    return permute(u, (*range(lead), *(lead + axis for axis in inverse)))


def _summed(map_: SumOver, t: Node) -> Node:
    batch = batch_of(t, map_.input_shape)
    if not map_.axes:
        return reshape(t, to=batch + map_.output_shape)
    total = sum_(t, axis=tuple(len(batch) + axis for axis in map_.axes))
    return reshape(total, to=batch + map_.output_shape)


def _repeated(map_: SumOver, u: Node) -> Node:
    batch = batch_of(u, map_.output_shape)
    if not batch and not map_.output_shape:
        return broadcast(u, to=map_.input_shape)
    kept = reduced_shape(map_.input_shape, map_.axes, True)
    return broadcast(reshape(u, to=batch + kept), to=batch + map_.input_shape)


def _taken(map_: Section, t: Node) -> Node:
    lead = (slice(None),) * (t.ndim - len(map_.input_shape))
    return take(t, lead + as_slices(map_.index))


def _placed(map_: Section, u: Node) -> Node:
    batch = batch_of(u, map_.output_shape)
    index = (*((0, length, 1) for length in batch), *map_.index)
    return place(u, index, batch + map_.input_shape)


def _gathered(map_: Select, t: Node) -> Node:
    return gather(t, map_.positions, len(map_.input_shape))


def _scattered(map_: Select, u: Node) -> Node:
    return scatter(u, map_.positions, map_.input_shape)


def _substituted(map_: Multilinear, t: Node) -> Node:
    return map_.operation.substitute(map_.operands, map_.position, t)


def _transposed(map_: Multilinear, u: Node) -> Node:
    return map_.operation.transposed(map_.operands, map_.position, u)


def _letters(map_: Dense, batch: int) -> tuple[str, str, str]:
    rows, columns = len(map_.output_shape), len(map_.input_shape)
    lead = LETTERS[:batch]
    out = LETTERS[batch : batch + rows]
    return lead, out, LETTERS[batch + rows : batch + rows + columns]


def _dense_applied(map_: Dense, t: Node) -> Node:
    lead, out, into = _letters(map_, t.ndim - len(map_.input_shape))
    return contract((out + into, lead + into), lead + out, (map_.matrix, t))


def _dense_adjoint(map_: Dense, u: Node) -> Node:
    lead, out, into = _letters(map_, u.ndim - len(map_.output_shape))
    return contract((lead + out, out + into), lead + into, (u, map_.matrix))


def _to_zero(map_: Zero, t: Node) -> Node:
    return zeros(batch_of(t, map_.input_shape) + map_.output_shape, t.dtype)


def _from_zero(map_: Zero, u: Node) -> Node:
    return zeros(batch_of(u, map_.output_shape) + map_.input_shape, u.dtype)


def _total(terms: list[Node]) -> Node:
    return reduce(added, terms)


APPLY: dict[type[LinearMap], Verb] = {
    Zero: _to_zero,
    Identity: _unchanged,
    Reshape: _reshaped,
    Permute: _permuted,
    Diagonal: _scaled,
    Mask: _masked,
    DiagonalMinusOuter: _pulled_back,
    SumOver: _summed,
    Section: _taken,
    Select: _gathered,
    Multilinear: _substituted,
    Dense: _dense_applied,
    Transposed: lambda map_, t: adjoint(map_.of, t),
    Product: lambda map_, t: reduce(lambda x, factor: apply(factor, x), reversed(map_.factors), t),
    Sum: lambda map_, t: _total([apply(term, t) for term in map_.terms]),
}
ADJOINT: dict[type[LinearMap], Verb] = {
    Zero: _from_zero,
    Identity: _unchanged,
    Reshape: _reshaped_back,
    Permute: _permuted_back,
    Diagonal: _scaled,
    Mask: _masked,
    DiagonalMinusOuter: _pulled_back,
    SumOver: _repeated,
    Section: _placed,
    Select: _scattered,
    Multilinear: _transposed,
    Dense: _dense_adjoint,
    Transposed: lambda map_, u: apply(map_.of, u),
    Product: lambda map_, u: reduce(lambda x, factor: adjoint(factor, x), map_.factors, u),
    Sum: lambda map_, u: _total([adjoint(term, u) for term in map_.terms]),
}
