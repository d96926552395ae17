"""The optimizers of the workloads as functions of any library's arrays.

Source of Adam: D. Kingma, J. Ba, Adam: a method for stochastic optimization, 2015,
arXiv:1412.6980, with the ε of its algorithm 1.
"""

from __future__ import annotations

from typing import Any

from benchmarks.peers.workloads import Training

__all__ = ["BETA1", "BETA2", "EPSILON", "MOMENTUM", "slots", "updated"]

MOMENTUM = 0.9
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def slots(training: Training) -> int:
    """How many arrays an optimizer keeps for each array of weights."""
    return {"sgd": 0, "momentum": 1, "adam": 2}[training.optimizer]


def updated(training: Training, weights: Any, gradients: Any, state: Any, count: Any) -> Any:
    """New weights and a new state after step `count`, from 1; a state is a list for each slot."""
    rate = training.rate
    if training.optimizer == "sgd":
        return [W - rate * g for W, g in zip(weights, gradients, strict=True)], state
    if training.optimizer == "momentum":
        steps = [MOMENTUM * m + g for m, g in zip(state[0], gradients, strict=True)]
        return [W - rate * m for W, m in zip(weights, steps, strict=True)], [steps]
    first = [BETA1 * m + (1 - BETA1) * g for m, g in zip(state[0], gradients, strict=True)]
    second = [BETA2 * v + (1 - BETA2) * g * g for v, g in zip(state[1], gradients, strict=True)]
    even1, even2 = 1 / (1 - BETA1**count), 1 / (1 - BETA2**count)
    moved = [
        W - rate * (m * even1) / ((v * even2) ** 0.5 + EPSILON)
        for W, m, v in zip(weights, first, second, strict=True)
    ]
    return moved, [first, second]
