"""The operators of nodes leave out what a person would not write, and stay right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.walk import gradient
from chainrule.graph.node import Node, constant, variable
from chainrule.ops.arithmetic import negate
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.reduction import mean, sum_
from chainrule.ops.transposition import permute, transpose
from chainrule.run.interpreter import evaluate

X, Y = variable((2,)), variable((2,))
ZERO, ONE = constant(0.0), constant(1.0)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (X + 0, X),
        (0 + X, X),
        (X - 0, X),
        (0 - X, -X),
        (1 * X, X),
        (X * 1, X),
        (X / 1, X),
        (X**1, X),
        (negate(X) * -1, X),
        (-1 * X, -X),
        (X + -Y, X - Y),
        (-X + Y, Y - X),
        (X - -Y, X + Y),
        (-(X - Y), Y - X),
        (-X - Y, -(X + Y)),
        (-X * -Y, X * Y),
        (X * -Y, -(X * Y)),
        (-X / Y, -(X / Y)),
        (X * (1 / Y), X / Y),
        ((1 / Y) * X, X / Y),
        (2 * (3 * X), 6 * X),
        (X + X, 2 * X),
        (X * 0, broadcast(ZERO, to=(2,))),
        (0 / X, broadcast(ZERO, to=(2,))),
        (X**0, broadcast(ONE, to=(2,))),
        (X * broadcast(1 / sum_(Y), to=(2,)), X / broadcast(sum_(Y), to=(2,))),
        (X * broadcast(-sum_(Y), to=(2,)), -(X * broadcast(sum_(Y), to=(2,)))),
    ],
)
def test_operators_leave_out_what_is_not_written(found: Node, wanted: Node) -> None:
    assert found is wanted


@pytest.mark.parametrize(
    "build",
    [
        lambda x, y: -x + y,
        lambda x, y: -x - (-y),
        lambda x, y: x - (x - y),
        lambda x, y: (-x) * (1 / -y),
        lambda x, y: 2 * (3 * (x * -1)) / -y,
        lambda x, y: -((y - x) * 1) + 0 * x - 3,
        lambda x, y: 5 - (2 - x) / (1 / y),
        lambda x, y: (x + 1) ** 2 - y**-1,
        lambda x, y: 2**x - 3 ** (y / 4),
    ],
)
def test_operators_agree_with_numbers(build: Callable[..., Any]) -> None:
    given = {X: np.array([1.5, -2.0]), Y: np.array([0.5, 4.0])}
    np.testing.assert_allclose(evaluate(build(X, Y), given), build(given[X], given[Y]))


def test_a_mean_is_a_division() -> None:
    x = variable((4,))
    assert gradient(mean(x**2), x).operation.name == "divide"


def test_long_runs_of_signs_and_transposes_need_no_recursion() -> None:
    x = turned = signed = variable((2, 3))
    for _ in range(20_000):
        signed = negate(signed)
        turned = transpose(turned)
    assert signed * x is x * x
    assert permute(turned, (1, 0)) is permute(x, (1, 0))


@pytest.mark.parametrize("use", [bool, iter])
def test_nodes_are_no_python_values(use: Callable[[Node], object]) -> None:
    with pytest.raises(TypeError):
        use(X)
