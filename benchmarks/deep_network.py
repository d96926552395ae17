"""Differentiating multi-layer perceptrons: all parameters' adjoints, 50 and 400 layers."""

from __future__ import annotations

import gc
from statistics import median

from benchmarks.figures import Figure, seconds
from chainrule.differentiate.walk import adjoints
from chainrule.graph.node import Node, variable
from chainrule.ops.activation import tanh
from chainrule.ops.arithmetic import add
from chainrule.ops.linear import matmul
from chainrule.ops.losses import squared_error

WIDTH, BATCH = 64, 32
RUNS = 15


def measure_deep_network() -> list[Figure]:
    """The reverse walk alone, the graph being there; and with building the graph."""
    shallow, deep = _median_walk(50), _median_walk(400)
    return [
        Figure("differentiating a 50-layer MLP", shallow * 1e3, "ms", 30.0),
        Figure("differentiating a 400-layer MLP", deep * 1e3, "ms"),
        Figure("400 layers / 50 layers", deep / shallow, "x", 10.0),
        Figure("building and differentiating a 50-layer MLP", _median_whole(50) * 1e3, "ms"),
    ]


def _network(layers: int) -> tuple[Node, list[Node]]:
    signal = variable((BATCH, WIDTH))
    parameters: list[Node] = []
    for _ in range(layers):
        weights, bias = variable((WIDTH, WIDTH)), variable((WIDTH,))
        parameters += [weights, bias]
        signal = tanh(add(matmul(signal, weights), bias))
    return squared_error(signal, variable((BATCH, WIDTH))), parameters


def _median_walk(layers: int) -> float:
    times = []
    for _ in range(RUNS):
        loss, parameters = _network(layers)
        gc.collect()
        times.append(seconds(lambda: adjoints(loss, parameters)))  # noqa: B023  called at once
    return median(times)


def _median_whole(layers: int) -> float:
    return median(seconds(lambda: adjoints(*_network(layers))) for _ in range(RUNS))
