"""Each warning, with its message and the user's line; and none on ordinary code."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import BroadcastWarning, GradientWarning

ZERO = np.array([1.0, 0.0, 4.0])
X = np.array([0.5, -1.0, 2.0])


def root_of_zero(x: Any) -> Any:
    y = np.sqrt(x)
    return np.sum(y)


def logarithm_of_zero(x: Any) -> Any:
    return np.sum(x * np.log(x))


def power_of_zero(x: Any) -> Any:
    return np.sum(x**0.5)


def norm_of_zeros(x: Any) -> Any:
    return np.linalg.norm(x - x[0])


def saturated_sigmoid(x: Any) -> Any:
    return np.sum(1 / (1 + np.exp(-x)))


def saturated_library_sigmoid(x: Any) -> Any:
    return np.sum(cr.numpy.sigmoid(x))


def saturated_tanh(x: Any) -> Any:
    return np.sum(np.tanh(x))


def saturated_softmax(x: Any) -> Any:
    return cr.numpy.softmax(x)[0]


def unused_branch(x: Any) -> Any:
    return np.sum(np.where(x > 0, np.log(x), 0.0))


def used_branch(x: Any) -> Any:
    return np.sum(np.where(x >= 0, np.sqrt(x), 0.0))


def saturated_layer(x: Any) -> Any:
    return np.sum(np.tanh(x @ (21 * np.eye(250, 300))))


def no_path(x: Any, b: Any) -> Any:
    return np.sum(x**2)


def silent_broadcast(x: Any) -> Any:
    target = np.ones((3, 1))
    return np.mean((x - target) ** 2)


def no_path_in_a_dict(p: Any) -> Any:
    return np.sum(p["W"] ** 2)


SLOPE = "its slope there is infinite"
DEAD = "its slope is below 1e-12, and nothing is learnt through it"
NAN = "it counts for nothing here, but gives NaN in other libraries"
WHERE = "the branch of where that is"
NORM = (
    "the norm is 0, where it has no slope: 0 is taken, and second derivatives are not to be "
    "relied on"
)

# The function, its arguments, what is said, and on which of the function's lines.
SPOKEN: list[tuple[Callable[..., Any], tuple[Any, ...], str, int]] = [
    (root_of_zero, (ZERO,), f"the root is taken of 0 at [1]: {SLOPE}", 1),
    (logarithm_of_zero, (ZERO,), f"the logarithm is taken of 0 at [1]: {SLOPE}", 1),
    (power_of_zero, (0 * ZERO,), f"the power is taken of 0 at [0] and 2 other entries: {SLOPE}", 1),
    (norm_of_zeros, (np.ones(3),), NORM, 1),
    (saturated_sigmoid, (50 * X,),
     f"the activation is saturated at [1] and 1 other entries: {DEAD}", 1),
    (saturated_library_sigmoid, (np.array([40.0]),),
     f"the activation is saturated at [0]: {DEAD}", 1),
    (saturated_tanh, (np.array([0.0, 20.0]),), f"the activation is saturated at [1]: {DEAD}", 1),
    (saturated_layer, (np.eye(13, 250),),
     f"the activation is saturated at [0, 0] and 12 other entries: {DEAD}", 1),
    (saturated_softmax, (np.array([0.0, 30.0]),),
     f"the activation is saturated at [0] and 1 other entries: {DEAD}", 1),
    (unused_branch, (ZERO,), f"{WHERE} not taken has an infinite slope at [1]: {NAN}", 1),
    (used_branch, (ZERO,), f"{WHERE} taken has an infinite slope at [1]", 1),
    (no_path, (X, X), "the result does not depend on b: its gradient is zero everywhere", 0),
    (no_path_in_a_dict, ({"W": X, "b": X},),
     "the result does not depend on p.b: its gradient is zero everywhere", 0),
    (silent_broadcast, (X,),
     "numpy.subtract repeats (3) and (3 × 1) to (3 × 3), a shape that neither has", 2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "arguments", "said", "line"), SPOKEN, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_warning_says_what_and_where(function: Any, arguments: Any, said: str, line: int) -> None:
    wrt = tuple(range(len(arguments)))
    with pytest.warns(GradientWarning) as caught:
        cr.grad(function, wrt)(*arguments)
    (found,) = caught
    assert str(found.message) == said
    assert found.filename == __file__
    assert found.lineno == inspect.getsourcelines(function)[1] + line
    kind = BroadcastWarning if function is silent_broadcast else GradientWarning
    assert found.category is kind


def test_choices_one_after_the_other_are_looked_at_one_by_one() -> None:
    """Each branch reads the choice before: all steps below each of them would be very many."""

    def chosen(x: Any) -> Any:
        for _ in range(300):
            x = np.where(x > 0.5, np.sqrt(x), x + 0.25)
        return np.sum(x)

    x = np.array([0.0, 0.7])
    with pytest.warns(GradientWarning, match="the branch of where that is not taken") as found:
        cr.grad(chosen)(x)
    assert len(found) == 1


def test_a_warning_is_given_once_for_a_signature() -> None:
    slope = cr.grad(lambda x: np.sum(np.sqrt(x)))
    with pytest.warns(GradientWarning) as caught:
        slope(ZERO)
    assert len(caught) == 1
    slope(ZERO)


def test_a_warning_is_shown_once_for_a_place() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        slope = cr.grad(lambda x: np.sum(np.sqrt(x)))
        for zeros in (np.zeros(2), np.zeros(3), np.zeros(1)):
            slope(zeros * 0)
        slope(np.zeros((2, 2)))
    messages = [str(one.message) for one in caught]
    assert len(messages) == len(set(messages))


def mlp(p: Any, x: Any, t: Any) -> Any:
    h = np.maximum(x @ p["W1"] + p["b1"], 0.0)
    y = h @ p["W2"] + p["b2"]
    return np.mean((y - t) ** 2) + 1e-3 * np.sum(p["W1"] ** 2)


def attention(q: Any, k: Any, v: Any) -> Any:
    scores = q @ k.T / np.sqrt(q.shape[-1])
    scores = np.where(np.tril(np.ones((4, 4))) > 0, scores, -1e9)
    weights = cr.numpy.softmax(scores)
    return np.sum(weights @ v)


def safe_norm(x: Any) -> Any:
    squares = np.sum(x**2)
    return np.sqrt(np.where(squares > 0, squares, 1.0))


def pairwise(x: Any) -> Any:
    return np.sum((x[:, None] - x[None, :]) ** 2)


def standardized(x: Any, data: Any) -> Any:
    z = (data - data.mean(axis=0)) / (data.std(axis=0) + 1e-8)
    return np.sum((z * x) ** 2)


def roots_of_data(w: Any, data: Any) -> Any:
    return np.sum(w * np.sqrt(data)) + np.sum(np.log1p(data) * w)


def logistic(w: Any, x: Any, t: Any) -> Any:
    p = 1 / (1 + np.exp(-(x @ w)))
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


def cross_entropy(z: Any, labels: Any) -> Any:
    shifted = z - np.max(z, axis=1, keepdims=True)
    logs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(logs[np.arange(len(labels)), labels])


def clipped(x: Any) -> Any:
    return np.sum(np.log(np.clip(x, 1e-6, None)))


def huber(x: Any) -> Any:
    a = np.abs(x)
    return np.sum(np.where(a < 1, 0.5 * x**2, a - 0.5))


R = np.random.default_rng(0)
DATA = np.array([[0.0, 1.0, 4.0], [1.0, 0.0, 9.0]])
SILENT: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (mlp, ({"W1": R.normal(size=(3, 4)), "b1": np.zeros(4), "W2": R.normal(size=(4, 2)),
            "b2": np.zeros(2)}, R.normal(size=(5, 3)), R.normal(size=(5, 2)))),
    (attention, (R.normal(size=(4, 3)), R.normal(size=(4, 3)), R.normal(size=(4, 3)))),
    (safe_norm, (np.zeros(3),)),
    (pairwise, (X,)),
    (standardized, (X, DATA)),
    (roots_of_data, (X, DATA)),
    (logistic, (X, DATA, np.array([0.0, 1.0]))),
    (cross_entropy, (R.normal(size=(4, 3)), np.array([0, 1, 2, 0]))),
    (clipped, (ZERO,)),
    (huber, (ZERO,)),
    (lambda x: np.sum(np.abs(x)) + np.max(x), (ZERO,)),
    (lambda x: np.sum(np.where(x > 0, x, 0.1 * x)), (ZERO,)),
    (lambda x: np.sum(x[:, None] * np.ones((3, 2))), (X,)),
    (lambda x: np.prod(x), (ZERO,)),
    (lambda x: np.sum(x**2 / (1 + x)), (ZERO,)),
    (lambda x: np.linalg.norm(x), (ZERO,)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "arguments"), SILENT, ids=lambda one: getattr(one, "__name__", "")
)
def test_ordinary_code_is_not_warned_of(function: Any, arguments: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make in (cr.grad, cr.hessian):
            make(function)(*arguments)
