"""PyTorch: eager with its optimizers, and whole steps through torch.compile."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from benchmarks.peers.derivatives import Derivative
from benchmarks.peers.session import Session
from benchmarks.peers.updates import MOMENTUM, slots, updated
from benchmarks.peers.workloads import BLOCKS, CE, Data, Training, data_of

__all__ = [
    "compiled_hessian",
    "compiled_step",
    "eager",
    "hessian",
    "jacfwd",
    "jacrev",
    "mapped_grad",
]

torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)


def eager(training: Training) -> Session:
    """A loss, `backward()`, `optimizer.step()`."""
    data = _tensors(training)
    first = data.weights
    loss = _loss(training)
    weights = [W.clone().requires_grad_() for W in first]
    optimizer = _optimizer(training, weights)
    done = 0

    def run(steps: int) -> None:
        nonlocal done
        for _ in range(steps):
            X, Y = data.batch(done)
            optimizer.zero_grad(set_to_none=True)
            loss(weights, X, Y).backward()
            optimizer.step()
            done += 1

    def restart() -> None:
        nonlocal optimizer, done
        with torch.no_grad():
            for W, start in zip(weights, first, strict=True):
                W.copy_(start)
        optimizer, done = _optimizer(training, weights), 0

    return Session(run, lambda: [W.detach().numpy() for W in weights], restart)


def compiled_step(training: Training) -> Session:
    """Gradient and update as one function of the weights, through torch.compile."""
    data = _tensors(training)
    first = data.weights
    both = torch.func.grad_and_value(_loss(training))

    @torch.compile
    def step(weights: Any, state: Any, count: Any, X: Any, Y: Any) -> Any:
        gradients, _ = both(weights, X, Y)
        return updated(training, weights, gradients, state, count)

    weights: Any = []
    state: Any = []
    done = 0

    def run(steps: int) -> None:
        nonlocal weights, state, done
        for _ in range(steps):
            count = torch.tensor(float(done + 1))
            weights, state = step(weights, state, count, *data.batch(done))
            done += 1

    def restart() -> None:
        nonlocal weights, state, done
        weights, done = [W.clone() for W in first], 0
        state = [[torch.zeros_like(W) for W in first] for _ in range(slots(training))]

    restart()
    return Session(run, lambda: [W.numpy() for W in weights], restart)


def _tensors(training: Training) -> Data:
    X, Y, order, first = data_of(training)
    return Data(
        torch.from_numpy(X),
        torch.from_numpy(Y.astype(np.int64) if training.loss == CE else Y),
        None if order is None else torch.from_numpy(order.astype(np.int64)),
        [torch.from_numpy(W) for W in first],
    )


def _optimizer(training: Training, weights: list[Any]) -> Any:
    if training.optimizer == "adam":
        return torch.optim.Adam(weights, lr=training.rate)
    momentum = MOMENTUM if training.optimizer == "momentum" else 0.0
    return torch.optim.SGD(weights, lr=training.rate, momentum=momentum)


def _loss(training: Training) -> Callable[..., Any]:
    """The loss in PyTorch's own words."""
    outputs = {"residual": _residual, "conv": _convolutional}.get(training.net, _dense)
    measure = functional.cross_entropy if training.loss == CE else functional.mse_loss

    def loss(weights: Any, X: Any, Y: Any) -> Any:
        return measure(outputs(training, weights, X), Y)

    return loss


ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


def _dense(training: Training, weights: Any, X: Any) -> Any:
    activate = ACTIVATIONS[training.activation]
    if training.name == "W1":
        W, U = weights
        return activate(X @ W) @ U
    *hidden, W, b = weights
    for V, c in zip(hidden[::2], hidden[1::2], strict=True):
        X = activate(torch.addmm(c, X, V))
    Z = torch.addmm(b, X, W)
    return activate(Z) if training.name == "W4c" else Z


def _residual(training: Training, weights: Any, X: Any) -> Any:
    *blocks, U, d = weights
    for at in range(BLOCKS):
        gain, bias, W, b, V, c = blocks[6 * at : 6 * at + 6]
        normal = functional.layer_norm(X, gain.shape, gain, bias)
        X = X + torch.addmm(c, torch.relu(torch.addmm(b, normal, W)), V)
    return torch.addmm(d, X, U)


def _convolutional(training: Training, weights: Any, X: Any) -> Any:
    K, b, L, c, W, d = weights
    X = torch.relu(functional.conv2d(X, K, b))
    X = torch.relu(functional.conv2d(X, L, c))
    return torch.addmm(d, X.flatten(1), W)


# --- derivatives ---------------------------------------------------------------------------------


class Names:
    """The few names that NumPy and PyTorch do not share, as the functions use them."""

    exp, log, sin, tanh, mean, sum = (
        staticmethod(found)
        for found in (torch.exp, torch.log, torch.sin, torch.tanh, torch.mean, torch.sum)
    )

    @staticmethod
    def max(x: Any, axis: int, keepdims: bool) -> Any:
        return torch.amax(x, dim=axis, keepdim=keepdims)

    @staticmethod
    def maximum(x: Any, bound: float) -> Any:
        return torch.clamp(x, min=bound)


def jacrev(case: Derivative) -> Session:
    """Reverse mode."""
    return _repeated(case, torch.func.jacrev(partial(case.function, Names)))


def jacfwd(case: Derivative) -> Session:
    """Forward mode."""
    return _repeated(case, torch.func.jacfwd(partial(case.function, Names)))


def hessian(case: Derivative) -> Session:
    """Forward over reverse."""
    return _repeated(case, torch.func.hessian(partial(case.function, Names)))


def compiled_hessian(case: Derivative) -> Session:
    """The same through torch.compile."""
    return _repeated(case, torch.compile(torch.func.hessian(partial(case.function, Names))))


def mapped_grad(case: Derivative) -> Session:
    """`vmap(grad)`: for each example its gradient, or for each entry its slope."""
    over = (None, 0, 0) if case.name == "W5b" else 0
    return _repeated(case, torch.func.vmap(torch.func.grad(partial(case.function, Names)), over))


def _repeated(case: Derivative, act: Callable[..., Any]) -> Session:
    inputs = _as_tensors(case.inputs)
    return case.session(lambda: act(*inputs), lambda found: found.detach().numpy())


def _as_tensors(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_as_tensors(part) for part in value)
    return torch.from_numpy(value)
