"""A Jacobian as one matrix expression: diag(s) - outer(s, s), W1ᵀ @ diag(h > 0), kron(L, eye(2)).

Outputs × inputs, both flattened row by row.  With that flattening a product A X B has the
Jacobian A ⊗ Bᵀ in X.  Source: J. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed.,
2019, ch. 2 (there by columns: Bᵀ ⊗ A).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from chainrule.differentiate.maps import matrix
from chainrule.graph.node import FLOAT, Node, size_of
from chainrule.jacobians.kinds import (
    Dense,
    Diagonal,
    DiagonalMinusOuter,
    Identity,
    LinearMap,
    Mask,
    Multilinear,
    Product,
    Reshape,
    Sum,
    SumOver,
    Transposed,
    Zero,
)
from chainrule.ops.broadcasting import cast, reshape
from chainrule.ops.contraction import Einsum, MatMul, Outer
from chainrule.ops.diagonals import PlaceDiagonal
from chainrule.ops.making import eye, ones, zeros
from chainrule.ops.tensor_products import kron
from chainrule.ops.transposition import transpose

__all__ = ["matrix_form"]

DType = np.dtype[Any]


def matrix_form(map_: LinearMap, dtype: DType = FLOAT) -> Node:
    """The map's matrix, as an expression that shows its structure.

    `dtype` is the type of what the map acts on.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.notation.text import show
    >>> s = variable((3,))
    >>> show(matrix_form(DiagonalMinusOuter(s)), {s: "S"}.get)
    'diag(S) - outer(S, S)'
    """
    form: Callable[[Any, DType], Node] = FORMS.get(type(map_), matrix)
    return form(map_, dtype)


def _identity(map_: Identity | Reshape, dtype: DType) -> Node:
    return eye(size_of(map_.output_shape), dtype)


def _zero(map_: Zero, dtype: DType) -> Node:
    return zeros(map_.matrix_shape, dtype)


def _diagonal(map_: Diagonal, dtype: DType) -> Node:
    return _placed(map_.entries)


def _mask(map_: Mask, dtype: DType) -> Node:
    return _placed(cast(map_.condition, dtype))


def _placed(entries: Node) -> Node:
    """diag(entries), flattened; of a single number the 1 × 1 matrix."""
    if entries.shape == ():
        return reshape(entries, to=(1, 1))
    flat = reshape(entries, to=(entries.size,))
    return PlaceDiagonal((flat.size, flat.size))(flat)


def _softmax(map_: DiagonalMinusOuter, dtype: DType) -> Node:
    shares = map_.weights
    if shares.ndim == 1:
        return _placed(shares) - Outer()(shares, shares)
    count, length = size_of(shares.shape[:-1]), shares.shape[-1]
    flat = reshape(shares, to=(shares.size,))
    own_row = kron(eye(count, shares.dtype), ones((length, length), shares.dtype))
    return _placed(shares) - own_row * Outer()(flat, flat)


def _sum_over(map_: SumOver, dtype: DType) -> Node:
    """One row of ones for all axes; for leading or trailing ones ones ⊗ I or I ⊗ ones."""
    shape = map_.input_shape
    kept = [axis for axis in range(len(shape)) if axis not in map_.axes]
    summed = size_of(tuple([shape[axis] for axis in map_.axes]))
    row = ones((1, summed), dtype)
    if not kept:
        return row
    rest = eye(size_of(tuple([shape[axis] for axis in kept])), dtype)
    if kept == list(range(len(kept))):
        return kron(rest, row)
    trailing = kept[-1] == len(shape) - 1 and _together(kept)
    return kron(row, rest) if trailing else matrix(map_, dtype)


def _together(axes: list[int]) -> bool:
    return axes == list(range(axes[0], axes[-1] + 1))


def _multilinear(map_: Multilinear, dtype: DType) -> Node:
    operation = map_.operation
    if isinstance(operation, Einsum) and len(operation.terms) == 2:
        found = _einsum(map_, operation)
        if found is not None:
            return found
    return matrix(map_, dtype)


def _einsum(map_: Multilinear, operation: Einsum) -> Node | None:
    """Two factors, of which one varies: the other one, beside identities for what it lacks."""
    own, other = operation.terms[map_.position], operation.terms[1 - map_.position]
    held = map_.operands[1 - map_.position]
    result = operation.result
    summed = [letter for letter in own if letter not in result]
    if len(other) > 2 or any(letter in result for letter in other if letter in own):
        return None
    rows = [letter for letter in other if letter in result]
    met = [letter for letter in other if letter not in result]
    if len(rows) > 1 or len(met) > 1 or summed != met or len({*own}) < len(own):
        return None
    core = _core(held, other, rows)
    lengths = dict(zip(own, map_.input_shape, strict=True))
    place = own.index(summed[0]) if summed else None
    return _beside_identities(core, own, result, rows, place, lengths)


def _core(held: Node, term: str, rows: list[str]) -> Node:
    """The held factor as a matrix from its summed axis to the one that it brings."""
    if len(term) == 2:
        return held if term[0] == rows[0] else transpose(held)
    return reshape(held, to=(held.size, 1) if rows else (1, held.size))


def _beside_identities(
    core: Node, own: str, result: str, rows: list[str], place: int | None, lengths: dict[str, int]
) -> Node | None:
    """I ⊗ core ⊗ I, where the axes that only pass through keep their order and their side."""
    passing = [letter for letter in own if letter in result]
    brought = result.index(rows[0]) if rows else None
    at = place if place is not None else brought
    if at is None:
        return None
    before, after = passing[:at], passing[at:]
    expected = "".join([*before, *rows, *after])
    if expected != result:
        return None
    sides = [size_of(tuple([lengths[one] for one in side])) for side in (before, after)]
    left = kron(eye(sides[0], core.dtype), core) if before else core
    return kron(left, eye(sides[1], core.dtype)) if after else left


def _chained(map_: Product, dtype: DType) -> Node:
    return reduce(MatMul(), [matrix_form(factor, dtype) for factor in map_.factors])


def _added(map_: Sum, dtype: DType) -> Node:
    return reduce(lambda a, b: a + b, [matrix_form(term, dtype) for term in map_.terms])


FORMS: dict[type[LinearMap], Callable[[Any, DType], Node]] = {
    Zero: _zero,
    Identity: _identity,
    Reshape: _identity,
    Diagonal: _diagonal,
    Mask: _mask,
    DiagonalMinusOuter: _softmax,
    SumOver: _sum_over,
    Multilinear: _multilinear,
    Dense: lambda map_, _: reshape(map_.matrix, to=map_.matrix_shape),
    Transposed: lambda map_, dtype: transpose(matrix_form(map_.of, dtype)),
    Product: _chained,
    Sum: _added,
}
