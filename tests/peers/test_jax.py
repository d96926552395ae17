"""Value and derivatives against JAX, in both modes and of order 2, on the same random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.peers.comparing import IGNORED, Found, agree, at_a_place, directions, is_real, ours
from tests.peers.in_jax import jax, namespace
from tests.peers.row import Row, leaves, samples
from tests.peers.special_values import SPECIALS, Function, Special
from tests.peers.table import ROWS

import chainrule as cr
from chainrule.graph.node import Array, Shape

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings(IGNORED)]


def of_jax(row: Row, inputs: Sequence[Array], order: int) -> Found:
    """JAX's own, compiled as one."""

    def real_parts(*arrays: Any) -> Any:
        return [part for part in leaves(row.function(namespace, *arrays)) if is_real(part)]

    shapes = jax.eval_shape(real_parts, *inputs)
    tangents, seeds = directions(inputs, 1), directions(shapes, 2)

    def projected(*arrays: Any) -> Any:
        parts = real_parts(*arrays)
        return sum((part * seed).sum() for part, seed in zip(parts, seeds, strict=True))

    @jax.jit
    def everything(*arrays: Any) -> Any:
        value, pushed = jax.jvp(real_parts, arrays, tuple(tangents))
        gradient = jax.grad(projected, argnums=tuple(range(len(arrays))))
        if order < 2:
            return value, gradient(*arrays), pushed
        return (value, *jax.jvp(gradient, arrays, tuple(tangents)), pushed)

    value, pulled, *second, pushed = everything(*inputs)
    return Found(value, pulled, pushed, *second)


@pytest.mark.parametrize(
    ("row", "shapes"), [pytest.param(*rest, id=name) for name, *rest in samples(ROWS)]
)
def test_row(row: Row, shapes: tuple[Shape, ...]) -> None:
    if "jax" in row.apart:
        pytest.skip(row.apart["jax"])
    inputs = row.inputs(shapes)
    function = row.function
    mine = ours(lambda *arrays: function(cr.numpy, *arrays), inputs, row.order)
    agree(mine, of_jax(row, inputs, row.order))


def slopes_of_jax(function: Function, arrays: Sequence[Array]) -> tuple[Any, Sequence[Any]]:
    value, pullback = jax.vjp(lambda *given: function(namespace, *given), *arrays)
    return value, pullback(np.ones(value.shape))


@pytest.mark.parametrize("special", [pytest.param(each, id=each.name) for each in SPECIALS])
def test_special(special: Special) -> None:
    at_a_place(special, slopes_of_jax)
