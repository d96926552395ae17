"""Sparse matrices in two steps: where entries stand, found once; what they are, as often as wanted.

There is an entry wherever there is a path, also if its number happens to be 0: patterns are
multiplied and united without looking at numbers.
Source: T. Davis, Direct Methods for Sparse Linear Systems, 2006, ch. 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Array, Node, Shape, size_of

__all__ = [
    "Csr",
    "Entries",
    "Numbers",
    "Pattern",
    "arranged",
    "listed",
    "places",
    "product",
    "remembered",
    "rows_of",
    "scipy_sparse",
    "total",
    "transposed",
]

Csr = Any  # scipy.sparse.csr_array: SciPy is imported where a matrix is asked for


def scipy_sparse() -> Any:
    """The module `scipy.sparse`.

    Raises:
        DataProblem: SciPy is not installed.
    """
    try:
        import scipy.sparse
    except ImportError:
        raise DataProblem(
            "a sparse matrix needs SciPy, which is not installed: pip install chainrule[sparse]"
        ) from None
    return scipy.sparse


class Numbers:
    """The numbers of the nodes that maps hold, in one precision.

    What a pattern depends on (positions, masks) is `fixed`, and remembered as `read`.  What a mask
    drops is left out, so that it is not multiplied, be it infinite, and `has_dropped` says so; or
    it is `kept`, for the sake of the pattern.
    """

    def __init__(
        self, values: Mapping[Node, Array], dtype: np.dtype[Any], kept: bool = False
    ) -> None:
        self.values = values
        self.dtype = dtype
        self.kept = kept
        self.has_dropped = False
        self.read: dict[Node, Array] = {}
        self.computed: dict[Entries, Array] = {}  # of patterns that several others are made of

    def of(self, node: Node) -> Array:
        """The numbers of a node, row by row."""
        return np.asarray(self.values[node], self.dtype).reshape(-1)

    def fixed(self, node: Node) -> Array:
        """The value of a node that a pattern depends on."""
        if node not in self.read:
            self.read[node] = np.array(self.values[node])
        return self.read[node]

    def agree_with(self, read: Mapping[Node, Array]) -> bool:
        """Whether a pattern that depends on these is still the right one."""
        pairs = [(self.values[node], value) for node, value in read.items()]
        return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


Entries = Callable[[Numbers], Array]


class Pattern(NamedTuple):
    """Where the entries of a matrix stand, and what computes them; None if all of them are 1."""

    starts: Array  # row i has the entries starts[i] : starts[i + 1]
    columns: Array
    shape: tuple[int, int]
    entries: Entries | None = None

    def rows(self) -> Array:
        """The row of each entry."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.starts))

    def keys(self) -> Array:
        """The place of each entry in the whole matrix, counted row by row."""
        return _keys(self.rows(), self.columns, self.shape)

    def numbers(self, at: Numbers) -> Array:
        """The entries, row by row."""
        ones = np.broadcast_to(np.ones((), at.dtype), self.columns.shape)
        return ones if self.entries is None else self.entries(at)

    def matrix(self, entries: Array) -> Csr:
        """The matrix with these entries."""
        parts = entries, self.columns, self.starts
        return scipy_sparse().csr_array(parts, shape=self.shape)

    def taken(self, at: Array) -> Entries | None:
        """The entries at these places."""
        entries = self.entries
        if entries is None or np.array_equal(at, np.arange(len(self.columns))):
            return entries
        return lambda numbers: entries(numbers)[at]


def places(shape: Shape, most: int = 0) -> Array:
    """0, 1, 2 … in that shape, in a type that counts up to `most`, too."""
    size = size_of(shape)
    kind = np.int32 if max(size, most) < 2**31 else np.int64
    return np.arange(size, dtype=kind).reshape(shape)


def rows_of(
    shape: tuple[int, int],
    columns: Array,
    entries: Entries | None = None,
    kept: Array | None = None,
) -> Pattern:
    """The pattern whose row i has entries at `columns[i]`, ascending; `kept` says which of them.

    The last axis of the arrays runs through the entries of a row, the others through the rows.
    """
    count = shape[0]
    if kept is None:
        starts = places((count + 1,), columns.size) * columns.shape[-1]
        return Pattern(starts, columns.reshape(-1), shape, entries)
    starts = _starts(kept.reshape(count, kept.shape[-1]).sum(axis=-1))
    whole = Pattern(starts, columns.reshape(-1), shape, entries)
    at = np.flatnonzero(kept)
    return Pattern(starts, whole.columns[at], shape, whole.taken(at))


