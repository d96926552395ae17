"""Losses."""

from __future__ import annotations

from typing import Any

import numpy as np
from tests.ops.row import ROWS_OF_TWO, TWO, Row

from chainrule.graph.node import Array
from chainrule.ops import differences, losses


def np_huber(y: Array, t: Array, delta: float = 1.0) -> Any:
    far = np.abs(y - t)
    return np.where(far <= delta, far**2 / 2, delta * (far - delta / 2)).sum()


def np_hinge(y: Array, t: Array) -> Any:
    return np.maximum(0, 1 - t * y).sum()


def np_binary(p: Array, t: Array) -> Any:
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum()


def np_binary_of_logits(o: Array, t: Array) -> Any:
    return np_binary(1 / (1 + np.exp(-o)), t)


def np_divergence(p: Array, t: Array) -> Any:
    return (t * np.log(t / p)).sum()


ROWS: tuple[Row, ...] = (
    Row("absolute_error", differences.absolute_error, TWO, lambda y, t: np.abs(y - t).sum()),
    Row("mae", differences.mae, TWO, lambda y, t: np.abs(y - t).mean()),
    Row("huber", differences.huber, TWO, np_huber),
    Row(
        "huber 0.5",
        lambda y, t: differences.huber(y, t, delta=0.5),
        TWO,
        lambda y, t: np_huber(y, t, 0.5),
    ),
    Row("mean_huber", differences.mean_huber, TWO, lambda y, t: np_huber(y, t) / y.size),
    Row("hinge", differences.hinge, TWO, np_hinge),
    Row("mean_hinge", differences.mean_hinge, TWO, lambda y, t: np_hinge(y, t) / y.size),
    Row("kl_divergence", losses.kl_divergence, TWO, np_divergence),
    Row(
        "mean_kl_divergence",
        losses.mean_kl_divergence,
        ROWS_OF_TWO,
        lambda p, t: np_divergence(p, t) / np.prod(p.shape[:-1]),
    ),
    Row(
        "mean_binary_cross_entropy",
        losses.mean_binary_cross_entropy,
        TWO,
        lambda p, t: np_binary(p, t) / p.size,
    ),
    Row(
        "binary_cross_entropy_with_logits",
        losses.binary_cross_entropy_with_logits,
        TWO,
        np_binary_of_logits,
    ),
    Row(
        "mean_binary_cross_entropy_with_logits",
        losses.mean_binary_cross_entropy_with_logits,
        TWO,
        lambda o, t: np_binary_of_logits(o, t) / o.size,
    ),
)
