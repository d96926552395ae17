"""Ten compiled steps against PyTorch and JAX in float64: parameters agree to 1e-10."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tests.peers.architectures import ARCHITECTURES, Architecture

import chainrule as cr
from chainrule.graph.node import Array

RATE = 0.05
OURS = {
    "sgd": lambda: cr.sgd(RATE),
    "momentum": lambda: cr.momentum(RATE, 0.9),
    "nesterov": lambda: cr.nesterov(RATE, 0.9),
    "adam": lambda: cr.adam(RATE),
    "adamw": lambda: cr.adamw(RATE, weight_decay=0.01),
}

every_architecture = pytest.mark.parametrize("one", ARCHITECTURES, ids=lambda one: one.name)


def trained(one: Architecture) -> list[Array]:
    """The parameters after the steps, by the native loop."""
    loop = cr.training_loop(
        lambda params, x, y: one.loss(np, params, x, y),
        one.params,
        OURS[one.optimizer](),
        one.order.shape[1],
    )
    loop(one.x, one.y, order=one.order)
    found: list[Array] = loop.params
    return found


@pytest.mark.peers
@every_architecture
def test_jax_agrees(one: Architecture) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    slope = jax.jit(jax.grad(lambda params, x, y: one.loss(jax.numpy, params, x, y)))

    def gradients(params: Sequence[Array], x: Array, y: Array) -> list[Array]:
        return [np.asarray(part) for part in slope(list(params), x, y)]

    agree(trained(one), by_hand(one, gradients))


@pytest.mark.peers
@every_architecture
def test_torch_agrees(one: Architecture) -> None:
    torch = pytest.importorskip("torch")
    params = [torch.tensor(part, requires_grad=True) for part in one.params]
    makers: dict[str, Callable[[], Any]] = {
        "sgd": lambda: torch.optim.SGD(params, RATE),
        "momentum": lambda: torch.optim.SGD(params, RATE, momentum=0.9),
        "nesterov": lambda: torch.optim.SGD(params, RATE, momentum=0.9, nesterov=True),
        "adam": lambda: torch.optim.Adam(params, RATE),
        "adamw": lambda: torch.optim.AdamW(params, RATE, weight_decay=0.01),
    }
    optimizer = makers[one.optimizer]()
    for rows in one.order:
        optimizer.zero_grad()
        x, y = torch.tensor(one.x[rows]), torch.tensor(one.y[rows])
        one.loss(torch, params, x, y).backward()
        optimizer.step()
    agree(trained(one), [part.detach().numpy() for part in params])


def by_hand(one: Architecture, gradients: Callable[..., list[Array]]) -> list[Array]:
    """The steps of the optimiser as its paper has them, in NumPy, with a peer's gradients."""
    params = [part.copy() for part in one.params]
    first = [np.zeros_like(part) for part in params]
    second = [np.zeros_like(part) for part in params]
    for step, rows in enumerate(one.order, 1):
        slopes = gradients(params, one.x[rows], one.y[rows])
        for at, slope in enumerate(slopes):
            params[at] = params[at] - _moved(one.optimizer, at, slope, params, first, second, step)
    return params


def _moved(
    name: str,
    at: int,
    slope: Array,
    params: list[Array],
    first: list[Array],
    second: list[Array],
    step: int,
) -> Array:
    if name == "sgd":
        return RATE * slope
    if name in ("momentum", "nesterov"):
        first[at] = 0.9 * first[at] + slope
        return RATE * (first[at] if name == "momentum" else slope + 0.9 * first[at])
    first[at] = 0.9 * first[at] + 0.1 * slope
    second[at] = 0.999 * second[at] + 0.001 * slope**2
    root = np.sqrt(second[at] / (1 - 0.999**step)) + 1e-8
    decay = RATE * 0.01 * params[at] if name == "adamw" else 0.0
    return RATE * first[at] / (1 - 0.9**step) / root + decay


def agree(found: Sequence[Array], expected: Sequence[Array]) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)
