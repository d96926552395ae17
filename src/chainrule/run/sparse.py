"""The sparse matrix of a structured map, from its numbers.

One table, a row a kind of map.  There is an entry wherever there is a path from an input to an
output, also if its number happens to be 0, and nowhere else.  The cost is linear in the entries of
the factors and of their products, of which the cheapest is formed first.

>>> import numpy as np
>>> from chainrule.graph.node import variable
>>> x = variable((3,))
>>> csr(Diagonal(x), {x: np.array([2.0, 0.0, 1.0])}, x.dtype).nnz
3
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.walk import Paths
from chainrule.errors import DataProblem
from chainrule.graph.node import Array, Node, size_of
from chainrule.jacobians.kinds import (
    Block,
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
from chainrule.run.interpreter import Plan
from chainrule.run.patterns import (
    Csr,
    Numbers,
    Pattern,
    arranged,
    product,
    remembered,
    scipy_sparse,
    total,
    transposed,
)
from chainrule.run.sparse_linear import of_multilinear
from chainrule.run.sparse_rows import (
    of_dense,
    of_diagonal,
    of_diagonal_minus_outer,
    of_identity,
    of_mask,
    of_permute,
    of_section,
    of_select,
    of_sum_over,
    of_zero,
)

__all__ = ["csr", "diagonal"]

MOST_KEPT = 1 << 22  # a pattern with more entries is found anew each time
MOST_DENSE = 1 << 24  # entries of a matrix that is written out for its diagonal, without SciPy
DType = np.dtype[Any]


def csr(map_: LinearMap, values: Mapping[Node, Array], dtype: DType) -> Csr:
    """The matrix, outputs × inputs, both flattened row by row, as a SciPy CSR array.

    `values` are the numbers of the nodes that the map holds.  What a mask drops is an entry 0:
    the pattern is the same whatever the numbers, positions (of a maximum, a sort) excepted.  It is
    kept with the map, for the next numbers, unless it is large.

    Raises:
        DataProblem: SciPy is not installed, or has no matrices of that type.
    """
    scipy_sparse()
    numbers = Numbers(values, _checked(dtype))
    known: tuple[Pattern, dict[Node, Array]] | None = map_.__dict__.get("_sparse")
    if known is None or not numbers.agree_with(known[1]):
        known = arranged(_whole_pattern(map_, numbers)), numbers.read
        if len(known[0].columns) <= MOST_KEPT:
            map_.__dict__["_sparse"] = known
    found = known[0].matrix(known[0].numbers(numbers))
    return found.copy()  # it may be written to


def diagonal(map_: LinearMap, values: Mapping[Node, Array], dtype: DType) -> Array:
    """The entries (i, i) of the matrix; a product is not multiplied out for them.

    Raises:
        DataProblem: SciPy is not installed, and the matrix is too large to be written out.
    """
    try:
        scipy_sparse()
    except DataProblem:
        if size_of(map_.matrix_shape) > MOST_DENSE:
            raise
        (entries,) = Plan([multiplied_out(map_, dtype)], list(values))(*values.values())
        return np.diagonal(entries.reshape(map_.matrix_shape)).copy()
    return _diagonal(map_, Numbers(values, _checked(dtype)))


def _checked(dtype: DType) -> DType:
    if dtype.char not in "fdg":
        raise DataProblem(f"SciPy has no sparse matrices of {dtype}: make it float32 or float64")
    return dtype


def _whole_pattern(map_: LinearMap, numbers: Numbers) -> Pattern:
    """The pattern, in which an entry 0 stands for what a mask drops."""
    found = pattern(map_, numbers)
    if not numbers.has_dropped:
        return found
    kept = pattern(map_, Numbers(numbers.values, numbers.dtype, kept=True))
    nothing = np.zeros(len(kept.columns))
    zeros = kept._replace(entries=lambda numbers: nothing.astype(numbers.dtype))
    return total([zeros, found])


def _diagonal(map_: LinearMap, numbers: Numbers) -> Array:
    if isinstance(map_, Sum):
        return reduce(np.add, [_diagonal(term, numbers) for term in map_.terms])
    if not isinstance(map_, Product):
        found = pattern(map_, numbers)
        return np.asarray(found.matrix(found.numbers(numbers)).diagonal())
    factors = _multiplied([pattern(factor, numbers) for factor in map_.factors], 2)
    left, right = [each.matrix(each.numbers(numbers)) for each in factors]
    count = min(map_.matrix_shape)
    across = left[:count].multiply(right.T.tocsr()[:count])
    return np.asarray(across.sum(axis=1)).astype(numbers.dtype, copy=False)


def pattern(map_: LinearMap, numbers: Numbers) -> Pattern:
    """Where the map's matrix has entries, and what computes them."""
    return PATTERN[type(map_)](map_, numbers)


def _of_product(map_: Product, numbers: Numbers) -> Pattern:
    (found,) = _multiplied([pattern(factor, numbers) for factor in map_.factors], 1)
    return found


def _of_block(map_: Block, numbers: Numbers) -> Pattern:
    """Forward: the Jacobian of every node on a path, from those of the nodes below it."""
    paths = Paths(map_.output, (map_.input,), map_.held)
    reached = {map_.input: pattern(Identity(map_.input_shape), numbers)}
    for node in paths.order[1:]:
        ways = paths.edges[node]
        terms = [product(pattern(inner, numbers), reached[lower]) for lower, inner in ways]
        reached[node] = remembered(total(terms))

    def entries(numbers: Numbers) -> Array:
        steps = [each.numbers(numbers) for each in reached.values()]  # in order: no deep recursion
        return steps[-1]

    return reached[map_.output]._replace(entries=entries)


def _multiplied(factors: Sequence[Pattern], count: int) -> list[Pattern]:
    """The chain of factors multiplied until `count` are left, the cheapest neighbours first."""
    left = list(factors)
    while len(left) > count:
        works = [_work(*pair) for pair in pairwise(left)]
        at = works.index(min(works))
        left[at : at + 2] = [product(left[at], left[at + 1])]
    return left


def _work(left: Pattern, right: Pattern) -> int:
    """The multiplications of a product."""
    return int(np.diff(right.starts)[left.columns].sum())


PATTERN: dict[type[LinearMap], Callable[[Any, Numbers], Pattern]] = {
    Zero: of_zero,
    Identity: of_identity,
    Reshape: of_identity,
    Permute: of_permute,
    Diagonal: of_diagonal,
    Mask: of_mask,
    DiagonalMinusOuter: of_diagonal_minus_outer,
    SumOver: of_sum_over,
    Section: of_section,
    Select: of_select,
    Multilinear: of_multilinear,
    Dense: of_dense,
    Transposed: lambda map_, numbers: transposed(pattern(map_.of, numbers)),
    Product: _of_product,
    Sum: lambda map_, numbers: total([pattern(term, numbers) for term in map_.terms]),
    Block: _of_block,
}
