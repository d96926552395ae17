"""Arrays without numbers: one line of NumPy means the same on them as on arrays of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.run.native.reference import run_tensors

from chainrule.graph.node import Array
from chainrule.run import kernels
from chainrule.run.native.builder import Builder, NotNative
from chainrule.run.native.namespace import Namespace
from chainrule.run.native.symbolic import Symbolic
from chainrule.run.native.tensors import Given

Line = Callable[..., Any]
SINGLE, DOUBLE = np.dtype("f4"), np.dtype("f8")


def symbols(*arrays: Array) -> tuple[Namespace, list[Symbolic]]:
    make = Builder()
    given = [
        make.tensor(Given(number), (), one.shape, one.dtype) for number, one in enumerate(arrays)
    ]
    return Namespace(make), [Symbolic(make, one) for one in given]


def on_symbols(line: Line, *arrays: Array) -> Array:
    """What a line computes, when it has been run on arrays without numbers."""
    namespace, inputs = symbols(*arrays)
    value = namespace.asarray(line(namespace, *inputs))
    return run_tensors([value.tensor], arrays)[0]


def on_numbers(line: Line, *arrays: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(line(kernels, *arrays))


def x_of(dtype: Any) -> Array:
    numbers = np.array([[0.5, -1.5, 2.0, -0.0], [3.0, 0.25, -2.5, 1.0], [-7.0, 4.5, 0.75, 2.0]])
    return numbers.astype(dtype)


# --- one line of NumPy --------------------------------------------------------------------------

ARITHMETIC: dict[str, Line] = {
    "operators": lambda k, x: (2 * x + x / 3 - 1) * -x,
    "numbers on the left": lambda k, x: (1 - x) / (2.5 + x * x) + 2**x,
    "comparisons": lambda k, x: (x > 0) & (x <= 2) | ~(x == 1) ^ (x != 0.5),
    "remainders": lambda k, x: x % 2 + x // 0.5 - 3 % (x + 10),
    "powers": lambda k, x: x**2 + (x * x) ** 0.5 + (x + 9) ** -1 + x**3 + x**0 + x**1,
    "absolute": lambda k, x: abs(x) + k.abs(-x) + +x,
    "functions of NumPy": lambda k, x: np.exp(x) + np.maximum(x, 0),
    "an array on the left": lambda k, x: np.ones(4, x.dtype) + x,
    "a number of NumPy": lambda k, x: np.float32(2) * x,
    "products": lambda k, x: x @ x.T @ np.ones((3, 2), x.dtype) + k.matmul(x[0], x.T[:, :2]),
    "a product from the left": lambda k, x: np.eye(3, dtype=x.dtype) @ x,
    "stacked products": lambda k, x: k.matmul(x[:, None, :], x[:, :, None]),
    "einsum": lambda k, x: k.einsum("ij,kj,ij->ki", x, x, x),
    "a trace": lambda k, x: k.einsum("ii,jj->j", x[:, :3], x[:, 1:]),
    "einsum with a repeated axis": lambda k, x: k.einsum("ij,kj->ik", x, x[:1]),
    "rounded": lambda k, x: k.round(x, 1) + k.round(x * 100, -1) + k.round(x),
}
CHOOSING: dict[str, Line] = {
    "where": lambda k, x: k.where(x > 0, x, 0),
    "where with numbers alone": lambda k, x: k.where(x > 0, 1, 0),
    "where with a broken number": lambda k, x: k.where(x > 0, 1, 0.5),
    "where of truth": lambda k, x: k.where(x > 0, True, x < -1),
    "limits": lambda k, x: k.minimum(k.maximum(x, -1), 1.5),
    "triangles": lambda k, x: k.tril(x, 1) + k.triu(x, -1),
    "zeros and ones like it": lambda k, x: k.ones_like(x) + k.zeros_like(x, dtype=bool),
}
ARRANGING: dict[str, Line] = {
    "slices": lambda k, x: x[::-1, 1:3],
    "entries": lambda k, x: x[1, -1] + x[np.int64(2), 0],
    "new axes": lambda k, x: x[None, ..., None, 1] + x[0, None],
    "an empty slice": lambda k, x: x[3:],
    "another shape": lambda k, x: x.reshape(2, -1) + x.T.reshape((2, 6)),
    "axes in another order": lambda k, x: (
        k.transpose(x[None], (2, 0, 1)) + k.swapaxes(x, 0, 1)[:, None]
    ),
    "axes moved": lambda k, x: (
        k.moveaxis(x[None], (0, 2), (2, 0)) + k.moveaxis(x[None], -1, 0)[..., :1, :]
    ),
    "an axis more": lambda k, x: k.expand_dims(x, -1) + k.expand_dims(x, 0)[..., None],
    "turned round": lambda k, x: k.flip(x, 1) + k.flip(x),
    "diagonals": lambda k, x: k.diagonal(x, 1) + k.diagonal(x, -1, 1, 0)[:3],
    "no diagonal": lambda k, x: k.diagonal(x, 9),
    "repeated": lambda k, x: k.broadcast_to(x[:, :1], (2, 3, 4)),
    "joined": lambda k, x: k.concatenate([x, x[:1], x[:0], 2 * x], axis=0),
    "stacked": lambda k, x: k.stack([x, -x], axis=-1) + k.stack([x, x], axis=2),
    "a border": lambda k, x: (
        k.pad(x, ((1, 0), (0, 2))) + k.pad(x, ((1, 0), (0, 2)), constant_values=-np.inf)
    ),
    "no border": lambda k, x: k.pad(x, ((0, 0), (0, 0))),
    "put into zeros": lambda k, x: k.place(x, (slice(None, None, -2), slice(1, 5)), (5, 6)),
    "replaced": lambda k, x: (
        k.replaced(x, 7, (slice(None), 1)) + k.replaced(x, x[:0], (slice(3, None),))
    ),
    "row by row": lambda k, x: sum(k.exp(row) for row in x) + len(x),
    "windows": lambda k, x: k.windows(x[None], (2, 2), (1, 2), (1, 1)),
    "windows added": lambda k, x: k.add_windows(
        k.windows(x, (2, 2), (1, 1), (1, 2)), x.shape, (1, 1), (1, 2)
    ),
    "another type": lambda k, x: x.astype(k.int32) + k.asarray(x, dtype=k.float32),
}
ADDING_UP: dict[str, Line] = {
    "sums": lambda k, x: k.sum(x) + k.sum(x, axis=0) + k.sum(x, axis=(0, -1), keepdims=True),
    "a sum of truth": lambda k, x: k.sum(x > 0, axis=1),
    "a sum of short whole numbers": lambda k, x: (
        k.sum(x.astype(k.int8)) + k.prod(x.astype(k.uint16))
    ),
    "a sum of what is repeated": lambda k, x: k.sum(k.broadcast_to(x[:, :1], (3, 5)), axis=1),
    "a sum of nothing": lambda k, x: k.sum(x[:0], axis=0) + k.prod(x[:, :0], axis=(0, 1)),
    "a sum over one entry": lambda k, x: k.sum(x[:, None], axis=1) + x.sum(axis=()),
    "products": lambda k, x: k.prod(x, axis=-1),
    "the largest": lambda k, x: k.max(x, axis=0) + k.min(x) + k.max(x, axis=1, initial=1)[:1],
    "where the largest is": lambda k, x: k.argmax(x, axis=1) + k.argmin(x, axis=1) * 10,
    "where the largest of all is": lambda k, x: k.argmax(x) + k.argmax(x[:, :1], axis=1),
    "truth": lambda k, x: k.any(x > 4, axis=0) | k.all(x, axis=0) | k.all(x[:0], axis=0),
    "running": lambda k, x: k.cumsum(x, axis=1) + k.cumprod(x, axis=-2),
    "linked": lambda k, x: k.recurrence(x, 2 * x, 1),
    "steps": lambda k, x: k.scan(lambda c, p: c * p[0] + 1, x[0], [x], 3, False),
    "steps backwards": lambda k, x: k.scan(lambda c, p: c * p[0] + 1, x[0], [x], 3, True),
}
COUNTING: dict[str, Line] = {
    "ranges": lambda k, x: k.arange(4) + k.arange(8, 0, -2) + k.arange(-3, 1),
    "a short range": lambda k, x: k.arange(3, dtype=k.uint32) << 3,
    "an empty range": lambda k, x: k.arange(0),
    "identity": lambda k, x: k.eye(3) @ k.eye(3, 4, 1) + k.eye(3, 4, dtype=bool),
    "filled": lambda k, x: (
        k.full((2,), 3) + k.full(2, 0.5, dtype=k.float32) + k.ones(2) + k.zeros((2,))
    ),
    "places": lambda k, x: k.wrapped(np.array([0, -1, 3]), 4),
    "taken": lambda k, x: k.take(x, np.array([[2, 0], [1, 1]]), axis=1),
    "taken in steps": lambda k, x: k.take(x, k.arange(0, 4, 2), axis=-1),
    "taken along": lambda k, x: k.take_along_axis(x, k.argmax(x, axis=1)[:, None], axis=1),
    "added at places": lambda k, x: k.scatter_add(x, np.array([1, 1, 0, 4]), 6),
    "added in steps": lambda k, x: k.scatter_add(x, 1 + 2 * k.arange(4), 9),
    "added at one place": lambda k, x: k.scatter_add(x, 0 * k.arange(4) + 1, 3),
    "added in rows": lambda k, x: k.scatter_add(x[:, 0], 4 * k.arange(3) + k.argmin(x, axis=1), 12),
    "added in columns": lambda k, x: k.scatter_add(x[0], k.arange(4) + 4 * k.argmin(x, axis=0), 12),
}
LINES = ARITHMETIC | CHOOSING | ARRANGING | ADDING_UP | COUNTING


@pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=str)
@pytest.mark.parametrize("what", LINES)
def test_a_line_means_the_same(what: str, dtype: np.dtype[Any]) -> None:
    """The same numbers, the same shape, and the same type: plain numbers give way to an array's."""
    found, wanted = (run(LINES[what], x_of(dtype)) for run in (on_symbols, on_numbers))
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    unit = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, wanted, rtol=unit, atol=4 * unit)


