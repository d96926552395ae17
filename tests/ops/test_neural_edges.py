"""Layers of networks where they are delicate: borders, ties, constant rows, keys, empty arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import dense
from chainrule.differentiate.walk import adjoints, gradient
from chainrule.errors import ChainruleError, DataProblem, DomainProblem, ShapeError
from chainrule.graph.node import Array, Node, Shape, constant, variable
from chainrule.ops import convolution
from chainrule.ops.convolution import Windowed, conv2d, conv2d_correlation, conv2d_transposed
from chainrule.ops.embedding import embedding
from chainrule.ops.normalization_layers import (
    batch_norm,
    batch_norm_inference,
    layer_norm,
    standardize,
)
from chainrule.ops.pooling import avg_pool2d, max_pool2d, max_pool2d_positions
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import evaluate, evaluate_all

INF, NAN = np.inf, np.nan
GRID = np.arange(16.0).reshape(1, 1, 4, 4)


def value_and_slope(build: Callable[[Node], Node], at: Any) -> list[Array]:
    """The value, and the gradient of the sum of its entries."""
    at = np.asarray(at, float)
    x = variable(at.shape)
    return evaluate_all([build(x), gradient(sum_(build(x)), x)], {x: at})


# --- convolution


@pytest.mark.parametrize(
    ("kernel", "geometry", "value"),
    [
        ([[1.0, 0.0], [0.0, 0.0]], {}, [[0, 1, 2], [4, 5, 6], [8, 9, 10]]),
        ([[0.0, 1.0], [0.0, 0.0]], {}, [[1, 2, 3], [5, 6, 7], [9, 10, 11]]),  # not turned round
        ([[1.0]], {"stride": 3}, [[0, 3], [12, 15]]),
        ([[1.0]], {"stride": (2, 3)}, [[0, 3], [8, 11]]),  # the last row and column are left out
        ([[1.0]], {"padding": (1, 0), "stride": (1, 4)}, [[0], [0], [4], [8], [12], [0]]),
        ([[0.0, 0.0], [0.0, 1.0]], {"dilation": 3}, [[15]]),
        (np.ones((4, 4)), {}, [[120]]),
    ],
)
def test_a_convolution_takes_the_windows_it_says(kernel: Any, geometry: Any, value: Any) -> None:
    window = constant(np.asarray(kernel)[None, None])
    found = evaluate(conv2d(constant(GRID), window, **geometry))
    np.testing.assert_array_equal(found[0, 0], value)


def test_a_missing_number_stays_in_its_windows() -> None:
    image = GRID.copy()
    image[..., 0, 0] = NAN
    found = evaluate(conv2d(constant(image), constant(np.ones((1, 1, 2, 2)))))
    np.testing.assert_array_equal(np.isnan(found[0, 0]), np.eye(3) * [1, 0, 0])


@pytest.mark.parametrize(
    ("x", "kernel"),
    [((0, 2, 3, 3), (2, 2, 2, 2)), ((2, 2, 3, 3), (0, 2, 2, 2)), ((2, 0, 3, 3), (2, 0, 2, 2))],
)
def test_convolutions_of_nothing(x: Shape, kernel: Shape) -> None:
    inputs = [variable(x), variable(kernel)]
    output = conv2d(*inputs)
    given = dict(zip(inputs, [np.ones(x), np.ones(kernel)], strict=True))
    slopes = [gradient(sum_(output * output), node) for node in inputs]
    value, *found = evaluate_all([output, *slopes], given)
    assert value.shape == (x[0], kernel[0], 2, 2)
    assert not value.any()
    for node, slope in zip(inputs, found, strict=True):
        assert slope.shape == node.shape
        assert not slope.any()
        entries = evaluate(dense(jacobian(output, node)), given)
        assert entries.shape == output.shape + node.shape


def test_the_transposed_convolution_is_the_smallest_unless_it_is_told() -> None:
    y, kernel = variable((1, 2, 3, 3)), variable((2, 1, 2, 3))
    assert conv2d_transposed(y, kernel, stride=2, dilation=(1, 2)).shape == (1, 1, 6, 9)
    assert conv2d_transposed(y, kernel, stride=2, padding=1, size=(5, 6)).shape == (1, 1, 5, 6)
    with pytest.raises(ShapeError, match=r"give \(4 × 3\), not \(3 × 3\)"):
        conv2d_transposed(y, kernel, stride=2, padding=1, size=(6, 6))


def test_whole_and_truth_values_convolve_as_numbers() -> None:
    image = constant(np.ones((1, 1, 2, 2)), np.int64) > 0
    kernel = variable((1, 1, 2, 2), "float32")
    output = conv2d(image, kernel)
    assert output.dtype == "float32"
    assert evaluate(output, {kernel: np.ones((1, 1, 2, 2))}).tolist() == [[[[4.0]]]]


def test_images_are_taken_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    x, kernel = variable((5, 2, 4, 4)), variable((3, 2, 2, 2))
    output = conv2d(x, kernel)
    given = {node: random.normal(size=node.shape) for node in (x, kernel)}
    slopes = adjoints(output, [x, kernel], constant(random.normal(size=output.shape)))
    wanted = evaluate_all([output, *slopes.values()], given)
    operation = output.operation
    assert isinstance(operation, Windowed)
    windows = 2 * 4 * 9
    assert operation.cost(x.shape, kernel.shape) == (x.size + windows, output.size * 2 * 4)
    for at_once in (1, 2 * windows, 3 * windows):
        monkeypatch.setattr(convolution, "AT_ONCE", at_once)
        found = evaluate_all([output, *slopes.values()], given)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)


# --- pooling


@pytest.mark.parametrize(
    ("build", "at", "value", "slope"),
    [
        (lambda x: max_pool2d(x, size=2), [[1, 1], [1, 1]], [[1]], [[1, 0], [0, 0]]),  # a tie
        (lambda x: max_pool2d(x, size=2), [[0, 2], [2, 1]], [[2]], [[0, 1], [0, 0]]),
        (lambda x: max_pool2d(x, size=2), [[0, 2, 9]] * 2, [[2]], [[0, 1, 0], [0, 0, 0]]),
        (
            lambda x: max_pool2d(x, size=2, stride=1),
            [[0, 5, 0]] * 2,
            [[5, 5]],
            [[0, 2, 0], [0, 0, 0]],
        ),
        (lambda x: max_pool2d(x, size=2, padding=1), [[-3, -4]], [[-3, -4]], [[1, 1]]),
        (lambda x: max_pool2d(x, size=3, padding=2, stride=9), [[-INF]], [[-INF]], [[1]]),
        (lambda x: max_pool2d(x, size=(1, 2)), [[-INF, -INF]], [[-INF]], [[1, 0]]),
        (lambda x: max_pool2d(x, size=(1, 3)), [[1, NAN, INF]], [[NAN]], [[0, 1, 0]]),
        (lambda x: avg_pool2d(x, size=2), [[1, 2, 9], [3, 6, 9]], [[3]], [[0.25, 0.25, 0]] * 2),
        (lambda x: avg_pool2d(x, size=2, padding=1, stride=3), [[8.0]], [[2]], [[0.25]]),
        (
            lambda x: avg_pool2d(x, size=2, padding=1, stride=3, count_include_pad=False),
            [[8.0]],
            [[8]],
            [[1]],
        ),
        (lambda x: avg_pool2d(x, size=1), [[INF, NAN]], [[INF, NAN]], [[1, 1]]),
    ],
)
def test_pools(build: Callable[[Node], Node], at: Any, value: Any, slope: Any) -> None:
    for found, wanted in zip(value_and_slope(build, at), (value, slope), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_the_border_is_never_the_largest() -> None:
    x = np.full((2, 3, 3), -INF)
    places = evaluate(max_pool2d_positions(constant(x), size=2, stride=2, padding=1))
    np.testing.assert_array_equal(places[0], [[0, 1], [3, 4]])
    np.testing.assert_array_equal(places[1], places[0] + 9)


@pytest.mark.parametrize("build", [max_pool2d, avg_pool2d])
def test_pools_of_nothing(build: Callable[..., Node]) -> None:
    value, slope = value_and_slope(lambda x: build(x, size=2), np.ones((0, 3, 4, 4)))
    assert value.shape == (0, 3, 2, 2)
    assert slope.shape == (0, 3, 4, 4)


# --- normalization


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("constant_at", [0.0, 3.0, -1e4])
def test_constant_rows_come_out_as_the_bias(constant_at: float, dtype: str) -> None:
    x, gain, bias = variable((2, 4), dtype), variable((4,), dtype), variable((4,), dtype)
    output = layer_norm(x, gain, bias)
    found = adjoints(sum_(output * output), [x, gain, bias])
    again = gradient(sum_(found[x] * found[x]), x)
    given = {x: np.full((2, 4), constant_at), gain: np.ones(4), bias: np.arange(4.0)}
    value, *slopes = evaluate_all([output, *found.values(), again], given)
    np.testing.assert_array_equal(value, [np.arange(4)] * 2)
    assert all(np.isfinite(slope).all() for slope in slopes)


def test_one_entry_a_group_has_no_slope() -> None:
    for build in (lambda x: standardize(x, axis=1), lambda x: standardize(x, axis=())):
        value, slope = value_and_slope(build, [[2.0], [-3.0]])
        assert not value.any()
        assert not slope.any()


def test_standardized_entries_have_mean_0_and_variance_1() -> None:
    x = np.random.default_rng(2).normal(5, 3, (4, 6, 5))
    found = evaluate(standardize(constant(x), axis=(0, 2), epsilon=0))
    np.testing.assert_allclose(found.mean((0, 2)), 0, atol=1e-15)
    np.testing.assert_allclose(found.var((0, 2)), 1)


def test_inference_with_the_batchs_own_statistics_is_training() -> None:
    x = np.random.default_rng(3).normal(2, 3, (5, 2, 3))
    gain, bias = constant([2.0, -1.0]), constant([0.5, 3.0])
    given = [constant(x), gain, bias]
    statistics = [constant(x.mean((0, 2))), constant(x.var((0, 2)))]
    one, other = evaluate_all([batch_norm(*given), batch_norm_inference(*given, *statistics)], {})
    np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-14)


# --- embedding


def test_a_row_counts_as_often_as_it_is_looked_up() -> None:
    table, at = variable((4, 2)), variable((2, 3), "int64")
    output = embedding(table, at)
    places = np.array([[1, 1, 3], [1, 0, -1]])
    given = {table: np.arange(8.0).reshape(4, 2), at: places}
    value, slope = evaluate_all([output, gradient(sum_(output), table)], given)
    np.testing.assert_array_equal(value[0], [[2, 3], [2, 3], [6, 7]])
    np.testing.assert_array_equal(slope, [[1, 1], [3, 3], [0, 0], [2, 2]])


def test_a_row_outside_the_table_is_a_mistake() -> None:
    table, at = variable((4, 2)), variable((), "int64")
    with pytest.raises(DomainProblem, match="4"):
        evaluate(embedding(table, at), {table: np.zeros((4, 2)), at: 4})


# --- errors


@pytest.mark.parametrize(
    ("build", "kind", "message"),
    [
        (
            lambda: conv2d(variable((3, 4, 4)), variable((2, 3, 2, 2))),
            ShapeError,
            r"takes x \(N × C × H × W\) and kernel \(K × C × h × w\), not \(3 × 4 × 4\) and \(2 ×",
        ),
        (
            lambda: conv2d(variable((1, 3, 4, 4)), variable((2, 1, 2, 2))),
            ShapeError,
            r"input channels on both sides, not 3 and 1: x \(1 × 3 × 4 × 4\) and kernel \(2 × 1",
        ),
        (
            lambda: conv2d(variable((1, 1, 4, 4)), variable((1, 1, 5, 2))),
            ShapeError,
            r"\(5 × 2\) spans \(5 × 2\), the padded image is \(4 × 4\)",
        ),
        (
            lambda: conv2d(variable((1, 1, 4, 4)), variable((1, 1, 2, 2)), dilation=4),
            ShapeError,
            r"\(2 × 2\) spans \(5 × 5\)",
        ),
        (
            lambda: conv2d_correlation(variable((1, 1, 4, 4)), variable((1, 1, 2, 2)), size=2),
            ShapeError,
            r"windows \(2 × 2\) of an image \(4 × 4\) give \(3 × 3\), not \(2 × 2\)",
        ),
        (
            lambda: conv2d(variable((1, 1, 4, 4)), variable((1, 1, 2, 2)), stride=0),
            ShapeError,
            "stride is at least 1, not 0",
        ),
        (
            lambda: conv2d(variable((1, 1, 4, 4)), variable((1, 1, 2, 2)), padding=(1, -1)),
            ShapeError,
            r"padding is at least 0, not \(1, -1\)",
        ),
        (
            lambda: conv2d(variable((1, 1, 4, 4)), variable((1, 1, 2, 2)), stride=1.5),  # type: ignore[arg-type]
            ShapeError,
            "stride is a whole number or a pair of them, not 1.5",
        ),
        (lambda: max_pool2d(variable((4,)), size=2), ShapeError, r"\(… × H × W\), not \(4\)"),
        (
            lambda: max_pool2d(variable((4, 4)), size=2, padding=2),
            ShapeError,
            r"padding \(2 × 2\) smaller than its window \(2 × 2\)",
        ),
        (lambda: avg_pool2d(variable((1, 4)), size=2), ShapeError, r"image is \(1 × 4\)"),
        (
            lambda: layer_norm(variable((2, 3)), variable((3,)), variable((2,))),
            ShapeError,
            r"x \(2 × 3\) needs a bias of \(3\), not \(2\)",
        ),
        (
            lambda: layer_norm(variable((2, 0)), variable((0,)), variable((0,))),
            ShapeError,
            r"entries along its last axis, not \(2 × 0\)",
        ),
        (
            lambda: batch_norm(variable((2, 3)), variable((2,)), variable((3,))),
            ShapeError,
            r"x \(2 × 3\) needs a gain of \(3\), not \(2\)",
        ),
        (
            lambda: batch_norm(variable((0, 3)), variable((3,)), variable((3,))),
            ShapeError,
            "at least one example",
        ),
        (
            lambda: batch_norm(variable((3,)), variable((3,)), variable((3,))),
            ShapeError,
            "axis 1 does not exist",
        ),
        (lambda: standardize(variable((3,)), epsilon=-1), DataProblem, "not negative, not -1"),
        (lambda: standardize(variable((3,)), epsilon=NAN), DataProblem, "not negative, not nan"),
        (lambda: embedding(variable((3, 2)), constant(0.5)), ShapeError, "whole numbers"),
        (lambda: embedding(variable((3, 2)), constant(3)), ShapeError, "3 is out of range"),
        (lambda: embedding(variable(()), constant(0)), ShapeError, "axis 0 does not exist"),
    ],
)
def test_errors_say_what_was_found(
    build: Callable[[], Node], kind: type[ChainruleError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        build()
