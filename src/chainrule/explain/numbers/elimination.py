"""Linear systems, inverses and determinants of exact numbers, by Gauss-Jordan elimination.

Source: G. Strang, Introduction to Linear Algebra, ch. 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.explain.numbers.entry import Undecided
from chainrule.graph.node import Array, Shape

__all__ = ["determinant", "inverse", "log_determinant", "solve"]


def solve(matrix: Array, columns: Array) -> Array:
    """The x with matrix x = columns, for stacks of both.

    Raises:
        Undecided: an entry is not exact, or a matrix is singular.
    """
    found = [_eliminated(a, b)[1] for a, b in zip(_apart(matrix), _apart(columns), strict=True)]
    return _stacked(found, columns.shape)


def inverse(matrix: Array) -> Array:
    """The inverse matrices; raises as `solve` does."""
    ones = np.eye(matrix.shape[-1], dtype=np.int64)
    return solve(matrix, np.broadcast_to(ones, matrix.shape))


def determinant(matrix: Array) -> Array:
    """The determinants; raises `Undecided` where an entry is not exact."""
    return _stacked([_eliminated(a, a[:, :0])[0] for a in _apart(matrix)], matrix.shape[:-2])


def log_determinant(matrix: Array) -> tuple[Any, Any]:
    """The determinants' signs, and the logarithms of their sizes."""
    found = determinant(matrix)
    return np.sign(found), np.log(np.abs(found))


def _eliminated(matrix: Array, columns: Array) -> tuple[Any, Array | None]:
    """The determinant, and the solutions if it is not 0."""
    rows = np.concatenate([matrix, columns], axis=1).astype(object)
    size = len(rows)
    det: Any = 1
    for at in range(size):
        if any(entry.exact is None for entry in rows[at:, at]):
            raise Undecided
        below = [row for row in range(at, size) if rows[row, at].exact]
        if not below:
            return 0 * rows[at, at], None
        if below[0] != at:
            rows[[at, below[0]]] = rows[[below[0], at]]
            det = -det
        det = rows[at, at] * det
        rows[at] = rows[at] / rows[at, at]
        for row in range(size):
            if row != at:
                rows[row] = rows[row] - rows[at] * rows[row, at]
    return det, rows[:, size:]


def _apart(stack: Array) -> list[Array]:
    """The matrices of a stack."""
    return [stack[at] for at in np.ndindex(stack.shape[:-2])]


def _stacked(found: list[Any], shape: Shape) -> Array:
    if any(one is None for one in found):
        raise Undecided
    return np.array(found, dtype=object).reshape(shape)
