"""Optimisers, clipping and schedules step by step beside PyTorch's, in float64 and float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.optimize.stepping import followed
from tests.peers.in_torch import torch

import chainrule as cr
from chainrule.graph.node import Array
from chainrule.optimize.optimizer import Optimizer

pytestmark = pytest.mark.peers
STEPS = 50
Theirs = Callable[[list[Any]], Any]
SHAPES = [(4, 3), (3,), ()]

OPTIMIZERS: dict[str, tuple[Optimizer, Theirs]] = {
    "sgd": (cr.sgd(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (cr.momentum(0.1, 0.8), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8)),
    "nesterov": (
        cr.nesterov(0.1, 0.8),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True),
    ),
    "adam": (cr.adam(0.1), lambda p: torch.optim.Adam(p, lr=0.1)),
    "adam, other means": (
        cr.adam(0.1, 0.5, 0.9, 1e-3),
        lambda p: torch.optim.Adam(p, lr=0.1, betas=(0.5, 0.9), eps=1e-3),
    ),
    "adamw": (cr.adamw(0.1), lambda p: torch.optim.AdamW(p, lr=0.1)),
    "adamw, more decay": (
        cr.adamw(0.1, weight_decay=0.3),
        lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.3),
    ),
}
SCHEDULES: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "step": (
        cr.step_decay(0.1, 0.5, every=7),
        lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.5),
    ),
    "exponential": (
        cr.exponential_decay(0.1, 0.9),
        lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9),
    ),
    "polynomial": (
        cr.polynomial_decay(0.1, 30, power=2),
        lambda o: torch.optim.lr_scheduler.PolynomialLR(o, 30, 2),
    ),
    "cosine": (
        cr.cosine_decay(0.1, STEPS, end=0.01),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, STEPS, 0.01),
    ),
    "warm up": (
        cr.warm_up(0.1, steps=10, start=0.02),
        lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.2, 1.0, 10),
    ),
    "piecewise": (
        cr.piecewise(0.1, {10: 0.05, 30: 0.025}),
        lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [10, 30], 0.5),
    ),
}


def drawn(dtype: str) -> tuple[list[Array], list[Array]]:
    random = np.random.default_rng(11)
    starts = [random.normal(size=shape).astype(dtype) for shape in SHAPES]
    return starts, [random.normal(size=(STEPS, *shape)).astype(dtype) for shape in SHAPES]


def of_torch(
    make: Theirs,
    starts: list[Array],
    gradients: list[Array],
    clip: Callable[[list[Any]], Any] = lambda tensors: None,
    schedule: Callable[[Any], Any] | None = None,
) -> list[Array]:
    """PyTorch's parameters after the same gradients."""
    tensors = [torch.tensor(start, requires_grad=True) for start in starts]
    optimizer = make(tensors)
    scheduler = None if schedule is None else schedule(optimizer)
    for at in range(STEPS):
        for tensor, slopes in zip(tensors, gradients, strict=True):
            tensor.grad = torch.tensor(slopes[at])
        clip(tensors)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return [tensor.numpy(force=True) for tensor in tensors]


@pytest.mark.parametrize(("ours", "theirs"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_an_optimiser(ours: Optimizer, theirs: Theirs) -> None:
    starts, gradients = drawn("float64")
    found, _ = followed(ours, starts, gradients)
    for mine, other in zip(found, of_torch(theirs, starts, gradients), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("ours", "theirs"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_an_optimiser_in_float32(ours: Optimizer, theirs: Theirs) -> None:
    starts, gradients = drawn("float32")
    found, _ = followed(ours, starts, gradients)
    for mine, other in zip(found, of_torch(theirs, starts, gradients), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("ours", "theirs"), SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule(ours: Any, theirs: Callable[[Any], Any]) -> None:
    starts, gradients = drawn("float64")
    found, _ = followed(cr.sgd(ours), starts, gradients)
    expected = of_torch(lambda p: torch.optim.SGD(p, lr=0.1), starts, gradients, schedule=theirs)
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("bound", [0.5, 3.0, 100.0])
def test_clipping_by_value(bound: float) -> None:
    def clip(tensors: list[Any]) -> None:
        torch.nn.utils.clip_grad_value_(tensors, bound)

    starts, gradients = drawn("float64")
    found, _ = followed(cr.clipped(cr.adam(0.1), value=bound), starts, gradients)
    expected = of_torch(OPTIMIZERS["adam"][1], starts, gradients, clip)
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("bound", [0.5, 3.0, 100.0])
def test_clipping_by_the_global_norm(bound: float) -> None:
    """PyTorch divides by the norm plus 1e-6: as far as that goes they agree."""

    def clip(tensors: list[Any]) -> None:
        torch.nn.utils.clip_grad_norm_(tensors, bound)

    starts, gradients = drawn("float64")
    found, _ = followed(cr.clipped(cr.sgd(0.1), global_norm=bound), starts, gradients)
    expected = of_torch(OPTIMIZERS["sgd"][1], starts, gradients, clip)
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6)
