"""What every peer trains: data, first weights, batches and steps, the same numbers for each.

W1      2-2-2, ReLU, no biases, softmax cross-entropy of one example
W2      1-2-2-1, sigmoid, linear output, mean squared error of three examples
W3      64-32-10, ReLU, cross-entropy, batches of 32 of scikit-learn's digits, momentum
W4a     784-128-10, ReLU, cross-entropy, batches of 64 of noise in MNIST's shape
W4b     784-512-512-10, ReLU, cross-entropy, batches of 128, Adam
W4c     twelve layers of 256, tanh on all, mean squared error, batches of 32
residual, conv   a residual net with layer norm, a small conv net, both on the digits
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

__all__ = ["TRAININGS", "Data", "Training", "data_of", "one_hot", "operations"]

Array = np.ndarray[Any, np.dtype[Any]]


class Training(NamedTuple):
    """One net and how it is trained, in float32."""

    name: str
    sizes: tuple[int, ...]
    activation: str
    loss: str
    optimizer: str
    rate: float
    batch: int
    steps: int  # of one timed run: an epoch, where the data come in batches
    check: int  # steps after which results are compared: early, before a rounding flips a ReLU
    cores: int | None = 1  # None: all there are
    net: str = "mlp"


class Data(NamedTuple):
    """Inputs; classes or target numbers; the rows of each step's batch; first weights."""

    X: Any  # arrays of NumPy, or a library's own
    Y: Any
    order: Any  # None: all rows in every step
    weights: list[Any]

    def batch(self, step: Any) -> tuple[Any, Any]:
        """The rows of a step."""
        if self.order is None:
            return self.X, self.Y
        rows = self.order[step % len(self.order)]
        return self.X[rows], self.Y[rows]


CE, MSE = "cross-entropy", "mean squared error"
DIGITS = (64, 32, 10)
TRAININGS = {
    training.name: training
    for training in (
        Training("W1", (2, 2, 2), "relu", CE, "sgd", 0.01, 1, 1000, 1000),
        Training("W2", (1, 2, 2, 1), "sigmoid", MSE, "sgd", 0.1, 3, 1000, 1000),
        Training("W3", DIGITS, "relu", CE, "momentum", 0.05, 32, 56, 10),
        Training("W4a", (784, 128, 10), "relu", CE, "sgd", 0.1, 64, 200, 10, None),
        Training("W4b", (784, 512, 512, 10), "relu", CE, "adam", 1e-3, 128, 50, 10, None),
        Training("W4c", (256,) * 13, "tanh", MSE, "sgd", 0.1, 32, 50, 10, None),
        Training("residual", (64, 128, 10), "relu", CE, "adam", 1e-3, 32, 56, 5, 1, "residual"),
        Training("conv", (8, 16, 10), "relu", CE, "sgd", 0.05, 32, 56, 10, 1, "conv"),
    )
}
BLOCKS = 3  # of the residual net


@cache
def data_of(training: Training, dtype: Any = np.float32) -> Data:
    """The data of a training, made from fixed seeds; nobody may write on them."""
    X, Y = _inputs(training)
    weights = [array.astype(dtype) for array in _first_weights(training)]
    if Y.dtype != np.int32:
        Y = Y.astype(dtype, copy=False)
    return Data(X.astype(dtype, copy=False), Y, _order_of(training, len(X)), weights)


def operations(training: Training) -> int:
    """Multiplications and additions in the products of one step of a net of dense layers.

    Each layer has three products of one size: forward, for its weights, for its inputs.  Nobody
    needs the last of them for the first layer.
    """
    sizes = [a * b for a, b in zip(training.sizes, training.sizes[1:], strict=False)]
    return 2 * training.batch * (3 * sum(sizes) - sizes[0])


def one_hot(training: Training, classes: Array) -> Array:
    """A row for each class, with a one in its column."""
    return np.eye(training.sizes[-1], dtype=np.float32)[classes]


def _inputs(training: Training) -> tuple[Array, Array]:
    if training.name == "W1":
        return np.array([[2.0, 1.0]]), np.array([1], np.int32)
    if training.name == "W2":
        return np.array([[-1.0], [0.0], [1.0]]), np.array([[1.0], [0.0], [-1.0]])
    random = np.random.default_rng(1)
    if training.name == "W4c":
        X = random.standard_normal((4096, 256)).astype(np.float32)
        return X, (random.random((4096, 256)) - 0.5).astype(np.float32)
    if training.sizes[0] == 784:
        X = random.random((60_000, 784), dtype=np.float32)
        return X, random.integers(0, 10, 60_000).astype(np.int32)
    return _digits(images=training.net == "conv")


def _digits(images: bool) -> tuple[Array, Array]:
    """1,797 images of 8 × 8 with entries from 0 to 1, and their classes."""
    from sklearn.datasets import load_digits

    found = load_digits()
    X = (found.data / 16).astype(np.float32)
    return X.reshape(-1, 1, 8, 8) if images else X, found.target.astype(np.int32)


def _order_of(training: Training, count: int) -> Array | None:
    """(steps, batch): which rows each step takes; None for W1 and W2, which take all of them."""
    if count == training.batch:
        return None
    rows = np.random.default_rng(5).permutation(count).astype(np.int32)
    return rows[: training.steps * training.batch].reshape(training.steps, training.batch)


def _first_weights(training: Training) -> list[Array]:
    """The first weights in the order W1, b1, W2, b2 …; W1 has no biases."""
    if training.name == "W1":
        return [np.array([[1.0, -2.0], [2.0, 5.0]]), np.array([[3.0, -3.0], [-1.0, 1.0]])]
    if training.name == "W2":
        rows = ([[1, 2]], [0, 1], [[1, 2], [3, 4]], [0, 1], [[1], [2]], [1])
        return [np.array(row, float) for row in rows]
    random = np.random.default_rng(0)
    if training.net == "conv":
        return _conv_weights(random, *training.sizes)
    if training.net == "residual":
        return _residual_weights(random, *training.sizes)
    gain = 1.0 if len(training.sizes) > 8 else 2.0
    found: list[Array] = []
    for before, after in zip(training.sizes, training.sizes[1:], strict=False):
        found += [_normal(random, before, after, np.sqrt(gain / before)), np.zeros(after)]
    return found


def _normal(random: np.random.Generator, before: int, after: int, scale: float) -> Array:
    return random.standard_normal((before, after)) * scale


def _residual_weights(
    random: np.random.Generator, width: int, hidden: int, classes: int
) -> list[Array]:
    """For each block gain, bias, W, b, V, c; then the output's W and b."""
    found: list[Array] = []
    for _ in range(BLOCKS):
        found += [np.ones(width), np.zeros(width)]
        found += [_normal(random, width, hidden, np.sqrt(2 / width)), np.zeros(hidden)]
        found += [_normal(random, hidden, width, np.sqrt(1 / hidden)), np.zeros(width)]
    return [*found, _normal(random, width, classes, np.sqrt(1 / width)), np.zeros(classes)]


def _conv_weights(
    random: np.random.Generator, first: int, second: int, classes: int
) -> list[Array]:
    """Two layers of 3 × 3 kernels and their biases, then W and b; 8 × 8 becomes 4 × 4."""
    flat = second * 4 * 4
    return [
        random.standard_normal((first, 1, 3, 3)) * np.sqrt(2 / 9),
        np.full(first, 0.1),  # black pixels stay off the kink of the ReLU
        random.standard_normal((second, first, 3, 3)) * np.sqrt(2 / (9 * first)),
        np.full(second, 0.1),
        _normal(random, flat, classes, np.sqrt(1 / flat)),
        np.zeros(classes),
    ]
