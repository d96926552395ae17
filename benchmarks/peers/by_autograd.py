"""autograd: gradients of plain NumPy functions, operation by operation."""

from __future__ import annotations

from functools import partial
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from benchmarks.peers.derivatives import Derivative
from benchmarks.peers.models import plain_loss
from benchmarks.peers.session import Session
from benchmarks.peers.updates import slots, updated
from benchmarks.peers.workloads import CE, Training, data_of, one_hot

__all__ = ["elementwise_grad", "hessian", "jacobian", "looped_grad", "per_step"]


def per_step(training: Training) -> Session:
    """Value and gradient of the loss, then an update by hand."""
    data = data_of(training)
    if training.loss == CE:
        data = data._replace(Y=one_hot(training, data.Y))
    first = data.weights
    both = autograd.value_and_grad(partial(plain_loss(training), anp))
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


def jacobian(case: Derivative) -> Session:
    """The dense Jacobian, one row at a time."""
    found = autograd.jacobian(partial(case.function, anp))
    return case.session(lambda: found(*case.inputs))


def hessian(case: Derivative) -> Session:
    """The Jacobian of the gradient."""
    found = autograd.hessian(partial(case.function, anp))
    return case.session(lambda: found(*case.inputs))


def looped_grad(case: Derivative) -> Session:
    """One gradient an example, in a loop."""
    weights, X, T = case.inputs
    slope = autograd.grad(partial(case.function, anp))

    def act() -> list[Any]:
        each = [slope(weights, x, t) for x, t in zip(X, T, strict=True)]
        return [np.stack(column) for column in zip(*each, strict=True)]

    return case.session(act)


def elementwise_grad(case: Derivative) -> Session:
    """The diagonal, by somebody who knows that there is nothing else."""
    found = autograd.elementwise_grad(partial(case.function, anp))
    return case.session(lambda: found(*case.inputs))
