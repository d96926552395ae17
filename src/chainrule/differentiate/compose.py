"""Composing maps while keeping their structure, and multiplying out in the cheapest order.

`compose` and `add` merge neighbours whose product or sum is again a small kind (diagonals stay
diagonal) and otherwise keep both.  `multiplied_out` makes a chain dense: dynamic programming
over the order of multiplication, as for a chain of matrices, where a structured factor is
applied to the rows or columns of its neighbour and never written out itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, reduce
from typing import Any

import numpy as np

from chainrule.differentiate.maps import added, adjoint, apply, dense, scaled
from chainrule.graph.node import FLOAT, Node, size_of
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import (
    Block,
    Dense,
    Diagonal,
    DiagonalMinusOuter,
    Identity,
    LinearMap,
    Mask,
    Multilinear,
    Product,
    Sum,
    Transposed,
    Zero,
)
from chainrule.ops.choice import Where
from chainrule.ops.making import ones, zeros
from chainrule.ops.transposition import permute

__all__ = ["Split", "add", "as_diagonal", "cheapest_order", "compose", "multiplied_out", "work"]

LONGEST_CHAIN = 24  # beyond it the cubic search costs more than it saves: sweep from an end
DType = np.dtype[Any]


def compose(*maps: LinearMap) -> LinearMap:
    """The maps one after the other, the rightmost first; neighbours merged where they can be.

    >>> from chainrule.graph.node import variable
    >>> a, b = variable((3,)), variable((3,))
    >>> compose(Diagonal(a), Diagonal(b))
    Diagonal[3 × 3]
    >>> compose(DiagonalMinusOuter(a), Diagonal(b))
    DiagonalMinusOuter[3 × 3] · Diagonal[3 × 3]
    """
    factors: list[LinearMap] = []
    for map_ in maps:
        for factor in map_.factors if isinstance(map_, Product) else (map_,):
            factors.append(factor)
            while len(factors) > 1 and (merged := _merged(factors[-2], factors[-1])) is not None:
                factors[-2:] = [merged]
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _merged(left: LinearMap, right: LinearMap) -> LinearMap | None:
    if isinstance(left, Zero) or isinstance(right, Zero):
        return Zero(left.output_shape, right.input_shape)
    if isinstance(left, Identity):
        return right
    if isinstance(right, Identity):
        return left
    if isinstance(left, Mask) and isinstance(right, Diagonal):
        return Diagonal(_masked_entries(left, right.entries))
    if isinstance(left, Diagonal) and isinstance(right, Mask):
        return Diagonal(_masked_entries(right, left.entries))
    if isinstance(left, Diagonal) and isinstance(right, Diagonal):
        return Diagonal(scaled(left.entries, right.entries))
    if isinstance(left, Dense) and size_of(left.output_shape) == 1:
        return Dense(adjoint(right, left.matrix), left.output_shape, right.input_shape)
    return None


def _masked_entries(mask: Mask, entries: Node) -> Node:
    return Where()(mask.condition, entries, zeros(entries.shape, entries.dtype))


def as_diagonal(map_: Identity | Mask | Diagonal, dtype: DType = FLOAT) -> Node:
    """The diagonal's entries; those of an identity or a mask are zeros and ones of that type."""
    if isinstance(map_, Diagonal):
        return map_.entries
    entries = ones(map_.input_shape, dtype)
    return _masked_entries(map_, entries) if isinstance(map_, Mask) else entries


def add(maps: Iterable[LinearMap], dtype: DType = FLOAT) -> LinearMap:
    """The maps side by side: one term a path; diagonals and rows merge.

    `dtype` is the type of what the maps act on, in which new entries are written.
    """
    terms: list[LinearMap] = []
    place: dict[str, int] = {}  # of the diagonal and of the dense term, once there is one
    zero: LinearMap | None = None
    for map_ in maps:
        for term in map_.terms if isinstance(map_, Sum) else (map_,):
            group = _group(term)
            if group == "zero":
                zero = term
            elif group in place:
                terms[place[group]] = _total(terms[place[group]], term, dtype)
            else:
                place |= {group: len(terms)} if group else {}
                terms.append(term)
    if not terms and zero is not None:
        return zero
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _group(map_: LinearMap) -> str:
    """Maps of one group merge when they are added; those of no group stay apart."""
    if isinstance(map_, Zero):
        return "zero"
    if isinstance(map_, Identity | Diagonal | Mask):
        return "diagonal"
    return "dense" if isinstance(map_, Dense) else ""


def _total(one: LinearMap, other: LinearMap, dtype: DType) -> LinearMap:
    if isinstance(one, Dense) and isinstance(other, Dense):
        return Dense(one.matrix + other.matrix, one.output_shape, one.input_shape)
    assert isinstance(one, Identity | Diagonal | Mask)
    assert isinstance(other, Identity | Diagonal | Mask)
    return Diagonal(added(as_diagonal(one, dtype), as_diagonal(other, dtype)))


