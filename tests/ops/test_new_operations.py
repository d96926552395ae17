"""Operations that the library does not have need their definition and nothing else.

Cumulative sums and linear solves are linear in an input: their local Jacobian is `Multilinear`
in the operation itself, and no new kind of map is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.maps import adjoint, apply, dense
from chainrule.differentiate.walk import adjoints
from chainrule.graph.node import Array, Kernels, Node, Shape, constant, variable
from chainrule.jacobians.kinds import LinearMap, Multilinear, Product
from chainrule.ops.contract import LinearOperation, edges
from chainrule.ops.contraction import Einsum
from chainrule.ops.reduction import sum_
from chainrule.ops.transposition import transpose
from chainrule.run.gradient_check import check
from chainrule.run.interpreter import evaluate_all


class CumulativeSum(LinearOperation):
    """The sums of the first entries along the last axis, or of the last ones."""

    name = "cumulative_sum"
    backwards: bool = False

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = k.flip(values[0], -1) if self.backwards else values[0]
        total = k.cumsum(x, axis=-1)
        return k.flip(total, -1) if self.backwards else total

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Multilinear(self, inputs, 0),)

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(tangent)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return CumulativeSum(not self.backwards)(cotangent)


class Solve(LinearOperation):
    """The x with A x = b, for vectors b along the last axis: never an inverse."""

    name = "solve"
    arity = 2

    def shape(self, *shapes: Shape) -> Shape:
        return shapes[1]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        matrix, b = values
        return k.linalg.solve(matrix, b[..., None])[..., 0]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        matrix, b = inputs
        by_b = Multilinear(self, (matrix, b), 1)
        minus_dA_x = Multilinear(Einsum(("ij", "j"), "i"), (matrix, -y), 0)
        return Product((by_b, minus_dA_x)), by_b

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        return self(operands[0], tangent)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return self(transpose(operands[0]), cotangent)


def matrix_of(map_: LinearMap, given: dict[Node, Array]) -> Array:
    return evaluate_all([dense(map_)], given)[0]


@pytest.mark.parametrize("shape", [(4,), (2, 3)])
def test_a_cumulative_sum_is_linear_in_itself(shape: Shape) -> None:
    x = variable(shape)
    y = CumulativeSum()(x)
    ((_, map_),) = edges(y)
    values = np.arange(1.0, 1.0 + x.size).reshape(shape)
    u = np.linspace(-1, 1, x.size).reshape(shape)
    pushed, pulled = apply(map_, constant(values)), adjoint(map_, constant(u))
    forward, back = evaluate_all([pushed, pulled], {x: values})
    assert np.vdot(u, forward) == pytest.approx(np.vdot(back, values), rel=1e-14)
    size = shape[-1]
    block = np.tril(np.ones((size, size)))
    wanted = np.kron(np.eye(x.size // size), block)
    np.testing.assert_array_equal(matrix_of(map_, {x: values}).reshape(x.size, x.size), wanted)
    assert check(sum_(y**2), x, {x: values}).relative_error < 1e-9


def test_a_linear_solve_has_no_inverse_in_its_slope() -> None:
    matrix, b = variable((2, 2)), variable((2,))
    given = {matrix: np.array([[3.0, 1.0], [1.0, 2.0]]), b: np.array([1.0, -1.0])}
    x = Solve()(matrix, b)
    ways = dict(edges(x))
    np.testing.assert_allclose(matrix_of(ways[b], given), np.linalg.inv(given[matrix]), rtol=1e-14)
    for wrt in (matrix, b):
        assert check(x, wrt, given).relative_error < 1e-9
    second = sum_(adjoints(sum_(x**2))[matrix] ** 2)
    assert check(second, b, given).relative_error < 1e-8
