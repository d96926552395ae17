"""assume: what is known of a quantity, on numbers and while tracing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DomainProblem, GradientWarning

X = np.array([1.0, 4.0])


@pytest.mark.parametrize(
    ("x", "known", "said"),
    [
        (np.array([1.0, 0.0]), {"positive": True}, "above 0, and one is 0.0"),
        (np.array([1.0, -1.0]), {"nonnegative": True}, "0 or above, and one is -1.0"),
        (-1.0, {"positive": True}, "above 0, and one is -1.0"),
    ],
)
def test_numbers_are_looked_at(x: Any, known: dict[str, bool], said: str) -> None:
    with pytest.raises(DomainProblem, match=said):
        cr.assume(x, **known)


@pytest.mark.parametrize("known", [{"positive": True}, {"nonnegative": True}, {}])
def test_it_is_the_quantity_itself(known: dict[str, bool]) -> None:
    assert cr.assume(X, **known) is X
    slope = cr.grad(lambda x: np.sum(np.sqrt(cr.assume(x, **known))))
    np.testing.assert_allclose(slope(X), 0.5 / np.sqrt(X))
    hessian = cr.hessian(lambda x: np.sum(cr.assume(x, **known) ** 2))(X)
    np.testing.assert_array_equal(np.asarray(hessian), 2 * np.eye(2))


def test_an_assumption_that_fails_is_warned_of() -> None:
    def loss(x: Any) -> Any:
        return np.sum(cr.assume(x, positive=True) ** 2)

    with pytest.warns(GradientWarning, match=r"assumed to be above 0, and is not at \[1\]"):
        cr.grad(loss)(np.array([1.0, -1.0]))


def test_no_root_of_zero_is_warned_of_where_it_is_assumed_away() -> None:
    np.testing.assert_array_equal(
        cr.grad(lambda x: np.sum(np.log(cr.assume(x, positive=True))))(X), 1 / X
    )
