"""Value and derivatives of both orders against PyTorch, on random numbers in any layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.peers.comparing import IGNORED, Found, agree, at_a_place, directions, ours
from tests.peers.in_torch import NoCounterpart, namespace, torch
from tests.peers.row import Row, leaves, samples
from tests.peers.special_values import SPECIALS, Function, Special
from tests.peers.table import ROWS

import chainrule as cr
from chainrule.graph.node import Array, Shape

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings(IGNORED)]


def of_torch(row: Row, inputs: Sequence[Array], order: int) -> Found:
    """PyTorch's own: back, and back again."""
    tensors = [torch.tensor(array, requires_grad=True) for array in inputs]
    function = row.function if row.torch is None else row.torch
    parts = [part for part in leaves(function(namespace, *tensors)) if part.dtype.is_floating_point]
    seeds = [torch.tensor(seed) for seed in directions(parts, 2)]
    tangents = [torch.tensor(tangent) for tangent in directions(inputs, 1)]
    total = sum((part * seed).sum() for part, seed in zip(parts, seeds, strict=True))
    slopes = back(total, tensors)
    moved = sum((s * t).sum() for s, t in zip(slopes, tangents, strict=True))
    second = back(moved, tensors) if order == 2 else []
    return Found(
        *[[each.numpy(force=True) for each in found] for found in (parts, slopes, [], second)]
    )


def back(total: Any, tensors: Sequence[Any]) -> list[Any]:
    """The gradient of a number; zeros where there is no path."""
    if not total.requires_grad:
        return [torch.zeros_like(tensor) for tensor in tensors]
    found = torch.autograd.grad(total, tensors, create_graph=True, allow_unused=True)
    return [
        torch.zeros_like(tensor) if slope is None else slope
        for tensor, slope in zip(tensors, found, strict=True)
    ]


@pytest.mark.parametrize(
    ("row", "shapes"), [pytest.param(*rest, id=name) for name, *rest in samples(ROWS)]
)
def test_row(row: Row, shapes: tuple[Shape, ...]) -> None:
    if "torch" in row.apart:
        pytest.skip(row.apart["torch"])
    inputs = row.inputs(shapes)
    try:
        theirs = of_torch(row, inputs, row.order)
    except NoCounterpart as lacking:
        pytest.skip(str(lacking))
    function, layout = row.function, list(map(scattered, inputs))
    mine = ours(lambda *arrays: function(cr.numpy, *arrays), layout, row.order)
    agree(mine, theirs)


def scattered(array: Array) -> Array:
    """The same numbers, every second one in memory, last axis first."""
    if not array.ndim:
        return array
    wide = np.zeros((2 * array.shape[-1], *array.shape[-2::-1])).T
    view = wide[..., ::2]
    view[...] = array
    return view


def slopes_of_torch(function: Function, arrays: Sequence[Array]) -> tuple[Any, Sequence[Any]]:
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    try:
        value = function(namespace, *tensors)
    except NoCounterpart as lacking:
        pytest.skip(str(lacking))
    return value.numpy(force=True), [one.numpy(force=True) for one in back(value.sum(), tensors)]


@pytest.mark.parametrize("special", [pytest.param(each, id=each.name) for each in SPECIALS])
def test_special(special: Special) -> None:
    at_a_place(special, slopes_of_torch)
