"""scikit-learn's MLPClassifier: an epoch a call of `fit`, from weights that are put in place."""

from __future__ import annotations

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.session import Session
from benchmarks.peers.updates import BETA1, BETA2, EPSILON, MOMENTUM
from benchmarks.peers.workloads import Training, data_of

__all__ = ["fitted"]


def fitted(training: Training) -> Session:
    """`fit` with a warm start goes once through the rows in the order given.

    A later epoch begins with a fresh optimizer: only the first one is compared.
    """
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, Y, order, first = data_of(training)
    net = MLPClassifier(
        hidden_layer_sizes=training.sizes[1:-1],
        activation=training.activation,
        solver="adam" if training.optimizer == "adam" else "sgd",
        momentum=MOMENTUM if training.optimizer == "momentum" else 0.0,
        nesterovs_momentum=False,
        learning_rate_init=training.rate,
        beta_1=BETA1,
        beta_2=BETA2,
        epsilon=EPSILON,
        alpha=0.0,
        batch_size=training.batch,
        shuffle=False,
        max_iter=1,
        warm_start=True,
    )
    known = _rows_of_each_class(Y)
    net.set_params(batch_size=len(known)).fit(X[known], Y[known])
    net.set_params(batch_size=training.batch)

    def run(steps: int) -> None:
        rows = order[:steps].ravel()
        net.fit(X[rows], Y[rows])

    def restart() -> None:
        for W, start in zip(net.coefs_, first[::2], strict=True):
            W[...] = start
        for b, start in zip(net.intercepts_, first[1::2], strict=True):
            b[...] = start

    def results() -> list[Any]:
        pairs = zip(net.coefs_, net.intercepts_, strict=True)
        return [array for pair in pairs for array in pair]

    restart()
    return Session(run, results, restart)


def _rows_of_each_class(Y: Any) -> list[int]:
    return [int((label == Y).argmax()) for label in range(10)]
