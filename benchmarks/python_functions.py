"""Plain NumPy functions: our own overhead a call, and tracing a deep network."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.figures import Figure, in_turn, seconds

RUNS = 15
CALLS = 500


def measure_python_functions() -> list[Figure]:
    """The 2-2-2 net against the same gradient by hand; trace and differentiate 50 layers."""
    ours, by_hand = _repeated(_ours()), _repeated(_by_hand)
    first, second, _ = in_turn(ours, by_hand, RUNS)
    traced = median(seconds(_traced_network()) for _ in range(RUNS))
    return [
        Figure("2-2-2 net, gradient by hand in NumPy", second / CALLS * 1e6, "µs"),
        Figure("2-2-2 net, cr.grad beyond that", (first - second) / CALLS * 1e6, "µs", 15.0),
        Figure("tracing and differentiating a 50-layer MLP", traced * 1e3, "ms", 30.0),
    ]


def sigmoid_net(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, t: Any) -> Any:
    """Two inputs, two hidden units, two outputs."""
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    y = 1 / (1 + np.exp(-(h @ W2 + b2)))
    return np.sum((y - t) ** 2)


RANDOM = np.random.default_rng(0)
NUMBERS = (
    RANDOM.normal(size=(2, 2)),
    np.zeros(2),
    RANDOM.normal(size=(2, 2)),
    np.zeros(2),
    np.array([1.0, 2.0]),
    np.array([0.0, 1.0]),
)


def _ours() -> Callable[[], object]:
    gradient = cr.grad(sigmoid_net, (0, 1, 2, 3))
    for ours, by_hand in zip(gradient(*NUMBERS), _by_hand(), strict=True):
        np.testing.assert_allclose(ours, by_hand)
    return lambda: gradient(*NUMBERS)


def _by_hand() -> Any:
    """The NumPy calls themselves, as one would write them."""
    W1, b1, W2, b2, x, t = NUMBERS
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    y = 1 / (1 + np.exp(-(h @ W2 + b2)))
    dz2 = 2 * (y - t) * y * (1 - y)
    dz1 = (dz2 @ W2.T) * h * (1 - h)
    return np.outer(x, dz1), dz1, np.outer(h, dz2), dz2


def _repeated(act: Callable[[], object]) -> Callable[[], object]:
    def repeat() -> None:
        for _ in range(CALLS):
            act()

    return repeat


def _traced_network() -> Callable[[], object]:
    """A new function each time, so that it is traced each time; the plan is not run."""
    layers = [(RANDOM.normal(size=(64, 64)) / 8, np.zeros(64)) for _ in range(50)]
    X, T = RANDOM.normal(size=(32, 64)), RANDOM.normal(size=(32, 64))

    def act() -> None:
        def loss(layers: Any, X: Any, T: Any) -> Any:
            H = X
            for W, b in layers:
                H = np.tanh(H @ W + b)
            return np.mean((H - T) ** 2)

        cr.grad(loss).program([layers, X, T], {})

    return act
