"""The array namespace of the NumPy interpreter: NumPy's functions, and the few it lacks."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import DomainProblem
from chainrule.graph.node import Array, Shape

__all__ = ["place", "scatter_add", "take"]


def __getattr__(name: str) -> Any:
    return getattr(np, name)


def scatter_add(rows: Array, positions: Array, size: int) -> Array:
    """Zeros of length `size` along the last axis, with `rows[..., i]` added at `positions[i]`."""
    _check_positions(positions, size)
    result = np.zeros((*rows.shape[:-1], size), rows.dtype)
    np.add.at(np.moveaxis(result, -1, 0), positions, np.moveaxis(rows, -1, 0))
    return result


def take(rows: Array, positions: Array, axis: int) -> Array:
    """`rows[..., positions]` for the last axis."""
    _check_positions(positions, rows.shape[axis])
    return np.take(rows, positions, axis=axis)


def _check_positions(positions: Array, size: int) -> None:
    outside = (positions < 0) | (positions >= size)
    if np.any(outside):
        found = int(np.asarray(positions)[outside].flat[0])
        raise DomainProblem(f"position {found} lies outside an array of {size:,} entries")


def place(value: Array, index: tuple[int | slice, ...], shape: Shape) -> Array:
    """Zeros of `shape` with `value` at `index`."""
    result = np.zeros(shape, value.dtype)
    result[index] = value
    return result
