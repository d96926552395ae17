"""What NumPy lacks, as short functions that written code takes along: their sources are copied.

Each is as one would write it in a file that has no library but NumPy, and as careful with large
numbers as the operation it stands for.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "add_windows",
    "erf",
    "erfc",
    "last_put",
    "log_softmax",
    "logsumexp",
    "place",
    "recurrence",
    "replaced",
    "scatter_add",
    "sigmoid",
    "softmax",
    "windows",
    "xdivy",
    "xlogy",
    "xtimesy",
]

Array = npt.NDArray[Any]


def softmax(x: Array) -> Array:
    """The shares exp(x) / sum(exp(x)) along the last axis, without overflow."""
    weights: Array = np.exp(x - np.max(x, axis=-1, keepdims=True))
    shares: Array = weights / np.sum(weights, axis=-1, keepdims=True)
    return shares


def log_softmax(x: Array) -> Array:
    """The logarithm of softmax(x), which is finite where a share rounds to 0."""
    below: Array = x - np.max(x, axis=-1, keepdims=True)
    logs: Array = below - np.log(np.sum(np.exp(below), axis=-1, keepdims=True))
    return logs


def logsumexp(x: Array, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))), without overflow."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis=axis)[()]


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))[()]


def xlogy(a: Any, b: Any) -> Any:
    """a * log(b), which is 0 where a is 0."""
    return a * np.log(np.where(a == 0, 1, b))


def xdivy(a: Any, b: Any) -> Any:
    """a / b, which is 0 where a is 0."""
    return a / np.where(a == 0, 1, b)


def xtimesy(a: Any, b: Any) -> Any:
    """a * b, which is 0 where a is 0."""
    return a * np.where(a == 0, 0, b)


def erf(x: Any) -> Any:
    """The error function, entry by entry."""
    return np.vectorize(math.erf, otypes=[float])(x)[()]


def erfc(x: Any) -> Any:
    """1 - erf(x), which keeps its digits where it is small."""
    return np.vectorize(math.erfc, otypes=[float])(x)[()]


def place(value: Any, index: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of that shape, with the value at the index."""
    result: Array = np.zeros(shape, dtype=np.asarray(value).dtype)
    result[index] = value
    return result


def replaced(x: Array, value: Any, index: Any) -> Array:
    """A copy of x, with the value at the index."""
    result = x.copy()
    result[index] = value
    return result


def scatter_add(rows: Array, positions: Any, size: int) -> Array:
    """Zeros of that length along the last axis, with each entry added at its position."""
    result: Array = np.zeros((*rows.shape[:-1], size), dtype=rows.dtype)
    np.add.at(np.moveaxis(result, -1, 0), positions, np.moveaxis(rows, -1, 0))
    return result


def last_put(positions: Any, size: int) -> Any:
    """Where each entry comes from when others are put at the positions, one by one."""
    result = np.arange(size)
    np.maximum.at(result, positions.reshape(-1), size + np.arange(positions.size))
    return result


def windows(images: Array, size: Any, stride: Any, dilation: Any) -> Array:
    """The windows of the last two axes: (..., P, Q, h, w)."""
    spans = [(n - 1) * step + 1 for n, step in zip(size, dilation, strict=True)]
    every = np.lib.stride_tricks.sliding_window_view(images, spans, axis=(-2, -1))
    (down, right), (rows, columns) = stride, dilation
    found: Array = every[..., ::down, ::right, ::rows, ::columns]
    return found


def add_windows(parts: Array, to: Any, stride: Any, dilation: Any) -> Array:
    """Zeros with the last two axes `to`, and every window added where it was taken."""
    *lead, high, wide, rows, columns = parts.shape
    result: Array = np.zeros((*lead, *to), dtype=parts.dtype)
    for i, j in np.ndindex(rows, columns):
        top, left = i * dilation[0], j * dilation[1]
        down = slice(top, top + high * stride[0], stride[0])
        right = slice(left, left + wide * stride[1], stride[1])
        result[..., down, right] += parts[..., i, j]
    return result


def recurrence(factors: Array, terms: Array, axis: int) -> Array:
    """y[i] = factors[i] * y[i - 1] + terms[i] along an axis, from y[0] = terms[0]."""
    steps = np.moveaxis(factors, axis, 0)
    result = np.moveaxis(terms, axis, 0).copy()
    for at in range(1, len(result)):
        result[at] += steps[at] * result[at - 1]
    return np.moveaxis(result, 0, axis)
