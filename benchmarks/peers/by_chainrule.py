"""chainrule: the whole loop compiled; one compiled step a call; the NumPy interpreter."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.peers.derivatives import Derivative
from benchmarks.peers.models import network, plain_loss
from benchmarks.peers.session import Session
from benchmarks.peers.updates import MOMENTUM, slots, updated
from benchmarks.peers.workloads import CE, Data, Training, data_of, one_hot

__all__ = ["compiled", "derivative", "interpreted", "loop", "per_step", "plain_loop", "prepare"]


def loop(training: Training) -> Session:
    """`cr.training_loop` on a loss that uses the library's own losses."""
    return _looped(training, _loss(training))


def plain_loop(training: Training) -> Session:
    """The same with the loss by hand, in NumPy's functions."""
    return _looped(training, partial(plain_loss(training, cr.numpy.conv2d), np))


def _looped(training: Training, loss: Callable[..., Any]) -> Session:
    X, T, order, first = _data(training)
    optimizer = {
        "sgd": lambda: cr.sgd(training.rate),
        "momentum": lambda: cr.momentum(training.rate, MOMENTUM),
        "adam": lambda: cr.adam(training.rate),
    }[training.optimizer]()
    batch = None if order is None else training.batch
    train: Any = None

    def run(steps: int) -> None:
        rows = None if order is None else order[:steps]
        train(X, T, steps=steps, order=rows)

    def restart() -> None:
        nonlocal train
        train = cr.training_loop(loss, first, optimizer, batch)

    restart()
    return Session(run, lambda: list(train.params), restart)


def per_step(training: Training) -> Session:
    """Value and gradient compiled, called step by step; the update in NumPy."""
    return _stepped(training, cr.compile(cr.value_and_grad(_loss(training))))


def interpreted(training: Training) -> Session:
    """Value and gradient on the interpreter; the update in NumPy."""
    return _stepped(training, cr.value_and_grad(_loss(training)))


def _stepped(training: Training, both: Callable[..., Any]) -> Session:
    data = _data(training)
    first = data.weights
    weights: list[Any] = []
    state: list[Any] = []
    done = 0

    def run(steps: int) -> None:
        nonlocal weights, state, done
        for _ in range(steps):
            _, gradients = both(weights, *data.batch(done))
            weights, state = updated(training, weights, gradients, state, done + 1)
            done += 1

    def restart() -> None:
        nonlocal weights, state, done
        weights, done = list(first), 0
        state = [[np.zeros_like(W) for W in first] for _ in range(slots(training))]

    restart()
    return Session(run, lambda: weights, restart)


def prepare(training: Training) -> None:
    """Makes a row with a one of each class."""
    _data(training)


@cache
def _data(training: Training) -> Data:
    data = data_of(training)
    return data._replace(Y=one_hot(training, data.Y)) if training.loss == CE else data


def _loss(training: Training) -> Callable[..., Any]:
    outputs = network(training, cr.numpy.conv2d, cr.numpy.sigmoid)
    name = "mean_cross_entropy_with_logits" if training.loss == CE else "mse"
    measure = getattr(cr.numpy, name)

    def loss(weights: Any, X: Any, T: Any) -> Any:
        return measure(outputs(np, weights, X), T)

    return loss


# --- derivatives ---------------------------------------------------------------------------------


def derivative(case: Derivative) -> Session:
    """On the interpreter."""
    act, numbers = _derived(case)
    return case.session(lambda: numbers(act(*case.inputs)))


def compiled(case: Derivative) -> Session:
    """Compiled."""
    act, numbers = _derived(case)
    found = cr.compile(act)
    return case.session(lambda: numbers(found(*case.inputs)))


def _derived(case: Derivative) -> tuple[Callable[..., Any], Callable[[Any], Any]]:
    """The derivative, and how its numbers are taken; that W5d is a diagonal is not told."""
    function = partial(case.function, np)
    if case.name == "W5b":
        return cr.per_example_grad(function, 0, batch=(1, 2)), lambda found: found
    if case.name == "W5c":
        return cr.hessian(function), np.asarray
    diagonal = case.name == "W5d"
    return cr.jacobian(function), lambda J: J.diagonal() if diagonal else np.asarray(J)
