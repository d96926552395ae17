"""The nets as users write them: plain functions of an array namespace, given NumPy or another's.

`loss(np, weights, X, T)`; for a cross-entropy T has a one for the class of each row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.peers.workloads import BLOCKS, CE, Training

__all__ = ["network", "plain_loss"]

EPSILON = 1e-5


def network(
    training: Training, conv2d: Any = None, sigmoid: Callable[[Any], Any] | None = None
) -> Callable[..., Any]:
    """`f(np, weights, X)`: the net's outputs; with a library's own convolution and sigmoid."""
    if training.net == "residual":
        return residual
    if training.net == "conv":
        return lambda np, weights, X: convolutional(np, weights, X, conv2d)
    if training.name == "W2" and sigmoid is not None:
        return lambda np, weights, X: sigmoid_net(np, weights, X, sigmoid)
    return {"W1": without_biases, "W2": sigmoid_net, "W4c": tanh_net}.get(training.name, relu_net)


def plain_loss(training: Training, conv2d: Any = None) -> Callable[..., Any]:
    """`f(np, weights, X, T)`: the loss, by hand in the functions of NumPy."""
    outputs = network(training, conv2d)
    measure = cross_entropy if training.loss == CE else squares

    def loss(np: Any, weights: Any, X: Any, T: Any) -> Any:
        return measure(np, outputs(np, weights, X), T)

    return loss


def cross_entropy(np: Any, Z: Any, T: Any) -> Any:
    top = np.max(Z, axis=1, keepdims=True)
    logs = Z - top - np.log(np.sum(np.exp(Z - top), axis=1, keepdims=True))
    return -np.mean(np.sum(T * logs, axis=1))


def squares(np: Any, Y: Any, T: Any) -> Any:
    return np.mean((Y - T) ** 2)


def without_biases(np: Any, weights: Any, X: Any) -> Any:
    W, U = weights
    return np.maximum(X @ W, 0) @ U


def sigmoid_net(np: Any, weights: Any, X: Any, sigmoid: Any = None) -> Any:
    W, b, V, c, U, d = weights
    activate = sigmoid or (lambda z: 1 / (1 + np.exp(-z)))
    return activate(activate(X @ W + b) @ V + c) @ U + d


def relu_net(np: Any, weights: Any, X: Any) -> Any:
    *hidden, W, b = weights
    for V, c in zip(hidden[::2], hidden[1::2], strict=True):
        X = np.maximum(X @ V + c, 0)
    return X @ W + b


def tanh_net(np: Any, weights: Any, X: Any) -> Any:
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        X = np.tanh(X @ W + b)
    return X


def residual(np: Any, weights: Any, X: Any) -> Any:
    *blocks, U, d = weights
    for at in range(BLOCKS):
        gain, bias, W, b, V, c = blocks[6 * at : 6 * at + 6]
        mean = np.mean(X, axis=1, keepdims=True)
        variance = np.mean((X - mean) ** 2, axis=1, keepdims=True)
        normal = (X - mean) / np.sqrt(variance + EPSILON) * gain + bias
        X = X + np.maximum(normal @ W + b, 0) @ V + c
    return X @ U + d


def convolutional(np: Any, weights: Any, X: Any, conv2d: Any) -> Any:
    K, b, L, c, W, d = weights
    X = np.maximum(conv2d(X, K) + b[:, None, None], 0)
    X = np.maximum(conv2d(X, L) + c[:, None, None], 0)
    return X.reshape(X.shape[0], -1) @ W + d
