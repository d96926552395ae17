"""Reductions, norms, cumulative operations and sorting where they are easily wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.walk import gradient
from chainrule.errors import ChainruleError, DomainProblem, ShapeError
from chainrule.graph.node import Node, constant, topological, variable
from chainrule.ops.cumulative import cumprod, cumsum, recurrence
from chainrule.ops.guarded import divide_or_zero
from chainrule.ops.norms import norm, p_norm
from chainrule.ops.product import prod, product_of_others
from chainrule.ops.reduction import as_rows, from_rows, max_, mean, min_, sum_
from chainrule.ops.sorting import argsort, sort, where_largest, where_smallest
from chainrule.ops.statistics import median, std, var
from chainrule.run.interpreter import evaluate, evaluate_all

INF, NAN = np.inf, np.nan
Build = Callable[[Node], Node]
WORD: Any = "large"  # what a text of the paper language may give where a number is meant
SEVERAL: Any = (0, 1)


def number_and_slope(build: Build, at: Any, dtype: str = "float64") -> list[Any]:
    """The value at a point and the gradient of its sum there."""
    array = np.asarray(at, dtype)
    x = variable(array.shape, dtype)
    output = build(x)
    return evaluate_all([output, gradient(sum_(output), x)], {x: array})


def hessian(build: Build, at: Any) -> Any:
    """The second derivatives of the sum, one row an entry."""
    x = variable((len(at),))
    slope = gradient(sum_(build(x)), x)
    return np.array(evaluate_all([gradient(slope[i], x) for i in range(x.size)], {x: at}))


VALUES_AND_SLOPES: list[tuple[Build, Any, Any, Any]] = [
    # products: by each entry the product of the others
    (prod, [2.0, 3.0, 4.0], 24, [12, 8, 6]),
    (prod, [0.0, 3.0, 4.0], 0, [12, 0, 0]),
    (prod, [3.0, 0.0, 4.0, 0.0], 0, [0, 0, 0, 0]),
    (prod, [-0.0, 5.0], 0, [5, 0]),
    (prod, [7.0], 7, [1]),
    (prod, 7.0, 7, 1),
    (prod, [], 1, []),
    (prod, [2.0, INF, 3.0], INF, [INF, 6, INF]),
    (lambda x: prod(x, axis=1), [[2.0, 0.0], [3.0, 4.0]], [0, 12], [[0, 2], [4, 3]]),
    (lambda x: prod(x, axis=0), np.ones((0, 2)), [1, 1], np.ones((0, 2))),
    (product_of_others, [0.0, 3.0, 0.0], [0, 0, 0], [3, 0, 3]),
    # spreads
    (var, [1.0, 3.0], 1, [-1, 1]),
    (var, [2.0, 2.0], 0, [0, 0]),
    (var, [5.0], 0, [0]),
    (std, [1.0, 3.0], 1, [-0.5, 0.5]),
    (std, [2.0, 2.0, 2.0], 0, [0, 0, 0]),
    (std, [5.0], 0, [0]),
    (lambda x: std(x, axis=1), [[2.0, 2.0], [1.0, 3.0]], [0, 1], [[0, 0], [-0.5, 0.5]]),
    # norms
    (norm, [3.0, -4.0], 5, [0.6, -0.8]),
    (norm, [0.0, 0.0], 0, [0, 0]),
    (norm, 0.0, 0, 0),
    (norm, [], 0, []),
    (lambda x: norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]], [0, 5], [[0, 0], [0.6, 0.8]]),
    (lambda x: norm(x, ord=1), [0.0, -2.0], 2, [0, -1]),
    (lambda x: norm(x, ord=0), [0.0, -2.0], 1, [0, 0]),
    (lambda x: norm(x, ord=INF), [-2.0, 2.0, 0.0], 2, [-1, 0, 0]),
    (lambda x: norm(x, ord=-INF), [0.0, 1.0, 0.0], 0, [0, 0, 0]),
    (lambda x: p_norm(x, p=3), [0.0, 0.0], 0, [0, 0]),
    (lambda x: p_norm(x, p=3), [0.0, -2.0], 2, [0, -1]),
    (lambda x: p_norm(x, p=1.5), [0.0, 4.0], 4, [0, 1]),
    (lambda x: p_norm(x, p=0.5), [0.0, 4.0], 4, [0, 1]),
    (lambda x: p_norm(x, p=0.5), [0.0, 0.0], 0, [0, 0]),
    (lambda x: divide_or_zero(x, x), [0.0, 2.0], [0, 1], [0, 0]),
    # selections
    (max_, [1.0, 3.0, 3.0], 3, [0, 1, 0]),
    (lambda x: max_(x, axis=(0, 1)), [[1.0, 3.0], [3.0, 0.0]], 3, [[0, 1], [0, 0]]),
    (lambda x: min_(x, axis=1), [[2.0, 2.0], [5.0, 4.0]], [2, 4], [[1, 0], [0, 1]]),
    (max_, [-INF, -INF], -INF, [1, 0]),
    (max_, [1.0, NAN, 5.0], NAN, [0, 1, 0]),
    (min_, [1.0, NAN, 5.0], NAN, [0, 1, 0]),
    (median, [3.0, 1.0, 2.0], 2, [0, 0, 1]),
    (median, [4.0, 1.0, 2.0, 3.0], 2.5, [0, 0, 0.5, 0.5]),
    (median, [1.0, 1.0, 1.0], 1, [0, 1, 0]),
    (median, 5.0, 5, 1),
    (lambda x: median(x, axis=0), [[1.0, 9.0], [5.0, 3.0]], [3, 6], [[0.5, 0.5], [0.5, 0.5]]),
    # along an axis
    (cumsum, [1.0, 2.0, 3.0], [1, 3, 6], [3, 2, 1]),
    (cumsum, [], [], []),
    (cumsum, 5.0, [5], 1),
    (cumsum, [[1.0, 2.0], [3.0, 4.0]], [1, 3, 6, 10], [[4, 3], [2, 1]]),
    (lambda x: cumsum(x, reverse=True), [1.0, 2.0, 3.0], [6, 5, 3], [1, 2, 3]),
    (cumprod, [2.0, 3.0, 4.0], [2, 6, 24], [16, 10, 6]),
    (cumprod, [2.0, 0.0, 4.0], [2, 0, 0], [1, 10, 0]),
    (cumprod, [0.0, 0.0, 4.0], [0, 0, 0], [1, 0, 0]),
    (cumprod, [7.0], [7], [1]),
    (cumprod, [], [], []),
    (sort, [3.0, 1.0, 2.0], [1, 2, 3], [1, 1, 1]),
    (sort, [], [], []),
    (lambda x: sort(x)[0], [2.0, 1.0, 1.0], 1, [0, 1, 0]),
    (lambda x: sort(x)[-1], [2.0, NAN, 1.0], NAN, [0, 1, 0]),
    (lambda x: sort(x, axis=0)[0], [[2.0, 1.0], [0.0, 1.0]], [0, 1], [[0, 1], [1, 0]]),
]


@pytest.mark.parametrize(("build", "at", "value", "slope"), VALUES_AND_SLOPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_slopes(build: Build, at: Any, value: Any, slope: Any, dtype: str) -> None:
    for found, wanted in zip(number_and_slope(build, at, dtype), (value, slope), strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize(
    "build", [sum_, mean, prod, var, std, median, max_, min_, norm, cumsum, cumprod, sort]
)
def test_nan_comes_through_and_a_size_of_one_is_no_special_case(build: Build) -> None:
    value, _ = number_and_slope(build, [1.0, NAN])
    assert np.isnan(value).any()
    value, slope = number_and_slope(lambda x: build(x, axis=1), [[2.0], [3.0]])  # type: ignore[call-arg]
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    "at",
    [[2.0, 3.0, 5.0], [0.0, 3.0, 5.0], [0.0, 3.0, 0.0, 5.0], [0.0, 0.0, 0.0], [1.0, 0.0, 2.0, 7.0]],
)
def test_second_derivatives_of_products_with_zeros(at: list[float]) -> None:
    wanted = [
        [np.prod(np.delete(at, [i, j])) * (i != j) for j in range(len(at))] for i in range(len(at))
    ]
    np.testing.assert_array_equal(hessian(prod, at), wanted)
    np.testing.assert_array_equal(hessian(lambda x: cumprod(x)[-1], at), wanted)


def test_third_derivatives_of_a_product_with_zeros() -> None:
    x = variable((4,))
    slope = prod(x)
    for place in (0, 1, 2):
        slope = gradient(slope, x)[place]
    assert evaluate(slope, {x: [0.0, 0.0, 0.0, 7.0]}) == 7
    np.testing.assert_array_equal(evaluate(gradient(slope, x), {x: np.zeros(4)}), [0, 0, 0, 1])


def test_derivatives_of_a_product_take_no_more_space_than_the_product() -> None:
    """The other way, a division for each pair of entries, would hold n² numbers."""
    n = 1000
    x, u = variable((n,)), variable((n,))
    second = gradient(sum_(gradient(prod(x), x) * u), x)
    nodes = topological([second])
    assert max(node.size for node in nodes) <= n
    assert len(nodes) < 100


def test_a_norm_at_zero_has_no_nan_to_second_order() -> None:
    for build in (norm, std, lambda x: p_norm(x, p=3)):
        assert np.isfinite(hessian(build, [0.0, 0.0])).all()
    np.testing.assert_allclose(hessian(norm, [3.0, 4.0]) * 125, [[16, -12], [-12, 9]])


@pytest.mark.parametrize("ddof", [2, 3])
def test_no_divisor_is_left(ddof: int) -> None:
    """As in NumPy: 0/0 for equal entries, infinite otherwise."""
    x = variable((2,))
    assert evaluate(var(x, ddof=ddof), {x: [1.0, 3.0]}) == INF
    assert np.isnan(evaluate(var(x, ddof=ddof), {x: [2.0, 2.0]}))


def test_nothing_has_a_sum_and_a_product_but_no_mean() -> None:
    x = variable((2, 0))
    nothing = {x: np.zeros((2, 0))}
    np.testing.assert_array_equal(evaluate(sum_(x, axis=1), nothing), [0, 0])
    np.testing.assert_array_equal(evaluate(prod(x, axis=1), nothing), [1, 1])
    assert np.isnan(evaluate(mean(x, axis=1), nothing)).all()
    assert evaluate(max_(x, axis=0), nothing).shape == (0,)


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_whole_numbers_have_a_mean_and_a_spread(dtype: str) -> None:
    x = variable((2, 2), dtype)
    value = np.array([[0, 1], [1, 1]], dtype)
    for build in (mean, var, std, median, norm):
        found = evaluate(build(x), {x: value})
        assert found.dtype == build(x).dtype == np.float64
    assert evaluate(mean(x), {x: value}) == 0.75


def test_equal_entries_keep_their_order() -> None:
    x = variable((40,))
    value = np.tile([1.0, 0.0], 20)
    order = [*range(1, 40, 2), *range(0, 40, 2)]
    np.testing.assert_array_equal(evaluate(argsort(x), {x: value}), order)
    slope = evaluate(gradient(sort(x) @ constant(np.arange(40.0)), x), {x: value})
    np.testing.assert_array_equal(slope[order], np.arange(40))


def test_an_index_along_an_axis_is_numpys() -> None:
    x = variable((2, 3))
    value = np.array([[1.0, 5.0, 5.0], [NAN, 0.0, 7.0]])
    for axis in (0, 1, -1):
        for ours, theirs in ((where_largest, np.argmax), (where_smallest, np.argmin)):
            found = evaluate(ours(x, axis=axis), {x: value})
            np.testing.assert_array_equal(found, theirs(value, axis=axis))
            assert found.dtype == np.int64


@pytest.mark.parametrize("axes", [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_rows_are_put_back_where_they_were(axes: tuple[int, ...]) -> None:
    x = variable((2, 3, 4))
    value = np.arange(24.0).reshape(2, 3, 4)
    rows = as_rows(x, axes)
    assert rows.ndim == 4 - len(axes)
    total = evaluate(sum_(rows, axis=rows.ndim - 1), {x: value})
    np.testing.assert_array_equal(total, value.sum(axis=axes))
    np.testing.assert_array_equal(evaluate(from_rows(rows, axes, x.shape), {x: value}), value)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda x: max_(x[:0]), ShapeError, "max needs at least one entry"),
        (lambda x: median(x[:0]), ShapeError, "median needs at least one entry"),
        (lambda x: where_largest(x[:0], axis=0), ShapeError, "at least one entry"),
        (lambda x: sort(x[0, 0]), ShapeError, "axis -1 does not exist in a number"),
        (lambda x: cumsum(x, axis=2), ShapeError, r"axis 2 does not exist in \(2 × 3\)"),
        (lambda x: cumprod(x, axis=SEVERAL), ShapeError, r"axis \(0, 1\) does not exist"),
        (lambda x: recurrence(x, x[0]), ShapeError, "needs arrays of one shape"),
        (lambda x: var(x, axis=(1, 1)), ShapeError, "named twice"),
        (lambda x: norm(x, ord=WORD), DomainProblem, "a number or inf, not large"),
        (lambda x: norm(x, ord=NAN), DomainProblem, "a number or inf"),
        (lambda x: p_norm(x, p=0), DomainProblem, "finite power that is not 0"),
        (lambda x: p_norm(x, p=INF), DomainProblem, "finite power"),
    ],
)
def test_what_is_refused(build: Build, error: type[ChainruleError], message: str) -> None:
    with pytest.raises(error, match=message):
        build(variable((2, 3)))
