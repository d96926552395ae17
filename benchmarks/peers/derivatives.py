"""Other derivatives than a gradient: what every peer computes.

W5a   the Jacobian of three layers 64-64-64-64 (tanh) at one input: 64 × 64, float32
W5b   one gradient an example: W3's net and loss, 256 digits, float32
W5c   the Hessian of W2's loss in its 13 weights, float64
W5d   the Jacobian of sin(x) exp(−x²) at 5,000 entries, of which only the diagonal is not 0, float64
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers.models import cross_entropy, relu_net, sigmoid_net, squares, tanh_net
from benchmarks.peers.session import Session
from benchmarks.peers.workloads import TRAININGS, data_of

__all__ = ["Derivative", "derivative_of", "hessian_weights"]

Array = np.ndarray[Any, Any]
EXAMPLES = 256
ENTRIES = 5000
SHAPES = ((1, 2), (2,), (2, 2), (2,), (2, 1), (1,))  # of W2's weights


class Derivative(NamedTuple):
    """A derivative that is asked for, its function (of a namespace first) and its inputs."""

    name: str
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    cores: int | None = 1

    def session(
        self, act: Callable[[], Any], numbers: Callable[[Any], Any] = np.asarray
    ) -> Session:
        """`act` again and again; its last result counts."""
        last: list[Any] = [None]

        def run(steps: int) -> None:
            for _ in range(steps):
                last[0] = act()

        def results() -> list[Array]:
            parts = last[0] if isinstance(last[0], list | tuple) else [last[0]]
            return [numbers(part) for part in parts]

        return Session(run, results, lambda: None)


def layers(np: Any, x: Any, weights: Any) -> Any:
    return tanh_net(np, weights, x)


def one_example(np: Any, weights: Any, x: Any, t: Any) -> Any:
    """The loss of a single row."""
    return cross_entropy(np, relu_net(np, weights, x[None]), t[None])


def loss_of_flat(np: Any, flat: Any, x: Any, t: Any) -> Any:
    return squares(np, sigmoid_net(np, hessian_weights(flat), x), t)


def hessian_weights(flat: Any) -> list[Any]:
    """W2's six arrays from 13 numbers in a row."""
    found, start = [], 0
    for shape in SHAPES:
        size = prod(shape)
        found.append(flat[start : start + size].reshape(shape))
        start += size
    return found


def sine_bell(np: Any, x: Any) -> Any:
    return np.sin(x) * np.exp(-(x**2))


def _jacobian_inputs() -> tuple[Any, ...]:
    random = np.random.default_rng(0)
    weights: list[Array] = []
    for _ in range(3):
        weights += [random.standard_normal((64, 64)) / 8, random.standard_normal(64) / 8]
    x = random.standard_normal(64)
    return x.astype(np.float32), [array.astype(np.float32) for array in weights]


def _example_inputs() -> tuple[Any, ...]:
    X, Y, _, weights = data_of(TRAININGS["W3"])
    return weights, X[:EXAMPLES], np.eye(10, dtype=np.float32)[Y[:EXAMPLES]]


def _hessian_inputs() -> tuple[Any, ...]:
    X, Y, _, weights = data_of(TRAININGS["W2"], np.float64)
    return np.concatenate([array.ravel() for array in weights]), X, Y


MADE: dict[str, tuple[Callable[..., Any], Callable[[], tuple[Any, ...]]]] = {
    "W5a": (layers, _jacobian_inputs),
    "W5b": (one_example, _example_inputs),
    "W5c": (loss_of_flat, _hessian_inputs),
    "W5d": (sine_bell, lambda: (np.linspace(-2.0, 2.0, ENTRIES),)),
}


def derivative_of(name: str) -> Derivative:
    """A derivative with its inputs."""
    function, inputs = MADE[name]
    return Derivative(name, function, inputs())
