"""The functions of autograd's example notebooks, side by side with autograd in one run.

Each is written once, for whichever namespace it is given.  Skipped where autograd is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from benchmarks.figures import Figure, in_turn

RUNS = 15
RANDOM = np.random.default_rng(0)


class Example(NamedTuple):
    """A function of a namespace and arrays, the arrays, and how often it is called a timing."""

    name: str
    function: Callable[..., Any]
    arrays: tuple[Any, ...]
    calls: int


def tanh(np: Any, x: Any) -> Any:
    y = np.exp(-2.0 * x)
    return np.sum((1.0 - y) / (1.0 + y))


def taylor_sine(np: Any, x: Any) -> Any:
    answer = term = x
    i = 0
    while i < 30:
        term = -term * x * x / ((2 * i + 3) * (2 * i + 2))
        answer = answer + term
        i += 1
    return answer


def rosenbrock(np: Any, x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic_regression(np: Any, weights: Any, inputs: Any, targets: Any) -> Any:
    predictions = 0.5 * (np.tanh(np.dot(inputs, weights) / 2) + 1)
    chances = predictions * targets + (1 - predictions) * (1 - targets)
    return -np.sum(np.log(chances))


def neural_network(np: Any, parameters: Any, inputs: Any, targets: Any) -> Any:
    for W, b in parameters:
        outputs = np.dot(inputs, W) + b
        inputs = np.tanh(outputs)
    top = np.max(outputs, axis=1, keepdims=True)
    logs = outputs - top - np.log(np.sum(np.exp(outputs - top), axis=1, keepdims=True))
    return -np.sum(logs * targets)


def mixture(np: Any, means: Any, log_scales: Any, log_shares: Any, data: Any) -> Any:
    scaled = (data[:, None, :] - means) / np.exp(log_scales)
    logs = -0.5 * np.sum(scaled**2, axis=2) - np.sum(log_scales, axis=1) + log_shares
    top = np.max(logs, axis=1, keepdims=True)
    return np.sum(top[:, 0] + np.log(np.sum(np.exp(logs - top), axis=1)))


def gaussian_process(np: Any, log_scale: Any, log_noise: Any, X: Any, y: Any) -> Any:
    distances = np.sum((X[:, None] - X[None, :]) ** 2, axis=2)
    covariance = np.exp(-0.5 * distances / np.exp(log_scale)) + np.exp(log_noise) * np.eye(len(y))
    _, log_det = np.linalg.slogdet(covariance)
    return 0.5 * np.dot(y, np.linalg.solve(covariance, y)) + 0.5 * log_det


def recurrent_network(np: Any, W: Any, U: Any, V: Any, inputs: Any, targets: Any) -> Any:
    h = np.zeros((inputs.shape[1], W.shape[0]))
    loss = 0.0
    for x, t in zip(inputs, targets, strict=True):
        h = np.tanh(np.dot(h, W) + np.dot(x, U))
        loss = loss + np.sum((np.dot(h, V) - t) ** 2)
    return loss


def fluid(np: Any, vx: Any, vy: Any, smoke: Any) -> Any:
    for _ in range(10):
        spread = np.roll(smoke, 1, axis=0) + np.roll(smoke, -1, axis=0)
        spread = spread + np.roll(smoke, 1, axis=1) + np.roll(smoke, -1, axis=1)
        smoke = smoke + 0.1 * (spread - 4 * smoke) - 0.05 * (vx + vy) * smoke
    return np.mean((smoke - 0.5) ** 2)


def _normal(*shape: int) -> Any:
    return RANDOM.normal(size=shape)


def _one_hot(rows: int, classes: int) -> Any:
    return np.eye(classes)[RANDOM.integers(0, classes, rows)]


EXAMPLES = (
    Example("tanh, 1,000 entries", tanh, (_normal(1000),), 50),
    Example("taylor sine", taylor_sine, (1.5,), 20),
    Example("rosenbrock, 100 entries", rosenbrock, (_normal(100),), 50),
    Example(
        "logistic regression, 1,000 × 20",
        logistic_regression,
        (_normal(20) / 10, _normal(1000, 20), (RANDOM.random(1000) < 0.5).astype(float)),
        50,
    ),
    Example(
        "neural network, 256 × 784-200-100-10",
        neural_network,
        (
            [(_normal(n, m) / 10, _normal(m)) for n, m in ((784, 200), (200, 100), (100, 10))],
            _normal(256, 784),
            _one_hot(256, 10),
        ),
        3,
    ),
    Example(
        "mixture of 5 Gaussians, 500 × 2",
        mixture,
        (_normal(5, 2), _normal(5, 2) / 10, np.log(np.ones(5) / 5), _normal(500, 2)),
        20,
    ),
    Example(
        "Gaussian process, 60 points",
        gaussian_process,
        (0.1, -2.0, _normal(60, 2), _normal(60)),
        20,
    ),
    Example(
        "recurrent network, 20 steps",
        recurrent_network,
        (
            _normal(20, 20) / 5,
            _normal(8, 20),
            _normal(20, 4),
            _normal(20, 16, 8),
            _normal(20, 16, 4),
        ),
        5,
    ),
    Example(
        "fluid, 10 steps on 40 × 40", fluid, (_normal(40, 40), _normal(40, 40), _normal(40, 40)), 5
    ),
)


def measure_beside_autograd() -> list[Figure]:
    """Time of a gradient call over autograd's; the functions are traced before."""
    try:
        import autograd
        import autograd.numpy as anp
    except ModuleNotFoundError:
        print("autograd is not installed (pip install autograd): left out")
        return []
    return [_beside(example, autograd.grad, anp) for example in EXAMPLES]


def _beside(example: Example, their_grad: Any, their_numpy: Any) -> Figure:
    ours = cr.grad(lambda *arrays: example.function(np, *arrays))
    theirs = their_grad(lambda *arrays: example.function(their_numpy, *arrays))
    _assert_same(ours(*example.arrays), theirs(*example.arrays))

    def repeated(gradient: Any) -> Callable[[], None]:
        def act() -> None:
            for _ in range(example.calls):
                gradient(*example.arrays)

        return act

    _, _, ratio = in_turn(repeated(ours), repeated(theirs), RUNS)
    return Figure(f"{example.name}: time over autograd's", ratio, "x", 1.0)


def _assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(ours, list | tuple):
        for one, other in zip(ours, theirs, strict=True):
            _assert_same(one, other)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)
