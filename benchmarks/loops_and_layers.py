"""A loop that is traced once, in many and in few steps; a convolution against plain loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.figures import Figure, in_turn
from chainrule.graph.node import variable
from chainrule.ops.convolution import conv2d
from chainrule.run.interpreter import Plan

RUNS = 9
RANDOM = np.random.default_rng(4)


def measure_loops_and_layers() -> list[Figure]:
    """Eight times as many steps should take about eight times as long."""
    many, few, ratio = in_turn(_network(8000), _network(1000), RUNS)
    loops, ours, gain = in_turn(_loops, _convolution(), RUNS)
    return [
        Figure("gradient of a recurrent network, 8,000 steps by scan", many * 1e3, "ms"),
        Figure("gradient of a recurrent network, 1,000 steps by scan", few * 1e3, "ms"),
        Figure("8,000 steps / 1,000 steps", ratio, "x", 12.0),
        Figure("conv2d of 2 × 3 × 12 × 12 with 4 × 3 × 3 × 3", ours * 1e6, "µs"),
        Figure("the same by loops over every entry", loops * 1e6, "µs"),
        Figure("conv2d / loops", 1 / gain, "x", 0.01),
    ]


def _network(steps: int) -> Callable[[], object]:
    W, U, h, X = [0.5 * RANDOM.normal(size=shape) for shape in ((4, 4), (4, 2), (4,), (steps, 2))]

    def loss(W: Any, U: Any, h: Any, X: Any) -> Any:
        def step(h: Any, x: Any) -> Any:
            h = np.tanh(W @ h + U @ x)
            return h, h

        _, states = cr.numpy.scan(step, h, X)
        return np.sum(states**2)

    gradient = cr.grad(loss, (0, 1, 2))
    gradient(W, U, h, X)
    return lambda: gradient(W, U, h, X)


IMAGES, KERNEL = RANDOM.normal(size=(2, 3, 12, 12)), RANDOM.normal(size=(4, 3, 3, 3))


def _convolution() -> Callable[[], object]:
    nodes = variable(IMAGES.shape), variable(KERNEL.shape)
    plan = Plan([conv2d(*nodes)], nodes)
    np.testing.assert_allclose(plan(IMAGES, KERNEL)[0], _loops())
    return lambda: plan(IMAGES, KERNEL)


def _loops() -> Any:
    """Every product by itself."""
    n, channels, height, width = IMAGES.shape
    count, _, high, wide = KERNEL.shape
    found = np.zeros((n, count, height - high + 1, width - wide + 1))
    for index in np.ndindex(found.shape):
        image, kernel, row, column = index
        for c, i, j in np.ndindex(channels, high, wide):
            found[index] += IMAGES[image, c, row + i, column + j] * KERNEL[kernel, c, i, j]
    return found
