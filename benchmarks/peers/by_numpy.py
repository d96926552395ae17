"""NumPy by hand: forward pass, back-propagation and update in place, and the derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.derivatives import Derivative, hessian_weights
from benchmarks.peers.session import Session
from benchmarks.peers.updates import BETA1, BETA2, EPSILON, MOMENTUM, slots
from benchmarks.peers.workloads import CE, Training, data_of

__all__ = ["by_hand", "derivative"]

Array = np.ndarray[Any, Any]


def by_hand(training: Training) -> Session:
    """The net trained step by step."""
    data = data_of(training)
    first = data.weights
    weights = [array.copy() for array in first]
    update = Update(training, weights)
    backward = {"W1": _backward_w1}.get(training.name, _backward)
    done = 0

    def run(steps: int) -> None:
        nonlocal done
        for _ in range(steps):
            update(backward(training, weights, *data.batch(done)))
            done += 1

    def restart() -> None:
        nonlocal done
        done = 0
        update.reset()
        for array, start in zip(weights, first, strict=True):
            array[...] = start

    return Session(run, lambda: weights, restart)


class Update:
    """SGD, momentum or Adam, on the weights where they are."""

    def __init__(self, training: Training, weights: list[Array]) -> None:
        self.rate, self.kind, self.weights = training.rate, training.optimizer, weights
        self.state = [[np.zeros_like(W) for W in weights] for _ in range(slots(training))]
        self.count = 0

    def reset(self) -> None:
        self.count = 0
        for slot in self.state:
            for array in slot:
                array[...] = 0

    def __call__(self, gradients: list[Array]) -> None:
        self.count += 1
        for at, (W, g) in enumerate(zip(self.weights, gradients, strict=True)):
            W -= self._step(at, g)

    def _step(self, at: int, g: Array) -> Array:
        if self.kind == "sgd":
            return self.rate * g
        m = self.state[0][at]
        if self.kind == "momentum":
            m *= MOMENTUM
            m += g
            return self.rate * m
        m *= BETA1
        m += (1 - BETA1) * g
        v = self.state[1][at]
        v *= BETA2
        v += (1 - BETA2) * g * g
        scale = self.rate / (1 - BETA1**self.count)
        return scale * m / (np.sqrt(v * (1 / (1 - BETA2**self.count))) + EPSILON)


def _backward_w1(training: Training, weights: list[Array], x: Array, y: Array) -> list[Array]:
    W, U = weights
    h = np.maximum(x @ W, 0)
    d = _slope_of_cross_entropy(h @ U, y)
    return [x.T @ ((d @ U.T) * (h > 0)), h.T @ d]


def _backward(training: Training, weights: list[Array], X: Array, Y: Array) -> list[Array]:
    """The gradients of a net of dense layers with biases."""
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    activate, slope = ACTIVATIONS[training.activation]
    kept = [X]
    for at, (W, b) in enumerate(layers):
        Z = kept[-1] @ W
        Z += b
        last = at == len(layers) - 1 and training.name != "W4c"
        kept.append(Z if last else activate(Z))
    if training.loss == CE:
        D = _slope_of_cross_entropy(kept[-1], Y)
    else:
        D = (kept[-1] - Y) * (2 / Y.size)
    if training.name == "W4c":
        D *= slope(kept[-1])
    gradients: list[Array] = []
    for at in range(len(layers) - 1, -1, -1):
        gradients += [D.sum(axis=0), kept[at].T @ D]
        if at:
            D = D @ layers[at][0].T
            D *= slope(kept[at])
    return gradients[::-1]


def _slope_of_cross_entropy(Z: Array, y: Array) -> Array:
    """(softmax(Z) − T) / N; Z is not needed afterwards."""
    Z -= Z.max(axis=1, keepdims=True)
    np.exp(Z, out=Z)
    Z /= Z.sum(axis=1, keepdims=True)
    Z[np.arange(len(y)), y] -= 1
    Z /= len(y)
    return Z


def _relu(Z: Array) -> Array:
    return np.maximum(Z, 0, out=Z)


def _sigmoid(Z: Array) -> Array:
    return 1 / (1 + np.exp(-Z))


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (_relu, lambda h: h > 0),
    "sigmoid": (_sigmoid, lambda h: h * (1 - h)),
    "tanh": (np.tanh, lambda h: 1 - h * h),
}


# --- derivatives ---------------------------------------------------------------------------------


def derivative(case: Derivative) -> Session:
    """The derivative as one writes it who knows its structure."""
    acts: dict[str, Callable[..., Any]]
    acts = {"W5a": _jacobian, "W5b": _per_example, "W5c": _hessian, "W5d": _diagonal}
    return case.session(lambda: acts[case.name](*case.inputs))


def _jacobian(x: Array, weights: list[Array]) -> Array:
    """Forward mode: the Jacobian so far times each layer's."""
    J: Array | None = None
    for W, b in zip(weights[::2], weights[1::2], strict=True):
        x = np.tanh(x @ W + b)
        local = W.T * (1 - x * x)[:, None]
        J = local if J is None else local @ J
    assert J is not None
    return J


def _per_example(weights: list[Array], X: Array, T: Array) -> list[Array]:
    """Outer products, row by row."""
    W, b, V, c = weights
    H = np.maximum(X @ W + b, 0)
    Z = H @ V + c
    P = np.exp(Z - Z.max(axis=1, keepdims=True))
    D = P / P.sum(axis=1, keepdims=True) - T
    E = (D @ V.T) * (H > 0)
    return [X[:, :, None] * E[:, None, :], E, H[:, :, None] * D[:, None, :], D]


def _hessian(flat: Array, x: Array, t: Array) -> Array:
    """Forward over reverse: the gradient's slopes along all 13 directions at once."""
    W, b, V, c, U, d = hessian_weights(flat)
    along = [array.reshape(len(flat), *like.shape) for array, like in _directions(flat)]
    dW, db, dV, dc, dU, dd = along
    h = _sigmoid(x @ W + b)
    k = _sigmoid(h @ V + c)
    r = (k @ U + d - t) * (2 / t.size)
    h1, k1 = h * (1 - h), k * (1 - k)
    dh = h1 * (x @ dW + db[:, None])
    dk = k1 * (dh @ V + h @ dV + dc[:, None])
    dr = (dk @ U + k @ dU + dd[:, None]) * (2 / t.size)
    B = r @ U.T
    dB = dr @ U.T + r @ dU.transpose(0, 2, 1)
    K = B * k1
    dK = dB * k1 + B * (1 - 2 * k) * dk
    A = K @ V.T
    dA = dK @ V.T + K @ dV.transpose(0, 2, 1)
    dH = dA * h1 + A * (1 - 2 * h) * dh
    rows = (
        x.T @ dH,
        dH.sum(axis=1),
        dh.transpose(0, 2, 1) @ K + h.T @ dK,
        dK.sum(axis=1),
        dk.transpose(0, 2, 1) @ r + k.T @ dr,
        dr.sum(axis=1),
    )
    return np.concatenate([row.reshape(len(flat), -1) for row in rows], axis=1)


def _directions(flat: Array) -> list[tuple[Array, Array]]:
    unit, found, start = np.eye(len(flat)), [], 0
    for like in hessian_weights(flat):
        found.append((unit[:, start : start + like.size], like))
        start += like.size
    return found


def _diagonal(x: Array) -> Array:
    bell = np.exp(-(x**2))
    return (np.cos(x) - 2 * x * np.sin(x)) * bell
