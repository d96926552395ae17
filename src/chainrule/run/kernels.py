"""The array namespace of the NumPy interpreter: NumPy's functions, and the few it lacks."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.graph.node import Array, Shape

__all__ = ["place", "scatter_add"]


def __getattr__(name: str) -> Any:
    return getattr(np, name)


def scatter_add(rows: Array, positions: Array, size: int) -> Array:
    """Zeros of length `size` along the last axis, with `rows[..., i]` added at `positions[i]`."""
    result = np.zeros((*rows.shape[:-1], size), rows.dtype)
    np.add.at(np.moveaxis(result, -1, 0), positions, np.moveaxis(rows, -1, 0))
    return result


def place(value: Array, index: tuple[int | slice, ...], shape: Shape) -> Array:
    """Zeros of `shape` with `value` at `index`."""
    result = np.zeros(shape, value.dtype)
    result[index] = value
    return result