def multiplied_out(map_: LinearMap, dtype: DType | None = None) -> Node:
    """All entries of a map, of shape `output_shape + input_shape`, in the cheapest order.

    `dtype` is the type of what the map acts on; by default that of the numbers it holds.

    >>> from chainrule.graph.node import variable
    >>> wide, tall = variable((3, 1)), variable((1, 3))
    >>> factors = (Dense(wide, (3,), (1,)), Dense(tall, (1,), (3,)), Dense(wide, (3,), (1,)))
    >>> multiplied_out(Product(factors)).shape, cheapest_order(factors).work
    ((3, 1), 6)
    """
    if isinstance(map_, Sum):
        return reduce(lambda a, b: a + b, [multiplied_out(term, dtype) for term in map_.terms])
    if not isinstance(map_, Product):
        return dense(map_, dtype)
    if len(map_.factors) > LONGEST_CHAIN:
        rows, columns = map_.matrix_shape
        return dense(map_, dtype) if rows <= columns else _from_the_right(map_.factors, dtype)
    return dense(_built(cheapest_order(map_.factors), map_.factors, dtype), dtype)


def work(map_: LinearMap) -> int:
    """Multiplications that applying the map to one tangent takes, about."""
    rows, columns = map(int, map_.matrix_shape)
    if isinstance(map_, Dense):
        return rows * columns
    if isinstance(map_, Diagonal | Mask | DiagonalMinusOuter):
        return rows
    if isinstance(map_, Multilinear):
        held = max([1, *(int(node.size) for node in map_.nodes)])
        return max(rows, columns) * held // max(1, min(rows, columns))
    if isinstance(map_, Transposed):
        return work(map_.of)
    if isinstance(map_, Product):
        return sum(work(factor) for factor in map_.factors)
    if isinstance(map_, Sum):
        return sum(work(term) for term in map_.terms)
    if isinstance(map_, Block):
        return 4 * max(rows, columns)
    return max(rows, columns)


class Split(Record):
    """Where a chain of factors `start:stop` is cut last, and the work of multiplying it out.

    A single factor is not cut: it has no halves, and nothing to multiply.
    """

    start: int
    stop: int
    work: int
    halves: tuple[Split, Split] | None = None
    by_rows: bool = True  # the right half is applied to the left one's rows, or left to columns


def cheapest_order(factors: tuple[LinearMap, ...]) -> Split:
    """The order of multiplication that takes the least work: dynamic programming over cuts.

    Source: T. Cormen et al., Introduction to Algorithms, 4th ed., 2022, section 14.2.
    """

    @cache
    def best(start: int, stop: int) -> Split:
        if stop - start == 1:
            return Split(start, stop, 0)
        ways = [joined(best(start, cut), best(cut, stop)) for cut in range(start + 1, stop)]
        return min(ways, key=lambda way: way.work)

    def joined(left: Split, right: Split) -> Split:
        rows = int(factors[left.start].matrix_shape[0])
        inner = int(factors[right.start].matrix_shape[0])
        columns = int(factors[right.stop - 1].matrix_shape[1])
        # A half that was multiplied out is dense; one factor by itself keeps its structure.
        by_rows = rows * (inner * columns if right.halves else work(factors[right.start]))
        by_columns = columns * (rows * inner if left.halves else work(factors[left.start]))
        below = left.work + right.work
        halves = left, right
        if by_rows <= by_columns:
            return Split(left.start, right.stop, below + by_rows, halves, True)
        return Split(left.start, right.stop, below + by_columns, halves, False)

    return best(0, len(factors))


def _built(split: Split, factors: tuple[LinearMap, ...], dtype: DType | None) -> LinearMap:
    """The factors of a split, multiplied out in its order."""
    if split.halves is None:
        return factors[split.start]
    left, right = [_built(half, factors, dtype) for half in split.halves]
    if split.by_rows:
        entries = adjoint(right, dense(left, dtype))
    else:
        entries = _applied_to_columns(left, dense(right, dtype), len(right.input_shape))
    return Dense(entries, left.output_shape, right.input_shape)


def _applied_to_columns(left: LinearMap, right: Node, columns: int) -> Node:
    """The left map applied to every column of `right`, whose last `columns` axes number them."""
    return _rolled(apply(left, _rolled(right, right.ndim - columns)), columns)


def _rolled(node: Node, count: int) -> Node:
    """The first `count` axes moved behind the others."""
    return permute(node, (*range(count, node.ndim), *range(count)))


def _from_the_right(factors: tuple[LinearMap, ...], dtype: DType | None) -> Node:
    last = factors[-1]
    columns = _rolled(dense(last, dtype), len(last.output_shape))
    for factor in reversed(factors[:-1]):
        columns = apply(factor, columns)
    return _rolled(columns, len(last.input_shape))