def listed(
    shape: tuple[int, int], rows: Array, columns: Array, entries: Entries | None = None
) -> Pattern:
    """The pattern of a list of entries in any order; those at one place are added."""
    keys = _keys(rows, columns, shape)
    order = np.argsort(keys, kind="stable")  # fast for a few ascending runs, one a term of a sum
    ascending = keys[order]
    first = np.flatnonzero(np.diff(ascending, prepend=-1))
    there = ascending[first]
    starts = _starts(np.bincount(there // max(1, shape[1]), minlength=shape[0]))
    where = (there % max(1, shape[1])).astype(starts.dtype)
    as_given = Pattern(starts, columns.reshape(-1), shape, entries)
    if len(first) == len(keys):
        return Pattern(starts, where, shape, as_given.taken(order))
    groups = Pattern(np.append(first, len(keys)), order, (len(first), len(keys)))
    return Pattern(starts, where, shape, _sums(groups, as_given))


def remembered(of: Pattern) -> Pattern:
    """The same, whose entries are computed once for all that is made of them."""
    compute = of.entries
    if compute is None:
        return of

    def entries(numbers: Numbers) -> Array:
        if compute not in numbers.computed:
            numbers.computed[compute] = compute(numbers)
        return numbers.computed[compute]

    return of._replace(entries=entries)


def _sums(groups: Pattern, summed: Pattern) -> Entries:
    """The sums of the entries that fall on one place."""
    known: dict[Any, Csr] = {}  # by precision

    def added(numbers: Numbers) -> Array:
        if numbers.dtype not in known:
            known[numbers.dtype] = groups.matrix(np.ones(len(groups.columns), numbers.dtype))
        return np.asarray(known[numbers.dtype] @ summed.numbers(numbers))

    return added


def transposed(of: Pattern) -> Pattern:
    """The pattern read column by column."""
    order = np.argsort(of.columns, kind="stable")
    starts = _starts(np.bincount(of.columns, minlength=of.shape[1]))
    columns = of.rows()[order].astype(of.columns.dtype)
    return Pattern(starts, columns, of.shape[::-1], of.taken(order))


def total(terms: Sequence[Pattern]) -> Pattern:
    """The union of the patterns.  What cancels stays, which SciPy's `+` would drop."""
    if len(terms) == 1:
        return terms[0]
    rows = np.concatenate([term.rows() for term in terms])
    columns = np.concatenate([term.columns for term in terms])
    if all(term.entries is None for term in terms):
        return listed(terms[0].shape, rows, columns)

    def side_by_side(numbers: Numbers) -> Array:
        return np.concatenate([term.numbers(numbers) for term in terms])

    return listed(terms[0].shape, rows, columns, side_by_side)


def product(left: Pattern, right: Pattern) -> Pattern:
    """The pattern of the product.  Columns are in no order within a row."""
    in_row = np.diff(left.starts)
    in_column = np.bincount(right.columns, minlength=1)
    if in_row.max(initial=0) <= 1 or in_column.max() <= 1:
        return _of_single_products(left, right)
    ones = [each.matrix(np.ones(len(each.columns))) for each in (left, right)]
    found = ones[0] @ ones[1]
    united = Pattern(found.indptr, found.indices, found.shape)
    if left.entries is None and right.entries is None:
        counts = found.data
        return united._replace(entries=lambda numbers: counts.astype(numbers.dtype))
    return united._replace(entries=_multiplied(left, right, united))


def _multiplied(left: Pattern, right: Pattern, united: Pattern) -> Entries:
    """The entries of a product; those that are 0, which SciPy leaves out, are put in again."""

    def entries(numbers: Numbers) -> Array:
        first, second = [each.matrix(each.numbers(numbers)) for each in (left, right)]
        found = first @ second
        if found.nnz == len(united.columns):
            return np.asarray(found.data)
        keys, there = united.keys(), Pattern(found.indptr, found.indices, found.shape).keys()
        order = np.argsort(keys)
        whole = np.zeros(len(keys), found.dtype)
        whole[order[np.searchsorted(keys, there, sorter=order)]] = found.data
        return whole

    return entries


def _of_single_products(left: Pattern, right: Pattern) -> Pattern:
    """The product where each entry is that of two entries, not a sum of several."""
    met = np.diff(right.starts)[left.columns]  # how many entries each on the left meets
    ends = _starts(met)
    one = np.repeat(places((len(met),)), met)
    other = np.arange(ends[-1]) + (right.starts[left.columns] - ends[:-1])[one]
    first, second = left.taken(one), right.taken(other)
    entries = first or second
    if first and second:
        entries = _products(first, second)
    shape = left.shape[0], right.shape[1]
    return Pattern(ends[left.starts], right.columns[other], shape, entries)


def _products(first: Entries, second: Entries) -> Entries:
    return lambda numbers: first(numbers) * second(numbers)


def arranged(of: Pattern) -> Pattern:
    """The same with ascending columns in every row."""
    if of.matrix(np.empty(len(of.columns))).has_canonical_format:
        return of
    return listed(of.shape, of.rows(), of.columns, of.entries)


def _keys(rows: Array, columns: Array, shape: tuple[int, int]) -> Array:
    found: Array = rows.reshape(-1).astype(np.int64) * max(1, shape[1]) + columns.reshape(-1)
    return found


def _starts(lengths: Array) -> Array:
    """Where each row starts, and the last one ends."""
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts if starts[-1] >= 2**31 else starts.astype(np.int32)
