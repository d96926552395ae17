"""Layers of networks; the formulas are plain loops, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from tests.ops.row import Row

from chainrule.graph.node import Array, constant
from chainrule.ops.choice import where
from chainrule.ops.convolution import conv2d, conv2d_correlation, conv2d_transposed
from chainrule.ops.dropout import dropout
from chainrule.ops.embedding import embedding
from chainrule.ops.normalization_layers import (
    batch_norm,
    batch_norm_inference,
    layer_norm,
    standardize,
)
from chainrule.ops.pooling import avg_pool2d, max_pool2d, max_pool2d_positions
from chainrule.ops.random_bits import random_mask, random_normal, random_uniform

ONE_BY_ONE: dict[str, Any] = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
UNEVEN: dict[str, Any] = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}


def image_size(x: Any, window: Any, stride: Any, padding: Any, dilation: Any) -> tuple[int, ...]:
    """How many windows fit, counted one by one."""
    counts = []
    for n, size, step, border, gap in zip(x, window, stride, padding, dilation, strict=True):
        starts = range(-border, n + border, step)
        counts.append(sum(start + gap * (size - 1) < n + border for start in starts))
    return tuple(counts)


def np_trilinear(
    x: Array, kernel: Array, y: Array, stride: Any, padding: Any, dilation: Any
) -> tuple[Array, Array, Array]:
    """Σ x · kernel · y over all windows, without x, without the kernel, without y."""
    by_x, by_kernel, by_y = np.zeros_like(x), np.zeros_like(kernel), np.zeros_like(y)
    for n, k, p, q in np.ndindex(y.shape):
        for c, i, j in np.ndindex(kernel.shape[1:]):
            row = p * stride[0] + i * dilation[0] - padding[0]
            column = q * stride[1] + j * dilation[1] - padding[1]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                by_x[n, c, row, column] += kernel[k, c, i, j] * y[n, k, p, q]
                by_kernel[k, c, i, j] += x[n, c, row, column] * y[n, k, p, q]
                by_y[n, k, p, q] += x[n, c, row, column] * kernel[k, c, i, j]
    return by_x, by_kernel, by_y


def np_conv2d(x: Array, kernel: Array, **geometry: Any) -> Array:
    size = image_size(x.shape[2:], kernel.shape[2:], **geometry)
    y = np.zeros((len(x), len(kernel), *size))
    return np_trilinear(x, kernel, y, **geometry)[2]


def np_transposed(y: Array, kernel: Array, size: Any, **geometry: Any) -> Array:
    x = np.zeros((len(y), kernel.shape[1], *size))
    return np_trilinear(x, kernel, y, **geometry)[0]


def np_correlation(x: Array, y: Array, size: Any, **geometry: Any) -> Array:
    kernel = np.zeros((y.shape[1], x.shape[1], *size))
    return np_trilinear(x, kernel, y, **geometry)[1]


CONVOLUTION: tuple[Row, ...] = (
    Row(
        "conv2d",
        conv2d,
        (((2, 2, 3, 3), (2, 2, 2, 2)), ((1, 1, 1, 1), (1, 1, 1, 1))),
        lambda x, kernel: np_conv2d(x, kernel, **ONE_BY_ONE),
    ),
    Row(
        "conv2d uneven",
        lambda x, kernel: conv2d(x, kernel, **UNEVEN),
        (((1, 2, 4, 4), (1, 2, 2, 2)), ((2, 1, 2, 3), (2, 1, 3, 1))),
        lambda x, kernel: np_conv2d(x, kernel, **UNEVEN),
    ),
    Row(
        "conv2d with itself",
        lambda x: conv2d(x, x, padding=1),
        (((2, 1, 2, 2),),),
        lambda x: np_conv2d(x, x, **ONE_BY_ONE | {"padding": (1, 1)}),
    ),
    Row(
        "conv2d_transposed",
        lambda y, kernel: conv2d_transposed(y, kernel, size=(4, 4), **UNEVEN),
        (((1, 2, 3, 2), (2, 1, 2, 2)),),
        lambda y, kernel: np_transposed(y, kernel, (4, 4), **UNEVEN),
    ),
    Row(
        "conv2d_transposed smallest",
        lambda y, kernel: conv2d_transposed(y, kernel, stride=2),
        (((2, 1, 2, 1), (1, 2, 1, 2)),),
        lambda y, kernel: np_transposed(y, kernel, (3, 2), **ONE_BY_ONE | {"stride": (2, 2)}),
    ),
    Row(
        "conv2d_correlation",
        lambda x, y: conv2d_correlation(x, y, size=(2, 2), **UNEVEN),
        (((1, 2, 4, 4), (1, 2, 3, 2)), ((2, 1, 3, 3), (2, 1, 2, 1))),
        lambda x, y: np_correlation(x, y, (2, 2), **UNEVEN),
    ),
)


def windows_of(
    x: Array, size: Any, stride: Any, padding: Any = (0, 0)
) -> Iterator[tuple[tuple[int, ...], list[tuple[int, ...]]]]:
    """The place of each window of the last two axes, and the places of its entries in x."""
    counts = image_size(x.shape[-2:], size, stride, padding, (1, 1))
    for *lead, p, q in np.ndindex(*x.shape[:-2], *counts):
        rows = [p * stride[0] + i - padding[0] for i in range(size[0])]
        columns = [q * stride[1] + j - padding[1] for j in range(size[1])]
        inside = [
            (*lead, row, column)
            for row in rows
            for column in columns
            if 0 <= row < x.shape[-2] and 0 <= column < x.shape[-1]
        ]
        yield (*lead, p, q), inside


def np_pooled(x: Array, of: Callable[[list[Any]], float], *window: Any) -> Array:
    found = {place: of([x[at] for at in inside]) for place, inside in windows_of(x, *window)}
    shape = tuple(1 + max(place[axis] for place in found) for axis in range(x.ndim))
    return np.array([found[place] for place in np.ndindex(shape)]).reshape(shape)


def np_chosen(x: Array, *window: Any) -> Array:
    flat = np.arange(x.size).reshape(x.shape)
    best = [max(inside, key=lambda at: x[at]) for _, inside in windows_of(x, *window)]
    return np.reshape([flat[at] for at in best], np_pooled(x, max, *window).shape)


UNEVEN_WINDOW = ((2, 3), (1, 2), (1, 1))

POOLING: tuple[Row, ...] = (
    Row(
        "max_pool2d",
        lambda x: max_pool2d(x, size=2),
        (((1, 2, 4, 5),), ((3, 2),)),
        lambda x: np_pooled(x, max, (2, 2), (2, 2)),
    ),
    Row(
        "max_pool2d uneven",
        lambda x: max_pool2d(x, size=(2, 3), stride=(1, 2), padding=1),
        (((2, 3, 4),), ((1, 2),)),
        lambda x: np_pooled(x, max, *UNEVEN_WINDOW),
    ),
    Row(
        "max_pool2d_positions",
        lambda x: max_pool2d_positions(x, size=(2, 3), stride=(1, 2), padding=1),
        (((2, 3, 4),), ((1, 2),)),
        lambda x: np_chosen(x, *UNEVEN_WINDOW),
        smooth=False,
    ),
    Row(
        "avg_pool2d",
        lambda x: avg_pool2d(x, size=2),
        (((1, 2, 4, 5),), ((3, 2),)),
        lambda x: np_pooled(x, lambda entries: sum(entries) / 4, (2, 2), (2, 2)),
    ),
    Row(
        "avg_pool2d uneven",
        lambda x: avg_pool2d(x, size=(2, 3), stride=(1, 2), padding=1),
        (((2, 3, 4),), ((1, 2),)),
        lambda x: np_pooled(x, lambda entries: sum(entries) / 6, *UNEVEN_WINDOW),
    ),
    Row(
        "avg_pool2d of the image alone",
        lambda x: avg_pool2d(x, size=(2, 3), stride=(1, 2), padding=1, count_include_pad=False),
        (((2, 3, 4),), ((1, 2),)),
        lambda x: np_pooled(x, lambda entries: sum(entries) / len(entries), *UNEVEN_WINDOW),
    ),
)


def np_standardized(x: Array, axis: Any = None, epsilon: float = 1e-5) -> Array:
    centred = x - x.mean(axis, keepdims=True)
    return centred / np.sqrt(np.var(x, axis, keepdims=True) + epsilon)


def np_batch_norm(x: Array, gain: Array, bias: Array, axis: int) -> Array:
    rows = np.moveaxis(x, axis, -1)
    others = tuple(range(x.ndim - 1))
    return np.moveaxis(np_standardized(rows, others) * gain + bias, -1, axis)


NORMALIZATION: tuple[Row, ...] = (
    Row("standardize", standardize, (((3,),), ((2, 3),), ((),), ((1, 2),)), np_standardized),
    Row(
        "standardize rows",
        lambda x: standardize(x, axis=(0, 2), epsilon=0.1),
        (((2, 3, 2),),),
        lambda x: np_standardized(x, (0, 2), 0.1),
    ),
    Row(
        "layer_norm",
        layer_norm,
        (((3,), (3,), (3,)), ((2, 3), (3,), (3,)), ((2, 2, 2), (2,), (2,)), ((2, 1), (1,), (1,))),
        lambda x, gain, bias: np_standardized(x, -1) * gain + bias,
    ),
    Row(
        "batch_norm",
        batch_norm,
        (((3, 2), (2,), (2,)), ((2, 2, 1, 3), (2,), (2,)), ((1, 2), (2,), (2,))),
        lambda x, gain, bias: np_batch_norm(x, gain, bias, 1),
    ),
    Row(
        "batch_norm last",
        lambda x, gain, bias: batch_norm(x, gain, bias, axis=-1, epsilon=0.5),
        (((2, 2, 3), (3,), (3,)),),
        lambda x, g, b: np_standardized(x, (0, 1), 0.5) * g + b,
    ),
    Row(
        "batch_norm_inference",
        lambda x, a, variance: batch_norm_inference(x, a, variance, a, variance),
        (((3, 2), (2,), (2,)), ((2, 1, 1, 2), (1,), (1,))),
        lambda x, a, v: np.moveaxis((np.moveaxis(x, 1, -1) - a) / np.sqrt(v + 1e-5) * a + v, -1, 1),
        ((-2.0, 2.0), (-2.0, 2.0), (0.3, 2.0)),
    ),
    Row(
        "batch_norm_inference by gain and bias",
        lambda x, gain, bias: batch_norm_inference(x, gain, bias, bias, gain, axis=0),
        (((2, 3), (2,), (2,)),),
        lambda x, g, b: ((x.T - b) * np.sqrt(g) * np.sqrt(g / (g + 1e-5)) + b).T,
        ((-2.0, 2.0), (0.3, 2.0), (-2.0, 2.0)),
    ),
)


LOOKED_UP = [[2, 0], [2, 1]]

EMBEDDING: tuple[Row, ...] = (
    Row(
        "embedding",
        lambda table: embedding(table, constant(LOOKED_UP)),
        (((3, 2),), ((3,),), ((3, 1, 2),)),
        lambda table: np.array([[table[at] for at in row] for row in LOOKED_UP]),
    ),
    Row(
        "embedding of one",
        lambda table: embedding(table, constant(1)),
        (((3, 2),),),
        lambda table: table[1],
    ),
)


def words(key: int, count: int) -> list[int]:
    """Threefry-2x32 with 20 rounds, in Python's own whole numbers."""
    found = []
    for block in range(count):
        keys = [key % 2**32, key >> 32]
        keys.append(keys[0] ^ keys[1] ^ 0x1BD11BDA)
        a, b = block + keys[0], keys[1]
        for turn in range(20):
            rotation = (13, 15, 26, 6, 17, 29, 16, 24)[turn % 8]
            a = (a + b) % 2**32
            b = ((b << rotation) % 2**32 + (b >> (32 - rotation))) ^ a
            if turn % 4 == 3:
                at = turn // 4 + 1
                a = (a + keys[at % 3]) % 2**32
                b = (b + keys[(at + 1) % 3] + at) % 2**32
        found += [a, b]
    return found[:count]