WHOLE: dict[str, Line] = {
    "division": lambda k, x: x / 2,
    "rotation": lambda k, x: (x << 3) | (x >> 5),
    "exclusive or": lambda k, x: ~x ^ 0x5A,
    "wrapping round": lambda k, x: x * 100 + x,
    "remainder": lambda k, x: x % 7 + x // 3,
    "powers": lambda k, x: x**2 + x**3,
    "to a float": lambda k, x: k.sqrt(x.astype(k.float32)) + x,
    "compared": lambda k, x: (x > 100) & (x != 77),
    "square root": lambda k, x: k.exp(x.astype(k.int32) / 300),
}


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("what", WHOLE)
def test_whole_numbers_mean_the_same(what: str, dtype: str) -> None:
    x = np.array([1, 5, 77, 100, 126]).astype(dtype)
    found, wanted = (run(WHOLE[what], x) for run in (on_symbols, on_numbers))
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


# --- what is not native -------------------------------------------------------------------------

REFUSED: dict[str, Line] = {
    "truth": lambda k, x: 1 if x[0, 0] > 0 else 2,
    "a plain number": lambda k, x: math.sin(x[0, 0]),
    "a whole number": lambda k, x: int(x[0, 0]),
    "a position in a list": lambda k, x: [1, 2][x[0, 0]],
    "its numbers": lambda k, x: np.asarray(x),
    "a list of it": lambda k, x: np.array([x, x]),
    "another function of NumPy": lambda k, x: np.sort(x),
    "a sum by NumPy": lambda k, x: np.add.reduce(x),
    "a ufunc without a kernel": lambda k, x: np.spacing(x),
    "two results": lambda k, x: np.modf(x),
    "an attribute": lambda k, x: x.flat,
    "a method": lambda k, x: x.tolist(),
    "a word": lambda k, x: k.sort(x),
    "a word inside a word": lambda k, x: k.linalg.det(x),
    "writing": lambda k, x: x.__setitem__(0, 1.0),
    "a mask": lambda k, x: x[x > 0],
    "an array as index": lambda k, x: x[np.array([0, 1])],
    "too many indices": lambda k, x: x[0, 0, 0],
    "an index outside": lambda k, x: x[9],
    "a shape that does not fit": lambda k, x: x.reshape(5, -1),
    "half a number": lambda k, x: x.astype(np.float16),
    "complex numbers": lambda k, x: x * 1j,
    "an argument too many": lambda k, x: k.exp(x, x),
    "text": lambda k, x: x + "1",
    "a long loop": lambda k, x: list(k.zeros(5_000)),
    "the largest of nothing": lambda k, x: k.max(x[:0]),
    "a place in nothing": lambda k, x: k.take(x[:0], k.arange(1), axis=0),
    "a number that does not fit": lambda k, x: x.astype(k.uint8) + 300,
    "a long running sum": lambda k, x: k.cumsum(k.ones(1_000), axis=0),
    "sums over dots": lambda k, x: k.einsum("...i->...", x),
    "a range of broken numbers": lambda k, x: k.arange(0.5),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_needs_numbers_or_other_words_is_not_native(what: str) -> None:
    namespace, inputs = symbols(x_of(DOUBLE))
    with pytest.raises(NotNative):
        REFUSED[what](namespace, *inputs)


def test_a_known_number_is_a_plain_number_where_one_is_needed() -> None:
    namespace, _ = symbols()
    two = namespace.asarray(2)
    assert (float(two), int(two), bool(two), [4, 5, 6][two]) == (2.0, 2, True, 6)


def test_the_number_of_arrays_is_limited() -> None:
    """So that nothing that is written out, row by row, exhausts the machine."""
    namespace, (x,) = symbols(x_of(DOUBLE))
    namespace.builder.most = 40
    line = LINES["a trace"]
    with pytest.raises(NotNative, match="too many"):
        [line(namespace, x + at) for at in range(100)]
