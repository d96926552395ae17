"""What people write at first: it works, or a message says what to write."""

from __future__ import annotations

import itertools
import math
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataProblem, GradientWarning, TooLarge

TWO = np.array([1.0, 2.0])


def test_arguments_behind_the_function_belong_to_what_it_returns() -> None:
    with pytest.raises(DataProblem, match=re.escape("as in cr.grad(f)(x)")):
        cr.grad(np.sum, TWO)  # type: ignore[arg-type]
    with pytest.raises(DataProblem, match="takes a function, not an object of type ndarray"):
        cr.jacobian(TWO)  # type: ignore[arg-type]


def test_a_single_argument_may_stand_alone_in_jvp() -> None:
    assert cr.jvp(lambda x: x**2, 3.0, 1.0) == (9.0, 6.0)
    value, slope = cr.jvp(lambda p: np.sum(p["W"] ** 2), {"W": TWO}, {"W": np.ones(2)})
    assert (value, slope) == (5.0, 6.0)


def test_a_traced_array_is_an_array_to_those_who_ask() -> None:
    def penalty(p: Any) -> Any:
        return sum(np.sum(v**2) for v in p.values() if isinstance(v, np.ndarray))

    np.testing.assert_array_equal(cr.grad(penalty)({"W": TWO})["W"], 2 * TWO)


def test_an_iterator_would_give_the_same_entry_at_every_call() -> None:
    batches = itertools.cycle([1.0, 5.0])
    with pytest.raises(DataProblem, match="reads the iterator batches"):
        cr.grad(lambda w: np.sum(w * next(batches)))(TWO)


def test_an_assigned_attribute_is_lost_and_said_so() -> None:
    class Model:
        def __init__(self) -> None:
            self.mean = np.zeros(())

        def loss(self, x: Any) -> Any:
            self.mean = 0.9 * self.mean + 0.1 * np.mean(x)
            return np.sum(x**2)

    model = Model()
    with pytest.warns(GradientWarning, match="the attribute mean is assigned"):
        cr.grad(model.loss)(TWO)
    assert model.mean == 0


def test_slopes_of_an_operation_may_be_run_as_they_are() -> None:
    special = pytest.importorskip("scipy.special")
    gammaln = cr.custom(special.gammaln, jacobians=lambda y, x: special.digamma(x))
    np.testing.assert_allclose(
        cr.grad(lambda x: np.sum(gammaln(x)))(TWO), special.digamma(TWO), rtol=1e-14
    )
    with pytest.raises(DataProblem, match=re.escape("declare it by cr.custom, too")):
        cr.hessian(lambda x: np.sum(gammaln(x)))(TWO)
    digamma = cr.custom(special.digamma, lambda y, x: special.polygamma(1, x))
    both = cr.custom(special.gammaln, lambda y, x: digamma(x))
    found = cr.hessian(lambda x: np.sum(both(x)))(TWO).diagonal()
    np.testing.assert_allclose(found, special.polygamma(1, TWO), rtol=1e-14)


def test_a_matrix_too_large_to_be_written_out_is_refused() -> None:
    pytest.importorskip("scipy")
    J = cr.jacobian(lambda x: np.cumsum(np.sin(x)))(np.ones(100_000))
    with pytest.raises(TooLarge, match=r"J @ v and J\.T need none of them"):
        J.tocsr()
    assert math.isclose((J @ np.ones(100_000))[-1], 100_000 * math.cos(1.0))


def test_a_view_of_a_new_array_is_not_copied_and_nobody_elses() -> None:
    table = np.zeros((4, 3))
    gradient = cr.grad(lambda E: np.sum(E[np.array([0, 0, 2])] ** 2 + E[0]))
    first = gradient(table)
    first += 1.0
    np.testing.assert_array_equal(gradient(table), [[3, 3, 3], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert not table.any()


def test_python_m_chainrule_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "--version"], capture_output=True, encoding="utf-8"
    )
    assert done.stdout.startswith("chainrule ")