def np_uniform(key: int, shape: Any) -> Array:
    pairs = np.reshape(words(key, 2 * int(np.prod(shape))), (*shape, 2))
    return ((pairs[..., 0] >> 5) * 2**26 + (pairs[..., 1] >> 6)) / 2**53


def np_normal(key: int, shape: Any) -> Any:
    u, v = np.moveaxis(np_uniform(key, (*shape, 2)), -1, 0)
    return np.sqrt(2 * np.log(1 / (1 - u))) * np.cos(2 * np.pi * v)


def np_kept(key: int, rate: float, shape: Any) -> Array:
    return np.reshape(words(key, int(np.prod(shape))), shape) >= rate * 2**32


SEED = 12_345_678_901
SOME: tuple[tuple[tuple[int, ...], ...], ...] = (((3,),), ((2, 3),), ((),))

RANDOM: tuple[Row, ...] = (
    Row(
        "dropout",
        lambda x: dropout(x, rate=0.25, key=SEED),
        (*SOME, ((4, 5),)),
        lambda x: np.where(np_kept(SEED, 0.25, x.shape), x / 0.75, 0),
    ),
    Row("dropout of nothing", lambda x: dropout(x, rate=0, key=1), SOME, lambda x: x),
    Row(
        "random_uniform",
        lambda x: x * random_uniform(SEED, shape=x.shape, dtype=x.dtype),
        SOME,
        lambda x: x * np_uniform(SEED, x.shape),
    ),
    Row(
        "random_normal",
        lambda x: x * random_normal(SEED, shape=x.shape, dtype=x.dtype),
        SOME,
        lambda x: x * np_normal(SEED, x.shape),
    ),
    Row(
        "random_mask",
        lambda x: where(random_mask(3, shape=x.shape, rate=0.5), x, -x),
        SOME,
        lambda x: np.where(np_kept(3, 0.5, x.shape), x, -x),
    ),
)

ROWS: tuple[Row, ...] = CONVOLUTION + POOLING + NORMALIZATION + EMBEDDING + RANDOM
