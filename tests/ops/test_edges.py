"""What operations do where functions have corners, poles and overflow: tables of values."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import adjoints, gradient
from chainrule.errors import BroadcastWarning, DataProblem, ShapeError
from chainrule.graph.node import Node, constant, fresh, variable
from chainrule.ops.activation import relu, sigmoid, softplus, tanh
from chainrule.ops.arithmetic import add, multiply, power
from chainrule.ops.broadcasting import broadcast, cast, reshape
from chainrule.ops.choice import absolute, maximum, minimum, where
from chainrule.ops.elementary import exp, log, sqrt, xdivy, xlogy
from chainrule.ops.indexing import take
from chainrule.ops.linear import matmul, outer
from chainrule.ops.losses import (
    cross_entropy,
    cross_entropy_with_logits,
    mean_cross_entropy,
    squared_error,
)
from chainrule.ops.making import zeros
from chainrule.ops.naming import same
from chainrule.ops.normalizing import Softmax, log_softmax, logsumexp, softmax, softmax_pullback
from chainrule.ops.reduction import max_, mean, min_, sum_
from chainrule.ops.shaping import concatenate, stack
from chainrule.run.interpreter import evaluate, evaluate_all

INF, NAN = np.inf, np.nan


def number_and_slope(build: Callable[[Node], Node], at: Any, dtype: str = "float64") -> list[Any]:
    """The value at a point and the gradient of its sum there."""
    array = np.asarray(at, dtype)
    x = variable(array.shape, dtype)
    output = build(x)
    return evaluate_all([output, gradient(sum_(output), x)], {x: array})


@pytest.mark.parametrize(
    ("build", "at", "value", "slope"),
    [
        (relu, [0.0, -0.0, 1.0, -1.0], [0, 0, 1, 0], [0, 0, 1, 0]),
        (relu, [INF, -INF], [INF, 0], [1, 0]),
        (absolute, [0.0, -2.0, 2.0], [0, 2, 2], [0, -1, 1]),
        (sqrt, [0.0, 4.0], [0, 2], [INF, 0.25]),
        (log, [0.0, 1.0], [-INF, 0], [INF, 1]),
        (sigmoid, [800.0, -800.0, 0.0], [1, 0, 0.5], [0, 0, 0.25]),
        (sigmoid, [INF, -INF], [1, 0], [0, 0]),
        (softplus, [800.0, -800.0, 0.0], [800, 0, np.log(2)], [1, 0, 0.5]),
        (softplus, [INF, -INF], [INF, 0], [1, 0]),
        (tanh, [800.0, -800.0], [1, -1], [0, 0]),
        (exp, [-INF, 0.0], [0, 1], [0, 1]),
        (lambda x: x**2, [0.0, -1.0], [0, 1], [0, -2]),
        (lambda x: x**0, [0.0, 2.0], [1, 1], [0, 0]),
        (lambda x: x**1, [0.0, 2.0], [0, 2], [1, 1]),
        (lambda x: x**3, [0.0, -2.0], [0, -8], [0, 12]),
        (lambda x: 1 / x, [2.0, -4.0], [0.5, -0.25], [-0.25, -0.0625]),
        (softmax, [1000.0, -1000.0], [1, 0], [0, 0]),
        (log_softmax, [1000.0, -1000.0], [0, -2000], [-1, 1]),
        (logsumexp, [1000.0, 1000.0], 1000 + np.log(2), [0.5, 0.5]),
        (logsumexp, [-INF, 0.0], 0, [0, 1]),
        (max_, [3.0, 1.0, 3.0], 3, [1, 0, 0]),
        (min_, [1.0, 3.0, 1.0], 1, [1, 0, 0]),
        (lambda x: maximum(x, constant(1.0)), [1.0, 2.0, 0.0], [1, 2, 1], [0, 1, 0]),
        (lambda x: maximum(constant(1.0), x), [1.0, 2.0, 0.0], [1, 2, 1], [0, 1, 0]),
        (lambda x: minimum(x, constant(1.0)), [1.0, 2.0, 0.0], [1, 1, 0], [0, 0, 1]),
        (lambda x: minimum(constant(1.0), x), [1.0, 2.0, 0.0], [1, 1, 0], [0, 0, 1]),
        (lambda x: maximum(x, x), [1.0], [1], [1]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_slopes(
    build: Callable[[Node], Node], at: Any, value: Any, slope: Any, dtype: str
) -> None:
    for found, wanted in zip(number_and_slope(build, at, dtype), (value, slope), strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype == "float32" else 1e-14)


def test_logsumexp_of_nothing_likely() -> None:
    assert evaluate(logsumexp(constant([-INF, -INF]))) == -INF
    assert evaluate(logsumexp(constant([INF, 0.0]))) == INF


@pytest.mark.parametrize(
    ("build", "a", "b", "value", "by_a", "by_b"),
    [
        (xlogy, 0.0, 0.0, 0, -INF, 0),
        (xlogy, 2.0, 1.0, 0, 0, 2),
        (xlogy, 0.0, 3.0, 0, np.log(3), 0),
        (xlogy, 0.0, INF, 0, INF, 0),
        (xlogy, 0.0, np.nan, np.nan, np.nan, np.nan),
        (xdivy, 0.0, np.nan, np.nan, np.nan, np.nan),
        (xdivy, 0.0, 0.0, 0, INF, 0),
        (xdivy, 6.0, 2.0, 3, 0.5, -1.5),
        (power, 0.0, 2.0, 0, 0, 0),
        (power, 0.0, 1.0, 0, 1, 0),
        (power, -2.0, 3.0, -8, 12, NAN),
        (power, 2.0, 0.0, 1, 0, np.log(2)),
    ],
)
def test_values_and_slopes_of_two(
    build: Callable[..., Node], a: float, b: float, value: float, by_a: float, by_b: float
) -> None:
    x, y = variable(()), variable(())
    output = build(x, y)
    found = evaluate_all([output, gradient(output, x), gradient(output, y)], {x: a, y: b})
    np.testing.assert_allclose(np.array(found), [value, by_a, by_b], rtol=1e-15)


# Two logits 22 apart: S = 1 / (1 + e^±22), to more digits than a double holds.
SMALL_SHARE = 2.78946809209081158e-10
PRODUCT_OF_SHARES = 2.78946809131269836e-10


@pytest.mark.parametrize("logits", [[22.0, 0.0], [0.0, 22.0], [1000.0, 978.0]])
@pytest.mark.parametrize("label", [[1.0, 0.0], [0.0, 1.0]])
def test_a_saturated_softmax_keeps_twelve_digits(logits: list[float], label: list[float]) -> None:
    o, t = variable((2,)), variable((2,))
    s = fresh(Softmax(), o)
    loss = cross_entropy(s, t)
    given = {o: logits, t: label}
    wanted = PRODUCT_OF_SHARES * np.array([[1, -1], [-1, 1]])
    found = evaluate(multiplied_out(jacobian(s, o)), given)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    shares = np.array([1 - SMALL_SHARE, SMALL_SHARE])
    if logits[0] < logits[1]:
        shares = shares[::-1]
    np.testing.assert_allclose(evaluate(s, given), shares, rtol=1e-14)
    # Reverse mode: S - T, whose first entry a double cannot hold to more than eps.
    np.testing.assert_allclose(evaluate(gradient(loss, o), given), shares - label, atol=3e-16)


@pytest.mark.parametrize(
    ("loss", "scale"),
    [
        (lambda s, t: cross_entropy(s, t), 1.0),
        (lambda s, t: -sum_(t * log(s)), 1.0),
        (lambda s, t: mean_cross_entropy(s, t) / 2, 0.5),
        (lambda s, t: cross_entropy(s, t) / 4, 0.25),
        (lambda s, t: 3 * cross_entropy(s, t), 3.0),
        (lambda s, t: cross_entropy(s, t) + sum_(0 * s), 1.0),
        (lambda s, t: cross_entropy(s, t) + squared_error(s, s), 1.0),
        (lambda s, t: cross_entropy(same(s), t), 1.0),
    ],
)
def test_cross_entropy_of_a_saturated_softmax(
    loss: Callable[[Node, Node], Node], scale: float
) -> None:
    o, t = variable((2,)), variable((2,))
    output = loss(softmax(o), t)
    given = {o: [1000.0, -1000.0], t: [0.0, 1.0]}
    value, slope = evaluate_all([output, gradient(output, o)], given)
    assert value == 2000 * scale
    np.testing.assert_array_equal(slope, np.array([1.0, -1.0]) * scale)


def test_a_batch_of_saturated_rows() -> None:
    o, t = variable((2, 2)), variable((2, 2))
    loss = mean_cross_entropy(softmax(o), t)
    given = {o: [[1000, -1000], [0, 0]], t: [[0, 1], [1, 0]]}
    value, slope = evaluate_all([loss, gradient(loss, o)], given)
    assert value == pytest.approx((2000 + np.log(2)) / 2, rel=1e-15)
    np.testing.assert_array_equal(slope, [[0.5, -0.5], [-0.25, 0.25]])


def test_an_impossible_class_without_a_label_costs_nothing() -> None:
    o, t = variable((3,)), variable((3,))
    loss = cross_entropy(softmax(o), t)
    value, slope = evaluate_all([loss, gradient(loss, o)], {o: [0, 0, -INF], t: [1, 0, 0]})
    assert value == pytest.approx(np.log(2), rel=1e-15)
    np.testing.assert_allclose(slope, [-0.5, 0.5, 0])


def test_soft_labels_and_logits() -> None:
    o, t = variable((2, 2)), variable((2, 2))
    loss = cross_entropy_with_logits(o, t)
    given = {o: np.array([[1000, -1000], [0, 0]]), t: np.array([[0, 2], [0.5, 0.5]])}
    value, slope = evaluate_all([loss, gradient(loss, o)], given)
    assert value == pytest.approx(4000 + np.log(2))
    np.testing.assert_array_equal(slope, [[2, -2], [0, 0]])


def test_pulling_back_keeps_what_does_not_cancel() -> None:
    s, u, t = (variable((2,)) for _ in range(3))
    plain = evaluate(softmax_pullback(s, u - 2 * (t / s)), {s: [0.25, 0.75], u: [1, 2], t: [1, 3]})
    np.testing.assert_allclose(plain, np.array([-0.1875, 0.1875]) - [0, 0])


def test_looking_for_what_cancels_visits_each_node_once() -> None:
    s, u = variable((2, 3)), variable((2, 3))
    rows = [broadcast(variable((2, 1)), to=(2, 3)) for _ in range(40)]
    for row in rows:
        u = u + row * u  # 2^40 ways down
    assert softmax_pullback(s, u).operation.name == "softmax_pullback"


def test_where_lets_no_nan_through_from_the_branch_not_taken() -> None:
    x = variable((3,))
    output = where(x > 0, log(x), x)
    value, slope = evaluate_all([output, gradient(sum_(output), x)], {x: [-1.0, 1.0, 0.0]})
    np.testing.assert_array_equal(value, [-1, 0, 0])
    np.testing.assert_array_equal(slope, [1, 1, 1])


def test_what_is_masked_out_stays_out_behind_infinite_slopes() -> None:
    x = variable((3,))
    h = log(x)
    nothing = zeros((3,))
    outputs = {
        "once": where(x > 0, h, nothing),
        "twice in one branch": where(x > 0, h * h, nothing),
        "in two branches": where(x > 0, h, nothing) + where(x > 1, 3 * h, nothing),
        "behind another step": where(x > 0, log(1 / x), nothing),
    }
    for name, output in outputs.items():
        slope = gradient(sum_(output), x)
        again = gradient(sum_(slope), x)
        matrix = multiplied_out(jacobian(output, x))
        for found in evaluate_all([slope, again, matrix], {x: [0.0, 1.0, 0.0]}):
            assert np.isfinite(found).all(), name
            rest = np.delete(found, 1, axis=0)
            np.testing.assert_array_equal(rest, 0, err_msg=name)


@pytest.mark.parametrize(
    "build",
    [
        lambda x: sum_(x),
        lambda x: x * x,
        lambda x: matmul(x, constant(np.ones((0, 2)))),
        lambda x: max_(x, axis=0),
        lambda x: concatenate(x, x),
        lambda x: softmax(reshape(x, to=(0, 2))) if x.shape == (3, 0) else x,
    ],
)
def test_empty_arrays(build: Callable[[Node], Node]) -> None:
    x = variable((3, 0))
    output = build(x)
    value, slope = evaluate_all([output, gradient(sum_(output), x)], {x: np.zeros((3, 0))})
    assert value.shape == output.shape
    assert slope.shape == (3, 0)
    assert jacobian(output, x).matrix_shape == (output.size, 0)


def test_a_slice_that_starts_before_the_array_is_empty() -> None:
    x = variable((5,))
    assert take(x, slice(-10, None, -1)).shape == (0,)
    assert evaluate(take(x, slice(-10, None, -1)), {x: np.arange(5)}).shape == (0,)
    reverse = evaluate(take(x, slice(None, None, -1)), {x: np.arange(5)})
    np.testing.assert_array_equal(reverse, [4, 3, 2, 1, 0])


def test_size_one_axes() -> None:
    a, b = variable((1, 3)), variable((2, 1))
    output = a * b
    found = evaluate_all(
        [gradient(sum_(output), a), gradient(sum_(output), b)], {a: [[1, 2, 3]], b: [[1], [2]]}
    )
    np.testing.assert_array_equal(found[0], [[3, 3, 3]])
    np.testing.assert_array_equal(found[1], [[6], [6]])


def test_a_row_against_a_column_of_another_rank_warns() -> None:
    with pytest.warns(
        BroadcastWarning, match=r"\(3\) and \(3 × 1\) to \(3 × 3\), a shape that neither"
    ):
        variable((3,)) - variable((3, 1))


def test_gradients_of_broadcasts_do_not_warn() -> None:
    a, b = variable((4, 3)), variable((3,))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adjoints(mean(tanh(a * b) + b))


def test_stacks_of_matrices_are_broadcast() -> None:
    assert matmul(variable((1, 2, 3)), variable((5, 3, 4))).shape == (5, 2, 4)
    assert matmul(variable((2, 1, 2, 3)), variable((5, 3, 4))).shape == (2, 5, 2, 4)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: add(variable((2,)), variable((3,))), r"\(2\) and \(3\) do not fit"),
        (lambda: matmul(variable((2, 3)), variable((2, 3))), "last size of the left, 3"),
        (lambda: matmul(variable(()), variable((3,))), "with a number write"),
        (lambda: matmul(variable((2, 2, 3)), variable((5, 3, 4))), "do not fit"),
        (lambda: outer(variable((2, 2)), variable((2,))), "two vectors"),
        (lambda: squared_error(variable((3,)), variable((3, 1))), "never broadcasts"),
        (lambda: softmax(variable(())), "needs entries"),
        (lambda: softmax(variable((2, 0))), "needs entries"),
        (lambda: max_(variable((0,))), "at least one entry"),
        (lambda: sum_(variable((2,)), axis=1), "axis 1 does not exist"),
        (lambda: sum_(variable((2, 2)), axis=(0, -2)), "named twice"),
        (lambda: take(variable((2,)), 2), "out of range"),
        (lambda: take(variable((2,)), (0, 0)), "2 indices"),
        (lambda: stack(variable((2,)), variable((3,))), "brackets stack"),
        (lambda: concatenate(variable((2, 2)), variable((3,))), "cannot be joined"),
        (lambda: reshape(variable((2,)), to=(3,)), "differ in size"),
        (lambda: broadcast(variable((2,)), to=(3,)), "cannot be repeated"),
        (lambda: where(variable((2,)), variable((3,)), constant(0.0)), "do not fit"),
    ],
)
def test_shape_errors_say_what_was_found(build: Callable[[], Node], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        build()


def test_written_numbers_take_the_precision_they_meet() -> None:
    x = variable((3,), "float32")
    for node in (2 * x, multiply(constant(2.0), x), where(x > 0, x, constant(0.0)), x + x * 0 + 1):
        assert node.dtype == "float32"
    with pytest.raises(DataProblem, match="do not mix"):
        multiply(variable((3,)), x)


def test_casting_casts_back() -> None:
    x = variable((2,), "float32")
    y = sum_(cast(x, np.dtype("float64")) * variable((2,)))
    assert gradient(y, x).dtype == "float32"
    assert y.dtype == "float64"


def test_a_named_exponent_is_a_quantity() -> None:
    x, n = variable(()), fresh(constant(3.0).operation)
    y = power(x, n)
    assert evaluate(gradient(y, n), {x: 2.0}) == pytest.approx(8 * np.log(2))


def test_operators_do_not_look_into_named_nodes() -> None:
    x, a = variable(()), variable(())
    named = fresh((-a).operation, a)
    assert gradient(named * x, x) is named
    assert gradient((-a) * x, x) is -a
    one = fresh(constant(1.0).operation)
    assert gradient(one * x, x) is one


def test_zeros_stand_beside_an_infinite_slope() -> None:
    x = variable((2,))
    for build, slope in ((sqrt, 0.25), (log, 0.25)):
        found = evaluate(multiplied_out(jacobian(build(x), x)), {x: [0.0, 4.0]})
        np.testing.assert_array_equal(found, [[INF, 0], [0, slope]])
