"""Networks drawn at random, in an array namespace: the same lines run in NumPy, JAX and PyTorch."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from chainrule.graph.node import Array

__all__ = ["ARCHITECTURES", "Architecture", "drawn"]

STEPS = 10
ACTIVATIONS = ("tanh", "sigmoid", "softplus", "relu", "gelu_like")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw")
HEADS = ("cross entropy", "mean square")
KINDS = ("plain", "residual", "normalized", "transposed")


class Architecture(NamedTuple):
    """A network, its loss and its optimiser; with all data it is trained on."""

    name: str
    kind: str
    activation: str
    head: str
    optimizer: str
    params: list[Array]
    x: Array
    y: Array
    order: Array

    def loss(self, xp: Any, params: Any, x: Any, y: Any) -> Any:
        """The loss of a batch, in the namespace `xp`."""
        h = x
        for at in range(0, len(params) - 2, 2):
            h = self._layer(xp, h, params[at], params[at + 1])
        out = h @ params[-2] + params[-1]
        if self.head == "mean square":
            return xp.mean((out - y) ** 2)
        weights = xp.exp(out)
        shares = weights / xp.sum(weights, 1, keepdims=True)
        return -xp.mean(xp.sum(y * xp.log(shares), 1))

    def _layer(self, xp: Any, h: Any, W: Any, b: Any) -> Any:
        if self.kind == "normalized":
            centred = h - xp.mean(h, 1, keepdims=True)
            h = centred / xp.sqrt(xp.mean(centred**2, 1, keepdims=True) + 1e-3)
        z = (W.T @ h.T).T + b if self.kind == "transposed" else h @ W + b
        found = _activated(xp, self.activation, z)
        is_square = h.shape == found.shape
        return h + found if self.kind == "residual" and is_square else found


def _activated(xp: Any, name: str, z: Any) -> Any:
    if name == "tanh":
        return xp.tanh(z)
    if name == "sigmoid":
        return 1 / (1 + xp.exp(-z))
    if name == "softplus":
        return xp.log(1 + xp.exp(z))
    if name == "relu":
        return xp.where(z > 0, z, 0 * z)
    return z / (1 + xp.exp(-1.702 * z))


def drawn(seed: int) -> Architecture:
    """Architecture number `seed`: every activation, head, kind and optimiser comes up."""
    random = np.random.default_rng(seed)
    depth = int(random.integers(1, 5))
    width = int(random.integers(3, 40))
    widths = [int(random.integers(2, 30)), *[width] * depth, int(random.integers(2, 9))]
    if seed % 3 == 0:
        widths[1:-1] = [int(one) for one in random.integers(3, 70, depth)]
    params: list[Array] = []
    for rows, columns in pairwise(widths):
        params += [random.standard_normal((rows, columns)) / np.sqrt(rows), np.zeros(columns)]
    count, batch = 60, int(random.integers(1, 33))
    head = HEADS[seed % 2]
    x = random.standard_normal((count, widths[0]))
    labels = np.eye(widths[-1])[random.integers(0, widths[-1], count)]
    y = labels if head == "cross entropy" else random.standard_normal((count, widths[-1]))
    order = np.stack([random.permutation(count)[:batch] for _ in range(STEPS)])
    activation, kind = ACTIVATIONS[seed % 5], KINDS[(seed // 2) % 4]
    optimizer = OPTIMIZERS[(seed // 4) % 5]
    name = f"{seed}: {kind} {'-'.join(map(str, widths))} {activation} {head} {optimizer}"
    return Architecture(name, kind, activation, head, optimizer, params, x, y, order)


ARCHITECTURES = [drawn(seed) for seed in range(20)]
