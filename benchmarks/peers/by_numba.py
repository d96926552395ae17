"""Numba: whole training loops in compiled Python, scalars for the small nets, `np.dot` else."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

import numpy as np
from numba import njit

from benchmarks.peers.session import Session
from benchmarks.peers.updates import MOMENTUM
from benchmarks.peers.workloads import Training, data_of

__all__ = ["whole_loop"]


def whole_loop(training: Training) -> Session:
    """As many steps as asked for in one call."""
    X, Y, order, first = data_of(training)
    if training.name in ("W1", "W2"):
        train = {"W1": _w1, "W2": _w2}[training.name]
        weights = [W.copy() for W in first]

        def go(steps: int, done: int) -> None:
            train(*weights, X, Y, np.float32(training.rate), steps)
    elif training.name == "W4c":
        weights = [np.stack(first[::2]), np.stack(first[1::2])]
        first = [W.copy() for W in weights]

        def go(steps: int, done: int) -> None:
            _tanh_layers(*weights, X, Y, order, np.float32(training.rate), steps, done)
    else:
        weights = [W.copy() for W in first]
        moved = [np.zeros_like(W) for W in first]
        keep = np.float32(MOMENTUM if training.optimizer == "momentum" else 0.0)

        def go(steps: int, done: int) -> None:
            _two_layers(*weights, *moved, X, Y, order, np.float32(training.rate), keep, steps, done)

    return _session(go, weights, first, [] if training.name != "W3" else moved)


def _session(
    go: Callable[[int, int], None], weights: list[Any], first: list[Any], moved: list[Any]
) -> Session:
    done = 0

    def run(steps: int) -> None:
        nonlocal done
        go(steps, done)
        done += steps

    def restart() -> None:
        nonlocal done
        done = 0
        for W, start in zip(weights, first, strict=True):
            W[...] = start
        for m in moved:
            m[...] = 0

    def results() -> list[Any]:
        if weights[0].ndim < 3:
            return weights
        return [array for pair in zip(*weights, strict=True) for array in pair]

    return Session(run, results, restart)


@njit(fastmath=True)
def _w1(W: Any, U: Any, X: Any, Y: Any, rate: Any, steps: int) -> None:
    x0, x1 = X[0, 0], X[0, 1]
    t0, t1 = np.float32(1 - Y[0]), np.float32(Y[0])
    zero = np.float32(0)
    a, b, c, d = W[0, 0], W[0, 1], W[1, 0], W[1, 1]
    p, q, r, s = U[0, 0], U[0, 1], U[1, 0], U[1, 1]
    for _ in range(steps):
        h0, h1 = max(x0 * a + x1 * c, zero), max(x0 * b + x1 * d, zero)
        z0, z1 = h0 * p + h1 * r, h0 * q + h1 * s
        top = max(z0, z1)
        e0, e1 = exp(z0 - top), exp(z1 - top)
        share = np.float32(1) / (e0 + e1)
        d0, d1 = e0 * share - t0, e1 * share - t1
        g0 = d0 * p + d1 * q if h0 > 0 else zero
        g1 = d0 * r + d1 * s if h1 > 0 else zero
        p -= rate * h0 * d0
        q -= rate * h0 * d1
        r -= rate * h1 * d0
        s -= rate * h1 * d1
        a -= rate * x0 * g0
        b -= rate * x0 * g1
        c -= rate * x1 * g0
        d -= rate * x1 * g1
    W[0, 0], W[0, 1], W[1, 0], W[1, 1] = a, b, c, d
    U[0, 0], U[0, 1], U[1, 0], U[1, 1] = p, q, r, s


@njit(fastmath=True)
def _w2(
    W: Any, b: Any, V: Any, c: Any, U: Any, d: Any, X: Any, Y: Any, rate: Any, steps: int
) -> None:
    one = np.float32(1)
    h, k = np.empty(2, np.float32), np.empty(2, np.float32)
    A, K = np.empty(2, np.float32), np.empty(2, np.float32)
    gW, gb, gV = np.empty_like(W), np.empty_like(b), np.empty_like(V)
    gc, gU, gd = np.empty_like(c), np.empty_like(U), np.empty_like(d)
    for _ in range(steps):
        gW[:], gb[:], gV[:], gc[:], gU[:], gd[:] = 0, 0, 0, 0, 0, 0
        for row in range(3):
            x = X[row, 0]
            for j in range(2):
                h[j] = one / (one + exp(-(x * W[0, j] + b[j])))
            for j in range(2):
                k[j] = one / (one + exp(-(h[0] * V[0, j] + h[1] * V[1, j] + c[j])))
            r = (k[0] * U[0, 0] + k[1] * U[1, 0] + d[0] - Y[row, 0]) * np.float32(2 / 3)
            for j in range(2):
                K[j] = r * U[j, 0] * k[j] * (one - k[j])
            for i in range(2):
                A[i] = (K[0] * V[i, 0] + K[1] * V[i, 1]) * h[i] * (one - h[i])
            gd[0] += r
            for j in range(2):
                gU[j, 0] += k[j] * r
                gc[j] += K[j]
                gW[0, j] += x * A[j]
                gb[j] += A[j]
                for i in range(2):
                    gV[i, j] += h[i] * K[j]
        for j in range(2):
            W[0, j] -= rate * gW[0, j]
            b[j] -= rate * gb[j]
            c[j] -= rate * gc[j]
            U[j, 0] -= rate * gU[j, 0]
            for i in range(2):
                V[i, j] -= rate * gV[i, j]
        d[0] -= rate * gd[0]


@njit(fastmath=True)
def _two_layers(
    W: Any, b: Any, V: Any, c: Any,
    mW: Any, mb: Any, mV: Any, mc: Any,
    X: Any, Y: Any, order: Any, rate: Any, keep: Any, steps: int, done: int,
) -> None:  # fmt: skip
    batch = order.shape[1]
    x = np.empty((batch, X.shape[1]), np.float32)
    for at in range(done, done + steps):
        rows = order[at % len(order)]
        for i in range(batch):
            x[i] = X[rows[i]]
        h = np.maximum(np.dot(x, W) + b, np.float32(0))
        z = np.dot(h, V) + c
        for i in range(batch):
            z[i] = np.exp(z[i] - z[i].max())
            z[i] /= z[i].sum()
            z[i, Y[rows[i]]] -= np.float32(1)
        z /= np.float32(batch)
        e = np.dot(z, V.T)
        for i in range(batch):
            for j in range(h.shape[1]):
                if h[i, j] <= 0:
                    e[i, j] = 0
        _moved(W, mW, np.dot(x.T, e), rate, keep)
        _moved(b, mb, e.sum(axis=0), rate, keep)
        _moved(V, mV, np.dot(h.T, z), rate, keep)
        _moved(c, mc, z.sum(axis=0), rate, keep)


@njit(fastmath=True)
def _moved(W: Any, m: Any, g: Any, rate: Any, keep: Any) -> None:
    for at in range(W.size):
        m.flat[at] = keep * m.flat[at] + g.flat[at]
        W.flat[at] -= rate * m.flat[at]


@njit(fastmath=True)
def _tanh_layers(
    W: Any, b: Any, X: Any, Y: Any, order: Any, rate: Any, steps: int, done: int
) -> None:
    layers, width = b.shape
    batch = order.shape[1]
    kept = np.empty((layers + 1, batch, width), np.float32)
    d = np.empty((batch, width), np.float32)
    for at in range(done, done + steps):
        rows = order[at % len(order)]
        for i in range(batch):
            kept[0, i] = X[rows[i]]
        for layer in range(layers):
            kept[layer + 1] = np.tanh(np.dot(kept[layer], W[layer]) + b[layer])
        for i in range(batch):
            d[i] = (kept[layers, i] - Y[rows[i]]) * np.float32(2 / (batch * width))
        for layer in range(layers - 1, -1, -1):
            d *= np.float32(1) - kept[layer + 1] * kept[layer + 1]
            slope = np.dot(kept[layer].T, d)
            bias = d.sum(axis=0)
            if layer:
                d = np.dot(d, W[layer].T)
            W[layer] -= rate * slope
            b[layer] -= rate * bias
