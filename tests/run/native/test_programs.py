"""Whole functions as machine code, against the interpreter: what users write, and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

Function = Callable[..., Any]
random = np.random.default_rng(7)


def array(*shape: int) -> np.ndarray:
    return random.standard_normal(shape)


def positive(*shape: int) -> np.ndarray:
    return random.random(shape) + 0.5


def layer_norm(x: Any) -> Any:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True) + 1e-5)


def attention(q: Any, k: Any, v: Any) -> Any:
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return np.sum(np.tanh(weights / np.sum(weights, axis=-1, keepdims=True) @ v))


def cross_entropy(W: Any, x: Any, y: Any) -> Any:
    scores = x @ W
    top = np.max(scores, axis=1, keepdims=True)
    total = np.log(np.sum(np.exp(scores - top), axis=1, keepdims=True)) + top
    return -np.mean(np.sum((scores - total) * y, axis=1))


def residual(x: Any, A: Any, B: Any) -> Any:
    for _ in range(3):
        x = x + np.maximum(layer_norm(x) @ A, 0) @ B
    return np.sum(x**2)


def convolution(images: Any, kernels: Any) -> Any:
    return np.sum(np.maximum(cr.numpy.conv2d(images, kernels), 0) ** 2)


def pieces(x: Any) -> Any:
    left, right = x[:, :3], x[:, 3:]
    both = np.concatenate([right, left * 2], axis=1)
    return np.sum(np.stack([both, both[::-1]])[0, 1:] * x[1:] ** 2)


def chosen(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.exp(-x), x**2) * np.sign(x))


def picked(x: Any, table: Any) -> Any:
    return np.sum(table[np.array([0, 2, 2, 1])] * x)


def running(x: Any) -> Any:
    return np.sum(np.cumsum(x) ** 2)


def solved(A: Any, b: Any) -> Any:
    return np.sum(np.linalg.solve(A + 5 * np.eye(4, dtype=A.dtype), b) ** 2)


def shared(x: Any) -> Any:
    """Each line reads the one before twice: unfolded it would have 2^30 parts."""
    for _ in range(30):
        x = x / 2 + np.maximum(x, 0) / 3
    return np.sum(x)


def long(x: Any) -> Any:
    for _ in range(400):
        x = np.sin(x) * 1.01
    return np.sum(x)


def ordered(x: Any) -> Any:
    return np.sum(np.sort(x) * np.arange(x.size))


PROGRAMS: dict[str, tuple[Function, tuple[np.ndarray, ...]]] = {
    "a number": (lambda x: x**3 + np.sin(x), (np.array(0.7),)),
    "a sum": (lambda x: np.sum(x * x), (array(5),)),
    "a long sum": (lambda x: np.sum(np.exp(-x * x)), (array(70_001),)),
    "rows and columns": (lambda x: np.sum(x.sum(0) * x.sum(1)[:5]), (array(7, 5),)),
    "a matrix and a vector": (lambda A, x: np.sum(np.tanh(A @ x)), (array(33, 65) / 20, array(65))),
    "a vector and a matrix": (lambda x, A: np.sum(np.tanh(x @ A)), (array(65), array(65, 33) / 20)),
    "three matrices": (lambda A, B: np.sum((A @ B @ A) ** 2), (array(17, 40), array(40, 17))),
    "transposed": (lambda A, B: np.sum(np.cos(A.T @ B.T)), (array(19, 33), array(35, 19))),
    "batches of products": (lambda A, B: np.sum((A @ B) ** 2), (array(6, 5, 7), array(6, 7, 3))),
    "einsum": (lambda A, B: np.sum(np.einsum("bij,bkj->ik", A, B) ** 2),
               (array(4, 5, 6), array(4, 7, 6))),
    "outer": (lambda a, b: np.sum(np.outer(a, b) ** 3), (array(5), array(6))),
    "softmax": (cross_entropy, (array(20, 10), array(32, 20), np.eye(10)[np.arange(32) % 10])),
    "layer norm": (lambda x: np.sum(layer_norm(x) ** 3), (array(9, 70),)),
    "residual": (residual, (array(12, 16), array(16, 32) * 0.1, array(32, 16) * 0.1)),
    "attention": (attention, (array(2, 9, 8), array(2, 11, 8), array(2, 11, 5))),
    "convolution": (convolution, (array(2, 3, 9, 10), array(4, 3, 3, 3))),
    "pieces": (pieces, (array(5, 6),)),
    "chosen": (chosen, (array(50),)),
    "picked": (picked, (array(4, 3), array(3, 3))),
    "powers": (lambda x, y: np.sum(x**y + np.log(x) * np.sqrt(y)), (positive(40), positive(40))),
    "products over axes": (lambda x: np.sum(np.prod(x, axis=1)), (array(6, 4),)),
    "largest": (lambda x: np.sum(np.max(x, axis=0) * np.min(x)), (array(6, 40),)),
    "running sums": (running, (array(30),)),
    "a linear system": (solved, (array(4, 4), array(4))),
    "sorted": (ordered, (array(12),)),
    "shared": (shared, (array(300),)),
    "a long chain": (long, (array(300),)),
    "nothing": (lambda x: np.sum(np.exp(x)) + 1.0, (array(0, 3),)),
}  # fmt: skip

TOLERANCES = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 2e-4}


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_function_and_its_gradient(name: str, dtype: np.dtype[Any]) -> None:
    function, arrays = PROGRAMS[name]
    arguments = [one.astype(dtype) for one in arrays]
    wrt = list(range(len(arguments)))
    derived = cr.value_and_grad(lambda *given: function(*given), wrt)
    value, slopes = derived(*arguments)
    compiled = cr.compile(derived)
    for found, found_slopes in (compiled(*arguments), compiled(*arguments)):
        assert found.dtype == value.dtype
        close(found, value, TOLERANCES[dtype])
        for one, other in zip(several(found_slopes), several(slopes), strict=True):
            assert one.shape == other.shape
            assert one.dtype == other.dtype
            close(one, other, TOLERANCES[dtype])


@pytest.mark.parametrize("name", ["a sum", "three matrices", "layer norm", "chosen", "pieces"])
def test_second_derivatives(name: str) -> None:
    function, arrays = PROGRAMS[name]
    arguments = tuple(one[:5, :6] if one.ndim == 2 else one[:6] for one in arrays)
    if name == "three matrices":
        arguments = (array(3, 4), array(4, 3))
    hessian = cr.hessian(function)
    close(np.asarray(cr.compile(hessian)(*arguments)), np.asarray(hessian(*arguments)), 1e-11)


def test_what_is_not_read_is_an_argument_all_the_same() -> None:
    """The code for one argument is not taken for two, of which the second is not looked at."""
    x = array(70, 70)
    alone = cr.compile(lambda x: np.sin(x) @ x)(x)
    before = cr.compile(lambda x, unread: np.sin(x) @ x)(x, array(3))
    np.testing.assert_array_equal(before, alone)


def several(slopes: Any) -> tuple[Any, ...]:
    return slopes if isinstance(slopes, tuple) else (slopes,)


def close(found: Any, expected: Any, tolerance: float) -> None:
    scale = max(np.max(np.abs(expected), initial=0.0), 1.0)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale)
