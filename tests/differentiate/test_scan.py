"""Loops in one node: they keep every law, and say what they are and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.differentiate.every_law import EVERY_LAW
from tests.differentiate.looped import CASES, looped
from tests.ops import test_laws as laws

from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.scan import scan
from chainrule.differentiate.walk import gradient
from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import variable
from chainrule.notation.latex import latex
from chainrule.notation.text import show
from chainrule.ops.elementary import exp, sin
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import evaluate_all


@pytest.mark.parametrize("law", EVERY_LAW)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name} {case[1]}")
def test_loops_keep_the_laws(law: str, case: laws.Case) -> None:
    EVERY_LAW[law](case)


def test_a_step_that_forgets_the_carry_is_no_loop() -> None:
    x = variable((5, 2))
    found = looped(lambda c, p: exp(p), variable((2,)), x)
    assert found is exp(x)


def test_without_carries_a_step_is_applied_to_each_entry() -> None:
    x, y = variable((5, 2)), variable((5,))
    carries, (found,) = scan(lambda _, p: ([], [exp(p[0])]), [], [x, y])
    assert carries == []
    assert found is exp(x)


def test_a_carry_that_stays_the_same() -> None:
    a, b = variable((2,)), variable((2,))
    (kept, fixed), (first, second) = scan(
        lambda c, _: ([c[0], sin(b)], [c[0], c[1]]), [a, b], length=3
    )
    given = {a: np.array([1.0, 2.0]), b: np.array([3.0, 4.0])}
    found = evaluate_all([kept, fixed, first, second], given)
    np.testing.assert_allclose(found[0], given[a])
    np.testing.assert_allclose(found[1], np.sin(given[b]))
    np.testing.assert_allclose(found[2], [given[a]] * 3)
    np.testing.assert_allclose(found[3], [given[b], *[np.sin(given[b])] * 2])


def test_no_steps_at_all() -> None:
    c, x = variable((2,)), variable((0, 3))
    (last,), (outputs,) = scan(lambda c, p: ([sin(c[0])], [p[0]]), [c], [x])
    assert last is c
    assert outputs.shape == (0, 3)
    (again,), _ = scan(lambda c, _: ([sin(c[0])], []), [c], length=0)
    assert again is c


def test_what_is_printed_says_what_is_looped_over() -> None:
    c, x = variable(()), variable((4,))
    y = looped(lambda c, p: c * p, c, x)
    names = {c: "c", x: "x"}.get
    assert show(y, names) == "scan(c, x, length=4)"
    assert r"\operatorname{scan}" in latex(y, names)
    assert "backwards=1" in show(gradient(sum_(y), c), names)
    assert repr(jacobian(y, x)) == "Multilinear[4 × 4]"


def test_what_cannot_be_looped_is_refused() -> None:
    c, x, y = variable((2,)), variable((3, 2)), variable((4, 2))
    keep: Any = lambda carries, _: (carries, [])  # noqa: E731
    with pytest.raises(ShapeError, match=r"over \(3 × 2\), \(4 × 2\) with length None has no one"):
        scan(keep, [c], [x, y])
    with pytest.raises(ShapeError, match=r"over \(3 × 2\) with length 5"):
        scan(keep, [c], [x], 5)
    with pytest.raises(ShapeError, match="over nothing with length None"):
        scan(keep, [c])
    with pytest.raises(ShapeError, match="over a number with length None"):
        scan(keep, [c], [variable(())])
    with pytest.raises(ShapeError, match=r"is \(2\) before a step and a number after it"):
        scan(lambda c, _: ([sum_(c[0])], []), [c], [x])
    with pytest.raises(DataProblem, match="given 1 carries and returns 2"):
        scan(lambda c, _: ([c[0], c[0]], []), [c], [x])
    with pytest.raises(DataProblem, match="floating-point numbers, not int64"):
        scan(keep, [variable((2,), np.int64)], [x])
    with pytest.raises(DataProblem, match="float64 before a step and float32 after it"):
        scan(lambda c, _: ([variable((2,), np.float32)], []), [c], [x])
    with pytest.raises(DataProblem, match="do not mix"):
        scan(lambda c, p: ([c[0] * p[0]], []), [c], [variable((3, 2), np.float32)])


def test_a_loop_refuses_inputs_of_another_shape() -> None:
    y = looped(lambda c, p: c * p, variable(()), variable((4,)))
    with pytest.raises(ShapeError, match=r"this loop reads a number, \(4\), not a number, \(5\)"):
        y.operation(variable(()), variable((5,)))
