"""Values of an explanation: products and sums, what has no value, what is given another."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from tests.explain.numbers_of import evaluation, line, named

from chainrule.errors import DomainProblem
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Value
from chainrule.explain.options import Options
from chainrule.explain.source import Explainable
from chainrule.graph.named import Graph
from chainrule.graph.node import variable
from chainrule.ops.activation import relu
from chainrule.ops.linear import matmul

# Products and sums of values.

HALF = np.array([Fraction(1, 2), Fraction(1, 3)], dtype=object)
GRID = np.array([[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]], dtype=object)


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        (GRID, GRID, "= [7 10; 15 22]"),
        (HALF, GRID, "= [1/2 1; 1 4/3]"),
        (GRID, HALF, "= [1/2 2/3; 3/2 4/3]"),
        (HALF, HALF, "= [1/4 1/9]"),
    ],
)
@pytest.mark.parametrize("is_exact", [True, False])
def test_products(left: Any, right: Any, shown: str, is_exact: bool) -> None:
    found = evaluation("x = 1")
    kept = [Value(one.astype(float), one if is_exact else None) for one in (left, right)]
    product = found.product(*kept)
    if is_exact:
        assert line(found.shown(product)) == shown
    else:
        full = [np.diag(one) if one.ndim == 1 else one for one in (left, right)]
        expected = (full[0] @ full[1]).astype(float)
        found_full = np.diag(product.array) if product.array.ndim == 1 else product.array
        assert found_full == pytest.approx(expected)
        assert product.exact is None


def test_a_product_that_vanishes() -> None:
    found = evaluation("x = 1")
    tiny = Value(np.array([[1e-200, 0.0]]))
    assert found.product(tiny, Value(np.array([[1e-200], [1.0]]))).has_underflow
    assert not found.product(tiny, Value(np.array([[0.0], [1.0]]))).has_underflow
    lost = Value(np.array([[0.0]]), None, has_underflow=True)
    product = found.product(lost, Value(np.array([[3.0]])))
    assert (product.has_underflow, product.has_cancelled) == (False, True)
    assert found.sum_of([lost, lost]).has_cancelled


def test_sums() -> None:
    found = evaluation("x = 1")
    half, third = (Value(one.astype(float), one) for one in (HALF, HALF[::-1]))
    assert line(found.shown(found.sum_of([half, third, half]))) == "= [4/3 7/6]"
    rounded = Value(half.array)
    assert line(found.shown(found.sum_of([half, rounded]))) == "≈ [1 0.6667]"
    assert found.sum_of([half]).exact.tolist() == HALF.tolist()


def test_exact_products_are_bounded() -> None:
    """Fractions that grow without end go on as float64."""
    found = evaluation("x = 1")
    third = np.array([[Fraction(1, 3)]], dtype=object)
    value = Value(third.astype(float), third)
    for _ in range(10):
        value = found.product(value, value)
    assert value.exact is None
    assert value.array[0, 0] == pytest.approx((1 / 3) ** 1024 or 0.0)


# What has no value.


def test_without_numbers() -> None:
    found = evaluation("x : R^2\na = [1, 2]\ny = 2 * x\nb = 3 * a")
    names = [found.source.graph[name] for name in "xyab"]
    values = found.values(names)
    assert [value is None for value in values] == [True, True, False, False]
    (given,) = found.values([names[1]], {names[0]: Value(np.array([1.0, 0.5]))})
    assert given is not None
    assert given.array.tolist() == [2, 1]


def test_symbols_stand_for_what_they_are_given() -> None:
    """What was found with one value of a symbol is not used with another."""
    found = evaluation("x = [1, 2]")
    x, u = found.source.graph["x"], variable((2,))
    product = relu(u) * x
    for start in ([1.0, 1.0], [-1.0, 5.0]):
        (value,) = found.values([product], {u: Value(np.array(start))})
        assert value is not None
        assert value.array.tolist() == [max(start[0], 0), 2 * start[1]]


def test_a_quantity_that_is_given_another_value_has_it_for_one_call() -> None:
    found = evaluation("x = [1, 2]\ny = 3 * x\nz = y + 1")
    x, y, z = (found.source.graph[name] for name in "xyz")
    other = Value(np.array([5.0, 6.0]), np.array([Fraction(5), Fraction(6)], dtype=object))
    for instead, expected in (
        ({}, [4, 7]),
        ({x: other}, [16, 19]),
        ({y: other}, [6, 7]),
        ({}, [4, 7]),
    ):
        (value,) = found.values([z], instead)
        assert value is not None
        assert (value.array.tolist(), value.exact.tolist()) == (expected, expected)


def test_a_singular_matrix_is_an_error() -> None:
    found = evaluation("A = [[1, 2], [2, 4]]\nB = inv(A)")
    with pytest.raises(DomainProblem, match="singular"):
        named(found, "B")


def test_float32_and_whole_numbers() -> None:
    x, W = variable((2,), np.float32), variable((2, 2), np.float32)
    numbers = {x: np.array([0.1, 2], np.float32), W: np.array([[1, 0], [0.5, 1]], np.float32)}
    y = matmul(W, x)
    found = Evaluation(Explainable(Graph({"x": x, "y": y}), {}, numbers), Options())
    values = [value for value in found.values([x, y]) if value is not None]
    assert [line(found.shown(value)) for value in values] == ["= [0.1 2]", "= [0.1 2.05]"]
    assert {value.array.dtype for value in values} == {np.dtype(np.float64)}
