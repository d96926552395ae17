"""The NumPy interpreter: plans, given nodes, fused steps, limits."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.errors import DataProblem, TooLarge
from chainrule.graph.node import constant, fresh, variable
from chainrule.ops.elementary import Log, exp, log, sin
from chainrule.ops.linear import matmul
from chainrule.ops.losses import cross_entropy
from chainrule.ops.making import zeros
from chainrule.ops.naming import same
from chainrule.ops.normalizing import Softmax, softmax
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import Plan, check_cost, evaluate, evaluate_all


def test_a_plan_runs_again_and_again() -> None:
    x = variable((3,))
    plan = Plan([sum_(exp(x)), x, constant(2.0)], [x])
    for at in (np.zeros(3), np.ones(3)):
        total, same_x, two = plan(at)
        assert total == pytest.approx(np.exp(at).sum())
        np.testing.assert_array_equal(same_x, at)
        assert two == 2.0


@pytest.mark.parametrize("count", [0, 2])
def test_a_plan_wants_one_value_an_input(count: int) -> None:
    x = variable(())
    plan = Plan([2 * x], [x])
    with pytest.raises(DataProblem, match=f"1 values are expected, not {count}"):
        plan(*[np.zeros(())] * count)
    assert plan(np.ones(()))[0] == 2  # a wrong call leaves nothing behind


def test_missing_and_misshapen_values() -> None:
    x, y = variable((2,)), variable((2,))
    with pytest.raises(DataProblem, match="missing"):
        evaluate(x + y, {x: [1, 2]})
    with pytest.raises(DataProblem, match="was given"):
        evaluate(x, {x: [1, 2, 3]})


def test_values_take_the_inputs_type() -> None:
    x = variable((2,), "float32")
    assert evaluate(2 * x, {x: [1, 2]}).dtype == "float32"


def test_any_node_may_be_given() -> None:
    x = variable((2,))
    a = sin(x)
    y = exp(a) + a
    found = evaluate(y, {a: [0.0, 1.0]})  # x is not needed then
    np.testing.assert_allclose(found, [1, np.e + 1])


def test_a_given_softmax_is_what_its_logarithm_is_taken_of() -> None:
    o, t = variable((2,)), variable((2,))
    s = fresh(Softmax(), o)
    loss = cross_entropy(s, t)
    given = {o: np.zeros(2), t: np.array([1.0, 0.0])}
    assert evaluate(loss, given) == pytest.approx(np.log(2))
    assert evaluate(loss, {**given, s: np.array([0.25, 0.75])}) == pytest.approx(np.log(4))
    logs = evaluate(log(s), {**given, s: np.array([1.0, np.e])})
    np.testing.assert_allclose(logs, [0, 1])


def test_logarithms_of_softmax_are_fused() -> None:
    o = variable((2,))
    s = softmax(o)
    far = {o: np.array([1000.0, -1000.0])}
    for logs in (log(s), fresh(Log(), s), log(same(s))):
        np.testing.assert_array_equal(evaluate(logs, far), [0, -2000])
    np.testing.assert_array_equal(evaluate(s, far), [1, 0])


def test_large_slots_are_let_go_after_their_last_use() -> None:
    x = variable((100,))
    y = sin(exp(sin(x)))
    plan = Plan([y], [x])
    finished = [slot for _, _, _, last in plan._steps for slot in last]
    assert sorted(finished) == [0, 1, 2]
    shared = Plan([y, exp(sin(x)), x], [x])
    (kept,) = [slot for _, _, _, last in shared._steps for slot in last]
    np.testing.assert_allclose(shared(np.ones(100))[1], np.exp(np.sin(np.ones(100))))
    assert kept not in shared._outputs


def test_big_constants_are_not_computed_when_the_plan_is_made() -> None:
    big = zeros((10**6, 10**6)) + 1
    Plan([big[0, 0]], [])
    assert evaluate(zeros((3,)) + 1).tolist() == [1, 1, 1]


def test_outputs_may_repeat() -> None:
    x = variable(())
    assert [float(v) for v in evaluate_all([x, x, x + 1, x + 1], {x: 1.0})] == [1, 1, 2, 2]


def test_costs_are_known_before_running() -> None:
    a, b = variable((1000, 1000)), variable((1000, 1000))
    check_cost([matmul(a, b)], 10**7, 10**10)
    with pytest.raises(TooLarge, match="multiplications"):
        check_cost([matmul(a, b)], 10**7, 10**8)
    with pytest.raises(TooLarge, match="numbers in all"):
        check_cost([zeros((10**5, 10**5))], 10**7, 10**10)
